"""Writes the metrics in SageMaker's model-quality schema.

Source: "Model quality metrics and Amazon CloudWatch monitoring" in the developer guide.
"""

import math
from collections.abc import Mapping
from typing import Any

from judged import Judged

from report import curves
from report.resampling import Estimate


def metric_group(judged: Judged) -> str:
    """Return the name of the group that the metrics stand in."""
    if not judged.classes:
        return "regression_metrics"
    kind = "multiclass" if judged.positive is None else "binary"
    return f"{kind}_classification_metrics"


def model_quality(judged: Judged, metrics: Mapping[str, Estimate]) -> dict[str, Any]:
    """Return the document of the metrics.

    Parameters
    ----------
    judged : the model's answers.
    metrics : each with its value and its deviation, by name.

    Returns
    -------
    `{group: {metric: {"value": …, "standard_deviation": …}}}`; of a classifier with
    `confusion_matrix` (rows by their class, then by what they were said to be), and of one of two
    classes with the curves of the positive one.
    """
    group: dict[str, Any] = {
        name: {"value": number(one.value), "standard_deviation": number(one.deviation)}
        for name, one in metrics.items()
    }
    if judged.classes:
        group["confusion_matrix"] = {
            name: dict(zip(judged.classes, map(int, counts), strict=True))
            for name, counts in zip(judged.classes, judged.confusion, strict=True)
        }
    if judged.positive is not None and not math.isnan(judged.area(judged.positive)):
        roc = curves.roc(judged, judged.positive)
        both = curves.precision_recall(judged, judged.positive)
        group["receiver_operating_characteristic_curve"] = {
            "false_positive_rates": roc.x.tolist(),
            "true_positive_rates": roc.y.tolist(),
        }
        group["precision_recall_curve"] = {
            "precisions": both.y.tolist(),
            "recalls": both.x.tolist(),
        }
    return {metric_group(judged): group}


def number(value: float) -> float | str:
    """Return a number as JSON can hold it: SageMaker writes an unknown one as the text NaN."""
    return float(value) if math.isfinite(value) else "NaN"
