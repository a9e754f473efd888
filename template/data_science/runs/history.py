"""Looks up what earlier runs of the pipeline worked with."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from data_science.runs import execution
from data_science.runs.parameters import CHAMPION, CHAMPION_NAME, PROVENANCE, values
from project import registry
from project.aws import Connection
from project.errors import ProjectError

LOOKED_AT = 10
"""How many of the newest runs are looked at."""


@dataclass(frozen=True)
class EarlierRun:
    """A run that was started, and what it works with; each part is read once it is asked for."""

    connection: Connection
    arn: str
    started: datetime
    status: str

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return execution.run_id(self.arn)

    @cached_property
    def definition(self) -> dict[str, Any]:
        """The pipeline definition that it runs."""
        answer = self.connection.sagemaker.describe_pipeline_definition_for_execution(
            PipelineExecutionArn=self.arn
        )
        document: dict[str, Any] = json.loads(answer["PipelineDefinition"])
        return document

    @cached_property
    def values(self) -> dict[str, str | float]:
        """The value of each parameter, by its name."""
        client = self.connection.sagemaker
        pages = client.get_paginator("list_pipeline_parameters_for_execution").paginate(
            PipelineExecutionArn=self.arn
        )
        listed = [item for page in pages for item in page["PipelineParameters"]]
        # Whether AWS lists those that were left to their default is unconfirmed.
        return values(self.definition, {item["Name"]: item["Value"] for item in listed})

    @cached_property
    def steps(self) -> list[execution.Step]:
        """Its steps, in the order of their start."""
        return execution.steps(self.connection, self.arn)

    @cached_property
    def ended(self) -> datetime:
        """When it ended, or now."""
        if self.status in execution.RUNNING:
            return datetime.now(self.started.tzinfo)
        described = self.connection.sagemaker.describe_pipeline_execution(
            PipelineExecutionArn=self.arn
        )
        ended: datetime = described["LastModifiedTime"]
        return ended

    @property
    def seconds(self) -> float:
        """How long it took, or has taken until now."""
        return max(0.0, (self.ended - self.started).total_seconds())


def earlier_runs(connection: Connection, limit: int = LOOKED_AT) -> Iterator[EarlierRun]:
    """Yield the newest runs of the pipeline, the newest first."""
    for item in execution.recent(connection, limit):
        yield EarlierRun(
            connection,
            arn=item["PipelineExecutionArn"],
            started=item["StartTime"],
            status=item["PipelineExecutionStatus"],
        )


def source_of(connection: Connection, run: str | None) -> str:
    """Return the ARN of the run that a run of single steps takes the others from.

    Parameters
    ----------
    run : its id; None for the newest that has succeeded, if possible one of all steps.

    Raises
    ------
    ProjectError : none has succeeded.
    UsageError : there is no such run.
    """
    if run is not None:
        return execution.find(connection, run)
    succeeded = [one for one in earlier_runs(connection) if one.status == "Succeeded"]
    for earlier in succeeded:
        if all(step.cached or not step.reused_from for step in earlier.steps):
            return earlier.arn
    if succeeded:
        return succeeded[0].arn
    raise ProjectError("no run has succeeded lately; name one with --from")


def with_sources(connection: Connection) -> list[EarlierRun]:
    """Return the newest runs, and after them those older ones that their cached steps come from."""
    runs = {run.arn: run for run in earlier_runs(connection)}
    for run in list(runs.values()):
        for step in run.steps:
            if step.reused_from and step.reused_from not in runs:
                source = earlier_run(connection, execution.run_id(step.reused_from))
                runs[step.reused_from] = source
    return sorted(runs.values(), key=lambda run: run.started, reverse=True)


def earlier_run(connection: Connection, run: str | None) -> EarlierRun:
    """Return one run.

    Parameters
    ----------
    run : its id; None for the newest.

    Raises
    ------
    ProjectError : the pipeline has not run yet.
    UsageError : there is no such run.
    """
    arn = execution.find(connection, run)
    answer = connection.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    return EarlierRun(connection, arn, answer["CreationTime"], answer["PipelineExecutionStatus"])


def same_work(
    connection: Connection,
    definition: Mapping[str, Any],
    parameters: Mapping[str, str],
    cache_days: int,
) -> tuple[EarlierRun, registry.Version | None] | None:
    """Return an earlier run that did what a new one would do, and the version it registered.

    If there is none, a run that is doing so, and no version.

    SageMaker caches jobs, but never the registration: the same run again would register the same
    model once more. So it is not started at all.

    Parameters
    ----------
    definition : what the new run would run.
    parameters : values of its parameters; where the run comes from counts for nothing.
    cache_days : how old the earlier run may be, in days.
    """
    wanted = _without_provenance(values(definition, parameters))
    under_way = None
    for run in earlier_runs(connection):
        if datetime.now(run.started.tzinfo) - run.started > timedelta(days=cache_days):
            break
        if run.status not in ("Succeeded", "Executing") or run.definition != definition:
            continue
        before = _without_provenance(run.values)
        differing = {name for name in wanted if wanted[name] != before.get(name)}
        if run.status == "Executing":
            under_way = under_way or (None if differing else run)
            continue
        number = execution.registered_version(run.steps)
        if differing - {CHAMPION, CHAMPION_NAME} or number is None:
            continue
        try:
            version = registry.version(connection, number)
        except ProjectError:
            # It was deleted since.
            continue
        # A model needs no comparison with itself, once it is the champion.
        if not differing or version.container["ModelDataUrl"] == wanted[CHAMPION]:
            return run, version
    return None if under_way is None else (under_way, None)


def _without_provenance(found: Mapping[str, str | float]) -> dict[str, str | float]:
    return {name: value for name, value in found.items() if name not in PROVENANCE}
