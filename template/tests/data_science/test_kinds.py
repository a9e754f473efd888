"""Columns of every kind, from a CSV file through training to an answer."""

import json
import math
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from columns import Schema, features
from preparation import MOST_CATEGORIES, date_parts, preparation
from table import DataError, read_table, to_table

from data_science.config.declared import STEPS

VARIED: Schema = {
    "target": "paid",
    "columns": {
        "amount": "number",
        "new": "boolean",
        "when": "date",
        "shop": "category",
        "said": "text",
        "land": ["de", "fr"],
        "paid": ["no", "yes"],
    },
    "unseen_categories": "refuse",
}


def typed(**cells: list[Any]) -> pd.DataFrame:
    kinds = {name: VARIED["columns"][name] for name in cells}
    return to_table(cells, kinds, VARIED)[0]


def test_a_boolean_may_be_written_in_the_usual_ways() -> None:
    yes, no = (
        ["true", "Yes", " T ", "y", "1", "1.0", True, 1],
        ["False", "no", "f", "N", "0", "0.0", 0],
    )
    read = typed(new=[*yes, *no, "", None, "NA"])["new"]
    assert read.dtype == "float64"
    assert read.tolist()[:-3] == [1.0] * len(yes) + [0.0] * len(no)
    assert read.tail(3).isna().all()


def test_a_date_is_the_same_moment_however_it_is_written() -> None:
    same = ["2026-03-01T11:00:00+01:00", "2026-03-01 10:00", "2026-03-01T10:00:00Z"]
    read = typed(when=[*same, "2026-03-01", "", None])["when"]
    assert read.tolist()[:3] == [pd.Timestamp("2026-03-01 10:00")] * 3
    assert read[3] == pd.Timestamp("2026-03-01")
    assert read.tail(2).isna().all()


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("new", "perhaps", "'perhaps' is not true or false"),
        ("new", 2, "2 is not true or false"),
        ("when", "31/01/2026", "'31/01/2026' is not a date such as 2026-01-31 or "),
        ("when", "9999-12-31", "'9999-12-31' is not a date such as "),
        ("when", 20260131, "20260131 is not a date such as "),
        ("shop", {}, "{} is not a text"),
        ("said", ["x"], "['x'] is not a text"),
    ],
)
def test_a_cell_of_another_kind_is_named(column: str, cell: Any, reason: str) -> None:
    with pytest.raises(DataError) as refused:
        typed(**{column: [None, cell]})
    assert refused.value.reason.startswith(reason)
    assert (refused.value.column, refused.value.row) == (column, 2)


def test_any_category_is_taken_where_none_are_listed() -> None:
    read = typed(shop=["a", " b ", 3, 4.0, True, "", "n/a"])["shop"]
    assert read.tolist()[:5] == ["a", "b", "3", "4", "true"]
    assert read.tail(2).isna().all()


def test_a_date_gives_its_parts() -> None:
    # 2026-01-31 is a Saturday, 20,484 days after 1970-01-01.
    dates = pd.DataFrame({"when": pd.to_datetime(pd.Series(["2026-01-31T18:00:00", None]))})
    parts = date_parts(dates)
    assert parts.iloc[0].to_dict() == {
        "when days": 20484.75,
        "when month": 1,
        "when day": 31,
        "when weekday": 5,
        "when hour": 18,
    }
    assert parts.iloc[1].isna().all()


def test_rare_and_unseen_categories_count_as_one() -> None:
    frequent = [f"shop {number}" for number in range(MOST_CATEGORIES - 1)] * 3
    rare = [f"corner {number}" for number in range(10_000)]
    prepare = preparation({"shop": "category"})
    prepared = prepare.fit_transform(pd.DataFrame({"shop": frequent + rare}))
    assert prepared.shape[1] == MOST_CATEGORIES
    asked = pd.DataFrame({"shop": ["shop 0", "corner 1", "corner 2", "never seen"]})
    rows = prepare.transform(asked).toarray()
    assert rows.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert (rows[1] == rows[2]).all()
    assert (rows[1] == rows[3]).all()
    assert (rows[0] != rows[1]).any()


def test_a_column_that_is_empty_in_the_training_set_alone_takes_nothing_away() -> None:
    columns = features(VARIED)
    empty = typed(**{name: [None, None] for name in columns})
    full = typed(amount=[1], new=[True], when=["2026-01-01"], shop=["a"], said=["b"], land=["de"])
    prepare = preparation(columns).fit(empty)
    assert np.isfinite(prepare.transform(full).toarray()).all()


DERIVED = """
DERIVED = {"rate": "number", "big": ["no", "yes"]}


def derive(features):
    rate = features["amount"] / (features["when"].dt.day - 1)
    big = (features["amount"] > 50).map({True: "yes", False: "no"})
    return features.assign(rate=rate, big=big)
"""


def varied(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(0)
    said = np.where(random.random(rows) < 0.5, "very happy with it", "broken on arrival")
    table = pd.DataFrame(
        {
            "amount": random.uniform(0, 100, rows).round(2),
            "new": random.choice(["true", "false"], rows),
            "when": np.datetime64("2026-01-01") + random.integers(0, 365, rows),
            "shop": [f"shop {number}" for number in random.integers(0, 100, rows)],
            "said": said,
            "land": random.choice(["de", "fr"], rows),
        }
    )
    # The words and the amount tell it, and nothing else does.
    happy = table["said"].str.startswith("very")
    return table.assign(paid=(happy & (table["amount"] > 50)).map({True: "yes", False: "no"}))


def run(steps: Path, name: str, *arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, str(steps / f"{name}.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_kind_and_derived_columns_go_from_a_file_to_the_same_answers(tmp_path: Path) -> None:
    steps, data = tmp_path / "steps", tmp_path / "data"
    shutil.copytree(STEPS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    (steps / "schema.json").write_text(json.dumps(VARIED))
    with (steps / "derived.py").open("a") as file:
        file.write(DERIVED)
    data.mkdir()
    table = varied(400)
    table.loc[::50, "when"] = pd.NaT
    table.loc[::60, "said"] = None
    table.to_csv(data / "data.csv", index=False)

    run(steps, "preprocess", "--input", data, "--output", tmp_path)
    run(steps, "train", "--train", tmp_path / "train", "--model-dir", tmp_path / "model")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "model", ".")
    evaluation = ("--model", tmp_path, "--test", tmp_path / "test", "--output", tmp_path / "out")
    run(steps, "evaluate", *evaluation, "--metric", "f1", "--positive", "yes")

    quality = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert quality["binary_classification_metrics"]["f1"]["value"] > 0.9
    baseline = json.loads((tmp_path / "baseline" / "statistics.json").read_text())
    kinds = {one["name"]: one["inferred_type"] for one in baseline["features"]}
    assert kinds == {
        "amount": "Fractional",
        "new": "Fractional",
        "when": "String",
        "shop": "String",
        "said": "String",
        "land": "String",
    }
    # What preprocessing wrote reads back as the same values.
    test = read_table(tmp_path / "test" / "test.csv", VARIED)
    rows = read_table(data / "data.csv", VARIED)
    assert set(test["when"].dropna()) <= set(rows["when"])
    assert set(test["new"]) == {0.0, 1.0}
    assert math.isclose(len(test), 0.2 * len(rows))
