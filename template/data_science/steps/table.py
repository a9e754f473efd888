"""Turns text into a typed table by `schema.json`; training and serving both read through here.

It lies beside `inference.py` in the model artefact, so an endpoint reads a row as training did.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from columns import MISSING, Schema, parse_schema, repeated

Cells = Sequence[Any]
"""A column as it was read: texts from CSV; texts, numbers, booleans and None from JSON."""


class DataError(Exception):
    """The data break the schema; the message is one line.

    Attributes
    ----------
    reason : what is wrong.
    column : the name of the column, if it is about one.
    row : the number of the first such row, from 1 and without a header, if it is about rows.
    """

    def __init__(self, reason: str, column: str | None = None, row: int | None = None) -> None:
        self.reason, self.column, self.row = reason, column, row
        place = [f"column {column!r}"] if column is not None else []
        place += [f"row {row}"] if row is not None else []
        super().__init__(f"{', '.join(place)}: {reason}" if place else reason)


def load_schema() -> Schema:
    """Read the `schema.json` that lies beside this file."""
    return parse_schema(Path(__file__).with_name("schema.json").read_bytes())


def read_table(path: Path, schema: Schema) -> pd.DataFrame:
    """Read a CSV file with a header into the columns that the schema declares.

    Parameters
    ----------
    path : the CSV file, in UTF-8; columns that the schema does not declare are left out, and
        named on the standard output.
    schema : as `load_schema` returns it.

    Returns
    -------
    A row per line of the file; numbers as float64, categories as text. Features may be
    empty (NaN), the target may not.

    Raises
    ------
    DataError : the file is no CSV file, a column is missing or there twice, a cell holds what its
        column does not take, the target is empty somewhere, or there are no rows.
    """
    try:
        # Excel begins a file with a mark of its encoding.
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = parse_csv(file)
    except UnicodeDecodeError:
        raise DataError(_where_not_utf8(path)) from None
    if not lines:
        raise DataError(f"{path.name} is empty: no header, 0 rows")
    header, rows = [name.strip() for name in lines[0]], lines[1:]
    _check_header(header, schema, len(rows))
    if not rows:
        raise DataError(f"{path.name} is empty: a header, but 0 rows")
    check_lengths(rows, len(header))
    left_out = [name for name in header if name not in schema["columns"]]
    if left_out:
        print(f"left out, since schema.json does not declare them: {_listed(left_out)}")
    cells = dict(zip(header, zip(*rows, strict=True), strict=True))
    table, refused = to_table(cells, schema["columns"], schema)
    if refused:
        raise refused[min(refused)]
    empty = table[schema["target"]].isna().to_numpy()
    if empty.any():
        reason = f"the target is empty ({_share(empty.sum(), len(empty))})"
        raise DataError(reason, schema["target"], int(empty.argmax()) + 1)
    return table


def parse_csv(text: Iterable[str]) -> list[list[str]]:
    """Return the cells of each row of a CSV text; blank lines are left out.

    Parameters
    ----------
    text : a file or the like, opened with `newline=""`.

    Raises
    ------
    DataError : it is no CSV text.
    """
    try:
        return [row for row in csv.reader(text, strict=True) if row]
    except csv.Error as error:
        raise DataError(f"it is not CSV: {error}") from None


def check_lengths(rows: Sequence[Sequence[str]], length: int) -> None:
    """Refuse rows of which one has more or fewer cells than there are columns.

    Raises
    ------
    DataError : names the first such row.
    """
    for number, row in enumerate(rows, 1):
        if len(row) != length:
            raise DataError(f"it has {len(row)} values, not {length}", row=number)


def to_table(
    cells: Mapping[str, Cells], kinds: Mapping[str, str | list[str]], schema: Schema
) -> tuple[pd.DataFrame, dict[int, DataError]]:
    """Return typed columns, and the rows that the schema refuses.

    Parameters
    ----------
    cells : the columns as they were read, all of one length.
    kinds : the columns to return, each with what it may hold.
    schema : says what becomes of categories it does not declare.

    Returns
    -------
    A column for each of `kinds`, in that order: numbers as float64, categories as text, empty
    cells as NaN. And by their index the rows that hold an undeclared category, with what is wrong
    with each: empty unless the schema refuses them.

    Raises
    ------
    DataError : a cell holds what its column does not take.
    """
    numbers = {name: cells[name] for name, kind in kinds.items() if kind == "number"}
    length = len(next(iter(cells.values())))
    block = _numbers(numbers).reshape(len(numbers), length)
    table = pd.DataFrame(block.T, columns=list(numbers))
    refused: dict[int, DataError] = {}
    for position, (name, kind) in enumerate(kinds.items()):
        if kind != "number":
            values, unseen = _categories(cells[name], kind)
            if unseen and (schema["unseen_categories"] == "refuse" or name == schema["target"]):
                share = _share(len(unseen), length)
                for row in unseen:
                    reason = f"{_shown(cells[name][row])} is none of {_listed(kind)} ({share})"
                    refused.setdefault(row, DataError(reason, name, row + 1))
            table.insert(position, name, np.array(values, dtype=object))
    return table, refused


def _where_not_utf8(path: Path) -> str:
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = f" (byte 0x{content[error.start]:02x} in line {line})"
    else:
        where = ""
    return f"{path.name} is not UTF-8{where}; save it as UTF-8"


def _check_header(header: list[str], schema: Schema, rows: int) -> None:
    twice = repeated(header)
    if twice is not None:
        raise DataError("the header names it twice; rename or remove one", twice)
    for name in schema["columns"]:
        if name not in header:
            reason = f"the column is missing ({rows} rows)"
            marks = [mark for mark in (";", "\t", "|") if len(header) == 1 and mark in header[0]]
            if marks:
                reason += f"; the header is separated by {marks[0]!r}: write the file with commas"
            raise DataError(reason, name)


def _numbers(columns: Mapping[str, Cells]) -> np.ndarray:
    # Python's float() takes `1_000`, and True for 1.
    kinds = {kind for cells in columns.values() for kind in set(map(type, cells))}
    if kinds <= {int, float} or (
        kinds == {str} and not any("_" in "".join(cells) for cells in columns.values())
    ):
        try:
            block = np.array([list(map(float, cells)) for cells in columns.values()])
            if not np.isinf(block).any():
                return block
        except (ValueError, OverflowError):
            pass
    return np.array([_carefully(cells, name) for name, cells in columns.items()])


def _carefully(cells: Cells, name: str) -> list[float]:
    values, wrong = [], []
    for row, cell in enumerate(cells):
        value = _number(cell)
        if math.isinf(value):
            wrong.append(row)
        values.append(value)
    if wrong:
        share = _share(len(wrong), len(cells))
        reason = f"{_shown(cells[wrong[0]])} is not a finite number ({share})"
        raise DataError(reason, name, wrong[0] + 1)
    return values


def _number(cell: Any) -> float:
    """Return a cell as a number, an empty one as NaN, and what is not a finite one as infinity."""
    if cell is None or (isinstance(cell, str) and cell.strip() in MISSING):
        return math.nan
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):
        return math.inf
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return math.inf


def _categories(cells: Cells, kind: str | list[str]) -> tuple[list[Any], list[int]]:
    """Return a column's texts, and the indices of those that are not declared."""
    known: dict[Any, Any] = {text: math.nan for text in MISSING} | {text: text for text in kind}
    try:
        return [known[cell] for cell in cells], []
    except (KeyError, TypeError):
        pass
    values, unseen = [], []
    for row, cell in enumerate(cells):
        texts = _texts(cell)
        value = next((known[text] for text in texts if text in known), None)
        if value is None:
            unseen.append(row)
            value = texts[0]
        values.append(value)
    return values, unseen


def _texts(cell: Any) -> list[str]:
    """Return how a cell may be written as a category, the likeliest first."""
    if cell is None:
        return [""]
    if isinstance(cell, bool):
        return [str(cell).lower(), str(cell)]
    if isinstance(cell, float) and cell.is_integer():
        return [str(int(cell)), str(cell)]
    return [str(cell).strip()]


def _share(rows: int, of: int) -> str:
    return f"{rows} of {of} rows"


def _shown(cell: Any) -> str:
    text = repr(cell)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(map(_shown, names[:5]))
    return first if len(names) <= 5 else f"{first} and {len(names) - 5} more"
