"""Judges the model on the test set through its own inference code: a SageMaker processing job."""

import importlib.util
import io
import json
import shutil
import tarfile
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
from columns import Schema
from failure import Parser, StepError, reported
from metrics import model_quality
from table import DataError, load_schema, read_table

SAMPLE_ROWS = 5
TOLERANCE = 1e-6


def evaluate(model: Path, data: Path, output: Path, positive: str | None) -> None:
    """Write the model's metrics, and a sample payload with the answers to expect.

    Parameters
    ----------
    model : folder with `model.tar.gz`.
    data : folder with `test.csv`.
    output : gets `evaluation.json` (see `metrics.model_quality`), `sample_payload.tar.gz` (one
        CSV file to send to an endpoint) and `expected_answers.json` (what comes back).
    positive : see `metrics.model_quality`.

    Raises
    ------
    StepError : the model does not answer.
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
    quality = model_quality(schema, table[schema["target"]], answer, positive)
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
    print(_judged(schema, table[schema["target"]], positive))
    for group in quality.values():
        for name, metric in group.items():
            if "value" in metric:
                print(f"{name}: {metric['value']:.6g}")


def _judged(schema: Schema, truth: pd.Series, positive: str | None) -> str:
    """Return in words what the metrics are about."""
    rows = f"{len(truth)} test rows"
    if schema["columns"][schema["target"]] == "number":
        return f"on {rows}, whose {truth.name} is {truth.mean():.4g} on average:"
    often, times = truth.value_counts().index[0], truth.value_counts(normalize=True).iloc[0]
    about = "each class counts the same"
    if positive is not None:
        about = f"positive is {positive!r}, {(truth == positive).mean():.1%} of them"
    return f"on {rows}; {about}; always answering {often!r} would have accuracy {times:.4g}:"


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
    answer = inference.transform_fn(model, body, "text/csv", "application/json")
    if not isinstance(answer, tuple):
        raise StepError(f"the model refuses the test set: {answer.get_data(as_text=True)}")
    return json.loads(answer[0])


def _write_archive(path: Path, name: str, content: bytes) -> None:
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


def main() -> None:
    """Run the step with the paths that SageMaker mounts."""
    parser = Parser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--positive")
    arguments = parser.parse_args()
    try:
        evaluate(arguments.model, arguments.test, arguments.output, arguments.positive)
    except tarfile.TarError as error:
        raise StepError(f"bad model artefact: {error}") from None


if __name__ == "__main__":
    with reported(DataError):
        main()
