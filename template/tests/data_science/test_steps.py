"""The steps as the containers run them: plain scripts on plain files."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from evaluate import unpack
from metrics import model_quality
from preprocess import preprocess
from table import DataError, Schema

from data_science.bundle import STEPS
from project.contract import ExpectedAnswers
from tests.data_science.tables import CATEGORY, NUMBER, SCHEMA, TARGET, made_up


def step(name: str, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(STEPS / f"{name}.py"), *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def write(folder: Path, table: pd.DataFrame | str) -> Path:
    data = folder / "data"
    data.mkdir(parents=True)
    text = table if isinstance(table, str) else table.to_csv(index=False)
    (data / "dataset.csv").write_text(text)
    return data


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return made_up()


def test_the_steps_follow_each_other(tmp_path: Path, table: pd.DataFrame) -> None:
    output = tmp_path / "output"
    done = step("preprocess", "--input", write(tmp_path, table), "--output", output)
    assert done.returncode == 0, done.stderr
    profile = json.loads((output / "profile" / "profile.json").read_text())
    assert profile["rows"] == len(table) == profile["train_rows"] + profile["test_rows"]
    baseline = json.loads((output / "baseline" / "statistics.json").read_text())
    assert {feature["name"] for feature in baseline["features"]} == set(SCHEMA["columns"]) - {
        TARGET
    }

    done = step(
        "train",
        "--regularization",
        1.0,
        SM_CHANNEL_TRAIN=str(output / "train"),
        SM_MODEL_DIR=str(tmp_path / "model"),
    )
    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        for name in ("model.joblib", "code"):
            archive.add(tmp_path / "model" / name, name)

    done = step(
        *("evaluate", "--model", tmp_path, "--test", output / "test"),
        *("--output", tmp_path / "evaluation"),
    )
    assert done.returncode == 0, done.stderr
    quality = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert len(quality) == 1
    expected = ExpectedAnswers.model_validate_json(
        (tmp_path / "evaluation" / "expected_answers.json").read_bytes()
    )
    assert len(expected.answers["predictions"]) == 5
    with tarfile.open(tmp_path / "evaluation" / "sample_payload.tar.gz") as archive:
        assert archive.getnames() == [expected.payload]


def test_the_same_data_are_split_the_same_way(tmp_path: Path, table: pd.DataFrame) -> None:
    data = write(tmp_path, table)
    for name in ("one", "two"):
        preprocess(data, tmp_path / name, test_fraction=0.2, seed=0)
    one, two = (tmp_path / name / "train" / "train.csv" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def set_first(table: pd.DataFrame, column: str, value: str | None) -> pd.DataFrame:
    changed = table.astype(object)
    changed.loc[0, column] = value
    return changed


Spoil = Callable[[pd.DataFrame], "pd.DataFrame | str"]
BAD: dict[str, tuple[Spoil, list[str]]] = {
    "empty target": (
        lambda table: set_first(table, TARGET, None),
        [f"target column '{TARGET}': 1 of {{rows}} rows are empty"],
    ),
    "header alone": (lambda table: table.head(0), ["is empty: a header, but 0 rows"]),
    "empty file": (lambda table: "", ["is empty: no header, 0 rows"]),
    "one row": (lambda table: table.head(1), ["1 rows"]),
}
if NUMBER is not None:
    number = NUMBER
    BAD |= {
        "missing column": (
            lambda table: table.drop(columns=number),
            [f"column '{number}' is missing", "{rows} rows"],
        ),
        "wrong type": (
            lambda table: set_first(table, number, "many"),
            [f"column '{number}': 1 of {{rows}} rows are not finite", "'many' in row 1"],
        ),
        "infinite": (
            lambda table: set_first(table, number, "inf"),
            [f"column '{number}': 1 of {{rows}} rows are not finite numbers"],
        ),
    }
if CATEGORY is not None:
    category = CATEGORY
    BAD["unseen category"] = (
        lambda table: set_first(table, category, "never seen"),
        [f"column '{category}': 1 of {{rows}} rows hold a category other than"],
    )
if SCHEMA["columns"][TARGET] != "number":
    absent = SCHEMA["columns"][TARGET][0]
    BAD["a class without rows"] = (
        lambda table: table[table[TARGET] != absent],
        [f"target column '{TARGET}': none of", f"rows is {absent}"],
    )


@pytest.mark.parametrize("what", BAD)
def test_bad_data_are_refused_with_one_clear_line(
    tmp_path: Path, table: pd.DataFrame, what: str
) -> None:
    spoil, says = BAD[what]
    with pytest.raises(DataError) as refused:
        preprocess(write(tmp_path, spoil(table)), tmp_path / "output", test_fraction=0.2, seed=0)
    message = str(refused.value)
    assert "\n" not in message
    for phrase in says:
        assert phrase.format(rows=len(table)) in message


def test_bad_data_end_the_job_with_that_line_alone(tmp_path: Path, table: pd.DataFrame) -> None:
    data = write(tmp_path, table.head(0))
    write(tmp_path / "second", table)
    (tmp_path / "second" / "data" / "dataset.csv").rename(data / "more.csv")
    done = step("preprocess", "--input", data, "--output", tmp_path / "output")
    assert done.returncode == 1
    assert done.stderr == "bad input data: the input must be one CSV file, not 2\n"


def test_empty_features_are_allowed(tmp_path: Path, table: pd.DataFrame) -> None:
    feature = next(name for name in SCHEMA["columns"] if name != TARGET)
    data = write(tmp_path, set_first(table, feature, None))
    preprocess(data, tmp_path / "output", test_fraction=0.2, seed=0)


@pytest.mark.parametrize("classes", [2, 3])
def test_metrics_follow_the_target(classes: int) -> None:
    names = ["a", "b", "c"][:classes]
    schema: Schema = {"target": "y", "columns": {"x": "number", "y": names}}
    truth = pd.Series(names * 4)
    answer = {
        "predictions": list(truth),
        "probabilities": [{name: float(name == value) for name in names} for value in truth],
    }
    group = {2: "binary_classification_metrics", 3: "multiclass_classification_metrics"}[classes]
    quality = model_quality(schema, truth, answer)[group]
    assert {name: metric["value"] for name, metric in quality.items()} == dict.fromkeys(
        ("accuracy", "precision", "recall", "f1", "auc"), 1.0
    )


def test_a_file_that_excel_wrote_is_read(tmp_path: Path, table: pd.DataFrame) -> None:
    data = write(tmp_path, "\ufeff" + table.to_csv(index=False))
    preprocess(data, tmp_path / "output", 0.2, 0)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf"])
def test_a_regularization_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    done = step("train", "--regularization", value, "--train", tmp_path, "--model-dir", tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("train.py: error: regularization must be above")


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made


def pack(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for one in members:
            archive.addfile(one)
    return path


@pytest.mark.parametrize(
    "members",
    [
        [member("../outside")],
        [member("code/../../outside")],
        [member("/tmp/outside-of-everything")],
        [member("link", tarfile.SYMTYPE, ".."), member("link/outside")],
        [member("link", tarfile.SYMTYPE, "/etc/passwd")],
        [member("link", tarfile.LNKTYPE, "../outside")],
        [member("device", tarfile.CHRTYPE)],
        [member("pipe", tarfile.FIFOTYPE)],
    ],
)
def test_an_artefact_that_leads_out_of_its_folder_is_refused(
    tmp_path: Path, members: list[tarfile.TarInfo]
) -> None:
    (tmp_path / "inside").mkdir()
    path = pack(tmp_path / "model.tar.gz", *members)
    with pytest.raises(tarfile.TarError, match="which is no plain file"):
        unpack(path, tmp_path / "inside")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["inside", "model.tar.gz"]
    assert list((tmp_path / "inside").iterdir()) == []
    assert not Path("/tmp/outside-of-everything").exists()


def test_an_artefact_is_unpacked_as_the_training_job_packed_it(tmp_path: Path) -> None:
    (tmp_path / "model" / "code").mkdir(parents=True)
    (tmp_path / "model" / "code" / "inference.py").write_text("pass")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "model", ".")
    unpack(tmp_path / "model.tar.gz", tmp_path / "there")
    assert (tmp_path / "there" / "code" / "inference.py").read_text() == "pass"


def test_a_broken_artefact_ends_the_step_in_one_line(tmp_path: Path, table: pd.DataFrame) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.tar.gz").write_bytes(b"no archive")
    data = write(tmp_path, table)
    (data / "dataset.csv").rename(data / "test.csv")
    model = tmp_path / "model"
    done = step("evaluate", "--model", model, "--test", data, "--output", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("bad model artefact: ")
