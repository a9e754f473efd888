"""Says which stages a version has passed: its `ModelLifeCycle`, which only the ops half may write.

IAM lets a role be kept from writing it by the condition keys `sagemaker:ModelLifeCycle:stage` and
`sagemaker:ModelLifeCycle:stageStatus` of `CreateModelPackage` and `UpdateModelPackage` (service
authorization reference). `Stage` and `StageStatus` are about the stage that was written last; what
the version passed before stands in `StageDescription`, so that stages that branch keep theirs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from ops.pins import changed
from project import registry
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version

Status = Literal["Verified", "Failed", "Retired"]

LONGEST = 1024
"""Most characters of a `StageDescription` (SageMaker API reference, ModelLifeCycle)."""


@dataclass(frozen=True)
class Entry:
    """How a version fared in a stage when it was there last.

    Attributes
    ----------
    status : `Verified`, `Failed`, or `Retired` when the stage was retired while it served.
    at : when that was, UTC.
    pins : the digest of what its bytes were then, see `ops.pins`; empty when nothing was pinned.
    """

    status: Status
    at: datetime
    pins: str


def entries(package: Mapping[str, Any]) -> dict[str, Entry]:
    """Return how a version fared in each stage, by the stage's name.

    Parameters
    ----------
    package : a `DescribeModelPackage` response or an item of `ListModelPackages`. What is no
        description of ours counts as none.
    """
    try:
        stages = json.loads(package.get("ModelLifeCycle", {}).get("StageDescription", ""))
        return {name: _entry(*told) for name, told in stages.items()}
    except (AttributeError, TypeError, ValueError):
        return {}


def described(told: Mapping[str, Entry]) -> str:
    """Return entries as a `StageDescription`, without the oldest ones when it would not fit."""
    newest_first = sorted(told.items(), key=lambda item: item[1].at, reverse=True)
    text = "{}"
    for count in range(1, len(newest_first) + 1):
        longer = json.dumps(
            {
                name: [entry.status, _stamp(entry.at), entry.pins]
                for name, entry in newest_first[:count]
            },
            separators=(",", ":"),
        )
        if len(longer) > LONGEST:
            break
        text = longer
    return text


def write(connection: Connection, number: int, stage: str, status: Status, pins: str) -> None:
    """Say of a version how it fared in a stage.

    Parameters
    ----------
    number : the version.
    stage, status, pins : the stage's name, and as in `Entry`.

    Raises
    ------
    ProjectError : there is no such version.
    """
    version = registry.version(connection, number)
    told = {**entries(version.package), stage: Entry(status, datetime.now(UTC), pins)}
    registry.registry_client(connection).update_model_package(
        ModelPackageArn=version.arn,
        ModelLifeCycle={
            "Stage": stage,
            "StageStatus": status,
            "StageDescription": described(told),
        },
    )


def refuse_unverified(version: Version, after: str, pins: str) -> None:
    """Refuse a version that did not pass the stage before as it is now.

    Parameters
    ----------
    version : the version.
    after : the stage before.
    pins : the digest of what its bytes are now.

    Raises
    ------
    ProjectError : says how to bring it through the stage before.
    """
    entry = entries(version.package).get(after)
    promote = f"`uv run ops promote {after} --version {version.number}`"
    if entry is None:
        raise ProjectError(
            f"{version.name} was never verified in {after}; run {promote} first, or "
            f"`uv run ops verify {after}` if it serves there: releases up to 0.2.0 did not "
            "write into the registry what was verified"
        )
    if entry.status != "Verified":
        raise ProjectError(
            f"the last verification of {version.name} in {after} failed, see "
            f"`uv run ops history {after}`; promote another one, or verify it there again"
            if entry.status == "Failed"
            else f"{after} was retired while {version.name} served there; run {promote} first"
        )
    if entry.pins != pins:
        raise ProjectError(
            f"{version.name} is not what {after} verified: other "
            f"{', '.join(changed(entry.pins, pins))} since {entry.at:%Y-%m-%d %H:%M} UTC; "
            f"let data science register it again, or run {promote}"
        )


def _entry(status: str, at: str, pins: str) -> Entry:
    known: dict[str, Status] = {one: one for one in get_args(Status)}
    if status not in known or not isinstance(pins, str):
        raise ValueError(f"{status} is no status")
    return Entry(known[status], datetime.fromisoformat(at), pins)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
