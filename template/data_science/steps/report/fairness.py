"""Whether a classifier treats the parts of a column alike, in the terms of the fairness field.

The definitions are those of fairlearn (`fairlearn.metrics`, "Common fairness metrics" in its user
guide), which the container does not have; its version 0.15 computes the same but for two cases: a
part that has no rate is left out here, and counts 0 there; where nobody is selected, the ratio is 1
here, and missing there.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from judged import Judged

from report.slices import Slice


class Disparity(NamedTuple):
    """How far the parts of a column are apart; NaN where fewer than two parts have a value.

    Attributes
    ----------
    column : what the parts are told apart by.
    demographic_parity_difference : largest less smallest share of rows that are said to be
        positive; 0 is alike.
    demographic_parity_ratio : smallest by largest such share; 1 is alike.
    equal_opportunity_difference : largest less smallest true positive rate.
    equalized_odds_difference : the larger one of the differences of true and of false positive
        rates.
    """

    column: str
    demographic_parity_difference: float
    demographic_parity_ratio: float
    equal_opportunity_difference: float
    equalized_odds_difference: float


def disparities(judged: Judged, slices: Sequence[Slice]) -> list[Disparity]:
    """Return the disparity of each column, of the parts that have rows enough to be judged.

    Parameters
    ----------
    judged : the answers of a classifier of two classes; of another one there are none.
    slices : the parts, those of a column beside each other.
    """
    if judged.positive is None:
        return []
    return [
        disparity(column, [judged.take(part.rows) for part in parts if part.is_judged])
        for column, parts in groupby(slices, key=lambda part: part.column)
    ]


def disparity(column: str, groups: Iterable[Judged]) -> Disparity:
    """Return how far groups of rows are apart."""
    known = list(groups)
    selected = _values(known, selection_rate)
    true, false = _values(known, true_positive_rate), _values(known, false_positive_rate)
    ratio = math.nan
    if len(selected) > 1:
        # Where nobody is selected, nobody is selected less than others.
        ratio = min(selected) / max(selected) if max(selected) else 1.0
    return Disparity(
        column,
        _difference(selected),
        ratio,
        _difference(true),
        max(
            (_difference(true), _difference(false)),
            key=lambda one: -math.inf if one != one else one,
        ),
    )


def selection_rate(judged: Judged) -> float:
    """Return the share of rows that are said to be positive."""
    return _rate(judged, np.ones(len(judged), dtype=bool))


def true_positive_rate(judged: Judged) -> float:
    """Return the share of positive rows that are said to be positive; NaN without any."""
    return _rate(judged, judged.truth == judged.positive)


def false_positive_rate(judged: Judged) -> float:
    """Return the share of other rows that are said to be positive; NaN without any."""
    return _rate(judged, judged.truth != judged.positive)


def _rate(judged: Judged, among: np.ndarray) -> float:
    return float((judged.predicted[among] == judged.positive).mean()) if among.any() else math.nan


def _values(groups: Sequence[Judged], rate: Callable[[Judged], float]) -> list[float]:
    return [value for value in map(rate, groups) if not math.isnan(value)]


def _difference(values: Sequence[float]) -> float:
    return max(values) - min(values) if len(values) > 1 else math.nan
