"""The metrics that a model can be judged by: one more is one function with one line above it.

`ds` reads here which there are, so this file imports nothing but the standard library at its top;
a metric that needs more, such as scikit-learn, imports it inside its function.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

Judged = Any
"""A `judged.Judged`, which `ds` could not import: truth, predictions and probabilities of rows."""


class Metric(NamedTuple):
    """What is known of a metric.

    Attributes
    ----------
    compute : takes a `judged.Judged` and returns the value; NaN where there is none.
    problem_type : `classification` or `regression`.
    less_is_better : whether a threshold on it is an upper bound.
    lowest, highest : between which its values lie.
    """

    compute: Callable[[Judged], float]
    problem_type: str
    less_is_better: bool
    lowest: float
    highest: float


METRICS: dict[str, Metric] = {}
"""Each metric by its name, which is that of its function."""


def classification(
    less_is_better: bool = False, lowest: float = 0.0, highest: float = 1.0
) -> Callable[[Callable[[Judged], float]], Callable[[Judged], float]]:
    """Declare the function below as a metric of classifiers; see `Metric`."""
    return _declare("classification", less_is_better, lowest, highest)


def regression(
    less_is_better: bool = False, lowest: float = -math.inf, highest: float = math.inf
) -> Callable[[Callable[[Judged], float]], Callable[[Judged], float]]:
    """Declare the function below as a metric of regressors; see `Metric`."""
    return _declare("regression", less_is_better, lowest, highest)


def _declare(
    problem_type: str, less_is_better: bool, lowest: float, highest: float
) -> Callable[[Callable[[Judged], float]], Callable[[Judged], float]]:
    def declared(compute: Callable[[Judged], float]) -> Callable[[Judged], float]:
        name = compute.__name__
        METRICS[name] = Metric(compute, problem_type, less_is_better, lowest, highest)
        return compute

    return declared


# Of two classes, precision, recall and f1 are about the positive one. Of more, they are means over
# the classes, so that each counts the same however rare it is. A class without rows does not count.


@classification()
def accuracy(judged: Judged) -> float:
    """Return the share of rows that are predicted right."""
    return float((judged.truth == judged.predicted).mean())


@classification()
def precision(judged: Judged) -> float:
    """Return how many of those said to be of a class are; 0 when nothing is said to be."""
    return _mean(_share(right, said) for right, said, _ in _counts(judged))


@classification()
def recall(judged: Judged) -> float:
    """Return how many of a class are found."""
    return _mean(_share(right, there) for right, _, there in _counts(judged))


@classification()
def f1(judged: Judged) -> float:
    """Return the harmonic mean of precision and recall."""
    return _mean(_share(2 * right, said + there) for right, said, there in _counts(judged))


@classification()
def auc(judged: Judged) -> float:
    """Return the area under the ROC curve; of more than two classes, the mean of one to the rest.

    A class that has no rows here, or all of them, has no curve.
    """
    areas = [judged.area(one) for one in _classes(judged)]
    return _mean(area for area in areas if not math.isnan(area))


@regression(highest=1.0)
def r2(judged: Judged) -> float:
    """Return the share of the variance that is explained; NaN when there is none to explain."""
    squares = float(((judged.truth - judged.truth.mean()) ** 2).sum())
    missed = float(((judged.truth - judged.predicted) ** 2).sum())
    return 1 - missed / squares if squares > 0 else math.nan


@regression(less_is_better=True, lowest=0.0)
def rmse(judged: Judged) -> float:
    """Return the root of the mean squared error."""
    return math.sqrt(mse(judged))


@regression(less_is_better=True, lowest=0.0)
def mse(judged: Judged) -> float:
    """Return the mean squared error."""
    return float(((judged.truth - judged.predicted) ** 2).mean())


@regression(less_is_better=True, lowest=0.0)
def mae(judged: Judged) -> float:
    """Return the mean absolute error."""
    return float(abs(judged.truth - judged.predicted).mean())


def _classes(judged: Judged) -> list[int]:
    return list(range(len(judged.classes))) if judged.positive is None else [judged.positive]


def _counts(judged: Judged) -> list[tuple[float, float, float]]:
    """Return for each class that counts: rows said right, rows said to be of it, rows of it."""
    table = judged.confusion
    said, there = table.sum(axis=0).tolist(), table.sum(axis=1).tolist()
    return [
        (float(table[one, one]), said[one], there[one]) for one in _classes(judged) if there[one]
    ]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _mean(values: Any) -> float:
    known = list(values)
    return sum(known) / len(known) if known else math.nan
