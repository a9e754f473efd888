"""A made-up table that keeps `schema.json`, whatever columns a team declares there."""

import numpy as np
import pandas as pd
from columns import features
from table import load_schema

SCHEMA = load_schema()
TARGET = SCHEMA["target"]
FEATURES = features(SCHEMA)
NUMBER = next((name for name, kind in FEATURES.items() if kind == "number"), None)
CATEGORY = next((name for name, kind in SCHEMA["columns"].items() if kind != "number"), None)
CLASSES = SCHEMA["columns"][TARGET]
POSITIVE = CLASSES[0] if CLASSES != "number" and len(CLASSES) == 2 else None


def made_up(rows: int = 200) -> pd.DataFrame:
    """Return a table whose target follows from its first number, so that a model can learn it."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            name: random.normal(size=rows) if kind == "number" else random.choice(kind, rows)
            for name, kind in SCHEMA["columns"].items()
        }
    )
    signal = table[NUMBER] if NUMBER else pd.Series(range(rows))
    if CLASSES == "number":
        table[TARGET] = 3 * signal
    else:
        ranks = signal.rank(method="first").astype(int) - 1
        table[TARGET] = [CLASSES[rank * len(CLASSES) // rows] for rank in ranks]
    return table
