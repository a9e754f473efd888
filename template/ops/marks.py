"""Reads and writes the tags that say what happened to an endpoint configuration of a stage.

What a stage served, and may go back to, follows from them; only the ops half writes them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from ops.desired import serves_stage, stage_head
from ops.stage import Stage
from project.aws import Connection
from project.aws_errors import is_not_found
from project.tags import ATTEMPT, DECIDED, LEFT, MODEL_VERSION, PROMOTED, REPLACES, VERIFICATION

MOST_READ = 25
"""How many configurations are looked at, besides those that replaced each other."""


@dataclass(frozen=True)
class Marks:
    """What the tags of an endpoint configuration say.

    Attributes
    ----------
    config : its name.
    version : the model version that it serves, by its tags or else by its name; None: unknown.
    promoted : when it was promoted and verified; None: never.
    passed : whether its last verification passed; None: there was none.
    verified_at : when that was.
    replaces : the configuration that served when it was promoted; empty: none.
    left : when a rollback went away from it; None: it did not.
    attempt : what is under way with it; empty: nothing.
    decided : when somebody decided that it serves; None: the tags do not say.
    gone : whether it is there no longer, or has lost its tags.
    """

    config: str
    version: int | None
    promoted: datetime | None = None
    passed: bool | None = None
    verified_at: datetime | None = None
    replaces: str = ""
    left: datetime | None = None
    attempt: str = ""
    decided: datetime | None = None
    gone: bool = False

    @property
    def verified(self) -> bool:
        """Whether what serves with it was verified: nothing is open, and the last one passed."""
        return self.promoted is not None and not self.attempt and self.passed is not False

    @property
    def unfinished_rollback(self) -> str | None:
        """The configuration that a rollback to this one goes away from; None: there is none."""
        action, _, rest = self.attempt.partition(" ")
        return rest.partition(" ")[2] if action == "rollback" else None


def of(config: str, tags: Mapping[str, str]) -> Marks:
    """Return what the tags of an endpoint configuration say.

    Parameters
    ----------
    config : its name.
    tags : what `ListTags` says of it; none of them: it is gone.
    """
    number = tags.get(MODEL_VERSION, "")
    if not number.isdigit():
        named = re.search(r"-v(\d+)-[0-9a-f]{12}$", config)
        number = named[1] if named else ""
    outcome, _, at = tags.get(VERIFICATION, "").partition(" ")
    return Marks(
        config=config,
        version=int(number) if number else None,
        promoted=_time(tags.get(PROMOTED)),
        passed={"passed": True, "failed": False}.get(outcome),
        verified_at=_time(at),
        replaces=tags.get(REPLACES, ""),
        left=_time(tags.get(LEFT)),
        attempt=tags.get(ATTEMPT, ""),
        decided=_time(tags.get(DECIDED)),
        gone=not tags,
    )


def read(connection: Connection, config: str) -> Marks:
    """Return what the tags of an endpoint configuration say, which need not be there."""
    try:
        return of(config, connection.tags_of(_arn(connection, config)))
    except connection.sagemaker.exceptions.ClientError as error:
        if is_not_found(error):
            return of(config, {})
        raise


def write(connection: Connection, config: str, marks: Mapping[str, str | None]) -> None:
    """Give an endpoint configuration tags, and take those off that are None or empty.

    Parameters
    ----------
    marks : a value by each key, of `project.tags.MARKS`.
    """
    arn = _arn(connection, config)
    given = [{"Key": key, "Value": value} for key, value in marks.items() if value]
    taken = [key for key, value in marks.items() if not value]
    if given:
        connection.sagemaker.add_tags(ResourceArn=arn, Tags=given)
    if taken:
        connection.sagemaker.delete_tags(ResourceArn=arn, TagKeys=taken)


def served_before(connection: Connection, stage: Stage, now: Marks) -> Iterator[Marks]:
    """Yield what a stage served before an endpoint configuration, the newest first.

    First those that replaced each other, then what else there is, as far as it was promoted
    earlier and no rollback went away from it. One that replaced another and is gone is yielded
    too: it can be made again. Each is read when it is asked for.

    Parameters
    ----------
    stage : the stage.
    now : the configuration that serves.
    """
    seen = {now.config}
    following = now.replaces
    while following and following not in seen:
        seen.add(following)
        marks = read(connection, following)
        if marks.gone or _before(marks, now):
            yield marks
        following = marks.replaces
    others = [name for name in configs(connection, stage) if name not in seen][:MOST_READ]
    found = [read(connection, name) for name in others]
    dated = [(one.promoted, one) for one in found if one.promoted and _before(one, now)]
    yield from (one for _, one in sorted(dated, key=lambda pair: pair[0], reverse=True))


def configs(connection: Connection, stage: Stage, most: int = 1000) -> list[str]:
    """Return the names of a stage's endpoint configurations, those created last first."""
    pages = connection.sagemaker.get_paginator("list_endpoint_configs").paginate(
        NameContains=stage_head(connection, stage),
        SortBy="CreationTime",
        SortOrder="Descending",
        PaginationConfig={"PageSize": 100},
    )
    names = (item["EndpointConfigName"] for page in pages for item in page["EndpointConfigs"])
    return [name for name in islice(names, most) if serves_stage(connection, stage, name)]


def stamp(at: datetime) -> str:
    """Return a time as the marks have it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _before(marks: Marks, now: Marks) -> bool:
    if marks.promoted is None or marks.left is not None:
        return False
    # What serves unverified was promoted after whatever was verified.
    return now.promoted is None or bool(now.attempt) or marks.promoted < now.promoted


def _arn(connection: Connection, config: str) -> str:
    # SageMaker writes the names in its ARNs in lower case.
    return connection.arn("sagemaker", f"endpoint-config/{config.lower()}")


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
