"""Logs runs to MLflow: what of them, and which."""

import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from data_science.config.tracking import Mlflow
from data_science.runs import comparison, execution, trials
from data_science.runs.failure import failure, plain
from data_science.runs.history import EarlierRun
from data_science.runs.mlflow_store import Record, opened
from project import s3
from project.aws import Connection

_STATUS = {
    "Succeeded": "FINISHED",
    "Completed": "FINISHED",
    "Failed": "FAILED",
    "Stopped": "KILLED",
}
"""MLflow's status of a run by SageMaker's of an execution or a training job."""


def log(
    connection: Connection, tracking: Mlflow, runs: Iterable[EarlierRun]
) -> Iterator[tuple[EarlierRun, str]]:
    """Log the runs that have ended and are not there yet; yield each with what became of it.

    Raises
    ------
    ProjectError : MLflow cannot be used.
    """
    # No call may leave this machine for a run on it.
    uri = tracking.uri if connection.target == "aws" else None
    with opened(uri, connection.project.name) as store:
        for run in runs:
            if run.status in execution.RUNNING:
                yield run, "under way"
            elif store.has(run.arn, _milliseconds(run.ended)):
                yield run, "there already"
            else:
                with tempfile.TemporaryDirectory() as folder:
                    save_evaluation(run, Path(folder))
                    store.log(record(run), trial_records(run), Path(folder))
                yield run, "logged"


def record(run: EarlierRun) -> Record:
    """Return what is logged of a run that has ended.

    A step that was taken from an earlier run has no duration. The tags are named as the metadata
    of a registered version are, where both say the same; those with `mlflow` are MLflow's own.
    """
    described = comparison.compared(run)
    failed = failure(run.connection, run.steps)
    durations = {
        f"seconds/{step.name}": round(step.seconds, 1)
        for step in run.steps
        if step.has_jobs and not step.reused_from
    }
    commit = str(run.values.get("GitCommit", "unknown")).removesuffix("unknown")
    tags = {
        "target": run.connection.target,
        "project_id": run.connection.project_id,
        "git_commit": commit,
        "model_package": execution.registered_arn(run.steps),
        "model_version": str(described["version"] or ""),
        "mlflow.source.name": run.connection.project.name,
        "mlflow.source.type": "JOB",
        "mlflow.source.git.commit": commit,
        "mlflow.note.content": f"{failed.step}: {failed.cause}" if failed else "",
    }
    return Record(
        arn=run.arn,
        name=run.id,
        status=_STATUS[run.status],
        started=_milliseconds(run.started),
        ended=_milliseconds(run.ended),
        parameters=described["parameters"],
        metrics={**described["metrics"], "seconds": described["seconds"], **durations},
        tags={name: value for name, value in tags.items() if value},
    )


def trial_records(run: EarlierRun) -> list[Record]:
    """Return what is logged of the trials of a run; none if it took them from an earlier run."""
    return [
        _trial(summary)
        for step in run.steps
        if step.tuning_job and not step.reused_from
        for summary in trials.summaries(run.connection, step.tuning_job)
    ]


def _trial(summary: dict[str, Any]) -> Record:
    started = summary.get("TrainingStartTime", summary["CreationTime"])
    ended = summary.get("TrainingEndTime", started)
    objective = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    measured = {objective["MetricName"]: objective["Value"]} if objective else {}
    note = plain(summary.get("FailureReason", ""))
    return Record(
        arn=summary["TrainingJobArn"],
        name=summary["TrainingJobName"],
        # One that has not ended when its search has will be stopped.
        status=_STATUS.get(summary["TrainingJobStatus"], "KILLED"),
        started=_milliseconds(started),
        ended=_milliseconds(ended),
        parameters=summary["TunedHyperParameters"],
        metrics={**measured, "seconds": round((ended - started).total_seconds(), 1)},
        tags={"mlflow.note.content": note} if note else {},
    )


def save_evaluation(run: EarlierRun, folder: Path) -> None:
    """Copy a run's evaluation and its report to a folder, as far as they are there."""
    uri = comparison.evaluation_uri(run)
    if not uri:
        return
    parent, _, name = uri.rpartition("/")
    for file in (name, "report.html"):
        if s3.exists(run.connection, f"{parent}/{file}"):
            s3.download(run.connection, f"{parent}/{file}", folder / file)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
