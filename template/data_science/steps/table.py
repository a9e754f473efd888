"""Reads a CSV file and refuses it with one clear line when it breaks `schema.json`."""

import json
from pathlib import Path
from typing import TypedDict

import pandas as pd

MISSING = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None")
"""Texts that stand for no number, as the empty one does; a category may be called like them."""


class Schema(TypedDict):
    """The content of `schema.json`: the target, and every column's type.

    A column is `"number"`, or the list of the categories it may hold.
    """

    target: str
    columns: dict[str, str | list[str]]


class DataError(Exception):
    """The data break the schema; the message names the column and the number of rows."""


def load_schema() -> Schema:
    """Read the `schema.json` that lies beside this file."""
    schema: Schema = json.loads(Path(__file__).with_name("schema.json").read_text("utf-8"))
    return schema


def read_table(path: Path, schema: Schema) -> pd.DataFrame:
    """Read a CSV file with a header into the columns that the schema declares.

    Parameters
    ----------
    path : the CSV file; columns that the schema does not declare are left out.
    schema : as `load_schema` returns it.

    Returns
    -------
    A row per line of the file; numbers as float64, categories as text. Features may be
    empty (NaN), the target may not.

    Raises
    ------
    DataError : a column is missing or holds values of the wrong type, a category is unknown,
        the target is empty somewhere, or there are no rows.
    """
    try:
        # Excel begins a file with a mark of its encoding.
        raw = pd.read_csv(
            path,
            dtype=str,
            skipinitialspace=True,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values=[""],
        )
    except pd.errors.EmptyDataError:
        raise DataError(f"{path.name} is empty: no header, 0 rows") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} is not a CSV file: {' '.join(str(error).split())}") from None
    if raw.empty:
        raise DataError(f"{path.name} is empty: a header, but 0 rows")
    return pd.DataFrame(
        {
            name: _column(raw, name, kind, schema["target"])
            for name, kind in schema["columns"].items()
        }
    )


def _column(raw: pd.DataFrame, name: str, kind: str | list[str], target: str) -> pd.Series:
    if name not in raw:
        raise DataError(f"column {name!r} is missing ({len(raw)} rows)")
    text = raw[name]
    if kind == "number":
        text = text.where(~text.isin(MISSING))
    present = text.notna()
    values: pd.Series = text
    if kind == "number":
        values = pd.to_numeric(text, errors="coerce").replace([float("inf"), -float("inf")], None)
        values = values.astype("float64")
        wrong, what = present & values.isna(), "are not finite numbers"
    else:
        wrong = present & ~text.isin(kind)
        what = f"hold a category other than {', '.join(kind)}"
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise DataError(
            f"column {name!r}: {int(wrong.sum())} of {len(raw)} rows {what} "
            f"(first: {text.iloc[row]!r} in row {row + 1})"
        )
    if name == target and not present.all():
        empty = int((~present).sum())
        raise DataError(f"target column {name!r}: {empty} of {len(raw)} rows are empty")
    return values
