"""What a model answered to rows whose truth is known: what every metric is computed from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from columns import Schema
from failure import StepError
from metrics import METRICS, Metric


@dataclass(frozen=True)
class Judged:
    """Rows with their truth and a model's answers.

    Attributes
    ----------
    truth, predicted : of each row, a float64 number, or the index of its class.
    classes : the names of the classes; empty when a number is predicted.
    probabilities : of each row (axis 0) for each class (axis 1).
    positive : the index of the class to find, when there are two.
    """

    truth: np.ndarray
    predicted: np.ndarray
    classes: tuple[str, ...]
    probabilities: np.ndarray
    positive: int | None

    def take(self, rows: np.ndarray) -> Self:
        """Return some of the rows, by their positions or by a mask."""
        return type(self)(
            self.truth[rows],
            self.predicted[rows],
            self.classes,
            self.probabilities[rows],
            self.positive,
        )

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def problem_type(self) -> str:
        """`classification` or `regression`."""
        return "classification" if self.classes else "regression"

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics that fit, by their names."""
        return {
            name: metric
            for name, metric in METRICS.items()
            if metric.problem_type == self.problem_type
        }

    @cached_property
    def confusion(self) -> np.ndarray:
        """How many rows of each class (axis 0) were said to be of each class (axis 1)."""
        count = len(self.classes)
        pairs = np.bincount(self.truth * count + self.predicted, minlength=count * count)
        return pairs.reshape(count, count)

    def area(self, one: int) -> float:
        """Return the area under a class's ROC curve; NaN when all rows are of it, or none.

        It is the chance that a row of the class gets a higher probability of it than another row,
        where equal ones count half.
        """
        hits = self.truth == one
        count = int(hits.sum())
        others = len(hits) - count
        if count == 0 or others == 0:
            return math.nan
        _, place, times = np.unique(
            self.probabilities[:, one], return_inverse=True, return_counts=True
        )
        ranks = (np.cumsum(times) - (times - 1) / 2)[place]
        return float((ranks[hits].sum() - count * (count + 1) / 2) / (count * others))


def judge(
    schema: Schema, truth: pd.Series, answer: Mapping[str, Any], positive: str | None = None
) -> Judged:
    """Return a model's answers beside the truth.

    Parameters
    ----------
    schema : its target says what is judged: a number, or classes.
    truth : the target of each row.
    answer : what the inference code answered to the same rows: `predictions`, and of a classifier
        `probabilities`, each a number by class.
    positive : the class of a target of two that counts as positive.

    Raises
    ------
    StepError : the target has two classes and none of them is named as positive, or the answers
        are not about these classes.
    """
    classes = schema["columns"][schema["target"]]
    if isinstance(classes, str):
        predicted = np.array(answer["predictions"], dtype="float64")
        if not np.isfinite(predicted).all():
            raise StepError("the model predicts something that is no finite number")
        return Judged(truth.to_numpy("float64"), predicted, (), np.empty((len(truth), 0)), None)
    if len(classes) == 2 and positive not in classes:
        raise StepError(f"--positive must be one of {', '.join(classes)}, not {positive}")
    index = classes.index(positive) if positive is not None and len(classes) == 2 else None
    try:
        rows = [[row[name] for name in classes] for row in answer["probabilities"]]
    except KeyError as error:
        raise StepError(f"the model gives no probability of the class {error}") from None
    return Judged(
        _indices(list(truth), classes),
        _indices(answer["predictions"], classes),
        tuple(classes),
        np.array(rows, dtype="float64").reshape(len(truth), len(classes)),
        index,
    )


def values(judged: Judged) -> dict[str, float]:
    """Return the value of each metric that fits, by its name."""
    return {name: metric.compute(judged) for name, metric in judged.metrics.items()}


def _indices(names: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    known = {name: index for index, name in enumerate(classes)}
    try:
        return np.array([known[name] for name in names], dtype="int64")
    except KeyError as error:
        raise StepError(f"{error} is none of the classes {', '.join(classes)}") from None
