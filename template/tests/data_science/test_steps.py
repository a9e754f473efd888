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
from preprocess import preprocess
from table import DataError

from data_science.config.declared import STEPS
from project.contract import ExpectedAnswers
from tests.data_science.tables import (
    CATEGORY,
    LIMIT,
    METRIC,
    NUMBER,
    POSITIVE,
    SCHEMA,
    TARGET,
    made_up,
)


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
        *("--metric", METRIC, "--threshold", f"{METRIC}={LIMIT}"),
        *(("--positive", POSITIVE) if POSITIVE else ()),
    )
    assert done.returncode == 0, done.stderr
    quality = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert quality["quality_gate"]["broken_rules"] == 0
    assert (tmp_path / "evaluation" / "report.html").stat().st_size < 500_000
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
BAD: dict[str, tuple[Spoil, str]] = {
    "empty target": (
        lambda table: set_first(table, TARGET, None),
        f"column '{TARGET}', row 1 below the header: the target is empty (1 of 200 rows)",
    ),
    "header alone": (lambda table: table.head(0), "dataset.csv is empty: a header, but 0 rows"),
    "empty file": (lambda table: "", "dataset.csv is empty: no header, 0 rows"),
    "missing column": (
        lambda table: table.drop(columns=TARGET),
        f"column '{TARGET}': the column is missing (200 rows)",
    ),
    "column that is there twice": (
        lambda table: table.assign(again=table[TARGET]).rename(columns={"again": TARGET}),
        f"column '{TARGET}': the header names it twice; rename or remove one",
    ),
    "semicolons": (
        lambda table: table.to_csv(index=False, sep=";"),
        f"column '{next(iter(SCHEMA['columns']))}': the column is missing (200 rows); "
        "the header is separated by ';': write the file with commas",
    ),
    "short row": (
        lambda table: table.to_csv(index=False) + "1\n",
        f"row 201 below the header: it has 1 values, not {len(SCHEMA['columns'])}",
    ),
    "open quote": (
        lambda table: table.to_csv(index=False) + '"',
        "it is not CSV: a quote is not closed in the row that begins in line 202",
    ),
}
if NUMBER is not None:
    number = NUMBER
    BAD |= {
        "wrong type": (
            lambda table: set_first(table, number, "many"),
            f"column '{number}', row 1 below the header: "
            "'many' is not a finite number (1 of 200 rows)",
        ),
        "infinite": (
            lambda table: set_first(table, number, "inf"),
            f"column '{number}', row 1 below the header: "
            "'inf' is not a finite number (1 of 200 rows)",
        ),
        "a number as Python writes it": (
            lambda table: set_first(table, number, "1_000"),
            f"column '{number}', row 1 below the header: "
            "'1_000' is not a finite number (1 of 200 rows)",
        ),
        "nothing but empty cells": (
            lambda table: table.assign(**{number: None}),
            f"column '{number}': all 200 rows are empty; remove the column from schema.json",
        ),
    }
if CATEGORY is not None:
    category = CATEGORY
    BAD["unseen category"] = (
        lambda table: set_first(table, category, "never seen"),
        f"column '{category}', row 1 below the header: 'never seen' is none of ",
    )
if SCHEMA["columns"][TARGET] != "number":
    absent = SCHEMA["columns"][TARGET][0]
    BAD["a class without rows"] = (
        lambda table: table[table[TARGET] != absent],
        f"column '{TARGET}': none of ",
    )
    BAD["a class of one row"] = (
        lambda table: pd.concat(
            [table[table[TARGET] != absent], table[table[TARGET] == absent].head(1)]
        ),
        f"column '{TARGET}': only 1 of ",
    )


@pytest.mark.parametrize("what", BAD)
def test_bad_data_are_refused_with_one_clear_line(
    tmp_path: Path, table: pd.DataFrame, what: str
) -> None:
    spoil, says = BAD[what]
    with pytest.raises(DataError) as refused:
        preprocess(write(tmp_path, spoil(table)), tmp_path / "output", test_fraction=0.2, seed=0)
    message = str(refused.value)
    assert message.startswith(says)
    assert "\n" not in message
    assert len(message) < 250


def test_too_few_rows_to_split_are_refused(tmp_path: Path, table: pd.DataFrame) -> None:
    with pytest.raises(DataError):
        preprocess(write(tmp_path, table.head(1)), tmp_path / "output", test_fraction=0.2, seed=0)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    data = write(tmp_path, "")
    (data / "dataset.csv").write_bytes("name\nGröße\n".encode("latin-1"))
    with pytest.raises(DataError) as refused:
        preprocess(data, tmp_path / "output", test_fraction=0.2, seed=0)
    assert str(refused.value) == (
        "dataset.csv is not UTF-8 (byte 0xf6 in line 2); save it as UTF-8"
    )


def test_columns_that_are_not_declared_are_named(
    tmp_path: Path, table: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write(tmp_path, table.assign(customer=1))
    preprocess(data, tmp_path / "output", test_fraction=0.2, seed=0)
    said = capsys.readouterr().out
    assert said.startswith("left out, since schema.json does not declare them: 'customer'\n")


def test_a_step_that_fails_writes_the_cause_where_sagemaker_looks_for_it(
    tmp_path: Path, table: pd.DataFrame
) -> None:
    data = write(tmp_path, table.head(0))
    write(tmp_path / "second", table)
    (tmp_path / "second" / "data" / "dataset.csv").rename(data / "more.csv")
    message = tmp_path / "output" / "message"
    done = step(
        *("preprocess", "--input", data, "--output", tmp_path), EXIT_MESSAGE_FILE=str(message)
    )
    cause = "the input must be one CSV file, not 2"
    assert (done.returncode, done.stderr, message.read_text()) == (1, f"{cause}\n", cause)


def test_training_writes_its_cause_too_also_for_what_nobody_foresaw(tmp_path: Path) -> None:
    done = step(
        *("train", "--model-dir", tmp_path, "--train", tmp_path), SM_OUTPUT_DIR=str(tmp_path)
    )
    cause = (tmp_path / "failure").read_text()
    assert done.returncode == 1
    assert cause.startswith("FileNotFoundError: [Errno 2] No such file or directory: ")
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1] == cause
    (tmp_path / "failure").unlink()
    done = step("train", "--other", 1, SM_OUTPUT_DIR=str(tmp_path))
    assert (tmp_path / "failure").read_text() == "bad arguments: unrecognized arguments: --other 1"


def test_empty_features_are_allowed(tmp_path: Path, table: pd.DataFrame) -> None:
    feature = next(name for name in SCHEMA["columns"] if name != TARGET)
    data = write(tmp_path, set_first(table, feature, None))
    preprocess(data, tmp_path / "output", test_fraction=0.2, seed=0)


def test_a_file_that_excel_wrote_is_read(tmp_path: Path, table: pd.DataFrame) -> None:
    data = write(tmp_path, "\ufeff" + table.to_csv(index=False))
    preprocess(data, tmp_path / "output", 0.2, 0)


def test_a_broken_artefact_ends_the_step_in_one_line(tmp_path: Path, table: pd.DataFrame) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.tar.gz").write_bytes(b"no archive")
    data = write(tmp_path, table)
    (data / "dataset.csv").rename(data / "test.csv")
    model = tmp_path / "model"
    done = step(
        *("evaluate", "--model", model, "--test", data, "--output", tmp_path, "--metric", METRIC)
    )
    assert done.returncode == 1
    assert done.stderr.startswith("bad model artefact: ")
    assert done.stderr.count("\n") == 1
