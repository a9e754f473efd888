"""Compares the artefact's latency with that of the container's default functions.

`uv run python tests/benchmarks/serving.py` trains the example in the container's environment, and
serves it twice in its real stack, nginx before gunicorn: with the template's inference code, and
with a module that leaves reading, predicting and writing to the defaults, and only names the
columns of the array, which the same model needs. Requests alternate
between the two, so that what disturbs the machine disturbs both; a ratio is that of the medians.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "template"), str(ROOT / "tests"), str(ROOT / "tests/local_sagemaker")]

import toolkits  # type: ignore[import-not-found]  # noqa: E402

from project.contract import INFERENCE_ENVIRONMENT  # noqa: E402
from projects import copy  # noqa: E402

DEFAULTS = '''
import pathlib
import joblib
import json
import pandas as pd

class Named:
    """The model takes columns by name; the default functions hand it an array."""

    def __init__(self, folder):
        self.pipeline = joblib.load(folder / "model.joblib")
        schema = json.loads((folder / "code" / "schema.json").read_text())
        self.names = [name for name in schema["columns"] if name != schema["target"]]

    def predict(self, rows):
        table = pd.DataFrame(rows.reshape(-1, len(self.names)), columns=self.names)
        return self.pipeline.predict(table)

def model_fn(model_dir):
    return Named(pathlib.Path(model_dir))
'''


def make(folder: Path) -> tuple[Path, list[str]]:
    """Train the example; return its artefact, unpacked, and the lines to send."""
    if toolkits.lacking():
        raise SystemExit(f"error: {toolkits.lacking()}")
    project = copy(ROOT, folder / "project")
    steps, python = project / "data_science" / "steps", toolkits.environment() / "bin" / "python"
    data = folder / "data"
    data.mkdir()
    code = "from data_science.dataset import write_example; from pathlib import Path; import sys; "
    code += "write_example(Path(sys.argv[1]), 'classification')"
    commands: list[list[object]] = [
        ["-c", code, data / "dataset.csv"],
        [steps / "preprocess.py", "--input", data, "--output", folder],
        [steps / "train.py", "--train", folder / "train", "--model-dir", folder / "model"],
    ]
    for command in commands:
        subprocess.run([python, *map(str, command)], cwd=project, check=True, stdout=sys.stderr)
    test = (folder / "test" / "test.csv").read_text().splitlines()[1:]
    return folder / "model", [line.rpartition(",")[0] for line in test]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    count = parser.parse_args().requests
    headers = {"Content-Type": "text/csv", "Accept": "application/json"}
    with tempfile.TemporaryDirectory() as name:
        model, lines = make(Path(name))
        plain = Path(name) / "plain"
        shutil.copytree(model, plain)
        (plain / "code" / "inference.py").write_text(DEFAULTS)
        with (
            toolkits.Server(model, INFERENCE_ENVIRONMENT) as ours,
            toolkits.Server(plain, INFERENCE_ENVIRONMENT) as defaults,
        ):
            print(f"{'p50 of ' + str(count) + ' requests':<24} {'ours':>9} {'defaults':>9}  ratio")
            for rows in (1, 1000):
                body = "\n".join((lines * (rows // len(lines) + 1))[:rows])
                seconds: dict[toolkits.Server, list[float]] = {ours: [], defaults: []}
                for _ in range(count):
                    for server, waited in seconds.items():
                        started = time.perf_counter()
                        status = server.ask("POST", "/invocations", body, headers)[0]
                        waited.append(time.perf_counter() - started)
                        assert status == 200
                first, second = (1000 * median(waited) for waited in seconds.values())
                ratio = first / second
                print(f"{f'{rows} rows':<24} {first:>6.2f} ms {second:>6.2f} ms  {ratio:.2f}")


if __name__ == "__main__":
    main()
