"""Computes a model's metrics in SageMaker's model-quality schema.

Source: "Model quality metrics" of SageMaker Model Monitor in the developer guide.
"""

from typing import Any

import pandas as pd
from columns import Schema
from failure import StepError
from sklearn.metrics import (
    accuracy_score,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)


def model_quality(
    schema: Schema, truth: pd.Series, answer: dict[str, Any], positive: str | None = None
) -> dict[str, Any]:
    """Return the metrics of a model on a test set.

    Parameters
    ----------
    schema : its target says what is judged: a number (`regression_metrics`), two categories
        (`binary_classification_metrics`, of the positive one), or more
        (`multiclass_classification_metrics`, averaged so that each class counts the same, however
        rare it is).
    truth : the target of each row.
    answer : what the inference code answered to the same rows: `predictions`, and
        `probabilities` of a classifier.
    positive : the category of a two-category target that counts as positive.

    Returns
    -------
    `{group: {metric: {"value": …, "standard_deviation": "NaN"}}}`.

    Raises
    ------
    StepError : the target has two categories, and none of them is named as positive.
    """
    predicted = pd.Series(answer["predictions"], index=truth.index)
    categories = schema["columns"][schema["target"]]
    if categories == "number":
        values = {
            "mae": mean_absolute_error(truth, predicted),
            "mse": mean_squared_error(truth, predicted),
            "rmse": root_mean_squared_error(truth, predicted),
            "r2": r2_score(truth, predicted),
        }
        return {"regression_metrics": _metrics(values)}
    probabilities = pd.DataFrame(answer["probabilities"], index=truth.index)[list(categories)]
    if len(categories) == 2:
        if positive not in categories:
            raise StepError(f"--positive must be one of {', '.join(categories)}, not {positive}")
        average: dict[str, Any] = {"average": "binary", "pos_label": positive}
        auc = roc_auc_score(truth == positive, probabilities[positive])
        group = "binary_classification_metrics"
    else:
        average = {"average": "macro", "labels": list(categories)}
        order = sorted(categories)
        auc = roc_auc_score(
            truth, probabilities[order], multi_class="ovr", average="macro", labels=order
        )
        group = "multiclass_classification_metrics"
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, predicted, zero_division=0, **average
    )
    values = {
        "accuracy": accuracy_score(truth, predicted),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "auc": auc,
    }
    return {group: _metrics(values)}


def _metrics(values: dict[str, float]) -> dict[str, Any]:
    # One test set gives one value; SageMaker writes an unknown deviation as the text NaN.
    return {
        name: {"value": float(value), "standard_deviation": "NaN"} for name, value in values.items()
    }
