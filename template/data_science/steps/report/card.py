"""What a model card tells of the evaluation: groups of metrics.

Source: "Model package model card schema" in the SageMaker developer guide, see
`pipeline/model_card.py`. A metric's value is a finite number, so one without a value is left out.
"""

import math
from typing import Any

from report.charts import number
from report.findings import Findings
from report.quality import metric_group

MOST = 50
"""A card holds 100,000 characters at most, so this many slices and rules; the report has all."""

_NAME, _GROUP, _NOTES = 255, 63, 512
"""Longest names of a metric and of a group, and notes, for which the schema has more room."""


def metric_groups(findings: Findings) -> list[dict[str, Any]]:
    """Return the metrics, those of the parts of the test set, and the outcome of the rules."""
    judged, name = findings.judged, findings.rules.metric
    overall = [
        _metric(metric, one.value, f"95 % interval {number(one.low)} to {number(one.high)}")
        for metric, one in findings.metrics.items()
    ]
    if judged.classes and len(judged.classes) <= 20:
        overall.append(
            {
                "name": "confusion_matrix",
                "type": "matrix",
                "value": judged.confusion.tolist(),
                "x_axis_name": [one[:_GROUP] for one in judged.classes],
                "y_axis_name": [one[:_GROUP] for one in judged.classes],
            }
        )
    parts = [
        _metric(
            f"{name} where {part.column} = {part.part}", part.metric.value, f"{len(part.rows)} rows"
        )
        for part in findings.slices[:MOST]
        if part.is_judged
    ]
    rules = [
        {
            "name": verdict.rule[:_NAME],
            "type": "string",
            "value": {True: "kept", False: "broken", None: "not judged"}[verdict.kept],
            "notes": verdict.says[:_NOTES],
        }
        for verdict in findings.verdicts[:MOST]
    ]
    groups: dict[str, list[Any]] = {
        metric_group(judged): overall,
        f"{name} by slice": parts,
        "quality rules": rules,
    }
    return [
        {"name": title[:_GROUP], "metric_data": [one for one in metrics if one is not None]}
        for title, metrics in groups.items()
        if metrics
    ]


def _metric(name: str, value: float, notes: str) -> dict[str, Any] | None:
    if not math.isfinite(value):
        return None
    return {"name": name[:_NAME], "type": "number", "value": value, "notes": notes}
