"""How the test set is chosen: disjoint, complete, and by the rule that was asked for."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from preprocess import preprocess
from split import METHODS, split
from table import DataError

CLASSES = pd.Series(["rare"] * 10 + ["usual"] * 90)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("rows", "fraction"), [(20, 0.1), (20, 0.9), (57, 0.3), (200, 0.45)])
def test_every_row_is_in_one_set(method: str, rows: int, fraction: float) -> None:
    target = pd.Series(np.arange(rows, dtype=float))
    train, test = split(method, target, target // 2, fraction, 0)
    assert sorted([*train, *test]) == list(range(rows))
    assert len(train) > 0 < len(test)
    assert abs(len(test) - rows * fraction) <= 2


def test_a_rare_class_is_in_both_sets_as_often() -> None:
    train, test = split("stratified", CLASSES, None, 0.2, 0)
    assert Counter(CLASSES[test]) == {"rare": 2, "usual": 18}
    assert Counter(CLASSES[train]) == {"rare": 8, "usual": 72}


def test_each_tenth_of_a_number_is_in_both_sets_as_often() -> None:
    target = pd.Series(np.random.default_rng(0).normal(size=1000) ** 3)
    _, test = split("stratified", target, None, 0.2, 0)
    tenths = (target.rank() - 1) * 10 // 1000
    assert Counter(tenths[test]) == dict.fromkeys(range(10), 20)


def test_chance_alone_takes_no_heed_of_classes() -> None:
    counts = {
        (CLASSES[split("random", CLASSES, None, 0.2, seed)[1]] == "rare").sum()
        for seed in range(20)
    }
    assert len(counts) > 1


def test_what_a_method_does_not_ask_for_changes_nothing() -> None:
    groups = pd.Series([f"customer {row % 25}" for row in range(100)])
    for method in ("stratified", "random"):
        with_groups, alone = (split(method, CLASSES, by, 0.2, 0)[1] for by in (groups, None))
        assert with_groups.tolist() == alone.tolist()


def test_two_groups_are_enough_and_each_is_in_one_set() -> None:
    groups = pd.Series(["a", "b"] * 10)
    train, test = split("group", CLASSES.head(20), groups, 0.5, 0)
    assert {groups[train].nunique(), groups[test].nunique()} == {1}
    assert len(train) == len(test) == 10


def test_the_same_seed_gives_the_same_groups_and_another_one_others() -> None:
    groups = pd.Series([f"customer {row % 25}" for row in range(100)])
    first, again, other = (
        split("group", CLASSES, groups, 0.2, seed)[1].tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_of_few_numbers_the_tenths_are_fewer() -> None:
    # Two rows in each set: the lower half and the upper half have one in both.
    for seed in range(5):
        _, test = split("stratified", pd.Series([1.0, 1, 1, 9]), None, 0.5, seed)
        assert sorted(test // 2) == [0, 1]
    # One row in the test set has nothing to be spread by.
    found = {
        split("stratified", pd.Series([1.0, 2, 3, 4]), None, 0.25, seed)[1][0] for seed in range(20)
    }
    assert found == {0, 1, 2, 3}


@pytest.mark.parametrize(("rows", "fraction", "smaller"), [(1, 0.5, 0), (4, 0.99, 0), (2, 0.6, 0)])
def test_a_set_without_rows_is_refused(rows: int, fraction: float, smaller: int) -> None:
    target = pd.Series([float(row) for row in range(rows)])
    with pytest.raises(ValueError) as refused:
        split("random", target, None, fraction, 0)
    assert str(refused.value) == f"one of the sets would have {smaller} rows, and needs 1 or more"


def test_the_smallest_sets_have_a_row_each() -> None:
    train, test = split("random", pd.Series([1.0, 2.0]), None, 0.5, 0)
    assert (len(train), len(test)) == (1, 1)


def test_rows_of_a_group_stay_together() -> None:
    groups = pd.Series([f"customer {row % 25}" for row in range(100)])
    train, test = split("group", CLASSES, groups, 0.2, 0)
    assert len(set(groups[test])) == 5
    assert not set(groups[train]) & set(groups[test])


def test_the_latest_rows_are_the_test_set_and_rows_of_one_time_stay_together() -> None:
    days = [5, 1, 4, 2, 3, 4, 1, 2, 3, 5]
    times = pd.Series(pd.to_datetime([f"2026-01-{day:02}" for day in days]))
    train, test = split("time", CLASSES.head(10), times, 0.3, 0)
    assert sorted(test) == [0, 2, 5, 9]
    assert sorted(train) == [1, 3, 4, 6, 7, 8]


def test_the_last_time_is_the_test_set_however_small_the_share() -> None:
    times = pd.Series([1.0, 2.0, 3.0, 3.0])
    assert sorted(split("time", CLASSES.head(4), times, 0.01, 0)[1]) == [2, 3]
    alone = pd.Series([1.0, 2.0, 3.0, 4.0])
    assert sorted(split("time", CLASSES.head(4), alone, 0.01, 0)[1]) == [3]


def test_one_time_cannot_be_split() -> None:
    times = pd.Series([1.0] * 10, name="year")
    with pytest.raises(ValueError, match=r"too many of them share the earliest year, 1\.0"):
        split("time", CLASSES.head(10), times, 0.3, 0)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    schema = {"target": "y", "columns": {"x": "number", "y": ["no", "yes"]}}
    monkeypatch.setattr("preprocess.load_schema", lambda: {**schema, "unseen_categories": "refuse"})
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [
        f"{row},{'yes' if row % 2 else 'no'},shop {row // 10},2026-01-01T{row % 24:02}:00:00Z"
        for row in range(100)
    ]
    (folder / "data.csv").write_text("\n".join(["x,y,shop,when", *rows]))
    return folder


@pytest.mark.parametrize(
    ("yes", "rows", "says"),
    [
        (
            1,
            300,
            "column 'y': only 1 of 300 rows is 'yes', and both the training and the test set need "
            "one; add rows of it, or leave the class out",
        ),
        (
            2,
            4,
            "4 rows cannot be split: one of the sets would have 1 rows, and needs 2 or more",
        ),
    ],
)
def test_too_few_rows_of_a_class_are_named(
    data: Path, tmp_path: Path, yes: int, rows: int, says: str
) -> None:
    cells = [f"{row},{'yes' if row < yes else 'no'}" for row in range(rows)]
    (data / "data.csv").write_text("\n".join(["x,y", *cells]))
    with pytest.raises(DataError) as refused:
        preprocess(data, tmp_path / "out", 0.2, 0)
    assert str(refused.value) == says


def test_one_group_cannot_be_split() -> None:
    shop = pd.Series(["a"] * 10, name="shop")
    with pytest.raises(ValueError, match="all of them have the same shop"):
        split("group", CLASSES.head(10), shop, 0.3, 0)


def test_the_rows_are_split_by_a_column_that_is_no_feature(data: Path, tmp_path: Path) -> None:
    preprocess(data, tmp_path / "out", 0.2, 0, "group", "shop")
    test = pd.read_csv(tmp_path / "out" / "test" / "test.csv")
    assert list(test) == ["x", "y"]
    assert Counter(test["x"] // 10) == dict.fromkeys(set(test["x"] // 10), 10)
    assert len(test) == 20
    preprocess(data, tmp_path / "late", 0.24, 0, "time", "when")
    test = pd.read_csv(tmp_path / "late" / "test" / "test.csv")
    # The hours from 0 to 17 have 76 rows: each has four, and the first four have one more.
    assert set(test["x"] % 24) == {18, 19, 20, 21, 22, 23}


@pytest.mark.parametrize(
    ("by", "cell", "method", "says"),
    [
        ("where", "", "group", "column 'where': the data have no such column to split by"),
        (
            "shop",
            "",
            "group",
            "column 'shop', row 1 below the header: '' is not a text; the rows are split by it",
        ),
        (
            "shop",
            "x",
            "time",
            "column 'shop', row 1 below the header: 'x' is not a finite number; the rows are",
        ),
    ],
)
def test_what_cannot_be_split_by_is_named(
    data: Path, tmp_path: Path, by: str, cell: str, method: str, says: str
) -> None:
    path = data / "data.csv"
    path.write_text(path.read_text().replace("shop 0", cell))
    with pytest.raises(DataError) as refused:
        preprocess(data, tmp_path / "out", 0.2, 0, method, by)
    assert str(refused.value).startswith(says)


def test_a_set_without_one_of_the_classes_is_refused(data: Path, tmp_path: Path) -> None:
    path = data / "data.csv"
    path.write_text(
        path.read_text()
        .replace(",yes,", ",no,")
        .replace("\n0,no,", "\n0,yes,")
        .replace("\n1,no,", "\n1,yes,")
    )
    with pytest.raises(DataError, match="no row of the test set is 'yes'; choose another"):
        preprocess(data, tmp_path / "out", 0.2, 0, "random")
