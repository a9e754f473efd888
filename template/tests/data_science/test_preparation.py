"""The numbers that columns of each kind become, before an estimator sees them."""

import math
from typing import Any

import numpy as np
import pandas as pd
import preparation
import pytest
from preparation import add_derived

ROOT = math.sqrt(1.5)


def prepared(kind: str | list[str], learnt: list[Any], asked: list[Any]) -> list[list[float]]:
    """Learn a column of a kind, and return what another one becomes."""
    made = preparation.preparation({"x": kind}).fit(pd.DataFrame({"x": learnt}))
    rows = made.transform(pd.DataFrame({"x": asked}, dtype=pd.Series(learnt).dtype))
    dense = rows.toarray() if hasattr(rows, "toarray") else rows
    return [[float(one) for one in row] for row in dense]


@pytest.mark.parametrize("kind", ["number", "boolean"])
def test_numbers_are_scaled_and_empty_ones_are_the_mean(kind: str) -> None:
    # Of 0, 2 and the mean of them the deviation is the root of 2 / 3.
    found = prepared(kind, [0.0, 2.0, math.nan], [0.0, 2.0, math.nan, 4.0])
    assert [row for [row] in found] == pytest.approx([-ROOT, ROOT, 0, 3 * ROOT])


def test_the_parts_of_a_date_are_scaled() -> None:
    days = [pd.Timestamp("2026-01-01T00:00"), pd.Timestamp("2026-02-03T06:00"), pd.NaT]
    # Days, month, day, weekday (Thursday, Tuesday) and hour: one is below the mean, one above.
    found = prepared("date", days, days)
    signs = np.sign(np.round(found, 9)).tolist()
    assert signs == [[-1, -1, -1, 1, -1], [1, 1, 1, -1, 1], [0, 0, 0, 0, 0]]
    assert np.abs(found[0]) == pytest.approx(ROOT)


def test_a_listed_category_has_its_own_column_in_the_order_of_the_list() -> None:
    found = prepared(["fr", "de", "it"], ["de", "de", "fr"], ["fr", "de", "it", math.nan, "xx"])
    # An empty one counts as the most frequent, an unknown one as none.
    assert found == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_a_free_category_tells_an_empty_cell_apart() -> None:
    found = prepared("category", ["b", "a", math.nan], ["", "a", "b", math.nan, "never"])
    assert found == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]]


def test_of_more_than_fifty_categories_the_rest_are_one() -> None:
    shops = [f"shop {number:02}" for number in range(50)]
    assert len(prepared("category", shops, ["shop 00"])[0]) == 50
    assert len(prepared("category", [*shops, "shop 50"], ["shop 00"])[0]) == 50


def test_a_text_is_its_words_the_rare_ones_more() -> None:
    both, one, none = prepared("text", ["blue red", "blue"], ["blue red", "red red", math.nan])
    assert len(both) == 4096
    weights = sorted(value for value in both if value)
    # ln(3 / 3) + 1 of blue, which both have, and ln(3 / 2) + 1 of red; their squares give 1.
    blue, red = 1.0, math.log(1.5) + 1
    assert weights == pytest.approx([blue / math.hypot(blue, red), red / math.hypot(blue, red)])
    assert [value for value in one if value] == [1.0]
    assert set(none) == {0.0}


def test_words_are_never_weighed_below_zero() -> None:
    words = " ".join(f"word{number}" for number in range(50))
    [row] = prepared("text", [words], [words])
    assert min(row) == 0


def test_each_kind_has_its_own_part() -> None:
    named = {"a": "text", "b": "category", "d": "date", "e": "boolean", "f": "number"}
    made = preparation.preparation({**named, "c": ["x"]})
    assert [(name, which) for name, _, which in made.transformers] == [
        ("number", ["e", "f"]),
        ("date", ["d"]),
        ("list", ["c"]),
        ("category", ["b"]),
        ("text a", "a"),
    ]
    assert [name for name, *_ in preparation.preparation({"f": "number"}).transformers] == [
        "number"
    ]


def test_what_is_derived_is_finite_or_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def derive(features: pd.DataFrame) -> pd.DataFrame:
        return features.assign(rate=1 / features["x"], big="yes")

    monkeypatch.setattr(preparation, "DERIVED", {"rate": "number", "big": ["no", "yes"]})
    monkeypatch.setattr(preparation, "derive", derive)
    found = add_derived(pd.DataFrame({"x": [0.0, -0.0, 4.0, math.inf]}))
    assert found["rate"].isna().tolist() == [True, True, False, False]
    assert found["rate"].tolist()[2:] == [0.25, 0]
    assert found["big"].tolist() == ["yes"] * 4
    # What was there stays as it was.
    assert found["x"].tolist() == [0, 0, 4, math.inf]
