"""Turns text into a typed table by `schema.json`; training and serving both read through here.

It lies beside `inference.py` in the model artefact, so an endpoint reads a row as training did.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from columns import Schema, parse_schema, repeated
from values import EXPECTED, PARSERS, Cells, categories, numbers, shown


class DataError(Exception):
    """The data break the schema; the message is one line.

    Attributes
    ----------
    reason : what is wrong.
    column : the name of the column, if it is about one.
    row : the number of the first such row, from 1 and without a header, if it is about rows.

    Parameters
    ----------
    share : how many rows it is about; only the message says it.
    """

    def __init__(
        self, reason: str, column: str | None = None, row: int | None = None, share: str = ""
    ) -> None:
        self.reason, self.column, self.row = reason, column, row
        place = [f"column {column!r}"] if column is not None else []
        # An editor counts the header too, and a cell may take several lines.
        place += [f"row {row} below the header"] if row is not None else []
        whole = f"{', '.join(place)}: {reason}" if place else reason
        super().__init__(f"{whole} ({share})" if share else whole)


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
    A row per line of the file, its columns as `typed` returns them.

    Raises
    ------
    DataError : as `read_cells` and `typed`.
    """
    return typed(read_cells(path, schema), schema)


def read_cells(path: Path, schema: Schema) -> dict[str, Cells]:
    """Read the columns of a CSV file with a header, also those that the schema does not declare.

    Parameters
    ----------
    path, schema : as for `read_table`.

    Raises
    ------
    DataError : the file is no CSV file, a column is missing or there twice, or there are no rows.
    """
    try:
        # Excel begins a file with a mark of its encoding.
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = parse_csv(file)
    except UnicodeDecodeError:
        raise not_utf8(path) from None
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
    return dict(zip(header, zip(*rows, strict=True), strict=True))


def typed(cells: Mapping[str, Cells], schema: Schema) -> pd.DataFrame:
    """Return the columns that the schema declares, each as its kind.

    Parameters
    ----------
    cells : as `read_cells` returns them.

    Returns
    -------
    Numbers and booleans as float64, dates as datetime64, the others as text. Features may be
    empty (NaN), the target may not.

    Raises
    ------
    DataError : a cell holds what its column does not take, or the target is empty somewhere.
    """
    table, refused = to_table(cells, schema["columns"], schema)
    if refused:
        raise refused[min(refused)]
    empty = table[schema["target"]].isna().to_numpy()
    if empty.any():
        share = _share(int(empty.sum()), len(empty))
        raise DataError("the target is empty", schema["target"], int(empty.argmax()) + 1, share)
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
    return list(csv_rows(text))


def csv_rows(text: Iterable[str]) -> Iterator[list[str]]:
    """Give the rows of `parse_csv` one after the other."""
    lines = csv.reader(text, strict=True)
    begin = 1
    try:
        for row in lines:
            if row:
                yield row
            begin = lines.line_num + 1
    except csv.Error as error:
        what = str(error).replace("unexpected end of data", "a quote is not closed")
        raise DataError(f"it is not CSV: {what} in the row that begins in line {begin}") from None


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
    A column for each of `kinds`, in that order, as `typed` returns them; empty cells as NaN. And
    by their index the rows that hold a category which its column's list lacks, with what is wrong
    with each: empty unless the schema refuses them.

    Raises
    ------
    DataError : a cell holds what its column does not take.
    """
    block = numbers([cells[name] for name, kind in kinds.items() if kind == "number"])
    length = len(next(iter(cells.values())))
    refused: dict[int, DataError] = {}
    if block is not None and len(block) == len(kinds):
        return pd.DataFrame(block.T, columns=list(kinds)), refused
    table: dict[str, np.ndarray] = {}
    ready = iter(() if block is None else block)
    for name, kind in kinds.items():
        if kind == "number" and block is not None:
            table[name] = next(ready)
        elif isinstance(kind, str):
            table[name], wrong = PARSERS[kind](cells[name])
            if wrong:
                reason = f"{shown(cells[name][wrong[0]])} is not {EXPECTED[kind]}"
                raise DataError(reason, name, wrong[0] + 1, _share(len(wrong), length))
        else:
            table[name], unseen = categories(cells[name], kind)
            if unseen and (schema["unseen_categories"] == "refuse" or name == schema["target"]):
                share = _share(len(unseen), length)
                for row in unseen:
                    reason = f"{shown(cells[name][row])} is none of {_listed(kind)}"
                    refused.setdefault(row, DataError(reason, name, row + 1, share))
    return pd.DataFrame(table), refused


def not_utf8(path: Path) -> DataError:
    """Return what to say of a file that is not UTF-8: where it is not."""
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = f" (byte 0x{content[error.start]:02x} in line {line})"
    else:
        where = ""
    return DataError(f"{path.name} is not UTF-8{where}; save it as UTF-8")


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


def _share(rows: int, of: int) -> str:
    return f"{rows} of {of} rows"


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(map(shown, names[:5]))
    return first if len(names) <= 5 else f"{first} and {len(names) - 5} more"
