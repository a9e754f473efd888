"""The steps by their command lines, in this process: arguments, files and what they print."""

import hashlib
import json
from pathlib import Path
from typing import Any

import evaluate as evaluation
import joblib
import pandas as pd
import preprocess as preprocessing
import pytest
import score as scoring
import train as training
import tune
from columns import Schema
from failure import Parser, StepError
from gate import Rules
from hyperparameters import Hyperparameter, HyperparameterError, load_hyperparameters
from inference import model_fn
from model import build_model
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from split import split
from table import DataError, load_schema, read_table
from validation import cross_validated

from tests.data_science.tables import CLASSES, METRIC, POSITIVE, made_up

ROWS = 200
OWN: Schema = {
    "target": "y",
    "columns": {"x": "number", "y": ["no", "yes"]},
    "unseen_categories": "refuse",
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a table, with a column that the schema does not declare."""
    monkeypatch.setattr(preprocessing, "load_schema", lambda: OWN)
    folder = tmp_path / "data"
    folder.mkdir()
    rows = range(60)
    table = pd.DataFrame({"x": rows, "y": ["no", "yes"] * 30, "shop": [row // 6 for row in rows]})
    table.to_csv(folder / "data.csv", index=False)
    return folder


def call(main: Any, monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr("sys.argv", ["step.py", *map(str, words)])
    main()


def test_preprocessing_follows_its_arguments(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = read_table(data / "data.csv", OWN)
    target, shops = whole["y"], whole["x"] // 6
    asked = ("--test-fraction", "0.3", "--seed", "5", "--split", "group", "--split-by", "shop")
    places = ("--input", data, "--output", tmp_path)
    for words, rows in (
        (asked, split("group", target, shops, 0.3, 5)),
        ((), split("stratified", target, None, 0.2, 0)),
    ):
        capsys.readouterr()
        call(preprocessing.main, monkeypatch, *places, *words)
        written = [read_table(tmp_path / name / f"{name}.csv", OWN) for name in ("train", "test")]
        for part, positions in zip(written, rows, strict=True):
            pd.testing.assert_frame_equal(part, whole.iloc[positions].reset_index(drop=True))
        counts = [len(part) for part in written]
        assert json.loads((tmp_path / "profile" / "profile.json").read_text()) == {
            "data_hash": hashlib.sha256((data / "data.csv").read_bytes()).hexdigest(),
            "rows": 60,
            "train_rows": counts[0],
            "test_rows": counts[1],
        }
        statistics = json.loads((tmp_path / "baseline" / "statistics.json").read_text())
        assert statistics["dataset"]["item_count"] == counts[0]
        said = capsys.readouterr().out.splitlines()
        assert said[-1] == f"60 rows: {counts[0]} to train on, {counts[1]} to test on"


def test_preprocessing_says_what_is_odd(data: Path, tmp_path: Path, capsys: Any) -> None:
    table = pd.read_csv(data / "data.csv")
    pd.concat([table, table.head(1)]).to_csv(data / "data.csv", index=False)
    preprocessing.preprocess(data, tmp_path, 0.2, 0)
    assert "\nnote: 1 of 61 rows are the same as another one; " in capsys.readouterr().out


def test_preprocessing_of_a_number_asks_for_no_classes(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: Schema = {**OWN, "columns": {"x": "number", "y": "number"}}
    monkeypatch.setattr(preprocessing, "load_schema", lambda: numbers)
    table = pd.read_csv(data / "data.csv").assign(y=range(60))
    table.to_csv(data / "data.csv", index=False)
    preprocessing.preprocess(data, tmp_path / "deep" / "output", 0.25, 0)
    assert len(pd.read_csv(tmp_path / "deep" / "output" / "test" / "test.csv")) == 15


@pytest.mark.parametrize(
    ("change", "split_by", "says"),
    [
        ({"y": "maybe"}, {}, "column 'y': none of 60 rows is no or yes"),
        (
            {"shop": ["", "", *range(58)]},
            {"method": "group", "by": "shop"},
            "column 'shop', row 1 below the header: '' is not a text; the rows are split by it (2 "
            "of 60 rows)",
        ),
        (
            {"shop": "all"},
            {"method": "group", "by": "shop"},
            "60 rows cannot be split: all of them have the same shop",
        ),
        (
            {"y": ["yes"] * 30 + ["no"] * 30},
            {"method": "time", "by": "shop"},
            "column 'y': no row of the train set is 'no'; choose another data.split or "
            "data.test_fraction in settings.yaml, or leave the class out",
        ),
    ],
)
def test_preprocessing_names_what_cannot_be_used(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    split_by: dict[str, str],
    says: str,
) -> None:
    classes: list[str] = ["no", "yes", "maybe"] if change.get("y") == "maybe" else ["no", "yes"]
    own: Schema = {**OWN, "columns": {"x": "number", "y": classes}}
    monkeypatch.setattr(preprocessing, "load_schema", lambda: own)
    pd.read_csv(data / "data.csv").assign(**change).to_csv(data / "data.csv", index=False)
    with pytest.raises(DataError) as refused:
        preprocessing.preprocess(data, tmp_path, 0.5, 0, **split_by)
    assert str(refused.value) == says


def test_preprocessing_wants_one_file(data: Path, tmp_path: Path) -> None:
    (data / "data.csv").unlink()
    with pytest.raises(DataError, match=r"^the input must be one CSV file, not 0$"):
        preprocessing.preprocess(data, tmp_path, 0.2, 0)


@pytest.mark.parametrize(
    ("main", "says"),
    [
        (preprocessing.main, "--input, --output"),
        (scoring.main, "--model, --data, --output, --version"),
        (tune.main, "--validation_metric, --validation_folds"),
        (evaluation.main, "--model, --test, --output, --metric"),
    ],
)
def test_a_step_names_the_arguments_that_it_wants(
    main: Any, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StepError) as refused:
        call(main, monkeypatch)
    assert str(refused.value) == f"bad arguments: the following arguments are required: {says}"


def test_preprocessing_takes_no_other_way_to_split(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StepError, match="argument --split: invalid choice: 'odd'"):
        call(preprocessing.main, monkeypatch, "--input", "a", "--output", "b", "--split", "odd")


def test_training_packs_the_code_that_serves_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up(ROWS).to_csv(tmp_path / "train.csv", index=False)
    dummy = DummyRegressor() if CLASSES == "number" else DummyClassifier()
    monkeypatch.setattr(training, "build_model", lambda schema, **values: dummy)
    monkeypatch.setenv("SM_CHANNEL_TRAIN", str(tmp_path))
    monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path / "model"))
    call(training.main, monkeypatch)
    own = Path(training.__file__).parent
    code = tmp_path / "model" / "code"
    packed = {path.name for path in code.iterdir()}
    assert packed - {"requirements.txt"} == set(training.SERVING)
    assert packed >= {"inference.py", "table.py", "values.py", "columns.py", "schema.json"}
    assert all((code / name).read_bytes() == (own / name).read_bytes() for name in packed)
    assert ("requirements.txt" in packed) == (own / "requirements.txt").is_file()
    assert isinstance(joblib.load(tmp_path / "model" / "model.joblib"), type(dummy))
    defaults = {name: one.default for name, one in load_hyperparameters().items()}
    used = ", ".join(f"{name} {value}" for name, value in defaults.items())
    assert capsys.readouterr().out == (
        f"trained on {ROWS} rows, {used or 'without hyperparameters'}\n"
    )
    training.train(tmp_path, tmp_path / "model", {})
    assert capsys.readouterr().out == f"trained on {ROWS} rows, without hyperparameters\n"


def test_a_requirements_file_is_packed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path(training.__file__).parent
    there = tmp_path / "steps"
    there.mkdir()
    for name in training.SERVING:
        (there / name).write_bytes((own / name).read_bytes())
    (there / "requirements.txt").write_text("humanize\n")
    made_up(ROWS).to_csv(tmp_path / "train.csv", index=False)
    dummy = DummyRegressor() if CLASSES == "number" else DummyClassifier()
    monkeypatch.setattr(training, "build_model", lambda schema, **values: dummy)
    monkeypatch.setattr(training, "__file__", str(there / "train.py"))
    training.train(tmp_path, tmp_path / "model", {})
    assert (tmp_path / "model" / "code" / "requirements.txt").read_text() == "humanize\n"


def test_a_number_below_zero_is_a_value_and_no_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = {
        "rate": Hyperparameter("rate", "float", 1.0),
        "deep": Hyperparameter("deep", "int", 3),
    }
    monkeypatch.setattr(training, "load_hyperparameters", lambda: declared)
    words = ("train.py", "--train", tmp_path, "--rate", "-1e-05", "--model-dir", tmp_path / "model")
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    assert training.read_arguments(Parser(description=None)) == (
        tmp_path,
        tmp_path / "model",
        {"rate": -1e-05, "deep": 3},
        {},
    )
    # One without a value is refused as one that is empty.
    monkeypatch.setattr("sys.argv", ["train.py", "--rate"])
    with pytest.raises(HyperparameterError, match=r"^rate must be a number, not ''$"):
        training.read_arguments(Parser(description=None))


def test_a_trial_prints_the_mean_of_its_folds_and_trains_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up(ROWS).to_csv(tmp_path / "train.csv", index=False)
    asked = ["--train", tmp_path, "--model-dir", tmp_path / "model", "--validation_folds", "3"]
    asked += ["--validation_positive", POSITIVE] if POSITIVE else []
    call(tune.main, monkeypatch, *asked, "--validation_metric", METRIC)
    schema = load_schema()
    defaults = {name: one.default for name, one in load_hyperparameters().items()}
    found = cross_validated(
        lambda: build_model(schema, **defaults),  # type: ignore[arg-type]
        read_table(tmp_path / "train.csv", schema),
        schema,
        3,
        POSITIVE,
    )[METRIC]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"validation {METRIC}: {sum(found) / 3:.6g}"
    assert said[1].startswith(f"trained on {ROWS} rows")
    assert (tmp_path / "model" / "model.joblib").is_file()
    with pytest.raises(StepError, match=r"^there is no metric none; there are \w+, \w+"):
        call(tune.main, monkeypatch, *asked, "--validation_metric", "none")


def test_an_endpoint_loads_the_parts_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    schema = {"target": "y", "columns": {"x": "number", "y": "number"}}
    (tmp_path / "code" / "schema.json").write_text(json.dumps(schema))
    first, second, last = FunctionTransformer(), FunctionTransformer(), DummyRegressor()
    for steps in ([("a", first), ("c", last)], [("a", first), ("b", second), ("c", last)]):
        joblib.dump(Pipeline(steps), tmp_path / "model.joblib")
        loaded = model_fn(str(tmp_path))
        assert loaded.schema == {**schema, "unseen_categories": "refuse"}
        assert isinstance(loaded.estimator, DummyRegressor)
        many = len(steps) > 2
        assert isinstance(loaded.prepare, Pipeline if many else FunctionTransformer)
        assert not many or len(loaded.prepare) == 2


def test_evaluation_trains_its_folds_with_the_hyperparameters_that_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    declared = {
        "kernel": Hyperparameter("kernel", "choice", "c", values=("a=b", "c")),
        "deep": Hyperparameter("deep", "int", 3),
        "rate": Hyperparameter("rate", "float", 1.0),
    }
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(evaluation, "load_hyperparameters", lambda: declared)
    monkeypatch.setattr(evaluation, "evaluate", lambda *given: calls.append(given))
    paths = ("--model", "m", "--test", "t", "--output", "o", "--metric", "f1")
    call(evaluation.main, monkeypatch, *paths)
    named = ("--hyperparameter", "kernel=a=b", "--hyperparameter", "deep=5")
    call(evaluation.main, monkeypatch, *paths, "--train", "d", "--folds", "4", *named)
    places = (Path("m"), Path("t"), Path("o"), None, Rules("f1", {}, {}), None)
    values: dict[str, Any] = {"kernel": "a=b", "deep": 5, "rate": 1.0}
    assert calls == [
        (*places, None, "the newest approved version"),
        (*places, evaluation.Training(Path("d"), 4, values), "the newest approved version"),
    ]
