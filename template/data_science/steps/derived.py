"""The place for columns that are computed from others, used alike in training and serving.

Name each in `DERIVED` and add it in `derive`, such as

    DERIVED = {"speed": "number"}

    def derive(features):
        return features.assign(speed=features["distance"] / features["hours"])
"""

import pandas as pd

DERIVED: dict[str, str | list[str]] = {}
"""What each derived column holds, as `schema.json` would say it."""


def derive(features: pd.DataFrame) -> pd.DataFrame:
    """Return the features with the derived columns beside them.

    Parameters
    ----------
    features : the columns of `schema.json` without the target: numbers and booleans as float64,
        dates as datetime64, the others as text, empty cells as NaN. An endpoint sees a few rows
        at a time, so what is computed for a row must follow from that row alone.
    """
    return features
