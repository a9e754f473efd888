"""Reads an EventBridge event about a model version, and tells whether it is an approval.

The form is that of the developer guide, "Events that Amazon SageMaker AI sends to Amazon
EventBridge", the event of a model package: one detail type for all changes of a version. Which
members changed stands in `UpdatedModelPackageFields` there. That it names `ModelApprovalStatus`
when a version is approved, and only `CustomerMetadataProperties` or `ModelLifeCycle` when just
these are written, is what AWS's samples for its SMUS CI/CD command line rely on. Whether the member
is there when a version is registered as approved already is unconfirmed: without it the status
itself counts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from project import registry
from project.aws import Connection
from project.errors import ProjectError, UsageError

SOURCE = "aws.sagemaker"
DETAIL_TYPE = "SageMaker Model Package State Change"
APPROVAL = "ModelApprovalStatus"


@dataclass(frozen=True)
class Event:
    """What an event says of a version of the project.

    Attributes
    ----------
    number : the version.
    status : its `ModelApprovalStatus`.
    at : when that was; the event has whole seconds.
    updated : what changed, by the names of the members; None when the event does not say.
    """

    number: int
    status: str
    at: datetime
    updated: frozenset[str] | None

    @property
    def decides(self) -> bool:
        """Whether it is about the approval, and not about another member of the version."""
        return self.updated is None or APPROVAL in self.updated

    @property
    def approves(self) -> bool:
        """Whether somebody approved the version by it."""
        return self.decides and self.status == "Approved"

    @property
    def rejects(self) -> bool:
        """Whether somebody rejected the version by it."""
        return self.decides and self.status == "Rejected"

    @property
    def says(self) -> str:
        """What it says, in words."""
        if self.decides:
            return f"version {self.number} is {self.status}"
        changed = ", ".join(sorted(self.updated or ()))
        return f"{changed or 'nothing'} of version {self.number} changed, not its approval"


def read(connection: Connection, document: Any) -> Event:
    """Return what an event says, if it is about a version of the project's group.

    Parameters
    ----------
    connection : says which group, account and region are the project's; nothing is called.
    document : the event, as EventBridge delivers it.

    Raises
    ------
    ProjectError : it is another event, or about another group, account or region.
    """
    whole = "pass it on whole, as it was delivered"
    if not isinstance(document, Mapping) or document.get("detail-type") != DETAIL_TYPE:
        raise ProjectError(f"the event is no {DETAIL_TYPE!r} of EventBridge; {whole}")
    try:
        detail = document["detail"]
        group, number = str(detail["ModelPackageGroupName"]), int(detail["ModelPackageVersion"])
        arn, status = str(detail["ModelPackageArn"]), str(detail[APPROVAL])
        source, region = document["source"], document["region"]
        at = datetime.fromisoformat(document["time"])
        updated = detail.get("UpdatedModelPackageFields")
        event = Event(number, status, at, None if updated is None else frozenset(updated))
    except (KeyError, TypeError, ValueError) as error:
        raise ProjectError(f"the event names no model version ({error!r}); {whole}") from None
    if at.tzinfo is None:
        raise ProjectError(f"the event's time {document['time']!r} has no time zone; {whole}")
    ours = registry.group_arn(connection)
    name = ours.rpartition("/")[2]
    if group != name:
        raise ProjectError(
            f"the event is about the group {group}, not about {name}; let its rule match {name}"
        )
    _, _, _, our_region, our_account, _ = ours.split(":", 5)
    # The emulator behind the local SageMaker leaves the account out; the ARN names it, too.
    told = [source, document.get("account", our_account), region]
    expected_of = [SOURCE, our_account, our_region]
    if told != expected_of:
        raise ProjectError(
            f"the event is of {', '.join(map(str, told))}, not of {', '.join(expected_of)}; "
            "look at `region` and `model_package_group` in project.yaml, at whose credentials "
            "these are, and at who sends it"
        )
    expected = registry.version_arn(connection, number)
    # SageMaker writes the names in its ARNs in lower case.
    named = {arn.lower(), *(str(one).lower() for one in document.get("resources", []))}
    if named != {expected.lower()}:
        raise ProjectError(
            f"the event is about {arn}, which is not {expected}; look at who sends it"
        )
    return event


def read_approval(connection: Connection, file: Path) -> Event:
    """Return what an event in a file says, which must be an approval.

    Raises
    ------
    UsageError : the file is no JSON.
    ProjectError : as `read`, or it is no approval.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} is no JSON file with an event: {error}") from None
    event = read(connection, document)
    if not event.approves:
        raise ProjectError(f"the event says that {event.says}; only an approval deploys")
    return event
