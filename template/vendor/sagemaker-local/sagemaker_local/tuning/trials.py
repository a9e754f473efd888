"""What is known of the training jobs of a tuning job: it is read from them, never kept beside."""

import math
from collections import Counter
from collections.abc import Sequence

from sagemaker_local.storage.store import Body, Resource, Store

TUNED = "_TunedHyperParameters"
OBJECTIVE = "_TuningObjective"
"""The members of a trial with the values that were chosen for it, and what it is to be good at."""

_SHOWN = (
    *("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime"),
    *("TrainingJobDefinitionName", "TrainingJobStatus", "FailureReason"),
)


def objective_value(trial: Body) -> float | None:
    """Return the final value of the objective of a trial, or None if it emitted none."""
    for metric in trial.get("FinalMetricDataList", []):
        if metric["MetricName"] == trial[OBJECTIVE]["MetricName"]:
            value: float = metric["Value"]
            return value if math.isfinite(value) else None
    return None


def score_of(trial: Body) -> float | None:
    """Return how good a trial is, the higher the better; None if it cannot be the best.

    That only a completed training job can be is unconfirmed.
    """
    value = objective_value(trial)
    if value is None or trial["TrainingJobStatus"] != "Completed":
        return None
    return value if trial[OBJECTIVE]["Type"] == "Maximize" else -value


def trials_of(store: Store, tuning: Resource) -> list[Body]:
    """Return the training jobs of a tuning job, the first one first."""
    found = store.resources("TrainingJob", tuning.region, prefix=f"{tuning.name}-")
    return [one.body for one in found if one.body.get("TuningJobArn") == tuning.arn]


def summarize(trial: Body) -> Body:
    """Return a trial as Describe and List show it: a `HyperParameterTrainingJobSummary`."""
    summary = {member: trial[member] for member in _SHOWN if member in trial}
    summary |= {
        "TunedHyperParameters": trial[TUNED],
        "ObjectiveStatus": _objective_status(trial),
    }
    value = objective_value(trial)
    if value is not None:
        summary["FinalHyperParameterTuningJobObjectiveMetric"] = trial[OBJECTIVE] | {"Value": value}
    return summary


def best_of(trials: Sequence[Body]) -> Body | None:
    """Return the best trial; of equal ones the first."""
    good = [trial for trial in trials if score_of(trial) is not None]
    return max(good, key=lambda trial: score_of(trial) or 0.0, default=None)


def count(trials: Sequence[Body]) -> Body:
    """Return `TrainingJobStatusCounters` and `ObjectiveStatusCounters`.

    API reference, TrainingJobStatusCounters: a job that failed by an internal service error could
    be retried.
    """
    states = Counter(_state(trial) for trial in trials)
    objectives = Counter(_objective_status(trial) for trial in trials)
    return {
        "TrainingJobStatusCounters": {
            name: states[name]
            for name in (
                *("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"),
            )
        },
        "ObjectiveStatusCounters": {
            name: objectives[name] for name in ("Succeeded", "Pending", "Failed")
        },
    }


def _state(trial: Body) -> str:
    status: str = trial["TrainingJobStatus"]
    if status == "Failed":
        internal = trial.get("FailureReason", "").startswith("InternalServerError")
        return "RetryableError" if internal else "NonRetryableError"
    return "InProgress" if status == "Stopping" else status


def _objective_status(trial: Body) -> str:
    if _state(trial) == "InProgress":
        return "Pending"
    return "Failed" if score_of(trial) is None else "Succeeded"
