"""`ds adopt`: a table is described and planned for, and the project learns from it."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from columns import parse_schema
from table import read_table

from data_science.adopt import taking_over
from data_science.adopt.page import page
from data_science.adopt.plan import Plan, make_plan, problem_type_of
from data_science.adopt.profile import Finding, Profile, profile, read_columns
from data_science.adopt.source import Source
from data_science.adopt.yaml_file import changed
from data_science.cli.adopt import adopt
from data_science.config.settings import Settings
from project.errors import ProjectError
from project.settings import ROOT, Project, load_project
from tests.data_science.adopting import column, write


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
    expected = load_project().model_dump() | {"problem_type": "regression"}
    assert Project.model_validate(document).model_dump() == expected
    settings = yaml.safe_load((project / taking_over.SETTINGS).read_text())
    assert settings["quality"]["metric"] in ("r2", "rmse", "mse", "mae")


def test_settings_that_cannot_be_changed_are_named(project: Path, penguins: Path) -> None:
    (project / taking_over.SETTINGS).write_text("data: here\n")
    before = contents(project)
    with pytest.raises(ProjectError, match=r"write into it: data\.input: data/adopted/penguins"):
        adopt(penguins, target="y")
    assert contents(project) == before


def test_the_option_reaches_the_dates(project: Path, tmp_path: Path) -> None:
    made = VARIED.assign(when=[f"0{row % 9 + 1}/02/2026" for row in range(300)])
    path = write(tmp_path, made.assign(y=["a", "b"] * 150).to_csv(index=False))
    adopt(path, target="y", day_first=True)
    written = pd.read_csv(project / "data" / "adopted" / "file.csv")
    assert written["when"].head(2).tolist() == ["2026-02-01", "2026-02-02"]
