"""The metrics that a model may be judged by: what problem they are for, which way is better."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from project.errors import ProjectError


class Metric(NamedTuple):
    """What is known of a metric.

    Attributes
    ----------
    problem_type : `classification` or `regression`.
    less_is_better : whether a threshold on it is an upper bound.
    lowest, highest : between which its values lie.
    """

    problem_type: str
    less_is_better: bool = False
    lowest: float = 0.0
    highest: float = 1.0


# `steps/metrics.py` computes these, under these names and in the groups below. It runs in a
# container, where this file is not; a test compares the two.
METRICS = {
    "accuracy": Metric("classification"),
    "precision": Metric("classification"),
    "recall": Metric("classification"),
    "f1": Metric("classification"),
    "auc": Metric("classification"),
    "r2": Metric("regression", lowest=-math.inf),
    "rmse": Metric("regression", less_is_better=True, highest=math.inf),
    "mse": Metric("regression", less_is_better=True, highest=math.inf),
    "mae": Metric("regression", less_is_better=True, highest=math.inf),
}


def metrics_of(problem_type: str) -> list[str]:
    """Return the names of the metrics for a problem type."""
    return [name for name, metric in METRICS.items() if metric.problem_type == problem_type]


def threshold_problem(metric: str, threshold: float) -> str:
    """Return why no model can be judged by a threshold; empty when one can.

    Parameters
    ----------
    metric : a key of `METRICS`.
    threshold : what a model must reach.
    """
    _, _, lowest, highest = METRICS[metric]
    if lowest <= threshold <= highest:
        return ""
    if math.isinf(lowest):
        return f"{metric} is at most {highest:g}, so its threshold cannot be {threshold:g}"
    if math.isinf(highest):
        return f"{metric} is at least {lowest:g}, so its threshold cannot be {threshold:g}"
    between = f"between {lowest:g} and {highest:g}"
    return f"{metric} is {between}, so its threshold cannot be {threshold:g}"


def metric_group(schema: Mapping[str, Any]) -> str:
    """Return the group of SageMaker's model-quality schema that the metrics stand in.

    Parameters
    ----------
    schema : the content of `steps/schema.json`.
    """
    target = schema["columns"][schema["target"]]
    if target == "number":
        return "regression_metrics"
    kind = "binary" if len(target) == 2 else "multiclass"
    return f"{kind}_classification_metrics"


def check_positive(schema: Mapping[str, Any], positive: str | None) -> None:
    """Refuse a positive class that the target does not have.

    Parameters
    ----------
    schema : the content of `steps/schema.json`.
    positive : the class that the settings name.

    Raises
    ------
    ProjectError : says what to write instead.
    """
    classes = schema["columns"][schema["target"]]
    place = "data_science/settings.yaml: key `quality.positive`"
    if classes == "number" or len(classes) > 2:
        if positive is not None:
            raise ProjectError(f"{place}: only a target of two classes has one; remove it")
    elif positive not in classes:
        must = f"name the class to find, {' or '.join(classes)}"
        raise ProjectError(f"{place}: {must}" + (f", not {positive}" if positive else ""))
