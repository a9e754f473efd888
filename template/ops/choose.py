"""Decides which version a command is about, and refuses those that must not be deployed."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ops import ledger, pins
from ops.instances import known_types, refuse_unknown_type, unforeseen
from ops.ledger import Record
from ops.place import reach
from ops.serving import in_service
from ops.stage import Stage
from project import contract, registry, s3
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version

AS_ASKED = "as asked for"


@dataclass(frozen=True)
class Choice:
    """A version to deploy.

    Attributes
    ----------
    version : the version.
    why : why it is this one.
    note : what does not forbid it but should be known; empty when there is nothing.
    pins : the digest of what its bytes are now, see `ops.pins`.
    """

    version: Version
    why: str
    note: str = ""
    pins: str = ""


def choose(
    connection: Connection,
    stages: Mapping[str, Stage],
    stage: Stage,
    number: int | None = None,
    why: str = AS_ASKED,
) -> Choice:
    """Return the version to deploy to a stage.

    Without `number` that is the newest approved version for a first stage, and
    what the stage before serves now for a later one.

    Parameters
    ----------
    connection : where to look.
    stages : all of them.
    stage : the one to deploy to.
    number : exactly this version.
    why : why it is that one.

    Raises
    ------
    ProjectError : there is no such version, the stage may not serve it, or there are no such
        instances.
    """
    refuse_unknown_type(stage, known_types(connection))
    after = stage.settings.after
    if number is not None:
        choice = Choice(registry.version(connection, number), why)
    elif after is None:
        choice = _newest_approved(connection)
    else:
        choice = _served_by(connection, stages[after])
    version = choice.version
    refuse_unapproved(version)
    contract.check(version.package, version.name, connection.project_id)
    seen = pins.check(connection, version)
    if after is not None:
        before = ledger.verification(ledger.records(connection, stages[after]), version.number)
        refuse_unverified(version, after, before)
    return replace(choice, note=unforeseen(stage, version), pins=seen.digest)


def refuse_unapproved(version: Version) -> None:
    """Refuse a version that nobody approved, or that somebody rejected.

    Raises
    ------
    ProjectError : says how to approve it.
    """
    if version.approval == "Rejected":
        raise ProjectError(
            f"{version.name} is rejected; promote another one, see `uv run project status`"
        )
    if version.approval != "Approved":
        raise ProjectError(
            f"{version.name} is not approved; the data-science half approves it "
            f"with `uv run ds approve {version.number}`"
        )


def refuse_unverified(version: Version, after: str, verification: Record | None) -> None:
    """Refuse a version that did not pass the stage before.

    Parameters
    ----------
    version : the version.
    after : the stage before.
    verification : the newest one of the version in that stage; None when there was none.

    Raises
    ------
    ProjectError : says how to bring it through the stage before.
    """
    if verification is None:
        raise ProjectError(
            f"{version.name} was never verified in {after}; "
            f"run `uv run ops promote {after} --version {version.number}` first"
        )
    if not verification.verified:
        raise ProjectError(
            f"the last verification of {version.name} in {after} failed, see "
            f"`uv run ops history {after}`; promote another one, or verify it there again"
        )


def check_artifact(connection: Connection, version: Version) -> None:
    """Refuse a version whose artefact does not hold the model and its inference code.

    Raises
    ------
    ProjectError : says what is wrong with the artefact.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "model.tar.gz")
        try:
            s3.download(connection, version.container["ModelDataUrl"], archive)
        except ProjectError as error:
            raise ProjectError(
                f"the artefact of {version.name} cannot be read: {error}; promote another version"
            ) from None
        contract.check_artifact(archive, version.name)
        pins.check_artefact(archive, version)


def _newest_approved(connection: Connection) -> Choice:
    approved = registry.newest(connection, "Approved")
    if approved is None:
        raise ProjectError(
            f"no version in {connection.project.model_package_group} is approved; the "
            "data-science half approves one with `uv run ds approve VERSION`"
        )
    return Choice(approved, "the newest approved version")


def _served_by(connection: Connection, before: Stage) -> Choice:
    _, number = in_service(reach(connection, before), before)
    return Choice(registry.version(connection, number), f"what {before.name} serves")
