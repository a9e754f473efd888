"""Judges a model by cross-validation on the training set alone: what tuning compares."""

from collections.abc import Callable
from statistics import mean

import pandas as pd
from columns import Schema
from failure import StepError
from metrics import model_quality
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline

PRINTED = "validation {metric}: {value:.6g}"
"""The line that SageMaker finds the value in; `config/tuning.py` holds the expression for it."""


def cross_validated(
    build: Callable[[], Pipeline],
    table: pd.DataFrame,
    schema: Schema,
    metric: str,
    folds: int,
    positive: str | None,
) -> float:
    """Return the mean of a metric over models that each leave one part of the table out.

    Parameters
    ----------
    build : makes an untrained model.
    table : the training set, a column for each of the schema's.
    metric : one that `metrics.model_quality` computes.
    folds : the number of parts; of a classifier each has about the same share of every class.
    positive : see `metrics.model_quality`.

    Raises
    ------
    StepError : there are fewer rows than parts, or there is no such metric.
    """
    if len(table) < folds:
        raise StepError(f"{len(table)} rows are too few for {folds} folds")
    target = table[schema["target"]]
    of_numbers = schema["columns"][schema["target"]] == "number"
    splitter = (KFold if of_numbers else StratifiedKFold)(folds, shuffle=True, random_state=0)
    values = []
    for rest, left_out in splitter.split(table, None if of_numbers else target):
        model = clone(build())
        features = table.drop(columns=schema["target"])
        model.fit(features.iloc[rest], target.iloc[rest])
        answer = {"predictions": model.predict(features.iloc[left_out]).tolist()}
        if not of_numbers:
            probabilities = model.predict_proba(features.iloc[left_out])
            answer["probabilities"] = [
                dict(zip(model.classes_, row, strict=True)) for row in probabilities.tolist()
            ]
        [quality] = model_quality(schema, target.iloc[left_out], answer, positive).values()
        if metric not in quality:
            raise StepError(f"there is no metric {metric}; there are {', '.join(quality)}")
        values.append(float(quality[metric]["value"]))
    return mean(values)
