"""Judges a model by cross-validation on the training set alone.

Tuning compares trials by it, and the report shows how much the metrics hang on the data.
"""

from collections.abc import Callable

import pandas as pd
from columns import Schema
from failure import StepError
from judged import judge, values
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline

PRINTED = "validation {metric}: {value:.6g}"
"""The line that SageMaker finds the value in; `config/tuning.py` holds the expression for it."""


def cross_validated(
    build: Callable[[], Pipeline],
    table: pd.DataFrame,
    schema: Schema,
    folds: int,
    positive: str | None,
) -> dict[str, list[float]]:
    """Return each metric, by its name, of models that each leave one part of the table out.

    Parameters
    ----------
    build : makes an untrained model.
    table : the training set, a column for each of the schema's.
    folds : the number of parts; of a classifier each has about the same share of every class.
    positive : see `judged.judge`.

    Raises
    ------
    StepError : there are fewer rows than parts.
    """
    if len(table) < folds:
        raise StepError(f"{len(table)} rows are too few for {folds} folds")
    target = table[schema["target"]]
    of_numbers = schema["columns"][schema["target"]] == "number"
    splitter = (KFold if of_numbers else StratifiedKFold)(folds, shuffle=True, random_state=0)
    found: dict[str, list[float]] = {}
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
        judged = judge(schema, target.iloc[left_out], answer, positive)
        for name, value in values(judged).items():
            found.setdefault(name, []).append(value)
    return found
