"""Measures what a job costs beside its bare script: `uv run python tests/benchmarks/jobs.py`.

Prints medians, and ratios that are taken within one round, so that a busy machine changes them
little. A bare script gets the environment of a container: its output is not buffered.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [
    str(Path(__file__).parents[1] / "local_sagemaker"),
    str(Path(__file__).parents[2] / "template" / "vendor" / "sagemaker-local"),
]

from kit import BUCKET, INFERENCE, Local  # type: ignore[import-not-found]  # noqa: E402

Rows = dict[str, list[float]]
FITS = """
import numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
rows = np.random.default_rng(0).normal(size=(200, 4))
table = pd.DataFrame(rows, columns=list("abcd"))
prepare = ColumnTransformer([("numbers", StandardScaler(), list("abcd"))])
model = make_pipeline(prepare, LogisticRegression())
print(model.fit(table, rows[:, 0] > 0).score(table, rows[:, 0] > 0))
"""
PRINTS = "line = 'x' * 99\nfor _ in range(500_000):\n    print(line)\n"
SCRIPTS = {"fits a model": FITS, "prints 50 MB": PRINTS, "does nothing": ""}


def seconds(action: Callable[..., object], *arguments: object) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - started


def bare(script: str, folder: Path) -> None:
    """Run a script by hand, its output in a file."""
    path = folder / "script.py"
    path.write_text(script)
    with (folder / "output").open("w") as output:
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        subprocess.run([sys.executable, path], stdout=output, env=environment, check=True)


def job(local: Any, name: str, script: str) -> float:
    """Run a script as a processing job; return the seconds from its creation to its end."""
    done = local.run_processing(name, script)
    assert done["ProcessingJobStatus"] == "Completed", done["FailureReason"]
    return float((done["ProcessingEndTime"] - done["CreationTime"]).total_seconds())


def endpoint(local: Any, name: str) -> None:
    """Bring an endpoint into service."""
    local.deploy(name, "import pandas, sklearn.linear_model\n" + INFERENCE)
    local.sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert local.wait_for_endpoint(name)["EndpointStatus"] == "InService"


def measure(rounds: int, folder: Path) -> Rows:
    """Return the seconds that everything took, by what it was."""
    rows: Rows = defaultdict(list)
    servers = {
        how: Local(folder / how, SAGEMAKER_LOCAL_WORKERS=how).up() for how in ("warm", "cold")
    }
    try:
        for local in servers.values():
            local.s3.create_bucket(Bucket=BUCKET)
            job(local, "first", FITS)
        for number in range(rounds):
            for what, script in SCRIPTS.items():
                by_hand = seconds(bare, script, folder)
                rows[f"{what}: bare"].append(by_hand)
                for how, local in servers.items():
                    taken = job(local, f"{what.replace(' ', '-')}-{number}", script)
                    rows[f"{what}: {how} job"].append(taken)
                    rows[f"{what}: {how} job / bare"].append(taken / by_hand)
            for how, local in servers.items():
                rows[f"endpoint into service, {how}"].append(
                    seconds(endpoint, local, f"e-{number}")
                )
                local.sm.delete_endpoint(EndpointName=f"e-{number}")
    finally:
        for local in servers.values():
            local.down()
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        rows = measure(rounds, Path(name))
    width = max(map(len, rows))
    print(f"{'median of ' + str(rounds) + ' rounds':<{width}}  {'s':>7}")
    for what, values in rows.items():
        print(f"{what:<{width}}  {median(values):>7.2f}")


if __name__ == "__main__":
    main()
