"""Keeps a rule of EventBridge as it is declared: makes it, brings it up to date, removes it."""

from collections.abc import Mapping
from typing import Any

from project.aws import Connection
from project.aws_errors import found
from project.errors import ProjectError

_TARGET = "pipeline"
_DENIED = "AccessDeniedException"


def put_rule(
    connection: Connection, name: str, rule: Mapping[str, Any], target: Mapping[str, Any]
) -> None:
    """Create a rule with one target, or bring it up to date.

    Parameters
    ----------
    rule : when it acts, as PutRule takes it.
    target : what it acts on, as PutTargets takes it, but for the `Id`.

    Raises
    ------
    ProjectError : EventBridge does not take the target.
    """
    client = connection.events
    arn = client.put_rule(Name=name, **rule, State="ENABLED", Tags=connection.tags)["RuleArn"]
    # PutRule ignores the tags of a rule that is there (EventBridge API reference).
    client.tag_resource(ResourceARN=arn, Tags=connection.tags)
    answer = client.put_targets(Rule=name, Targets=[{"Id": _TARGET, **target}])
    for failed in answer["FailedEntries"]:
        raise ProjectError(f"EventBridge refuses {target['Arn']}: {failed['ErrorMessage']}")


def remove_rule(connection: Connection, name: str, must: bool) -> None:
    """Remove a rule, if it is there.

    Parameters
    ----------
    must : as of `described_rule`.
    """
    if described_rule(connection, name, must) is not None:
        connection.events.remove_targets(Rule=name, Ids=[_TARGET])
        connection.events.delete_rule(Name=name)


def described_rule(connection: Connection, name: str, must: bool) -> dict[str, Any] | None:
    """Return a rule as EventBridge has it; None when it is not there.

    Parameters
    ----------
    must : whether it is an error that the user may not look at rules.
    """
    client = connection.events
    try:
        return found(lambda: client.describe_rule(Name=name))
    except client.exceptions.ClientError as error:
        # Whoever may not look at rules has made none.
        if must or error.response["Error"]["Code"] != _DENIED:
            raise
        return None


def off(rule: Mapping[str, Any]) -> str:
    """Return what to add to the description of a rule that is switched off; else nothing."""
    return "" if rule["State"] == "ENABLED" else f", but is {rule['State'].lower()}"
