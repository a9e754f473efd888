"""A made-up table that keeps `schema.json`, whatever columns a team declares there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from columns import features
from table import load_schema

SCHEMA = load_schema()
TARGET = SCHEMA["target"]
FEATURES = features(SCHEMA)
NUMBER = next((name for name, kind in FEATURES.items() if kind == "number"), None)
CATEGORY = next((name for name, kind in SCHEMA["columns"].items() if isinstance(kind, list)), None)
CLASSES = SCHEMA["columns"][TARGET]
POSITIVE = CLASSES[0] if CLASSES != "number" and len(CLASSES) == 2 else None
# A metric of the problem, and a limit that every model is within.
METRIC, LIMIT = ("mae", 1e9) if CLASSES == "number" else ("accuracy", 0.0)


def made_up(rows: int = 200) -> pd.DataFrame:
    """Return a table whose target follows from its first number, so that a model can learn it."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {name: _column(kind, rows, random) for name, kind in SCHEMA["columns"].items()}
    )
    signal = table[NUMBER] if NUMBER else pd.Series(range(rows))
    if CLASSES == "number":
        table[TARGET] = 3 * signal
    else:
        ranks = signal.rank(method="first").astype(int) - 1
        table[TARGET] = [CLASSES[rank * len(CLASSES) // rows] for rank in ranks]
    return table


def _column(kind: str | list[str], rows: int, random: np.random.Generator) -> Sequence[Any]:
    """Return cells as a CSV file holds them, of a kind that `schema.json` may name."""
    if isinstance(kind, list):
        return [str(one) for one in random.choice(kind, rows)]
    if kind == "number":
        return [float(one) for one in random.normal(size=rows)]
    if kind == "boolean":
        return [str(one) for one in random.choice(["true", "false"], rows)]
    if kind == "date":
        days = np.datetime64("2026-01-01") + random.integers(0, 365, rows)
        return [str(one) for one in days]
    words = random.choice(["blue", "green", "grey", "red", "white"], (rows, 5))
    return [" ".join(row) if kind == "text" else str(row[0]) for row in words]
