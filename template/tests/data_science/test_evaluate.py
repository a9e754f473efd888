"""Evaluation of real artefacts: the model itself, the champion beside it, and models of folds."""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hyperparameters
import model
import pandas as pd
import pytest
import train as training
from evaluate import Training, _about, evaluate, main
from failure import StepError
from gate import Rules
from preprocess import preprocess
from report.findings import Findings
from table import read_table

from data_science.config.declared import STEPS
from project import contract
from tests.data_science.answers import classes, numbers
from tests.data_science.tables import CLASSES, LIMIT, METRIC, POSITIVE, SCHEMA, TARGET, made_up

RULES = Rules(METRIC, {METRIC: LIMIT}, {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Split a table, and train a model on the training set."""
    folder = tmp_path_factory.mktemp("evaluate")
    (folder / "data").mkdir()
    made_up().to_csv(folder / "data" / "dataset.csv", index=False)
    preprocess(folder / "data", folder, test_fraction=0.3, seed=0)
    pack(folder, folder / "model")
    return folder


def defaults() -> dict[str, Any]:
    return {name: one.default for name, one in hyperparameters.load_hyperparameters().items()}


def pack(
    folder: Path, target: Path, change: Callable[[Path], None] | None = None, data: str = "train"
) -> Path:
    """Train a model, change its files, and pack it as SageMaker does."""
    unpacked = target / "unpacked"
    training.train(folder / data, unpacked, defaults())
    if change is not None:
        change(unpacked)
    with tarfile.open(target / "model.tar.gz", "w:gz") as archive:
        archive.add(unpacked, ".")
    return target


def run(
    folder: Path, output: Path, rules: Rules = RULES, **more: Any
) -> tuple[Findings, dict[str, Any]]:
    findings = evaluate(folder / "model", folder / "test", output, POSITIVE, rules, **more)
    document: dict[str, Any] = json.loads((output / "evaluation.json").read_text())
    return findings, document


def test_no_row_is_in_both_sets_and_none_is_lost(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    table = made_up()
    table.to_csv(tmp_path / "data" / "dataset.csv", index=False)
    preprocess(tmp_path / "data", tmp_path, test_fraction=0.3, seed=0)
    parts = [pd.read_csv(tmp_path / name / f"{name}.csv") for name in ("train", "test")]
    rows = [{tuple(map(str, row)) for row in part.itertuples(index=False)} for part in parts]
    assert [len(part) for part in parts] == [140, 60]
    assert not rows[0] & rows[1]
    assert len(rows[0] | rows[1]) == len(table)


def test_the_metrics_are_about_the_test_set_and_the_answers_of_the_model(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings, document = run(folder, tmp_path)
    test = pd.read_csv(folder / "test" / "test.csv", float_precision="round_trip")
    assert len(findings.judged) == len(test) == 60
    truth = test[TARGET].astype(str) if CLASSES != "number" else test[TARGET]
    shown = (
        [findings.judged.classes[one] for one in findings.judged.truth]
        if isinstance(CLASSES, list)
        else findings.judged.truth
    )
    assert list(shown) == list(truth)
    [group] = [title for title in document if title.endswith("_metrics")]
    for name, one in findings.metrics.items():
        assert document[group][name]["value"] == one.value
    assert document["quality_gate"]["rules"][0]["rule"] == METRIC
    # The text of the card is JSON itself.
    assert json.loads(document["model_card"])[0]["name"] == group
    files = [
        folder / "model" / "model.tar.gz",
        tmp_path / "sample_payload.tar.gz",
        tmp_path / "expected_answers.json",
    ]
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    assert document["pins"] == dict(zip(contract.PINS, digests, strict=True))
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    expected = json.loads((tmp_path / "expected_answers.json").read_text())
    answers = expected.pop("answers")
    assert expected == {
        "content_type": "text/csv",
        "accept": "application/json",
        "payload": "payload.csv",
        "tolerance": 1e-6,
    }
    # Five rows from all over the test set, and what the model answers to them.
    said = findings.judged.predicted[::12].tolist()
    names = findings.judged.classes
    assert answers["predictions"] == (
        [names[one] for one in said] if names else pytest.approx(said)
    )
    with tarfile.open(tmp_path / "sample_payload.tar.gz") as archive:
        content = archive.extractfile("payload.csv")
        assert content is not None
        rows = read_table(folder / "test" / "test.csv", SCHEMA).drop(columns=TARGET)
        assert content.read().decode() == rows.iloc[::12].to_csv(index=False, header=False)
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == findings.verdicts[0].says
    assert printed[-2] == [f"{name}: {one.value:.6g}" for name, one in findings.metrics.items()][-1]
    assert printed[-2 - len(findings.metrics)].startswith("on 60 test rows")
    assert findings.champion == {} and findings.folds == {}


def test_the_report_says_in_words_what_the_metrics_are_about() -> None:
    price = pd.Series([1.0, 2.0, 6.0], name="price")
    assert _about(price, numbers([1, 2, 6], [0, 0, 0])) == (
        "on 3 test rows, whose price is 3 on average"
    )
    truth = pd.Series(list("nnyn"))
    always = "always answering 'n' would have accuracy 0.75"
    assert _about(truth, classes("nnyn", "yyyy")) == (
        f"on 4 test rows; positive is 'y', 25.0% of them; {always}"
    )
    assert _about(truth, classes("nnyn", "yyyy", positive=None)) == (
        f"on 4 test rows; each class counts the same; {always}"
    )


def test_a_test_set_of_few_rows_is_the_sample(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    lines = (folder / "test" / "test.csv").read_text().splitlines(keepends=True)
    (tmp_path / "test" / "test.csv").write_text("".join(lines[:4]))
    evaluate(folder / "model", tmp_path / "test", tmp_path, POSITIVE, RULES)
    expected = json.loads((tmp_path / "expected_answers.json").read_text())
    assert len(expected["answers"]["predictions"]) == 3


def test_hyperparameters_reach_the_model(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = hyperparameters.load_hyperparameters()
    given: list[dict[str, Any]] = []
    original = model.build_model

    def build(schema: Any, **values: Any) -> Any:
        given.append(values)
        return original(schema, **values)

    monkeypatch.setattr(training, "build_model", build)
    words, expected = [], {}
    for name, one in declared.items():
        value = {"float": 0.5, "int": 3, "bool": True}.get(one.type, (*one.values, "")[0])
        try:
            expected[name] = one.check(value)
        except hyperparameters.HyperparameterError:
            expected[name] = one.default
        words += [f"--{name}", hyperparameters.as_text(expected[name])]
    paths = ("--train", str(folder / "train"), "--model-dir", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["train.py", *words, *paths])
    training.main()
    assert given == [expected]


def test_a_model_is_compared_with_the_champion_by_its_own_code(
    folder: Path, tmp_path: Path
) -> None:
    rules = Rules(METRIC, {}, {}, champion_margin=0.0)
    same, document = run(folder, tmp_path / "same", rules, champion=folder / "model")
    assert same.champion == {name: one.value for name, one in same.metrics.items()}
    assert same.verdicts[0].kept is True
    assert "beside the champion's" in document["quality_gate"]["rules"][0]["says"]

    def constant(unpacked: Path) -> None:
        (unpacked / "code" / "inference.py").write_text(CONSTANT)

    def fewer(unpacked: Path) -> None:
        constant(unpacked)
        own = unpacked / "code" / "schema.json"
        schema = json.loads(own.read_text())
        left_out = next(name for name in schema["columns"] if name != TARGET)
        del schema["columns"][left_out]
        own.write_text(json.dumps(schema))

    worse = pack(folder, tmp_path / "worse", fewer)
    better, _ = run(folder, tmp_path / "better", rules, champion=worse)
    assert better.champion[METRIC] != better.metrics[METRIC].value
    assert better.verdicts[0].kept is True
    # The other way round the same two models are no good.
    pack(folder, tmp_path / "swapped" / "model", constant)
    shutil.copytree(folder / "test", tmp_path / "swapped" / "test")
    found, document = run(
        tmp_path / "swapped", tmp_path / "refused", rules, champion=folder / "model"
    )
    assert found.verdicts[0].kept is False
    assert document["quality_gate"]["broken_rules"] == 1
    assert "is worse by more than the margin 0" in document["quality_gate"]["says"]


CONSTANT = f"""
import json
import pathlib
def model_fn(folder):
    return json.loads(pathlib.Path(__file__).with_name("schema.json").read_text())
def transform_fn(schema, body, content_type, accept):
    rows = body.splitlines()
    # It gets the features that it knows.
    assert len(rows[0].split(",")) == len(schema["columns"]) - 1
    said = {{"predictions": [{0.0 if CLASSES == "number" else CLASSES[0]!r}] * len(rows)}}
    classes = {[] if CLASSES == "number" else CLASSES!r}
    said["probabilities"] = [{{name: 1 / len(classes) for name in classes}}] * len(rows)
    return json.dumps(said), accept
"""


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.write_bytes(b"no archive"), "bad model artefact: "),
        (None, "it takes the column 'gone', which the data do not have"),
    ],
)
def test_a_champion_that_cannot_be_asked_is_told(
    folder: Path, tmp_path: Path, spoil: Callable[[Path], Any] | None, says: str
) -> None:
    def gone(unpacked: Path) -> None:
        own = unpacked / "code" / "schema.json"
        schema = json.loads(own.read_text())
        schema["columns"]["gone"] = "number"
        own.write_text(json.dumps(schema))

    champion = pack(folder, tmp_path / "champion", gone)
    if spoil is not None:
        spoil(champion / "model.tar.gz")
    rules = Rules(METRIC, {}, {}, champion_margin=1.0)
    found, _ = run(folder, tmp_path / "output", rules, champion=champion)
    assert found.verdicts[0].kept is False
    assert says in found.verdicts[0].says


def test_without_a_model_in_its_place_there_is_no_champion(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "champion").mkdir()
    shutil.copy(STEPS / "evaluate.py", tmp_path / "champion")
    rules = Rules(METRIC, {}, {}, champion_margin=1.0)
    found, document = run(folder, tmp_path / "output", rules, champion=tmp_path / "champion")
    assert found.verdicts[0].kept is None
    assert document["quality_gate"]["broken_rules"] == 0


def test_cross_validation_is_of_the_training_set(folder: Path, tmp_path: Path) -> None:
    asked = Training(folder / "train", 4, defaults())
    found, _ = run(folder, tmp_path, training=asked)
    assert set(found.folds) == set(found.metrics)
    assert [len(values) for values in found.folds.values()] == [4] * len(found.metrics)
    assert "the training set in 4 parts" in (tmp_path / "report.html").read_text()


def test_a_slice_by_what_is_no_feature_ends_the_step(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StepError, match=r"^quality\.slices: there is no feature 'nowhere'$"):
        run(folder, tmp_path, Rules(METRIC, {}, {"nowhere": 0.5}))


def test_a_metric_that_there_is_not_ends_the_step(folder: Path, tmp_path: Path) -> None:
    other = "f1" if CLASSES == "number" else "mae"
    for rules in (Rules(METRIC, {"none": 1}, {}), Rules(other, {}, {})):
        with pytest.raises(StepError, match=r"^there is no metric '(none|f1|mae)' of a "):
            run(folder, tmp_path, rules)


def test_a_model_that_refuses_the_test_set_ends_the_step(folder: Path, tmp_path: Path) -> None:
    def refusing(unpacked: Path) -> None:
        (unpacked / "code" / "inference.py").write_text(
            "from werkzeug import Response\n"
            "def model_fn(folder):\n    return None\n"
            "def transform_fn(model, body, content_type, accept):\n"
            "    return Response(f'{content_type} {accept}', 400)\n"
        )

    pack(folder, tmp_path / "model", refusing)
    shutil.copytree(folder / "test", tmp_path / "test")
    with pytest.raises(
        StepError, match=r"^the model refuses the test set: text/csv application/json$"
    ):
        run(tmp_path, tmp_path / "output")


def test_what_is_asked_on_the_command_line_is_what_is_judged(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "mse" if CLASSES == "number" else "auc"
    feature = next(name for name in SCHEMA["columns"] if name != TARGET)
    words = [
        *("evaluate.py", "--model", folder / "model", "--test", folder / "test"),
        *("--output", tmp_path, "--metric", METRIC, "--threshold", f"{METRIC}={LIMIT}"),
        *("--threshold", f"{other}=0.5", "--slice", f"{feature}=0.25"),
        *("--champion", folder / "model", "--champion-margin", "0.125"),
        *("--champion-name", "version 7 of group demo"),
        *("--train", folder / "train", "--folds", "3"),
        *(("--positive", POSITIVE) if POSITIVE else ()),
    ]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    main()
    written = json.loads((tmp_path / "evaluation.json").read_text())["quality_gate"]["rules"]
    limits = {one["rule"]: one["limit"] for one in written}
    assert limits[METRIC] == LIMIT
    assert limits[other] == 0.5
    assert 0.25 in [limit for rule, limit in limits.items() if rule.startswith(f"{METRIC} where")]
    assert f"{METRIC} beside the champion" in limits
    assert "The champion is version 7 of group demo; it" in (tmp_path / "report.html").read_text()
    for bad in ("=0.5", "f1", "f1=x", "f1=inf"):
        monkeypatch.setattr("sys.argv", [*map(str, words), "--threshold", bad])
        with pytest.raises(StepError, match="bad arguments: argument --threshold"):
            main()
