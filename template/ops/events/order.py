"""Tells whether a stage serves what was decided later than an event: then the event does nothing.

EventBridge delivers an event at least once, and events in any order. What counts is therefore when
somebody decided: an approval by its event's time; a promotion, or a rollback, that somebody asked
for by hand, by the time of the command. The endpoint configuration of a stage keeps it as a tag.
"""

from datetime import datetime

from ops import marks
from ops.events.approval import Event
from ops.serving import Serving, serving
from ops.stage import Stage
from project import registry
from project.aws import Connection


def overtaken(connection: Connection, stage: Stage, event: Event) -> str:
    """Return why an approval does nothing to a stage; empty when it counts.

    Parameters
    ----------
    connection : to the stage.
    stage, event : where the version would be deployed, and the approval.
    """
    now = serving(connection, stage)
    if now is None or now.version is None:
        return ""
    decided = _decided(connection, now, now.version)
    if decided is None or not _later(decided, now.version, event):
        return ""
    return (
        f"version {event.number} was approved at {_shown(event.at)}, and {stage.name} serves "
        f"version {now.version} by a decision of {_shown(decided)}: nothing to do"
    )


def _later(decided: datetime, version: int, event: Event) -> bool:
    """Say whether a decision for a version is later than an approval of another one."""
    # An event has whole seconds. Within one, what was registered last counts as decided last.
    second = decided.replace(microsecond=0)
    return second > event.at or (second == event.at and version > event.number)


def _decided(connection: Connection, now: Serving, version: int) -> datetime | None:
    decided = marks.read(connection, now.config).decided
    if decided is not None:
        return decided
    # Release 0.2.0 kept no such tag, and nothing wrote to a version after its approval then.
    try:
        package = registry.version(connection, version).package
    except registry.NoVersionError:
        return None
    modified: datetime | None = package.get("LastModifiedTime")
    return modified


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
