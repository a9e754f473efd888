"""Keeps what happened to each stage: one immutable JSON object in S3 per event."""

import secrets
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from ops.stage import Stage
from project import s3
from project.aws import Connection

Action = Literal["promote", "rollback", "verify"]
Outcome = Literal["succeeded", "rolled-back", "failed"]
HEAD = ("ended (UTC)", "action", "version", "before", "outcome", "took", "by", "reason")


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
    previous_version, previous_endpoint_config : what would be put back; None when nothing.
    outcome : `succeeded`; `rolled-back`: what served before serves again; `failed`: neither.
    reason : why it did not succeed; else empty.
    checks : what the verification saw; empty when it did not come to that.
    started, ended : UTC.
    by : ARN of who ran it, as STS tells it.
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


def rollback_targets(newest_first: Iterable[Record], config: str) -> list[Record]:
    """Return what a stage may go back to from an endpoint configuration, the nearest first.

    These served before it, and the newest verification of each passed.

    Parameters
    ----------
    newest_first : the stage's records.
    config : the endpoint configuration that serves now.
    """
    every = list(newest_first)
    past = list(served(every))
    configs = [record.endpoint_config for record in past]
    if config in configs:
        past = past[configs.index(config) + 1 :]
    newest = {record.endpoint_config: record for record in reversed(every) if record.checks}
    return [
        record
        for record in past
        if record.endpoint_config != config and newest.get(record.endpoint_config, record).verified
    ]


def verification(newest_first: Iterable[Record], version: int) -> Record | None:
    """Return the newest record that verified a version, None when there is none."""
    return next((item for item in newest_first if item.version == version and item.checks), None)


def row(record: Record) -> dict[str, object]:
    """Return a record as a row of the history, under `HEAD`."""
    return {
        "ended (UTC)": f"{record.ended:%Y-%m-%d %H:%M:%S}",
        "action": record.action,
        "version": record.version,
        "before": record.previous_version or "-",
        "outcome": record.outcome,
        "took": f"{(record.ended - record.started).total_seconds():.1f} s",
        "by": record.by.rpartition(":")[2],
        "reason": record.reason if len(record.reason) <= 60 else f"{record.reason[:59]}…",
    }


def _folder(connection: Connection, stage: str) -> str:
    return f"{connection.prefix}/deployments/{stage}/"
