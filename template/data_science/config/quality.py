"""The metrics that a model may be judged by, and whether the rules about them can be kept."""

import math
from collections.abc import Mapping
from typing import Any

from data_science.config.declared import rules
from project.errors import ProjectError

METRICS: dict[str, Any] = rules("metrics").METRICS
"""What `steps/metrics.py` declares, a `Metric` by its name."""


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
    lowest, highest = METRICS[metric].lowest, METRICS[metric].highest
    if lowest <= threshold <= highest:
        return ""
    if math.isinf(lowest):
        return f"{metric} is at most {highest:g}, so its threshold cannot be {threshold:g}"
    if math.isinf(highest):
        return f"{metric} is at least {lowest:g}, so its threshold cannot be {threshold:g}"
    between = f"between {lowest:g} and {highest:g}"
    return f"{metric} is {between}, so its threshold cannot be {threshold:g}"


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


def check_slices(schema: Mapping[str, Any], slices: Mapping[str, float]) -> None:
    """Refuse slices by what is no feature.

    Parameters
    ----------
    schema : the content of `steps/schema.json`.
    slices : what the settings ask for in each part that a column tells apart, by column.

    Raises
    ------
    ProjectError : names the column.
    """
    for name in slices:
        if name not in schema["columns"] or name == schema["target"]:
            raise ProjectError(
                f"data_science/settings.yaml: key `quality.slices`: {name} is no feature of "
                "data_science/steps/schema.json"
            )
