"""`ds adopt`: any table is read, described, and written down so that the project learns from it."""

import bz2
import gzip
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from columns import parse_schema
from table import read_table

from data_science.adopt import taking_over
from data_science.adopt.kinds import Column, read_column, rewritten
from data_science.adopt.page import page
from data_science.adopt.plan import Plan, make_plan, problem_type_of
from data_science.adopt.profile import Finding, Profile, profile, read_columns
from data_science.adopt.source import Source, read_source
from data_science.adopt.yaml_file import changed
from data_science.cli.adopt import adopt
from data_science.config.settings import Settings
from project.errors import ProjectError
from project.settings import ROOT, load_project

ROWS = [["Größe", "n", "x"], ["klein", "1", "0.5"], ["", "2", "1.5"], ["groß", "3", "NA"]]
TABLE = "\n".join(",".join(row) for row in ROWS)


def write(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zipped(content: bytes) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("file.csv", content)
    return buffer.getvalue()


FORMS: dict[str, tuple[Callable[[str], bytes], str]] = {
    "plain": (str.encode, "CSV separated by commas, utf-8"),
    "semicolons": (
        lambda text: text.replace(",", ";").encode("latin-1"),
        "CSV separated by semicolons, cp1252",
    ),
    "tabs": (lambda text: text.replace(",", "\t").encode(), "CSV separated by tabs, utf-8"),
    "bars": (lambda text: text.replace(",", "|").encode(), "CSV separated by bars, utf-8"),
    "mark": (lambda text: text.encode("utf-8-sig"), "CSV separated by commas, utf-8"),
    "utf-16": (lambda text: text.encode("utf-16"), "CSV separated by commas, utf-16"),
    "gzip": (
        lambda text: gzip.compress(text.encode()),
        "CSV separated by commas, utf-8, compressed",
    ),
    "bzip2": (
        lambda text: bz2.compress(text.encode()),
        "CSV separated by commas, utf-8, compressed",
    ),
    "zip": (lambda text: zipped(text.encode()), "CSV separated by commas, utf-8, compressed"),
    "old line ends": (
        lambda text: text.replace("\n", "\r\n").encode(),
        "CSV separated by commas, utf-8",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_csv_file_is_read_however_it_is_written(tmp_path: Path, form: str) -> None:
    written, said = FORMS[form]
    source = read_source(write(tmp_path, written(TABLE)))
    assert source.form == said
    assert source.table.to_dict("list") == {
        "Größe": ["klein", None, "groß"],
        "n": ["1", "2", "3"],
        "x": ["0.5", "1.5", None],
    }


def test_a_named_encoding_is_believed(tmp_path: Path) -> None:
    path = write(tmp_path, "město,n\nŽďár,1\n".encode("cp1250"))
    assert read_source(path, "cp1250").table["město"].tolist() == ["Žďár"]
    with pytest.raises(ProjectError, match="there is no encoding nonsense"):
        read_source(path, "nonsense")


def test_parquet_and_folders_are_read(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "n": [1.0, 2.0, None],
            "when": [pd.Timestamp("2026-01-01"), None, pd.Timestamp("2026-01-03 10:00")],
            "yes": [True, False, True],
            "kind": pd.Categorical(["a", None, "b"]),
        }
    )
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(2):
        table.to_parquet(folder / f"part-{number}.parquet")
    (folder / "_SUCCESS").write_text("")
    source = read_source(folder)
    assert (source.form, source.files, len(source.table)) == ("Parquet", 2, 6)
    assert source.table.head(3).to_dict("list") == {
        "n": ["1", "2", None],
        "when": ["2026-01-01 00:00:00", None, "2026-01-03 10:00:00"],
        "yes": ["True", "False", "True"],
        "kind": ["a", None, "b"],
    }


BAD: dict[str, tuple[str | bytes, str]] = {
    "nothing in it": ("", "file.csv is empty"),
    "header alone": ("a,b\n", "has a header, but no rows"),
    "the same name twice": ("a,b,a\n1,2,3\n", "has the column 'a' twice; rename or remove one"),
    "no header": ("5.1,3.5,setosa\n", "has no header: its first row holds '5.1'; add a row of "),
    "a short row": (
        "a,b\n1,2\n3\n",
        "row 2 below the header has 1 cells, the header has 2; correct the row, or ",
    ),
    "not text": (b"\x00\x01\x02\x03", "is neither text nor Parquet"),
    "half a file": (gzip.compress(b"a,b\n1,2\n" * 100)[:-20], "is compressed and damaged"),
    "half of Parquet": (b"PAR1nothing", "is a damaged Parquet file"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path, what: str) -> None:
    content, says = BAD[what]
    with pytest.raises(ProjectError) as refused:
        read_source(write(tmp_path, content))
    assert says in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / 'file.csv'}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sheet.xlsx", b""),
        ("sheet.XLS", b""),
        ("sheet.xlsx", b"PK\x03\x04\x14\0"),
        ("sheet.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ],
)
def test_a_workbook_is_refused_as_one(tmp_path: Path, name: str, content: bytes) -> None:
    path = write(tmp_path, content, name)
    with pytest.raises(ProjectError) as refused:
        read_source(path)
    assert str(refused.value) == (
        f"{path} is a workbook of Excel, which is not read; save the sheet as CSV"
    )


def test_a_text_with_the_name_of_a_workbook_is_read(tmp_path: Path) -> None:
    assert read_source(write(tmp_path, TABLE, "export.xls")).files == 1


def test_files_of_a_folder_must_fit_together(tmp_path: Path) -> None:
    write(tmp_path, "a,b\n1,2\n", "one.csv")
    write(tmp_path, "a,c\n1,2\n", "two.csv")
    with pytest.raises(ProjectError, match=r"two\.csv has other columns than .*one\.csv"):
        read_source(tmp_path)
    with pytest.raises(ProjectError, match="is not there"):
        read_source(tmp_path / "other")


def column(*cells: str | None, decimal_comma: bool = False) -> Column:
    return read_column(pd.Series(cells, dtype=object), decimal_comma)


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


def test_the_option_reaches_the_dates(project: Path, tmp_path: Path) -> None:
    made = VARIED.assign(when=[f"0{row % 9 + 1}/02/2026" for row in range(300)])
    path = write(tmp_path, made.assign(y=["a", "b"] * 150).to_csv(index=False))
    adopt(path, target="y", day_first=True)
    written = pd.read_csv(project / "data" / "adopted" / "file.csv")
    assert written["when"].head(2).tolist() == ["2026-02-01", "2026-02-02"]


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


def numbers(rows: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=rows).round(3)


def table(rows: int = 200, **columns: Any) -> pd.DataFrame:
    made = pd.DataFrame({"x": numbers(rows), **columns})
    return made.astype(object).map(lambda cell: None if pd.isna(cell) else str(cell))


def described(made: pd.DataFrame, target: str | None = None, classes: bool = False) -> Profile:
    source = Source(made, "CSV", 1, False)
    return profile(source, read_columns(source), target, classes)


def findings(found: Profile, name: str | None) -> list[tuple[str, bool]]:
    return [(one.what, one.left_out) for one in found.findings if one.column == name]


def test_columns_that_say_nothing_are_found_and_left_out() -> None:
    rows = range(200)
    made = table(
        empty=None,
        constant="a",
        number=[row + 1 for row in rows],
        uuid=[f"k{row * 7919 % 1000}" for row in rows],
        customer_id=[row * 31 % 70 + 1000 for row in rows],
        twin=numbers(200),
        gaps=[row % 7 if row % 4 else None for row in rows],
    )
    found = described(made)
    assert findings(found, "empty") == [("empty", True)]
    assert findings(found, "constant") == [("constant", True)]
    assert findings(found, "number") == [("identifier", True)]
    assert findings(found, "uuid") == [("identifier", True)]
    assert findings(found, "customer_id") == [("identifier", True)]
    assert findings(found, "twin") == [("duplicate column", True)]
    assert findings(found, "gaps") == [("missing", False)]
    assert findings(found, None) == []
    (group,) = [one.message for one in found.findings if one.column == "customer_id"]
    assert group == (
        "names 70 things; if rows of one belong together, set data.split to group and "
        "data.split_by to customer_id"
    )
    assert found.left_out == {"empty", "constant", "number", "uuid", "customer_id", "twin"}


def test_a_column_that_seems_to_number_what_rows_are_about_is_noted() -> None:
    rows = range(900)
    spread = np.random.default_rng(0).integers(0, 149, 900)
    made = table(900, **{"Kunde Nr": spread + 1000, "machineNo": [f"m{row % 90}" for row in rows]})
    found = described(made)
    assert [(one.column, one.what, one.left_out) for one in found.findings] == [
        ("Kunde Nr", "group", False),
        ("machineNo", "group", False),
    ]
    assert found.findings[1].message == (
        "has 90 values in 900 rows; if it numbers customers or the like, whose rows belong "
        "together, set data.split to group and data.split_by to machineNo"
    )
    assert "data.split_by to Kunde Nr" in page("file", found, None)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("age", [row % 80 for row in range(900)]),
        ("number of rooms", [row % 80 for row in range(900)]),
        ("NumberSold", [min(row, 899 - row) // 6 if row % 2 else 0 for row in range(900)]),
        ("house no", [row % 40 for row in range(900)]),
        ("part no", [row % 600 for row in range(900)]),
        ("code", [row % 80 / 8 for row in range(900)]),
        ("customer balance", [row % 80 - 40 for row in range(900)]),
    ],
)
def test_an_ordinary_number_is_no_group(name: str, cells: list[float]) -> None:
    found = described(table(900, **{name: cells}))
    assert "group" not in {one.what for one in found.findings}


def test_rows_that_are_there_twice_are_counted() -> None:
    made = table(place=[f"{row % 50} {row % 4}" for row in range(200)]).drop_duplicates()
    rows = len(made)
    made = pd.concat([made, made.head(3)], ignore_index=True)
    assert described(made).findings[-1] == Finding(
        None, "duplicate rows", f"3 of {rows + 3} rows are the same as another one"
    )


def test_a_column_that_knows_the_target_is_found() -> None:
    values = numbers(200)
    made = table(
        y=3 * values + 1,
        cents=(300 * values).round(),
        class_=np.where(values > 0, "up", "down"),
        sign=np.sign(values),
    )
    found = described(made, "y")
    assert ("leak", False) in findings(found, "cents")
    assert found.tells["cents"] > 0.99 > found.tells["class_"] > 0.4
    found = described(made, "class_", True)
    assert {one.column for one in found.findings if one.what == "leak"} == {
        *("x", "y", "cents", "sign")
    }


def test_noise_tells_nothing() -> None:
    values = np.random.default_rng(1).normal(size=200)
    assert described(table(y=values), "y").tells["x"] < 0.2


@pytest.mark.parametrize(
    ("cells", "asked", "project", "kind"),
    [
        (["a", "b"] * 20, None, "regression", "classification"),
        (["0", "1"] * 20, None, "regression", "classification"),
        ([str(row % 5) for row in range(40)], None, "classification", "classification"),
        ([str(row % 5) for row in range(40)], None, "regression", "regression"),
        ([str(row) for row in range(40)], None, "classification", "regression"),
        ([str(row % 5 / 2) for row in range(40)], None, "classification", "regression"),
        ([str(row) for row in range(40)], "classification", "regression", "classification"),
        (["0", "1"] * 20, "regression", "classification", "regression"),
    ],
)
def test_the_problem_type_follows_from_the_target(
    cells: list[str], asked: str | None, project: str, kind: str
) -> None:
    assert problem_type_of("y", column(*cells), asked, project) == kind


def test_words_are_no_regression() -> None:
    with pytest.raises(ProjectError, match="y holds no numbers: leave --problem-type out"):
        problem_type_of("y", column("a", "b"), "regression", "regression")


def planned(made: pd.DataFrame, problem: Any = "classification", **quality: Any) -> Plan:
    found = described(made, "y", problem == "classification")
    return make_plan(found, "y", problem, quality)


def test_a_plan_names_the_rarer_class_and_asks_for_more_than_guessing() -> None:
    made = table(y=["fraud" if row % 10 == 0 else "fine" for row in range(200)])
    plan = planned(made, metric="r2", threshold=0.3)
    assert plan.schema == {"target": "y", "columns": {"x": "number", "y": ["fine", "fraud"]}}
    assert plan.settings == {
        ("data", "split"): "stratified",
        ("data", "split_by"): None,
        ("quality", "metric"): "f1",
        ("quality", "threshold"): 0.1,
        ("quality", "positive"): "fraud",
    }
    plan = planned(made, metric="accuracy", positive="fine")
    assert plan.settings["quality", "metric"] == "accuracy"
    assert plan.settings["quality", "threshold"] == 0.9
    assert plan.settings["quality", "positive"] == "fine"


def test_a_plan_for_a_number_asks_for_more_than_its_mean() -> None:
    values = np.tile([0.0, 10.0, 20.0, 30.0], 50)
    plan = planned(table(y=values), "regression", metric="f1", positive="a")
    assert plan.schema["columns"]["y"] == "number"
    assert plan.settings["quality", "metric"] == "r2"
    assert plan.settings["quality", "threshold"] == 0
    assert plan.settings["quality", "positive"] is None
    # The variance of 0, 10, 20, 30 is 125, its root 11.18.
    plan = planned(table(y=values), "regression", metric="rmse")
    assert plan.settings["quality", "threshold"] == 11.2


def test_rows_without_a_target_and_rare_classes_are_left_out() -> None:
    cells = [*[None] * 20, *["a"] * 100, *["b"] * 77, *["c"] * 3]
    plan = planned(table(y=cells, only=[*["u"] * 20, *["v", "w"] * 90]))
    assert plan.schema["columns"] == {"x": "number", "y": ["a", "b"], "only": ["v", "w"]}
    assert len(plan.table) == 177
    assert plan.notes == [
        "20 rows without a y are left out",
        "3 rows of class 'c' are left out: too few to learn",
    ]


@pytest.mark.parametrize(
    ("made", "problem", "says"),
    [
        (table(y="a"), "classification", "y holds the value 'a' alone"),
        (
            table(4, y=["b", "a", "b", "a"]),
            "classification",
            "y has 2 rows of 'a', 2 of 'b': two classes of at least 10 rows each are needed; add ",
        ),
        (
            table(25, y=["a"] * 20 + [f"v{row}" for row in range(5)]),
            "classification",
            "y has 20 rows of 'a', 1 of 'v0', 1 of 'v1' and 3 more classes: two classes",
        ),
        (table(y=None), "classification", "y holds no value alone"),
        (table(y=1), "regression", "y holds the value '1' alone"),
        (table(y=[f"v{row % 150}" for row in range(200)]), "classification", "y has 150 different"),
        (table(y=["a", "b"] * 100).drop(columns="x"), "classification", "no column beside y"),
    ],
)
def test_what_nothing_can_be_learnt_from_is_refused(
    made: pd.DataFrame, problem: str, says: str
) -> None:
    with pytest.raises(ProjectError) as refused:
        planned(made, problem)
    assert str(refused.value).startswith(says)


def test_rows_in_the_order_of_a_date_are_split_by_it() -> None:
    days = pd.date_range("2025-01-01", periods=200)
    plan = planned(table(y=numbers(200), when=days), "regression")
    assert plan.settings["data", "split"] == "time"
    assert plan.settings["data", "split_by"] == "when"
    mixed = days[np.random.default_rng(0).permutation(200)]
    plan = planned(table(y=numbers(200), when=mixed), "regression")
    assert plan.settings["data", "split"] == "stratified"
    # The last rows must show each class.
    late = ["a"] * 150 + ["b"] * 50
    plan = planned(table(y=late, when=days))
    assert plan.settings["data", "split"] == "stratified"


def test_a_yaml_file_keeps_all_that_is_not_changed() -> None:
    text = "# top\na: 1 # one\nb:\n  # below\n  c: x # see\n  d: [1,\n    2] # list\n\ne: {f: 1}\n"
    assert changed(text, {("b", "c"): "no", ("a",): None}) == text.replace(
        "a: 1 #", "a: null #"
    ).replace("c: x #", "c: 'no' #")
    assert changed(text, {("b", "c"): "x"}) == text
    new = changed(text, {("b", "g"): "Größe: 1", ("e", "h"): 2.5, ("i",): "x"})
    assert new == text.replace("2] # list\n", "2] # list\n  g: 'Größe: 1'\n").replace(
        "{f: 1}", "{f: 1, h: 2.5}\ni: x"
    )
    assert changed(new, {("b", "g"): "Größe: 1"}) == new


@pytest.mark.parametrize("text", ["", "a: 1", "[1]", "b: 1"])
def test_a_yaml_file_without_the_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not there|holds no keys"):
        changed(text, {("b", "c"): 1})


VARIED = table(
    300,
    name=["x<script>"] * 150 + ["&amp;"] * 150,
    when=pd.date_range("2025-01-01", periods=300),
    many=[f"shop {row}" for row in range(150)] * 2,
    said=[f"parcel number {row} came late" for row in range(300)],
    yes=["yes", "no"] * 150,
)


def test_the_report_is_one_page_that_shows_every_column() -> None:
    made = VARIED.assign(y=["a"] * 100 + ["b"] * 200)
    found = described(made, "y", True)
    text = page("file<>", found, make_plan(found, "y", "classification", {}))
    assert "file&lt;&gt;" in text
    assert "<script" not in text
    assert "&amp;amp;" in text
    for name in made:
        assert f"<b>{name}</b>" in text
    for outside in ("http", "src=", "@import", "url("):
        assert outside not in text
    assert text.count("<svg") >= 6


def test_the_median_stands_below_the_ends_of_a_histogram() -> None:
    # Beside each other, three dates are wider than the drawing.
    when = [f"2021-01-{1 + row % 28:02d}" for row in range(300)]
    text = page("dates", described(VARIED.assign(when=when)), None)
    [labels] = re.findall(r"<text x=0 y=(\d+)>2021-01-01</text>.*? y=(\d+) .*?>median", text)
    assert int(labels[1]) >= int(labels[0]) + 11


def test_the_report_on_a_wide_table_stays_small() -> None:
    made = table(100, **{f"{'wide' * 20} {at}": numbers(100) + at for at in range(400)})
    text = page("wide", described(made), None)
    assert len(text.encode()) < 300_000
    assert "251 more columns are not drawn" in text


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the project's files that `ds adopt` changes."""
    root = tmp_path / "project"
    for path in (taking_over.SCHEMA, taking_over.SETTINGS, taking_over.PROJECT):
        write(root, (ROOT / path).read_bytes(), path)
    monkeypatch.setattr(taking_over, "ROOT", root)
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


PENGUINS = VARIED.assign(y=pd.Series(["a", "b", None] * 100, dtype=object))


@pytest.fixture
def penguins(tmp_path: Path) -> Path:
    path = tmp_path / "penguins.csv.gz"
    PENGUINS.to_csv(path, sep=";", index=False, encoding="latin-1")
    return path


def test_a_table_becomes_the_projects(
    project: Path, penguins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt(penguins, target="y")
    said = capsys.readouterr().out
    assert "penguins: CSV separated by semicolons, utf-8, compressed, 300 rows, 7 columns" in said
    assert "100 rows without a y are left out" in said
    assert "look at data/adopted/penguins.html" in said
    schema = parse_schema((project / taking_over.SCHEMA).read_bytes())
    assert schema["columns"] == {
        "x": "number",
        "name": ["&amp;", "x<script>"],
        "when": "date",
        "many": "category",
        "said": "text",
        "yes": "boolean",
        "y": ["a", "b"],
    }
    # The steps read what was written.
    read = read_table(project / "data" / "adopted" / "penguins.csv", schema)
    assert len(read) == 200
    assert read["when"].dtype == "datetime64[ns]"
    settings = yaml.safe_load((project / taking_over.SETTINGS).read_text())
    assert Settings.model_validate(settings).data.split_by == "when"
    assert settings["data"]["input"] == "data/adopted/penguins.csv"
    assert settings["quality"]["positive"] in ("a", "b")
    assert yaml.safe_load((project / taking_over.PROJECT).read_text())["problem_type"] == (
        "classification"
    )


def test_again_changes_nothing_and_keeps_what_a_team_has_chosen(
    project: Path, penguins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt(penguins, target="y")
    first = contents(project)
    adopt(penguins)
    assert contents(project) == first
    assert "nothing has changed" in capsys.readouterr().out
    path = project / taking_over.SETTINGS
    chosen = path.read_text().replace("threshold: 0.5", "threshold: 0.77 # ours")
    path.write_text(chosen)
    adopt(penguins)
    assert path.read_text() == chosen
    assert "0.77 # ours" in chosen


def test_a_dry_run_writes_nothing_and_says_the_same(
    project: Path, penguins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(project)
    adopt(penguins, target="y", dry_run=True, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert contents(project) == before
    assert (document["rows"], document["target"]) == (300, "y")
    assert document["report"] is None
    assert {one["column"]: one["use"] for one in document["columns"]}["y"] == "target"
    assert document["written"][:3] == [
        "data/adopted/penguins.csv",
        "data/adopted/penguins.html",
        taking_over.SCHEMA,
    ]


def test_without_a_target_there_is_a_report_and_a_question(project: Path, penguins: Path) -> None:
    before = contents(project)
    with pytest.raises(ProjectError, match=r"name the column to predict: .* the last one is 'y'"):
        adopt(penguins)
    assert set(contents(project)) - set(before) == {"data/adopted/penguins.html"}
    with pytest.raises(ProjectError, match="there is no column 'z'; there are x, name, when"):
        adopt(penguins, target="z")
    for near, meant in {"Y": "y", "manny": "many"}.items():
        with pytest.raises(ProjectError, match=rf"no column '{near}'; did you mean {meant}\?"):
            adopt(penguins, target=near)


def test_the_command_that_is_named_can_be_pasted(project: Path, tmp_path: Path) -> None:
    path = write(tmp_path, VARIED.assign(y="a").to_csv(index=False), "my data/kunden ä.csv")
    with pytest.raises(ProjectError) as refused:
        adopt(path)
    assert f"ds adopt '{path}' --target COLUMN" in str(refused.value)


def test_the_problem_type_of_the_project_follows_the_target(project: Path, tmp_path: Path) -> None:
    made = table(price=numbers(200) * 100)
    path = write(tmp_path, made.to_csv(index=False))
    adopt(path, target="price")
    document = yaml.safe_load((project / taking_over.PROJECT).read_text())
    assert document == load_project().model_dump() | {"problem_type": "regression"}
    settings = yaml.safe_load((project / taking_over.SETTINGS).read_text())
    assert settings["quality"]["metric"] in ("r2", "rmse", "mse", "mae")


def test_settings_that_cannot_be_changed_are_named(project: Path, penguins: Path) -> None:
    (project / taking_over.SETTINGS).write_text("data: here\n")
    before = contents(project)
    with pytest.raises(ProjectError, match=r"write into it: data\.input: data/adopted/penguins"):
        adopt(penguins, target="y")
    assert contents(project) == before
