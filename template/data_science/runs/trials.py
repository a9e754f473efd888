"""Reads the trials of a run whose Train step searched for hyperparameters."""

from collections.abc import Sequence
from typing import Any

from data_science.runs import execution
from data_science.runs.failure import plain
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
    found = [step for step in execution.steps(connection, arn) if step.tuning_job]
    if not found:
        raise ProjectError(
            f"run {execution.run_id(arn)} searched for no hyperparameters; "
            "data_science/settings.yaml turns it on with `tuning`"
        )
    return [_row(summary) for summary in summaries(connection, found[0].tuning_job)]


def jobs_of(connection: Connection, step: execution.Step) -> list[tuple[str, str]]:
    """Return the ARNs of a step's jobs: its own, or those of its trials, the best first.

    Returns
    -------
    Each with a name for it: the step's, followed by the trial's if it is one.
    """
    if not step.tuning_job:
        return [(step.name, step.job_arn)]
    return [
        (f"{step.name} {summary['TrainingJobName']}", summary["TrainingJobArn"])
        for summary in summaries(connection, step.tuning_job)
    ]


def chosen(connection: Connection, steps: Sequence[execution.Step]) -> dict[str, str]:
    """Return the hyperparameters of the best trial of a run; empty when it searched for none.

    Parameters
    ----------
    steps : of the run.
    """
    for step in steps:
        if step.tuning_job and step.status == "Succeeded":
            job = connection.sagemaker.describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=step.tuning_job
            )
            return dict(job.get("BestTrainingJob", {}).get("TunedHyperParameters", {}))
    return {}


def summaries(connection: Connection, name: str) -> list[dict[str, Any]]:
    """Return the trials of a tuning job as SageMaker lists them, in the order of `trials`.

    Parameters
    ----------
    name : of the tuning job.
    """
    client = connection.sagemaker
    job = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    objective = job["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    pages = client.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending"
    )
    sign = 1 if objective["Type"] == "Minimize" else -1

    def rank(summary: dict[str, Any]) -> tuple[bool, float]:
        value = _value(summary)
        return value is None, sign * (value or 0)

    return sorted((one for page in pages for one in page["TrainingJobSummaries"]), key=rank)


def _value(summary: dict[str, Any]) -> float | None:
    value: float | None = summary.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get(
        "Value"
    )
    return value


def _row(summary: dict[str, Any]) -> dict[str, Any]:
    return {
        "job": summary["TrainingJobName"],
        "status": summary["TrainingJobStatus"],
        "value": _value(summary),
        "hyperparameters": summary["TunedHyperParameters"],
        "reason": plain(summary.get("FailureReason", "")),
    }
