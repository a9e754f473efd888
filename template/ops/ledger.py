"""Keeps what happened to each stage: one immutable JSON object in S3 per event."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, TypeGuard

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from ops.stage import Stage
from project import s3
from project.aws import Connection

Action = Literal["promote", "rollback", "verify", "reject"]
Outcome = Literal["started", "succeeded", "rolled-back", "failed", "interrupted", "proposed"]
HEAD = ("when (UTC)", "action", "version", "before", "outcome", "took", "by", "reason")


class Check(BaseModel):
    """One thing that was checked of an endpoint's answers, and what was seen."""

    model_config = ConfigDict(frozen=True)

    name: str
    passed: bool
    seen: str


class Record(BaseModel):
    """An event of a stage.

    Attributes
    ----------
    action : what was asked for.
    stage : the stage's name.
    version : the model version it was about.
    endpoint_config : the endpoint configuration it was about.
    previous_version, previous_endpoint_config : what served when it started; None when nothing,
        and no version when that was none of the project's.
    outcome : `started`: a trace, written before the endpoint is changed; `succeeded`;
        `rolled-back`: what was put back serves; `failed`: neither. In a history also
        `interrupted`: a trace that nothing followed. `proposed`: nothing was done, a person
        should decide, as when what serves is rejected (the action `reject`).
    reason : why it did not succeed; else empty.
    checks : what the verification saw; empty when it did not come to that.
    started, ended : UTC.
    by : ARN of who ran it, as STS tells it.
    attempt : the same in a trace and in what followed it.
    put_back_version : what was put back; None when nothing was, or its version is not known.
    """

    # A record that a later release wrote may say more than this one reads.
    model_config = ConfigDict(frozen=True, extra="ignore")

    action: Action
    stage: str
    version: int
    endpoint_config: str
    previous_version: int | None
    previous_endpoint_config: str | None
    outcome: Outcome
    reason: str
    checks: list[Check]
    started: AwareDatetime
    ended: AwareDatetime
    by: str
    attempt: str = ""
    put_back_version: int | None = None

    @property
    def verified(self) -> bool:
        """Whether it verified the version, and every check passed."""
        return bool(self.checks) and all(check.passed for check in self.checks)


class Unreadable(BaseModel):
    """An object among the records that is none, and what is wrong with it."""

    uri: str
    problem: str


def write(connection: Connection, record: Record) -> None:
    """Write a record; its key sorts by the time it ended."""
    stamp = record.ended.strftime("%Y%m%dT%H%M%S.%fZ")
    uri = f"{_folder(connection, record.stage)}{stamp}-{secrets.token_hex(3)}.json"
    s3.write(connection, uri, record.model_dump_json(indent=2).encode())


def events(connection: Connection, stage: Stage) -> Iterator[Record | Unreadable]:
    """Yield what happened to a stage, the newest first; each is read when it is asked for."""
    folder = _folder(connection, stage.name)
    bucket, prefix = s3.split_uri(folder)
    pages = connection.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    for key in sorted(keys, reverse=True):
        uri = f"s3://{bucket}/{key}"
        try:
            yield Record.model_validate_json(s3.read(connection, uri))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            yield Unreadable(uri=uri, problem=f"{where}: {first['msg']}" if where else first["msg"])


def records(connection: Connection, stage: Stage) -> Iterator[Record]:
    """Yield the records of a stage that can be read, the newest first."""
    return (event for event in events(connection, stage) if isinstance(event, Record))


def history(
    newest_first: Iterable[Record | Unreadable], under_way: bool
) -> list[Record | Unreadable]:
    """Return events as a reader wants them: what was started and what came of it as one.

    Parameters
    ----------
    newest_first : the stage's events.
    under_way : whether SageMaker is changing the endpoint now, so that what was started last may
        still end well.
    """
    every = list(newest_first)
    ended = {event.attempt for event in every if _is_outcome(event)}
    shown: list[Record | Unreadable] = []
    for event in every:
        if isinstance(event, Unreadable) or event.outcome != "started":
            shown.append(event)
        elif event.attempt not in ended:
            # What came too late to change the endpoint has failed already.
            last = under_way and all(_has_failed(later) for later in shown)
            shown.append(event if last else event.model_copy(update={"outcome": "interrupted"}))
    return shown


def unfinished(newest_first: Iterable[Record]) -> Record | None:
    """Return the trace of the last promotion or rollback if nothing says how it ended."""
    changes = (one for one in newest_first if one.action in ("promote", "rollback"))
    last = next(changes, None)
    return last if last is not None and last.outcome == "started" else None


def served(newest_first: Iterable[Record]) -> Iterator[Record]:
    """Yield what served a stage and was verified, the newest first.

    What was rolled back is left out, as if it had never served: after promotions of 1, 2 and 3
    and a rollback to 2 these are 2 and 1.
    """
    undone_until: str | None = None
    for record in newest_first:
        if record.outcome != "succeeded" or record.action == "verify":
            continue
        if undone_until is None:
            yield record
            if record.action == "rollback":
                undone_until = record.endpoint_config
        elif record.action == "promote" and record.endpoint_config == undone_until:
            undone_until = None


def past(newest_first: Iterable[Record], config: str) -> list[Record]:
    """Return what served a stage before an endpoint configuration, the newest first.

    Parameters
    ----------
    newest_first : the stage's records.
    config : the endpoint configuration that serves now.
    """
    before = list(served(newest_first))
    configs = [record.endpoint_config for record in before]
    if config in configs:
        before = before[configs.index(config) + 1 :]
    return [record for record in before if record.endpoint_config != config]


def failed_last(newest_first: Iterable[Record], config: str) -> bool:
    """Say whether the newest verification of an endpoint configuration failed."""
    return next(
        (
            not record.verified
            for record in newest_first
            if record.endpoint_config == config and record.checks
        ),
        False,
    )


def served_since(newest_first: Iterable[Record], config: str) -> datetime | None:
    """Return since when a stage serves an endpoint configuration, None when nothing says so."""
    changes = (
        record
        for record in newest_first
        if record.outcome == "succeeded" and record.action != "verify"
    )
    newest = next(changes, None)
    return newest.ended if newest is not None and newest.endpoint_config == config else None


def verification(newest_first: Iterable[Record], version: int) -> Record | None:
    """Return the newest record that verified a version, None when there is none."""
    return next((item for item in newest_first if item.version == version and item.checks), None)


def row(record: Record) -> dict[str, object]:
    """Return a record as a row of the history, under `HEAD`."""
    seconds = (record.ended - record.started).total_seconds()
    known = record.outcome not in ("started", "interrupted")
    put_back = record.put_back_version
    return {
        "when (UTC)": f"{record.ended:%Y-%m-%d %H:%M:%S}",
        "action": record.action,
        "version": record.version,
        "before": record.previous_version or record.previous_endpoint_config or "-",
        "outcome": record.outcome if put_back is None else f"{record.outcome} to {put_back}",
        "took": f"{seconds:.1f} s" if known else "-",
        "by": record.by.rpartition(":")[2],
        "reason": record.reason if len(record.reason) <= 60 else f"{record.reason[:59]}…",
    }


def _is_outcome(event: Record | Unreadable) -> TypeGuard[Record]:
    return isinstance(event, Record) and event.outcome != "started"


def _has_failed(event: Record | Unreadable) -> bool:
    return isinstance(event, Record) and event.outcome == "failed"


def _folder(connection: Connection, stage: str) -> str:
    return f"{connection.prefix}/deployments/{stage}/"
