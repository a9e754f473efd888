"""What a `schema.json` may say, and how cells are read by it."""

import json
from pathlib import Path
from typing import Any

import pytest
from columns import MISSING, SchemaError, features, parse_schema
from table import DataError, not_utf8, read_cells, to_table
from values import numbers, shown

GOOD: dict[str, Any] = {"target": "y", "columns": {"x": "number", "y": ["no", "yes"]}}


def test_a_schema_names_the_target_and_what_each_column_holds() -> None:
    kinds = {kind: kind for kind in ("number", "boolean", "date", "category", "text")}
    schema = parse_schema(json.dumps({"target": "y", "columns": {**kinds, "y": "number"}}))
    assert schema["unseen_categories"] == "refuse"
    assert features(schema) == kinds
    given = {**GOOD, "unseen_categories": "unknown"}
    assert parse_schema(json.dumps(given).encode()) == given


KINDS = '"number", "boolean", "date", "category", "text" or a list of texts'


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "is not valid JSON: Expecting property name enclosed in double quotes: line 1 col"),
        ("[]", 'must hold {"target": …, "columns": {…}}'),
        ('{"columns": {"x": "number"}}', 'must hold {"target": …, "columns": {…}}'),
        ('{"target": "x", "columns": []}', 'must hold {"target": …, "columns": {…}}'),
        ('{"target": "a", "target": "a", "columns": {}}', "'target' is there twice"),
        ({**GOOD, "b": 1, "a": 1}, "'a' is not a key of it"),
        ({**GOOD, "target": ["y"]}, "the target must be the name of one column, not ['y']"),
        ({**GOOD, "target": "z"}, "the target 'z' is not among the columns"),
        (
            {"target": "y", "columns": {"y": "number"}},
            "there is no column beside the target 'y'",
        ),
        (
            {"target": "y", "columns": {"x": "number", "y": "date"}},
            "the target 'y' must be \"number\" or the list of its classes, not 'date'",
        ),
        (
            {"target": "y", "columns": {"x": "number", "y": ["a"]}},
            "the target 'y' needs two categories or more",
        ),
        (
            {**GOOD, "unseen_categories": "no"},
            '"unseen_categories" must be "refuse" or "unknown", not \'no\'',
        ),
        (
            {"target": "y", "columns": {"": "number", "y": "number"}},
            "column '' has no name, or spaces around it",
        ),
        (
            {"target": "y", "columns": {"x ": "number", "y": "number"}},
            "column 'x ' has no name, or spaces around it",
        ),
        (
            {"target": "y", "columns": {"x": "float", "y": "number"}},
            f"column 'x' must be {KINDS}, not 'float'",
        ),
        (
            {"target": "y", "columns": {"x": [], "y": "number"}},
            f"column 'x' must be {KINDS}, not []",
        ),
        (
            {"target": "y", "columns": {"x": ["a", 1], "y": "number"}},
            f"column 'x' must be {KINDS}, not ['a', 1]",
        ),
        (
            {"target": "y", "columns": {"x": ["a", "b", "a"], "y": "number"}},
            "column 'x' lists 'a' twice",
        ),
        (
            {"target": "y", "columns": {"x": [""], "y": "number"}},
            "column 'x': the category '' is empty, or has spaces around it",
        ),
        (
            {"target": "y", "columns": {"x": [" a"], "y": "number"}},
            "column 'x': the category ' a' is empty, or has spaces around it",
        ),
    ],
)
def test_a_schema_that_breaks_the_rules_is_refused_in_one_line(document: Any, says: str) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(SchemaError) as refused:
        parse_schema(text)
    assert str(refused.value).startswith(says)
    assert str(refused.value) == says or "JSON" in says


def test_the_texts_for_an_empty_cell_are_those_of_pandas_but_for_what_is_a_word() -> None:
    empty = ["", "#N/A", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"]
    assert sorted(MISSING) == empty
    schema = parse_schema(json.dumps(GOOD))
    table, refused = to_table({"x": [f" {text} " for text in empty]}, features(schema), schema)
    assert table["x"].isna().all() and not refused
    assert to_table({"x": ["1", "None", "2"]}, features(schema), schema)[0]["x"][2] == 2


def test_columns_of_plain_numbers_are_converted_at_once() -> None:
    block = numbers([["1", "2.5"], ["nan", "-1e3"]])
    assert block is not None
    assert str(block.tolist()) == "[[1.0, 2.5], [nan, -1000.0]]"
    mixed = numbers([[1, 2.5]])
    assert mixed is not None and mixed.tolist() == [[1.0, 2.5]]
    for odd in ("1_000", "x", "inf", "", True, None, 10**400):
        assert numbers([["1"], [odd]]) is None
        assert numbers([[odd]]) is None


def test_a_cell_is_shown_in_forty_characters_at_most() -> None:
    assert shown("x" * 38) == f"'{'x' * 38}'"
    assert shown("x" * 39) == f"'{'x' * 36}…"


def test_of_many_categories_the_first_five_are_named() -> None:
    for count, says in ((5, "'a', 'b', 'c', 'd', 'e'"), (6, "'a', 'b', 'c', 'd', 'e' and 1 more")):
        columns = {"x": list("abcdef"[:count]), "y": "number"}
        schema = parse_schema(json.dumps({"target": "y", "columns": columns}))
        _, refused = to_table({"x": ["z", "a", "z"]}, features(schema), schema)
        assert sorted(refused) == [0, 2]
        assert str(refused[2]) == (
            f"column 'x', row 3 below the header: 'z' is none of {says} (2 of 3 rows)"
        )


def test_each_number_column_keeps_its_place_among_others() -> None:
    columns = {"a": "number", "b": ["u", "v"], "c": "number", "y": "number"}
    schema = parse_schema(json.dumps({"target": "y", "columns": columns}))
    cells = {"a": ["1"], "b": ["v"], "c": ["3"]}
    table, _ = to_table(cells, features(schema), schema)
    assert table.to_dict("records") == [{"a": 1.0, "b": "v", "c": 3.0}]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"\n\xff", " (byte 0xff in line 2)"),
        (b"a\nb\n\xe9", " (byte 0xe9 in line 3)"),
        # It was mended meanwhile.
        (b"a", ""),
    ],
)
def test_what_is_not_utf8_is_named_by_its_line(tmp_path: Path, content: bytes, where: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert str(not_utf8(tmp_path / "a.csv")) == f"a.csv is not UTF-8{where}; save it as UTF-8"


@pytest.mark.parametrize(
    ("header", "advice"),
    [
        ("x;y", "; the header is separated by ';': write the file with commas"),
        ("x\ty", "; the header is separated by '\\t': write the file with commas"),
        ("x|y", "; the header is separated by '|': write the file with commas"),
        ("a;b,c", ""),
    ],
)
def test_a_file_without_commas_is_told_so(tmp_path: Path, header: str, advice: str) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\n{header}\n")
    with pytest.raises(DataError) as refused:
        read_cells(tmp_path / "a.csv", parse_schema(json.dumps(GOOD)))
    assert str(refused.value) == f"column 'x': the column is missing (1 rows){advice}"


def test_a_cell_keeps_its_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'x,y\r\n"a\r\nb",no\r\n')
    assert read_cells(tmp_path / "a.csv", parse_schema(json.dumps(GOOD))) == {
        "x": ("a\r\nb",),
        "y": ("no",),
    }
