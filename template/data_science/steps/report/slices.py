"""How good the model is in parts of the test set: the values of a column, or its quarters."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from judged import Judged

from report.resampling import Estimate, estimate

FEWEST = 20
"""In a part with fewer rows no metric is judged: chance would decide."""

MOST_VALUES = 10
"""So many values of a column are told apart, the most frequent ones."""

QUARTERS = 4

ORDERED = "fM"
"""Kinds of numpy's types that have quarters: numbers and dates."""


class Slice(NamedTuple):
    """A part of the test set.

    Attributes
    ----------
    column : what the parts are told apart by.
    part : its value in words, such as `b` or `12 to 20`.
    rows : positions of the rows.
    metric : the metric that the gate goes by.
    """

    column: str
    part: str
    rows: np.ndarray
    metric: Estimate

    @property
    def is_judged(self) -> bool:
        """Whether it has rows enough, and a value."""
        return len(self.rows) >= FEWEST and not np.isnan(self.metric.value)


def slices(
    features: pd.DataFrame, columns: Sequence[str], judged: Judged, metric: str
) -> list[Slice]:
    """Return the parts of the test set that columns tell apart, with the metric in each.

    Parameters
    ----------
    features : of each row.
    columns : which of the features.
    judged : the answers to the same rows.
    metric : its name.
    """
    compute = judged.metrics[metric].compute
    found = []
    for column in columns:
        for part, rows in parts(features[column]).items():
            own = judged.take(rows)
            value = estimate(
                lambda drawn, own=own: {metric: compute(own.take(drawn))},  # type: ignore[misc]
                len(rows),
                largest=2_000,
                draws=100,
            )[metric]
            found.append(Slice(column, part, rows, value))
    return found


def parts(column: pd.Series) -> dict[str, np.ndarray]:
    """Return the positions of the rows of each part of a column, by the part's name.

    Numbers of more than a few values are told apart by their quarters, equal ones together;
    anything else by its values, the rare ones as one part. Empty cells are a part too.
    """
    positions = np.arange(len(column))
    empty = column.isna().to_numpy()
    present = column[~empty]
    if present.nunique() > MOST_VALUES and column.dtype.kind in ORDERED:
        ranks = pd.qcut(present, QUARTERS, labels=False, duplicates="drop").to_numpy()
        named = {
            _range(present[ranks == rank]): positions[~empty][ranks == rank]
            for rank in np.unique(ranks)
        }
    else:
        frequent = list(present.value_counts().index[:MOST_VALUES])
        # By the value itself, so that 2 comes before 10.
        named = {
            _shown(value): positions[(column == value).to_numpy()] for value in sorted(frequent)
        }
        other = positions[~empty & ~column.isin(frequent).to_numpy()]
        if len(other):
            named["(other)"] = other
    if empty.any():
        named["(empty)"] = positions[empty]
    return named


def has_few_values(column: pd.Series) -> bool:
    """Say whether a column has several values, and not many."""
    return bool(2 <= column.nunique() <= MOST_VALUES)


def worth_showing(
    features: pd.DataFrame, important: Sequence[str], asked: Sequence[str]
) -> list[str]:
    """Return the columns to tell parts apart by.

    Parameters
    ----------
    features : of each row.
    important : the features, the most important first.
    asked : columns that the settings name, which come first. Beside them, those of few values, or
        the most important ones when there is none.
    """
    few = [name for name in important if has_few_values(features[name])]
    ordered = [name for name in important if features[name].dtype.kind in ORDERED]
    return list(dict.fromkeys([*asked, *(few[:6] or ordered[:3])]))


def _range(values: pd.Series) -> str:
    low, high = values.min(), values.max()
    return _shown(low) if low == high else f"{_shown(low)} to {_shown(high)}"


def _shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
