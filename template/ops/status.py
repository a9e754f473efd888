"""Gathers what a stage serves now, as a person or a script wants to see it."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import tee
from typing import Any

from ops import ledger
from ops.desired import endpoint_name
from ops.serving import serving
from ops.stage import Stage
from project import registry
from project.aws import Connection
from project.errors import ProjectError

HEAD = ("stage", "endpoint", "status", "version", "approval", "since (UTC)", "last verification")


@dataclass(frozen=True)
class StageStatus:
    """What a stage serves now.

    Attributes
    ----------
    stage : its name.
    endpoint : the endpoint's name.
    status : the `EndpointStatus`; None when there is no endpoint.
    version : the model version that serves; None when there is none.
    approval : that version's approval state now; None when it is not in the registry.
    since : since when it serves that version: when that was recorded, else when the endpoint was
        changed last.
    verified : whether the version's last verification in this stage passed; None: there was none.
    verified_at : when that was.
    """

    stage: str
    endpoint: str
    status: str | None
    version: int | None = None
    approval: str | None = None
    since: datetime | None = None
    verified: bool | None = None
    verified_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for a script to read; times in ISO 8601."""
        times = {key: value and value.isoformat() for key, value in self._times().items()}
        return {**asdict(self), **times}

    def row(self) -> dict[str, object]:
        """Return it as a row of the table of stages, under `HEAD`; times in UTC."""
        last = "-" if self.verified is None else ("passed" if self.verified else "FAILED")
        times = {key: f"{value:%Y-%m-%d %H:%M}" for key, value in self._times().items() if value}
        return {
            "stage": self.stage,
            "endpoint": self.endpoint,
            "status": self.status or "-",
            "version": self.version or "-",
            "approval": self.approval or "-",
            "since (UTC)": times.get("since", "-"),
            "last verification": f"{last} {times.get('verified_at', '')}".rstrip(),
        }

    def note(self) -> str:
        """Return what should be known of the version that serves; empty when there is nothing."""
        if self.approval in (None, "Approved"):
            return ""
        return (
            f"version {self.version}, which serves {self.stage}, is {self.approval}; "
            f"promote another one, or `uv run ops rollback {self.stage}` goes back"
        )

    def _times(self) -> dict[str, datetime | None]:
        return {"since": self.since, "verified_at": self.verified_at}


def stage_status(connection: Connection, stage: Stage) -> StageStatus:
    """Return what a stage serves now."""
    now = serving(connection, stage)
    if now is None:
        return StageStatus(stage.name, endpoint_name(connection, stage), None)
    records, again = tee(ledger.records(connection, stage))
    since = ledger.served_since(again, now.config) or now.modified.astimezone(UTC)
    if now.version is None:
        return StageStatus(stage.name, now.endpoint, now.status, since=since)
    last = ledger.verification(records, now.version)
    return StageStatus(
        stage=stage.name,
        endpoint=now.endpoint,
        status=now.status,
        version=now.version,
        approval=_approval(connection, now.version),
        since=since,
        verified=None if last is None else last.verified,
        verified_at=None if last is None else last.ended,
    )


def _approval(connection: Connection, number: int) -> str | None:
    try:
        return registry.version(connection, number).approval
    except ProjectError:
        return None
