"""Looks at everything, in the order in which a newcomer would mend it."""

from collections.abc import Iterator
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from project.advice import advice
from project.aws import Connection, connect
from project.aws_errors import brief
from project.doctor import account, endpoints, quotas, resources, roles
from project.doctor.finding import Finding, examine, ok, wrong
from project.errors import ProjectError, UsageError
from project.settings import Target


def examination(target: Target | None) -> Iterator[Finding]:
    """Yield what is found, as it is found; nothing is changed.

    Parameters
    ----------
    target : as in `project.aws.connect`.

    Raises
    ------
    UsageError : `PROJECT_TARGET` names no target.
    """
    yield from account.software()
    try:
        connection = connect(target)
    except UsageError:
        raise
    except ProjectError as error:
        said, _, todo = str(error).rpartition("; ")
        yield wrong("connection", said, f"{todo}; then look again")
        return
    except (ClientError, BotoCoreError) as error:
        yield wrong("connection", brief(error), advice(error) or "see what AWS says")
        return
    yield ok("project.yaml", f"{connection.project.name}, {connection.target}")
    yield from _in_account(connection)


def _in_account(connection: Connection) -> Iterator[Finding]:
    looks = {
        "credentials": account.caller,
        "region": account.region,
        "project link": resources.link,
        "bucket": resources.bucket,
        "registry": resources.registry,
    }
    if connection.target == "aws":
        # The local SageMaker asks for no rights and has no quotas.
        looks |= {"roles": roles.roles, "quotas": quotas.quotas}
    looks["endpoints"] = endpoints.endpoints
    for what, look in looks.items():
        yield from examine(what, partial(look, connection))
