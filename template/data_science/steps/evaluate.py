"""Judges the model on the test set through its own inference code: a SageMaker processing job."""

import hashlib
import io
import json
import math
import tarfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from artefact import opened
from columns import Schema, features
from failure import Parser, StepError, reported
from gate import Rules, summary
from hyperparameters import HyperparameterError, Value, load_hyperparameters
from judged import Judged, judge
from metrics import METRICS
from model import build_model
from report.card import metric_groups
from report.findings import Findings, Rival, look_into
from report.page import page
from report.quality import model_quality
from table import DataError, load_schema, read_table
from validation import cross_validated

SAMPLE_ROWS = 5
TOLERANCE = 1e-6
NEWEST = "the newest approved version"
"""What the report calls a champion that was given no name."""


class Asked(NamedTuple):
    """A model, and the inference code that it came with."""

    inference: ModuleType
    model: Any

    def __call__(self, rows: pd.DataFrame) -> Any:
        """Return the answer to some rows.

        Raises
        ------
        StepError : the model refuses them.
        """
        body = _csv(rows)
        answer = self.inference.transform_fn(self.model, body, "text/csv", "application/json")
        if not isinstance(answer, tuple):
            raise StepError(f"the model refuses the test set: {answer.get_data(as_text=True)}")
        return json.loads(answer[0])


class Training(NamedTuple):
    """What cross-validation trains models with.

    Attributes
    ----------
    data : folder with `train.csv`.
    folds : how many parts it is cut into.
    hyperparameters : of the models, by their names.
    """

    data: Path
    folds: int
    hyperparameters: Mapping[str, Value]


def evaluate(
    model: Path,
    data: Path,
    output: Path,
    positive: str | None,
    rules: Rules,
    champion: Path | None = None,
    training: Training | None = None,
    champion_name: str = NEWEST,
) -> Findings:
    """Write what there is to say of the model, and a sample payload with the answers to expect.

    Parameters
    ----------
    model : folder with `model.tar.gz`.
    data : folder with `test.csv`.
    output : gets `evaluation.json` (the metrics, see `report.quality.model_quality`; beside them
        `quality_gate`, see `gate.summary`, `model_card`, the metrics as the text of a card, and
        `pins`, the SHA-256 of what a version is registered with, by its key there),
        `report.html`, `sample_payload.tar.gz` (one CSV file to send to an endpoint) and
        `expected_answers.json` (what comes back).
    positive : see `judged.judge`.
    rules : what is asked of the model.
    champion : folder with the `model.tar.gz` to compare with; without one there is no champion.
    training : what to cross-validate; None for nothing.
    champion_name : what the report calls the champion.

    Raises
    ------
    StepError : the artefact is damaged, or the model does not answer.
    """
    schema = load_schema()
    table = read_table(data / "test.csv", schema)
    rows, truth = table[list(features(schema))], table[schema["target"]]
    _check_rules(rules, schema)
    rival = _ask_champion(champion, schema, rows, truth, positive)
    if rival is not None:
        rival = rival._replace(name=champion_name)
    folds: dict[str, list[float]] = {}
    if training is not None:
        build = partial(build_model, schema, **training.hyperparameters)  # type: ignore[arg-type]
        rest = read_table(training.data / "train.csv", schema)
        folds = cross_validated(build, rest, schema, training.folds, positive)
    with opened(model / "model.tar.gz") as (inference, loaded):
        ask = Asked(inference, loaded)
        judged = judge(schema, truth, ask(rows), positive)
        sample = rows.iloc[:: max(1, len(rows) // SAMPLE_ROWS)].head(SAMPLE_ROWS)
        expected = ask(sample)

        def again(asked: pd.DataFrame, positions: np.ndarray) -> Judged:
            return judge(schema, truth.iloc[positions], ask(asked), positive)

        target = schema["target"]
        findings = look_into(rows, target, judged, rules, rival, again, folds)
    about = _about(truth, judged)
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.html").write_text(page(findings, about), "utf-8")
    payload, expectations = output / "sample_payload.tar.gz", output / "expected_answers.json"
    _write_archive(payload, "payload.csv", _csv(sample).encode())
    answers = {
        "content_type": "text/csv",
        "accept": "application/json",
        "payload": "payload.csv",
        "answers": expected,
        "tolerance": TOLERANCE,
    }
    expectations.write_text(json.dumps(answers, indent=2))
    document = {
        **model_quality(judged, findings.metrics),
        "quality_gate": summary(findings.verdicts),
        # A text, so that the pipeline can put it into the card as it is.
        "model_card": json.dumps(metric_groups(findings), ensure_ascii=False, allow_nan=False),
        "pins": {
            "model_data_sha256": _sha256(model / "model.tar.gz"),
            "sample_payload_sha256": _sha256(payload),
            "expected_answers_sha256": _sha256(expectations),
        },
    }
    (output / "evaluation.json").write_text(json.dumps(document, indent=2, allow_nan=False))
    print(about)
    for name, one in findings.metrics.items():
        print(f"{name}: {one.value:.6g}")
    for verdict in findings.verdicts:
        print(verdict.says)
    return findings


def _ask_champion(
    folder: Path | None, schema: Schema, rows: pd.DataFrame, truth: pd.Series, positive: str | None
) -> Rival | None:
    """Return what the champion answers to the rows, by its own inference code and columns."""
    path = None if folder is None else folder / "model.tar.gz"
    # When there is none, the pipeline mounts another file there: an input cannot be empty.
    if path is None or not path.is_file():
        return None
    try:
        with opened(path) as (inference, loaded):
            own = Path(str(inference.__file__)).with_name("schema.json")
            taken = list(features(json.loads(own.read_bytes())))
            absent = [name for name in taken if name not in rows]
            if absent:
                return Rival(None, f"it takes the column {absent[0]!r}, which the data do not have")
            return Rival(judge(schema, truth, Asked(inference, loaded)(rows[taken]), positive))
    except StepError as error:
        return Rival(None, str(error))


def _check_rules(rules: Rules, schema: Schema) -> None:
    problem = "regression" if schema["columns"][schema["target"]] == "number" else "classification"
    for name in (rules.metric, *rules.thresholds):
        if name not in METRICS or METRICS[name].problem_type != problem:
            raise StepError(f"there is no metric {name!r} of a {problem}")
    for name in rules.slices:
        if name not in features(schema):
            raise StepError(f"quality.slices: there is no feature {name!r}")


def _about(truth: pd.Series, judged: Judged) -> str:
    """Return in words what the metrics are about."""
    rows = f"{len(truth)} test rows"
    if not judged.classes:
        return f"on {rows}, whose {truth.name} is {truth.mean():.4g} on average"
    often, times = truth.value_counts().index[0], truth.value_counts(normalize=True).iloc[0]
    about = "each class counts the same"
    if judged.positive is not None:
        share = (judged.truth == judged.positive).mean()
        about = f"positive is {judged.classes[judged.positive]!r}, {share:.1%} of them"
    return f"on {rows}; {about}; always answering {often!r} would have accuracy {times:.4g}"


def _csv(rows: pd.DataFrame) -> str:
    return rows.to_csv(index=False, header=False)


def _write_archive(path: Path, name: str, content: bytes) -> None:
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _limit(text: str) -> tuple[str, float]:
    """Return the name and the number of `name=number`; a name may hold the sign too."""
    name, _, limit = text.rpartition("=")
    if not name or not math.isfinite(float(limit)):
        raise ValueError(text)
    return name, float(limit)


def main() -> None:
    """Run the step with the paths that SageMaker mounts."""
    parser = Parser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--positive")
    parser.add_argument("--metric", required=True)
    parser.add_argument("--threshold", type=_limit, action="append", default=[])
    parser.add_argument("--slice", type=_limit, action="append", default=[])
    parser.add_argument("--champion", type=Path)
    parser.add_argument("--champion-name", default=NEWEST)
    parser.add_argument("--champion-margin", type=float)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--folds", type=int)
    parser.add_argument("--hyperparameter", action="append", default=[])
    given = parser.parse_args()
    rules = Rules(given.metric, dict(given.threshold), dict(given.slice), given.champion_margin)
    training = None
    if given.folds is not None:
        texts = dict(text.split("=", 1) for text in given.hyperparameter)
        declared = load_hyperparameters().items()
        values = {name: one.parse(texts.get(name, str(one.default))) for name, one in declared}
        training = Training(given.train, given.folds, values)
    evaluate(
        given.model,
        given.test,
        given.output,
        given.positive,
        rules,
        given.champion,
        training,
        given.champion_name,
    )


if __name__ == "__main__":
    with reported(DataError, HyperparameterError):
        main()
