"""The curves and tables of a model's answers, thinned to what a picture can show."""

from typing import NamedTuple

import numpy as np
from judged import Judged
from sklearn.metrics import precision_recall_curve, roc_curve

MOST_POINTS = 200
"""A curve has so many points at most."""

BINS = 10
"""The probabilities of a calibration curve are put into so many groups of equal size."""


class Line(NamedTuple):
    """Points of a curve, in the order in which they are joined."""

    x: np.ndarray
    y: np.ndarray


def roc(judged: Judged, one: int) -> Line:
    """Return the false and the true positive rates of a class against the rest."""
    false, true, _ = roc_curve(judged.truth == one, judged.probabilities[:, one])
    return _thinned(false, true)


def precision_recall(judged: Judged, one: int) -> Line:
    """Return the recalls of a class, rising, and the precisions."""
    precisions, recalls, _ = precision_recall_curve(
        judged.truth == one, judged.probabilities[:, one]
    )
    return _thinned(recalls[::-1], precisions[::-1])


def calibration(truth: np.ndarray, probability: np.ndarray) -> Line:
    """Return the mean probabilities of groups of rows, and how often it was true in them.

    Parameters
    ----------
    truth : whether it was true, of each row.
    probability : what was said of it.
    """
    order = np.argsort(probability, kind="stable")
    groups = [group for group in np.array_split(order, BINS) if len(group)]
    return Line(
        np.array([probability[group].mean() for group in groups]),
        np.array([truth[group].mean() for group in groups]),
    )


class Thresholds(NamedTuple):
    """What a classifier of two classes would reach with other thresholds of its probability."""

    threshold: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray

    @property
    def best(self) -> tuple[float, float]:
        """The threshold of the highest f1, and that f1."""
        index = int(self.f1.argmax())
        return float(self.threshold[index]), float(self.f1[index])


def thresholds(judged: Judged, positive: int) -> Thresholds:
    """Return precision, recall and f1 of the positive class at each threshold."""
    precision, recall, threshold = precision_recall_curve(
        judged.truth == positive, judged.probabilities[:, positive]
    )
    # The last pair belongs to no threshold.
    precision, recall = precision[:-1], recall[:-1]
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
    kept = np.union1d(_kept(len(threshold)), [f1.argmax()])
    return Thresholds(threshold[kept], precision[kept], recall[kept], f1[kept])


def sample(rows: int, most: int) -> np.ndarray:
    """Return the positions of so many rows at most, drawn at random and in their order."""
    return np.sort(np.random.default_rng(0).permutation(rows)[:most])


def _thinned(x: np.ndarray, y: np.ndarray) -> Line:
    kept = _kept(len(x))
    return Line(x[kept], y[kept])


def _kept(count: int) -> np.ndarray:
    positions = np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int)
    kept: np.ndarray = np.unique(positions)
    return kept
