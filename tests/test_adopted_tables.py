"""Whatever a table holds, the steps read what `ds adopt` writes of it as the same values."""

import io
import json
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_science.adopt.page import page
from data_science.adopt.plan import make_plan, problem_type_of
from data_science.adopt.profile import profile, read_columns
from data_science.adopt.source import read_source
from project.errors import ProjectError
from projects import ROOT

sys.path.append(str(ROOT / "template" / "data_science" / "steps"))

from columns import Schema, parse_schema
from table import DataError, read_table

ODD = [
    *("NA", "None", "nan", "inf", "-inf", "1e999", "true", "no", "Yes", "1", "0", "01", "1,5"),
    *("1.234,5", "1,234", "2026-01-31", "31/01/2026", "01/31/26", "20260131", "a", "?", "1_000"),
    *("0x1F", " ", "1 Jan 2026", "\x00", '"', "\n", "a\r\nb", "9999-12-31", "2026-01-31T10:00Z"),
]
CELLS = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.floats().map(str),
    st.datetimes().map(str),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    st.sampled_from(ODD),
)
# Most cells of a column are of one kind, as they are in a table of somebody's.
USUAL = [["1", "2.5", "x"], ["yes", "no", ""], ["2026-01-01", "2026-02-01T10:00Z"], ["1,5", "2"]]
COLUMNS = st.one_of(
    st.lists(CELLS, min_size=30, max_size=30),
    st.sampled_from([*USUAL, ["None", "a", "b"], ["a", "b"]]).flatmap(
        lambda cells: st.lists(st.sampled_from(cells), min_size=30, max_size=30)
    ),
)


@pytest.mark.filterwarnings("error")
@given(st.lists(COLUMNS, min_size=2, max_size=4), st.sampled_from(",;\t"))
@settings(max_examples=40)
def test_the_steps_read_what_was_made_of_a_table(
    columns: list[list[str | None]], separator: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        cells = {f"c{at}": pd.Series(cells, dtype=object) for at, cells in enumerate(columns)}
        pd.DataFrame(cells).to_csv(path, index=False, sep=separator)
        try:
            source = read_source(path)
            found = read_columns(source)
            problem = problem_type_of("c0", found["c0"], None, "classification")
            described = profile(source, found, "c0", problem == "classification")
            plan = make_plan(described, "c0", problem, {})
        except ProjectError as error:
            assert "\n" not in str(error)
            return
        assert "<script" not in page("table", described, plan)
        path.write_text(plan.table.to_csv(index=False, lineterminator="\n"), "utf-8", newline="")
        read = read_table(path, parse_schema(json.dumps(plan.schema)))
    assert len(read) == len(plan.table)
    for name, kind in plan.schema["columns"].items():
        wanted = found[name].values.loc[plan.table.index]
        if kind == "number":
            assert read[name].tolist() == pytest.approx(wanted.tolist(), nan_ok=True)
        if kind == "date":
            assert read[name].equals(wanted.reset_index(drop=True).rename(name))
        assert read[name].isna().tolist() == plan.table[name].isna().tolist()


VARIED: Schema = {
    "target": "y",
    "columns": {
        "number": "number",
        "boolean": "boolean",
        "date": "date",
        "category": "category",
        "text": "text",
        "y": "number",
    },
    "unseen_categories": "refuse",
}


@given(st.dictionaries(st.sampled_from(list(VARIED["columns"])[:-1]), CELLS, min_size=1))
def test_what_preprocessing_writes_reads_back_as_the_same(row: dict[str, str | None]) -> None:
    full = {name: [row.get(name) or ""] for name in VARIED["columns"]} | {"y": ["1"]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        pd.DataFrame(full).to_csv(path, index=False)
        try:
            first = read_table(path, VARIED)
        except DataError as error:
            assert "\n" not in str(error)
            return
        written = io.StringIO()
        first.to_csv(written, index=False)
        path.write_text(written.getvalue(), "utf-8", newline="")
        pd.testing.assert_frame_equal(read_table(path, VARIED), first)
