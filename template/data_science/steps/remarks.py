"""Finds what is odd about a table, though nothing is wrong with it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from columns import Schema, features
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

LEAK = 0.99
"""A column from whose value alone the target follows this well knows too much."""

JUDGED_ROWS = 5000
"""From so many rows it is told, at most."""

FEWEST_OF_A_CLASS = 10
"""A class of fewer rows says too little."""


def remarks(table: pd.DataFrame, schema: Schema) -> Iterator[str]:
    """Give a line for rows that are there twice, and for each column that gives the target away.

    Parameters
    ----------
    table : as `table.typed` returns it.
    """
    repeated = int(table.duplicated().sum())
    if repeated:
        yield (
            f"{repeated} of {len(table)} rows are the same as another one; such rows may be in "
            "both the training and the test set"
        )
    target = schema["target"]
    judged = table.sample(min(len(table), JUDGED_ROWS), random_state=0)
    if schema["columns"][target] != "number":
        counts = judged[target].value_counts()
        judged = judged[judged[target].isin(counts.index[counts >= FEWEST_OF_A_CLASS])]
    if judged[target].nunique() < 2:
        return
    for name, kind in features(schema).items():
        score = 0.0 if kind == "text" else _told(judged[name], judged[target])
        if score >= LEAK:
            yield (
                f"column {name!r} tells {target!r} all by itself ({score:.3f} of 1); if it is not "
                "known when a prediction is asked for, take it out of schema.json"
            )


def _told(column: pd.Series, target: pd.Series) -> float:
    """Return how much better a small tree predicts the target from a column than guessing does."""
    codes = _codes(column)[:, np.newaxis]
    known = np.arange(len(target)) % 2 == 0
    of_numbers = target.dtype == "float64"
    # So many leaves follow a smooth target closely enough.
    size = {"max_leaf_nodes": 50, "random_state": 0}
    if of_numbers:
        tree = DecisionTreeRegressor(**size, min_samples_leaf=1 + len(target) // 400)
    else:
        tree = DecisionTreeClassifier(**size, class_weight="balanced")
    truth = target.to_numpy()
    said = tree.fit(codes[known], truth[known]).predict(codes[~known])
    if of_numbers:
        return float(r2_score(truth[~known], said))
    return float(balanced_accuracy_score(truth[~known], said, adjusted=True))


def _codes(column: pd.Series) -> np.ndarray:
    """Return a number for each value, by which a tree can tell them apart."""
    if column.dtype == "float64":
        # A tree tells an empty one apart by itself.
        return column.to_numpy()
    if column.dtype.kind == "M":
        return column.to_numpy().astype("int64").astype("float64")
    return pd.factorize(column)[0].astype("float64")
