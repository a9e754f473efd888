"""Judges the model on the test set through its own inference code: a SageMaker processing job."""

import io
import json
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
from artefact import opened
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
    StepError : the artefact is damaged, or the model does not answer.
    """
    schema = load_schema()
    table = read_table(data / "test.csv", schema)
    features = table.drop(columns=schema["target"])
    with opened(model / "model.tar.gz") as (inference, loaded):
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
    evaluate(arguments.model, arguments.test, arguments.output, arguments.positive)


if __name__ == "__main__":
    with reported(DataError):
        main()
