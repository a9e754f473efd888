"""The rules of `schema.json`: which column is the target, and what each column may hold.

Only the standard library is used: `ds` checks the file by these rules before it sends anything.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

MISSING = frozenset(("", "#N/A", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"))
"""Texts that stand for an empty cell, except in a column that declares them as a category."""


KINDS = ("number", "boolean", "date", "category", "text")
"""What a column may be called in `schema.json`, beside a list of categories."""


class Schema(TypedDict):
    """The content of `schema.json`.

    A column is one of `KINDS`, or the list of the categories it may hold. Of a `"category"` any
    value is taken, and those that are rare in training count as one; a `"text"` is taken by its
    words. The target is `"number"` or a list. `unseen_categories` says what becomes of a row with
    a category that a feature's list lacks: `"refuse"` it (the default), or take the category as
    `"unknown"`, which the model gives no weight.
    """

    target: str
    columns: dict[str, str | list[str]]
    unseen_categories: NotRequired[str]


class SchemaError(ValueError):
    """`schema.json` breaks its rules; the message is one line."""


def parse_schema(text: str | bytes) -> Schema:
    """Return the content of a `schema.json`.

    Raises
    ------
    SchemaError : says what is wrong, and what to write instead.
    """
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except SchemaError:
        raise
    except ValueError as error:
        raise SchemaError(f"is not valid JSON: {error}") from None
    columns = document.get("columns") if isinstance(document, dict) else None
    if not isinstance(columns, dict) or "target" not in document:
        raise SchemaError('must hold {"target": …, "columns": {…}}')
    unknown = sorted(set(document) - set(Schema.__annotations__))
    if unknown:
        raise SchemaError(f"{unknown[0]!r} is not a key of it")
    for name, kind in columns.items():
        _check_column(name, kind)
    target = document["target"]
    if not isinstance(target, str):
        raise SchemaError(f"the target must be the name of one column, not {target!r}")
    if target not in columns:
        raise SchemaError(f"the target {target!r} is not among the columns")
    if len(columns) == 1:
        raise SchemaError(f"there is no column beside the target {target!r}")
    if isinstance(columns[target], str) and columns[target] != "number":
        raise SchemaError(
            f'the target {target!r} must be "number" or the list of its classes, '
            f"not {columns[target]!r}"
        )
    if columns[target] != "number" and len(columns[target]) < 2:
        raise SchemaError(f"the target {target!r} needs two categories or more")
    unseen = document.get("unseen_categories", "refuse")
    if unseen not in ("refuse", "unknown"):
        raise SchemaError(f'"unseen_categories" must be "refuse" or "unknown", not {unseen!r}')
    return {"target": target, "columns": columns, "unseen_categories": unseen}


def features(schema: Schema) -> dict[str, str | list[str]]:
    """Return the columns without the target, in their order, each with what it may hold."""
    return {name: kind for name, kind in schema["columns"].items() if name != schema["target"]}


def repeated(names: Iterable[str]) -> str | None:
    """Return the first of some names that is there more than once; None when each is there once."""
    return next((name for name, times in Counter(names).items() if times > 1), None)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = repeated(name for name, _ in pairs)
    if twice is not None:
        raise SchemaError(f"{twice!r} is there twice")
    return dict(pairs)


def _check_column(name: str, kind: Any) -> None:
    if not name or name != name.strip():
        raise SchemaError(f"column {name!r} has no name, or spaces around it")
    if kind in KINDS:
        return
    if not isinstance(kind, list) or not kind or not all(isinstance(one, str) for one in kind):
        kinds = ", ".join(f'"{one}"' for one in KINDS)
        raise SchemaError(f"column {name!r} must be {kinds} or a list of texts, not {kind!r}")
    twice = repeated(kind)
    if twice is not None:
        raise SchemaError(f"column {name!r} lists {twice!r} twice")
    for category in kind:
        if not category or category != category.strip():
            raise SchemaError(
                f"column {name!r}: the category {category!r} is empty, or has spaces around it"
            )
