"""Reads the trials of a run whose Train step searched for hyperparameters."""

from typing import Any

from data_science.runs import execution
from project.aws import Connection
from project.errors import ProjectError


def trials(connection: Connection, arn: str) -> list[dict[str, Any]]:
    """Return the trials of a run, the best first and those without a value last.

    Parameters
    ----------
    arn : of the run.

    Returns
    -------
    Of each the name of its training `job`, its `status`, the `value` of the metric (None when it
    has none), the `hyperparameters` that were tried, and the `reason` why it failed.

    Raises
    ------
    ProjectError : the run has no tuning job.
    """
    found = [step for step in execution.steps(connection, arn) if "TuningJob" in step.metadata]
    if not found:
        raise ProjectError(
            f"run {execution.run_id(arn)} searched for no hyperparameters; "
            "data_science/settings.yaml turns it on with `tuning`"
        )
    name = found[0].metadata["TuningJob"]["Arn"].rpartition("/")[2]
    client = connection.sagemaker
    job = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    objective = job["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    pages = client.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending"
    )
    rows = [_row(summary) for page in pages for summary in page["TrainingJobSummaries"]]
    sign = 1 if objective["Type"] == "Minimize" else -1
    return sorted(rows, key=lambda row: (row["value"] is None, sign * (row["value"] or 0)))


def _row(summary: dict[str, Any]) -> dict[str, Any]:
    metric = summary.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    return {
        "job": summary["TrainingJobName"],
        "status": summary["TrainingJobStatus"],
        "value": metric.get("Value"),
        "hyperparameters": summary["TunedHyperParameters"],
        "reason": execution.plain(summary.get("FailureReason", "")),
    }
