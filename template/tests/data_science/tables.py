"""A made-up table that keeps `schema.json`, whatever columns a team declares there."""

import numpy as np
import pandas as pd
from table import load_schema

SCHEMA = load_schema()
TARGET = SCHEMA["target"]
FEATURES = {name: kind for name, kind in SCHEMA["columns"].items() if name != TARGET}
NUMBER = next((name for name, kind in FEATURES.items() if kind == "number"), None)
CATEGORY = next((name for name, kind in SCHEMA["columns"].items() if kind != "number"), None)


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
    classes = SCHEMA["columns"][TARGET]
    if classes == "number":
        table[TARGET] = 3 * signal
    else:
        ranks = signal.rank(method="first").astype(int) - 1
        table[TARGET] = [classes[rank * len(classes) // rows] for rank in ranks]
    return table
