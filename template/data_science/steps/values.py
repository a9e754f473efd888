"""Turns the cells of a column, as they were read, into values of the kind that it declares.

It lies beside `inference.py` in the model artefact, so an endpoint reads a cell as training did.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from columns import MISSING

_ZONE = re.compile(r":.*(?:Z|[+-]\d\d:?\d\d|[+-]\d\d)$")

Cells = Sequence[Any]
"""A column as it was read: texts from CSV; texts, numbers, booleans and None from JSON."""

Parsed = tuple[np.ndarray, list[int]]
"""The values of a column, empty cells as NaN, and the indices of cells that are of another kind."""

TRUE = frozenset(("true", "yes", "y", "t", "1", "1.0"))
FALSE = frozenset(("false", "no", "n", "f", "0", "0.0"))
"""Texts that stand for a boolean, in lower case; 1.0 is how a table of float64 is written."""


def numbers(columns: Sequence[Cells]) -> np.ndarray | None:
    """Return columns of numbers as one block, a row each; None if a cell needs a closer look.

    It is what most of a request's time goes into, so that the usual case is one conversion.
    """
    # Python's float() takes `1_000`, and True for 1.
    kinds = {kind for cells in columns for kind in set(map(type, cells))}
    if kinds <= {int, float} or (
        kinds == {str} and not any("_" in "".join(cells) for cells in columns)
    ):
        try:
            block = np.array([list(map(float, cells)) for cells in columns])
            if not np.isinf(block).any():
                return block
        except (ValueError, OverflowError):
            pass
    return None


def categories(cells: Cells, declared: Sequence[str]) -> Parsed:
    """Return a column's texts as they are declared, and which of them are not."""
    known: dict[Any, Any] = {text: math.nan for text in MISSING} | {text: text for text in declared}
    try:
        return _objects([known[cell] for cell in cells]), []
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
    return _objects(values), unseen


def shown(cell: Any) -> str:
    """Return a cell as a message shows it, which stays short."""
    text = repr(cell)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _number_column(cells: Cells) -> Parsed:
    values = np.array([_number(cell) for cell in cells])
    return values, np.flatnonzero(np.isinf(values)).tolist()


def _number(cell: Any) -> float:
    """Return a cell as a number, an empty one as NaN, and what is not a finite one as infinity."""
    if _is_empty(cell):
        return math.nan
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):
        return math.inf
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return math.inf


def _boolean_column(cells: Cells) -> Parsed:
    values, wrong = [], []
    for row, cell in enumerate(cells):
        text = str(cell).strip().lower()
        if text not in TRUE and text not in FALSE and not _is_empty(cell):
            wrong.append(row)
        values.append(1.0 if text in TRUE else 0.0 if text in FALSE else math.nan)
    return np.array(values), wrong


def _date_column(cells: Cells) -> Parsed:
    texts = pd.Series(
        [None if _is_empty(cell) or not isinstance(cell, str) else cell.strip() for cell in cells],
        dtype=object,
    )
    # pandas 2.2 reads a text without a zone in the zone of a text before it.
    zoned = texts.str.contains(_ZONE, na=False)
    dates = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[ns, UTC]")
    for chosen in (zoned, ~zoned):
        # What is outside of the years 1678 to 2261 cannot be held, and comes back as empty.
        dates[chosen] = pd.to_datetime(texts[chosen], format="ISO8601", utc=True, errors="coerce")
    empty = dates.isna().to_numpy()
    wrong = [row for row in np.flatnonzero(empty).tolist() if not _is_empty(cells[row])]
    return dates.dt.tz_localize(None).to_numpy("datetime64[ns]"), wrong


def _text_column(cells: Cells) -> Parsed:
    wrong = [row for row, cell in enumerate(cells) if isinstance(cell, (dict, list))]
    texts = (_texts(cell)[0] for cell in cells)
    return _objects([math.nan if text in MISSING else text for text in texts]), wrong


PARSERS: dict[str, Callable[[Cells], Parsed]] = {
    "number": _number_column,
    "boolean": _boolean_column,
    "date": _date_column,
    "category": _text_column,
    "text": _text_column,
}
"""What reads a column, by its kind in `schema.json`; `categories` reads those that list theirs."""

EXPECTED = {
    "number": "a finite number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31 or 2026-01-31T12:30:00Z, of the years 1678 to 2261",
    "category": "a text",
    "text": "a text",
}
"""What a cell must be, by the kind of its column."""


def _objects(values: list[Any]) -> np.ndarray:
    return np.array(values, dtype=object)


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip() in MISSING)


def _texts(cell: Any) -> list[str]:
    """Return how a cell may be written as a category, the likeliest first."""
    if cell is None:
        return [""]
    if isinstance(cell, bool):
        return [str(cell).lower(), str(cell)]
    if isinstance(cell, float) and cell.is_integer():
        return [str(int(cell)), str(cell)]
    return [str(cell).strip()]
