"""Judges the model on the test set through its own inference code: a SageMaker processing job."""

import argparse
import importlib.util
import io
import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
from metrics import model_quality
from table import load_schema, read_table

SAMPLE_ROWS = 5
TOLERANCE = 1e-6


def evaluate(model: Path, data: Path, output: Path) -> None:
    """Write the model's metrics, and a sample payload with the answers to expect.

    Parameters
    ----------
    model : folder with `model.tar.gz`.
    data : folder with `test.csv`.
    output : gets `evaluation.json` (see `metrics.model_quality`), `sample_payload.tar.gz` (one
        CSV file to send to an endpoint) and `expected_answers.json` (what comes back).
    """
    schema = load_schema()
    table = read_table(data / "test.csv", schema)
    features = table.drop(columns=schema["target"])
    with tempfile.TemporaryDirectory() as folder:
        unpack(model / "model.tar.gz", Path(folder))
        inference = _load(Path(folder) / "code" / "inference.py")
        loaded = inference.model_fn(folder)
        answer = _ask(inference, loaded, _csv(features))
        every = max(1, len(features) // SAMPLE_ROWS)
        sample = _csv(features.iloc[::every].head(SAMPLE_ROWS))
        expected = _ask(inference, loaded, sample)
    quality = model_quality(schema, table[schema["target"]], answer)
    output.mkdir(parents=True, exist_ok=True)
    (output / "evaluation.json").write_text(json.dumps(quality, indent=2))
    _write_archive(output / "sample_payload.tar.gz", "payload.csv", sample.encode())
    answers = {
        "content_type": "text/csv",
        "accept": "application/json",
        "payload": "payload.csv",
        "answers": expected,
        "tolerance": TOLERANCE,
    }
    (output / "expected_answers.json").write_text(json.dumps(answers, indent=2))
    for group in quality.values():
        for name, metric in group.items():
            if "value" in metric:
                print(f"{name}: {metric['value']:.6g}")


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive of plain files and folders.

    Python's own filters against what leads out of the folder came with 3.11.4.

    Raises
    ------
    tarfile.TarError : it is no archive, or holds a link, a device, or a path outside the folder.
    """
    inside = folder.resolve()
    with tarfile.open(path) as archive:
        for member in archive:
            target = (inside / member.name).resolve()
            if not target.is_relative_to(inside) or not (member.isreg() or member.isdir()):
                raise tarfile.ReadError(
                    f"{path.name} holds {member.name!r}, which is no plain file"
                )
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)  # type: ignore[arg-type]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("artefact_inference", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _csv(features: pd.DataFrame) -> str:
    return features.to_csv(index=False, header=False)


def _ask(inference: ModuleType, model: Any, body: str) -> Any:
    rows = inference.input_fn(body, "text/csv")
    answer, _ = inference.output_fn(inference.predict_fn(rows, model), "application/json")
    return json.loads(answer)


def _write_archive(path: Path, name: str, content: bytes) -> None:
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


def main() -> None:
    """Run the step with the paths that SageMaker mounts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        evaluate(arguments.model, arguments.test, arguments.output)
    except tarfile.TarError as error:
        sys.exit(f"bad model artefact: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
