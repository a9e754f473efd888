"""Whatever a cell holds, training and serving make the same of it, or both refuse it."""

import csv
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from projects import ROOT

sys.path.append(str(ROOT / "template" / "data_science" / "steps"))

import inference
from columns import MISSING, Schema, features
from table import DataError, read_table, to_table

CATEGORIES = ["1", "true", "NA", "None", "red", "a,b", 'with "quotes"']
NUMBERS = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from([*sorted(MISSING), "1_000", " 7 ", "1e400", "-inf", "0x10", "True", "\u0663"]),
    st.text(max_size=3),
)
TEXTS = st.one_of(
    st.sampled_from([*CATEGORIES, *sorted(MISSING), " red ", "RED", "1.0"]), st.text(max_size=3)
)


def schema(unseen: str) -> Schema:
    columns: dict[str, str | list[str]] = {"x": "number", "kind": CATEGORIES, "y": "number"}
    return {"target": "y", "columns": columns, "unseen_categories": unseen}


def lines(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


def trained(rows: list[tuple[str, str]], declared: Schema) -> pd.DataFrame | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.csv"
        text = lines([["x", "kind", "y"], *[[*row, "0"] for row in rows]])
        path.write_bytes(text.encode())
        try:
            return read_table(path, declared).drop(columns="y")
        except DataError as error:
            assert "\n" not in str(error)
            return None


def served(body: str, content_type: str, declared: Schema) -> pd.DataFrame | None:
    kinds = features(declared)
    try:
        table, refused = to_table(
            inference._cells(body, content_type, list(kinds)), kinds, declared
        )
    except DataError:
        return None
    return None if refused else table


@given(st.lists(st.tuples(NUMBERS, TEXTS), min_size=1, max_size=4), st.booleans())
def test_a_file_and_a_request_are_read_alike(rows: list[tuple[str, str]], lenient: bool) -> None:
    declared = schema("unknown" if lenient else "refuse")
    instances: list[dict[str, Any]] = [{"x": x, "kind": kind} for x, kind in rows]
    by_file = trained(rows, declared)
    by_csv = served(lines([list(row) for row in rows]), "text/csv", declared)
    by_json = served(json.dumps({"instances": instances}), "application/json", declared)
    for other in (by_csv, by_json):
        if by_file is None or other is None:
            assert by_file is other is None
        else:
            pd.testing.assert_frame_equal(by_file, other)
