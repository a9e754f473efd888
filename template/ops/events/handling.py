"""Does what one approval event asks for, and says what came of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from ops import ledger, lifecycle
from ops.events.approval import Event, read
from ops.events.order import overtaken
from ops.ledger import Record
from ops.plan import make_plan
from ops.promote import promote
from ops.serving import serving
from ops.stage import Stage
from project import registry
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version

Reach = Callable[[Stage], Connection]
"""Returns the connection to a stage."""


@dataclass(frozen=True)
class Outcome:
    """What came of an event.

    Attributes
    ----------
    what : `deployed`; `nothing`, for an event that asks for nothing (any more); `proposed`, for a
        rollback that somebody should do; `failed`, for a version that the stage does not serve
        since its verification failed: to try again would fail again.
    version : the version that it is about.
    says : in words.
    """

    what: Literal["deployed", "nothing", "proposed", "failed"]
    version: int
    says: str


def handle(connection: Connection, stages: Mapping[str, Stage], reach: Reach, body: str) -> Outcome:
    """Do what an event asks for: deploy to each first stage, or propose a rollback.

    Parameters
    ----------
    connection : to the project.
    stages : all of them.
    reach : returns the connection to a stage.
    body : the event, JSON.

    Raises
    ------
    ProjectError : it is no event of the project, or the version cannot be deployed, or not now.
    """
    try:
        document = json.loads(body)
    except ValueError:
        raise ProjectError(f"the message is no JSON: {body[:60]!r}; look at who sends it") from None
    event = read(connection, document)
    if event.rejects:
        return _propose(stages, reach, event)
    if not event.approves:
        return Outcome("nothing", event.number, event.says)
    first = [stage for stage in stages.values() if stage.settings.after is None]
    outcomes = [_deploy(reach(stage), stages, stage, event) for stage in first]
    worst = ("failed", "deployed", "nothing")
    first_of = min(outcomes, key=lambda outcome: worst.index(outcome.what))
    return Outcome(first_of.what, event.number, "; ".join(outcome.says for outcome in outcomes))


def _deploy(
    connection: Connection, stages: Mapping[str, Stage], stage: Stage, event: Event
) -> Outcome:
    def nothing(says: str) -> Outcome:
        return Outcome("nothing", event.number, says)

    if said := overtaken(connection, stage, event):
        return nothing(said)
    version = _current(connection, event.number)
    if version is None or version.approval != "Approved":
        now = "there no longer" if version is None else f"{version.approval} now"
        return nothing(f"version {event.number} is {now}: nothing to do")
    if said := _failed(version, stage, event.at):
        return nothing(f"{said}: nothing to do")
    started = datetime.now(UTC).replace(microsecond=0)
    why = f"approved at {event.at:%Y-%m-%d %H:%M:%S} UTC"
    plan = make_plan(connection, stages, stage, event.number, why, event.at)
    print(f"{stage.name}: {version.name}, {why}")
    try:
        promote(connection, plan)
    except ProjectError as error:
        tried = _current(connection, event.number)
        if tried is not None and _failed(tried, stage, started):
            return Outcome("failed", event.number, str(error))
        raise
    return Outcome("deployed", event.number, f"{version.name} serves {stage.name}")


def _propose(stages: Mapping[str, Stage], reach: Reach, event: Event) -> Outcome:
    """Propose to leave a version that was rejected while it serves; a person decides."""
    proposals = []
    for stage in stages.values():
        connection = reach(stage)
        now = serving(connection, stage)
        version = _current(connection, event.number)
        rejected = version is not None and version.approval == "Rejected"
        if now is None or now.version != event.number or not rejected:
            continue
        says = (
            f"version {event.number}, which serves {stage.name}, was rejected; "
            f"`uv run ops rollback {stage.name}` goes back to what served before"
        )
        at = datetime.now(UTC)
        ledger.write(
            connection,
            Record(
                action="reject",
                stage=stage.name,
                version=event.number,
                endpoint_config=now.config,
                previous_version=event.number,
                previous_endpoint_config=now.config,
                outcome="proposed",
                reason=says,
                checks=[],
                started=at,
                ended=at,
                by=connection.caller,
            ),
        )
        proposals.append(says)
    if proposals:
        return Outcome("proposed", event.number, "; ".join(proposals))
    return Outcome(
        "nothing", event.number, f"version {event.number} is rejected and serves nowhere"
    )


def _current(connection: Connection, number: int) -> Version | None:
    """Return a version as it is now, None when it was deleted."""
    try:
        return registry.version(connection, number)
    except registry.NoVersionError:
        return None


def _failed(version: Version, stage: Stage, since: datetime) -> str:
    """Return that a version failed its verification in a stage since a time; empty if not."""
    entry = lifecycle.entries(version.package).get(stage.name)
    if entry is None or entry.status != "Failed" or entry.at < since:
        return ""
    return f"{version.name} failed its verification in {stage.name} at {entry.at:%H:%M:%S} UTC"
