"""Columns of `ds adopt`: what kind each is of, and how its cells are written down."""

import pandas as pd
import pytest

from data_science.adopt.kinds import read_column, rewritten
from tests.data_science.adopting import column


@pytest.mark.parametrize(
    ("cells", "kind", "texts"),
    [
        (["1", "2.5", None, "-3e2"], "number", ["1", "2.5", None, "-3e2"]),
        (["1.234,5", "7"], "number", ["1234.5", "7"]),
        (["1,234.5", "12,345,678"], "number", ["1234.5", "12345678"]),
        (["01067", "10115"] * 5, "category", ["01067", "10115"] * 5),
        (["Yes", "no", None], "boolean", ["Yes", "no", None]),
        (["yes", "maybe"], "category", ["yes", "maybe"]),
        (["2026-01-31", None], "date", ["2026-01-31", None]),
        (
            ["2026-01-31T12:00:00+02:00", "2026-01-31 12:00"],
            "date",
            ["2026-01-31T10:00", "2026-01-31T12:00"],
        ),
        (["31.01.2026", "1.2.2026"], "date", ["2026-01-31", "2026-02-01"]),
        (["01/31/2026", "02/01/2026"], "date", ["2026-01-31", "2026-02-01"]),
        (["31/01/2026", "02/01/2026"], "date", ["2026-01-31", "2026-01-02"]),
        (
            ["31 Jan 2026 14:05", "1 Feb 2026 00:00"],
            "date",
            ["2026-01-31T14:05", "2026-02-01T00:00"],
        ),
        (["10.0.0.1", "10.0.0.2"], "category", ["10.0.0.1", "10.0.0.2"]),
        (["None", "much"] * 5, "category", ["None", "much"] * 5),
        (["None", "much", None] * 5, "category", [None, "much", None] * 5),
        (["None", "1", "2"], "number", [None, "1", "2"]),
    ],
)
def test_the_kind_of_a_column_is_told_and_its_cells_are_normalised(
    cells: list[str | None], kind: str, texts: list[str | None]
) -> None:
    found = column(*cells)
    assert (found.kind, found.stray) == (kind, ())
    written = [None if pd.isna(text) else text for text in found.texts]
    if kind == "date":
        assert pd.to_datetime(pd.Series(written), format="ISO8601").equals(
            pd.to_datetime(pd.Series(texts), format="ISO8601")
        )
    else:
        assert written == texts


@pytest.mark.parametrize(
    ("kind", "cells", "texts"),
    [
        ("number", ["1.234,5", "7", None, "much"], ["1234.5", "7", None, "much"]),
        ("number", ["007", "1e5"], ["007", "1e5"]),
        ("number", ["2.5", "1,5"], ["2.5", "1,5"]),
        ("date", ["29.06.2023", None, "31.02.2023"], ["2023-06-29", None, "31.02.2023"]),
        ("date", ["2023-06-29"], ["2023-06-29"]),
        ("date", ["soon"], ["soon"]),
        ("category", ["1,5", "01.02.2023"], ["1,5", "01.02.2023"]),
    ],
)
def test_cells_of_a_known_kind_are_rewritten_and_others_stay(
    kind: str, cells: list[str | None], texts: list[str | None]
) -> None:
    written = rewritten(pd.Series(cells, dtype=object), kind, True)
    assert [None if pd.isna(text) else text for text in written] == texts


def test_dates_of_two_meanings_are_not_guessed_where_nobody_looks() -> None:
    says = "^holds dates such as '01/02/2026', which may be read in two ways; write them as 2026-01"
    with pytest.raises(ValueError, match=says):
        rewritten(pd.Series(["01/02/2026"], dtype=object), "date", False)


def test_a_number_with_a_point_among_decimal_commas_keeps_its_value() -> None:
    found = column(*["1,5"] * 30, "2.5", decimal_comma=True)
    assert found.values.tolist() == [1.5] * 30 + [2.5]
    found = column(*["1,500"] * 30, "2,5")
    assert found.values.tolist()[:30] == [1500.0] * 30
    assert found.stray == ("2,5",)


def test_what_a_comma_means_may_depend_on_the_separator() -> None:
    assert column("1,234", "5,678").values.tolist() == [1234, 5678]
    assert column("1,234", "5,678", decimal_comma=True).values.tolist() == [1.234, 5.678]


def test_eight_digits_are_a_date_if_all_of_them_are() -> None:
    days = pd.date_range("2025-12-01", periods=80)
    found = column(*days.strftime("%Y%m%d"))
    assert (found.kind, found.texts[79]) == ("date", "2026-02-18")
    assert column(*[str(20000101 + 7 * row) for row in range(80)]).kind == "number"


def read_dates(*cells: str, day_first: bool | None) -> tuple[list[str], str]:
    found = read_column(pd.Series(cells, dtype=object), False, day_first)
    return found.texts.str[:10].tolist(), found.remark


def test_dates_that_may_be_read_in_two_ways_are_read_as_the_user_says() -> None:
    cells = ("05/05/2026", "01/02/2026", "03/04/2026")
    texts, remark = read_dates(*cells, day_first=None)
    assert texts == ["2026-05-05", "2026-01-02", "2026-03-04"]
    assert remark == (
        "may be read in two ways: 01/02/2026 is taken for 2 January 2026, the month first; say "
        "--day-first or --month-first"
    )
    assert read_dates(*cells, day_first=False) == (texts, "")
    assert read_dates(*cells, day_first=True) == (["2026-05-05", "2026-02-01", "2026-04-03"], "")


@pytest.mark.parametrize("day_first", [None, True, False])
def test_dates_of_one_meaning_stay_whatever_the_user_says(day_first: bool | None) -> None:
    assert read_dates("01/31/2026", "02/01/2026", day_first=day_first) == (
        ["2026-01-31", "2026-02-01"],
        "",
    )
    assert read_dates("1 May 2026", "31 May 2026", day_first=day_first) == (
        ["2026-05-01", "2026-05-31"],
        "",
    )


def test_few_cells_of_another_kind_count_as_empty_and_many_make_another_kind() -> None:
    found = column(*["1"] * 50, *["2"] * 49, "n/k")
    assert (found.kind, found.stray) == ("number", ("n/k",))
    assert found.texts.isna().sum() == 1
    assert column(*["1"] * 10, *["2"] * 10, *["n/k"] * 10).kind == "category"
    found = column(*["2026-01-01"] * 50, "9999-12-31")
    assert (found.kind, found.stray) == ("date", ("9999-12-31",))


def test_long_texts_and_many_categories_are_told_apart() -> None:
    assert column(*[f"the {row} parcel was late" for row in range(100)]).kind == "text"
    many = column(*[f"shop {row % 1000}" for row in range(5000)])
    assert (many.kind, many.listed) == ("category", None)
    few = column(*["b", "a"] * 5)
    assert (few.kind, few.listed) == ("category", ["a", "b"])
    # Each is there once: tomorrow there will be others.
    assert column("a", "b", "c").listed is None
