"""Chooses the rows of the test set."""

import math

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, train_test_split

METHODS = ("stratified", "random", "group", "time")
"""The ways to choose, as `data.split` of settings.yaml names them."""

STRATA = 10
"""A numeric target is spread evenly by its tenths."""


def split(
    method: str, target: pd.Series, by: pd.Series | None, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the rows to train on, and of those to test on.

    Parameters
    ----------
    method : one of `METHODS`: by chance, with each class or each tenth of a numeric target as
        frequent in both sets (`stratified`) or not (`random`); all rows of a group in the same
        set (`group`); or the latest rows in the test set (`time`).
    target : of each row, float64 or text.
    by : of each row, its group or its time; it comes with those two methods.
    fraction : of the rows that shall be in the test set, between 0 and 1.
    seed : of what is left to chance.

    Raises
    ------
    ValueError : the rows cannot be split so; the message is one line.
    """
    rows = np.arange(len(target))
    if method == "time" and by is not None:
        # Rows of one time stay together: what is known at a time is known of all of them.
        first = by.sort_values().iloc[min(round(len(by) * (1 - fraction)), len(by) - 1)]
        later = (by >= first).to_numpy()
        if later.all():
            raise ValueError(f"too many of them share the earliest {by.name}, {first}")
        return rows[~later], rows[later]
    if method == "group" and by is not None:
        if by.nunique() < 2:
            raise ValueError(f"all of them have the same {by.name}")
        shuffled = GroupShuffleSplit(test_size=fraction, random_state=seed)
        train, test = next(shuffled.split(rows, groups=by))
        return train, test
    strata = _strata(target, fraction) if method == "stratified" else None
    fewest = 1 if strata is None else strata.nunique()
    tested = math.ceil(len(rows) * fraction)
    smaller = min(tested, len(rows) - tested)
    if smaller < fewest:
        raise ValueError(f"one of the sets would have {smaller} rows, and needs {fewest} or more")
    train, test = train_test_split(rows, test_size=fraction, random_state=seed, stratify=strata)
    return train, test


def _strata(target: pd.Series, fraction: float) -> pd.Series | None:
    if target.dtype != "float64":
        return target
    # Each needs a row in both sets.
    count = min(STRATA, int(len(target) * min(fraction, 1 - fraction)))
    if count < 2:
        return None
    ranks = target.rank(method="first") - 1
    return (ranks * count // len(target)).astype(int)
