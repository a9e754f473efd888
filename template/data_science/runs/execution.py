"""Starts the pipeline in SageMaker, follows its steps, and says how it ended."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from project import registry
from project.aws import Connection
from project.aws_errors import already_exists, brief, found
from project.errors import ProjectError, UsageError

POLL_SECONDS = {"local": 0.2, "aws": 10.0}
RUNNING = ("Executing", "Stopping")


@dataclass(frozen=True)
class Step:
    """A step of a run, as far as it has come.

    Attributes
    ----------
    seconds : from its start to its end, or until now.
    ended : when it ended; None while it runs.
    cached : SageMaker found that an earlier run had done the same.
    reused_from : ARN of the run whose outcome it took, from its cache or because this run is one
        of single steps; empty when the step has run.
    metadata : what the step made, by kind; see `PipelineExecutionStepMetadata`.
    """

    name: str
    status: str
    seconds: float
    ended: datetime | None
    cached: bool
    reused_from: str
    reason: str
    metadata: Mapping[str, Any]

    @property
    def job_arn(self) -> str:
        """The ARN of the job that the step ran, empty when it ran none."""
        for kind in ("ProcessingJob", "TrainingJob"):
            if kind in self.metadata:
                return str(self.metadata[kind]["Arn"])
        return ""

    @property
    def tuning_job(self) -> str:
        """The name of the tuning job that the step ran, empty when it ran none."""
        return str(self.metadata.get("TuningJob", {}).get("Arn", "")).rpartition("/")[2]

    @property
    def has_jobs(self) -> bool:
        """Whether it ran a job, or the trials of a tuning job."""
        return bool(self.job_arn or self.tuning_job)


def upsert(connection: Connection, definition: str, pipeline: str) -> None:
    """Create the model package group and a pipeline, or bring them up to date.

    Parameters
    ----------
    definition : canonical JSON.
    pipeline : its name.
    """
    client = connection.sagemaker
    registry.ensure_group(connection)
    request = {
        "PipelineName": pipeline,
        "PipelineDefinition": definition,
        "RoleArn": connection.pipeline_role,
    }
    existing = found(lambda: client.describe_pipeline(PipelineName=pipeline))
    if existing is None:
        try:
            client.create_pipeline(**request, Tags=connection.tags)
            return
        except client.exceptions.ClientError as error:
            # Another run created it meanwhile.
            if not already_exists(error):
                raise
        existing = client.describe_pipeline(PipelineName=pipeline)
    if existing["PipelineDefinition"] != definition:
        client.update_pipeline(**request)
    client.add_tags(ResourceArn=existing["PipelineArn"], Tags=connection.tags)


def start(
    connection: Connection,
    parameters: Mapping[str, str],
    pipeline: str,
    only: Sequence[str] = (),
    source: str = "",
    decided_on: str = "",
) -> str:
    """Start a run of a pipeline and return its ARN.

    Whoever asks for the same at the same time gets the same run. Source: `ClientRequestToken` of
    "StartPipelineExecution" in the SageMaker API reference, "An idempotent operation completes no
    more than once".

    Parameters
    ----------
    parameters : values of pipeline parameters, by name.
    pipeline : its name.
    only : the steps to run, all of them by default. What they need of others comes from `source`.
    source : ARN of an earlier run.
    decided_on : what `decided_on` returned before it was decided to start a run; empty for a run
        of its own in any case.

    Raises
    ------
    ProjectError : the earlier run did not come as far as the steps need.
    """
    request: dict[str, Any] = {
        "PipelineName": pipeline,
        "PipelineParameters": [
            {"Name": name, "Value": value} for name, value in sorted(parameters.items())
        ],
    }
    if only:
        request["SelectiveExecutionConfig"] = {
            "SourcePipelineExecutionArn": source,
            "SelectedSteps": [{"StepName": name} for name in only],
        }
    if decided_on:
        asked = json.dumps([request, decided_on], sort_keys=True)
        request["ClientRequestToken"] = hashlib.sha256(asked.encode()).hexdigest()
    client = connection.sagemaker
    try:
        started = client.start_pipeline_execution(**request)
    except client.exceptions.ClientError as error:
        if not only or error.response["Error"]["Code"] != "ValidationException":
            raise
        raise ProjectError(
            f"{', '.join(only)} cannot go on from run {run_id(source)}; name with --from one in "
            f"which the steps before have succeeded (`ds runs` lists them). AWS: {brief(error)}"
        ) from None
    return str(started["PipelineExecutionArn"])


def decided_on(connection: Connection, definition: str, pipeline: str) -> str:
    """Return what there is of a pipeline when it is decided whether to start a run.

    It is another one once a run has been started since.

    Parameters
    ----------
    definition : canonical JSON, what the run would run.
    pipeline : its name.
    """
    created = connection.sagemaker.describe_pipeline(PipelineName=pipeline)["CreationTime"]
    newest = [run["PipelineExecutionArn"] for run in recent(connection, 1)]
    return json.dumps([definition, created.isoformat(), newest])


def retry(connection: Connection, arn: str) -> None:
    """Let a run that failed or was stopped go on where it ended.

    Raises
    ------
    ProjectError : it is under way, or has succeeded.
    """
    state = status(connection, arn)
    if state not in ("Failed", "Stopped"):
        raise ProjectError(
            f"run {run_id(arn)} has not failed: it is {state}; only a run that failed or was "
            "stopped can be retried"
        )
    connection.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)


def recent(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the newest runs, each as `ListPipelineExecutions` describes it.

    Parameters
    ----------
    limit : at most this many, up to 100.
    """
    answer = found(
        lambda: connection.sagemaker.list_pipeline_executions(
            PipelineName=connection.project.name,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=limit,
        )
    )
    runs: list[dict[str, Any]] = [] if answer is None else answer["PipelineExecutionSummaries"]
    return runs


def find(connection: Connection, run: str | None) -> str:
    """Return the ARN of a run.

    Parameters
    ----------
    run : its id, the last part of its ARN, or the ARN itself; None for the newest.

    Raises
    ------
    ProjectError : the pipeline has not run yet.
    UsageError : there is no such run.
    """
    if run is None:
        newest = recent(connection, 1)
        if not newest:
            raise ProjectError("the pipeline has not run yet")
        return str(newest[0]["PipelineExecutionArn"])
    runs = connection.arn("sagemaker", f"pipeline/{connection.project.name}/execution/")
    arn = f"{runs}{run.removeprefix(runs)}"
    client = connection.sagemaker
    if found(lambda: client.describe_pipeline_execution(PipelineExecutionArn=arn)) is None:
        raise UsageError(f"there is no run {run}; `ds runs` lists them")
    return arn


def run_id(arn: str) -> str:
    """Return a run's id: the last part of its ARN."""
    return arn.rpartition("/")[2]


def status(connection: Connection, arn: str) -> str:
    """Return `Executing`, `Stopping`, `Stopped`, `Failed` or `Succeeded`."""
    described = connection.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    return str(described["PipelineExecutionStatus"])


def outcome(connection: Connection, arn: str) -> str:
    """Return how far a run has come, in a few words, and why it failed if it did."""
    described = connection.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    reason = described.get("FailureReason")
    state = described["PipelineExecutionStatus"]
    return f"run {run_id(arn)} is {state}" + (f": {reason}" if reason else "")


def steps(connection: Connection, arn: str) -> list[Step]:
    """Return the steps of a run that have started, in that order."""
    pages = connection.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    return [_step(item) for page in pages for item in page["PipelineExecutionSteps"]]


def follow(connection: Connection, arn: str) -> Iterator[list[Step]]:
    """Yield the steps of a run again and again, the last time when it has ended."""
    while True:
        # The status first: steps that end in between are then seen in the next round.
        running = status(connection, arn) in RUNNING
        yield steps(connection, arn)
        if not running:
            return
        time.sleep(POLL_SECONDS[connection.target])


def registered_arn(steps: Sequence[Step]) -> str:
    """Return the ARN of the version that a run registered; empty when it registered none."""
    for step in steps:
        if "RegisterModel" in step.metadata:
            return str(step.metadata["RegisterModel"]["Arn"])
    return ""


def registered_version(steps: Sequence[Step]) -> int | None:
    """Return the number of the version that a run registered; None when it registered none."""
    arn = registered_arn(steps)
    return int(arn.rpartition("/")[2]) if arn else None


def stop(connection: Connection, arn: str) -> None:
    """Stop a run and wait until it has stopped."""
    connection.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    for _ in follow(connection, arn):
        pass


def _step(item: Mapping[str, Any]) -> Step:
    started: datetime | None = item.get("StartTime")
    ended: datetime | None = item.get("EndTime")
    if started is None:
        seconds = 0.0
    else:
        seconds = ((ended or datetime.now(started.tzinfo)) - started).total_seconds()
    source = item.get("CacheHitResult") or item.get("SelectiveExecutionResult") or {}
    return Step(
        name=item["StepName"],
        status=item["StepStatus"],
        seconds=seconds,
        ended=ended,
        cached="CacheHitResult" in item,
        reused_from=source.get("SourcePipelineExecutionArn", ""),
        reason=item.get("FailureReason", ""),
        metadata=item.get("Metadata", {}),
    )
