"""Brings a stage's endpoint to an endpoint configuration, and waits until SageMaker is done."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from botocore.exceptions import ClientError

from ops.desired import Desired, endpoint_name, stage_tags
from ops.serving import IN_PROGRESS, Serving, endpoint_status, serving
from ops.stage import Stage
from project.aws import Connection
from project.aws_errors import already_exists, found, is_in_progress, is_not_found
from project.console import leaving, timed
from project.errors import ProjectError

LONGEST_WAIT = 3600.0
"""Seconds; SageMaker gives up starting a container after at most an hour."""
SHORTEST_POLL, LONGEST_POLL = 0.3, 15.0
PROPAGATION = 30.0
"""Seconds after which what was just created can be read everywhere.

`CreateEndpoint` may not find the configuration that was created before it, and `DescribeEndpoint`
not the endpoint: see `CreateEndpoint` in the SageMaker API reference, and `session_helper` of the
SageMaker Python SDK, which is patient with the latter. How long it takes is unconfirmed.
"""

_CHANGES = ("CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint")

# All instances are replaced at once: the new fleet takes over when it is healthy, and SageMaker
# goes back to the old one by itself when it never gets there.
BLUE_GREEN = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    }
}


class RefusedError(ProjectError):
    """SageMaker refused to change an endpoint, because it is being changed already."""


def create_missing(connection: Connection, want: Desired) -> None:
    """Create the model and the endpoint configuration that are not there yet.

    Their names are made from their content: one that is there already is the same one.
    """
    client = connection.sagemaker
    _create("model", want.model_name, client.create_model, want.model)
    _create(
        "endpoint configuration",
        want.config_name,
        client.create_endpoint_config,
        want.config,
    )


def exists(connection: Connection, config: str) -> bool:
    """Say whether there is an endpoint configuration of that name."""
    client = connection.sagemaker
    return found(lambda: client.describe_endpoint_config(EndpointConfigName=config)) is not None


def settle(connection: Connection, stage: Stage) -> Serving | None:
    """Wait until nothing is under way at a stage's endpoint, and return what is there then.

    Raises
    ------
    ProjectError : something is still under way after an hour.
    """
    name = endpoint_name(connection, stage)
    status = endpoint_status(connection, name)
    if status in IN_PROGRESS:
        with timed(f"waiting for {name}, which is {status}"):
            _wait(connection, name)
    return serving(connection, stage)


def switch(connection: Connection, stage: Stage, config: str, version: int | None) -> bool:
    """Let a stage's endpoint serve an endpoint configuration, and wait until that is decided.

    The caller looks at what came of it: SageMaker may have gone back to the old configuration.

    Parameters
    ----------
    config : the name of the endpoint configuration, which exists.
    version : the model version that it serves, for the endpoint's tags.

    Returns
    -------
    Whether this very call created the endpoint.

    Raises
    ------
    RefusedError : somebody else changes the endpoint at the same time.
    ProjectError : it takes over an hour.
    """
    client = connection.sagemaker
    name = endpoint_name(connection, stage)
    if endpoint_status(connection, name) == "Failed":
        # SageMaker lets nothing be done to a failed endpoint but to delete it.
        delete(connection, stage)
    status = endpoint_status(connection, name)
    doing = "creating" if status is None else "updating"
    created = False
    with timed(f"{doing} endpoint {name}"):
        with _unsure(name):
            if status is None:
                tags = (
                    connection.tags if version is None else stage_tags(connection, stage, version)
                )
                request = {"EndpointName": name, "EndpointConfigName": config, "Tags": tags}
                created = _create_once(client.create_endpoint, request)
            else:
                _update(client, name, config)
        with _going_on(f"{doing} {name}"):
            if status is None:
                _appear(connection, name)
            _wait(connection, name)
    return created


def is_refusal(error: Exception) -> bool:
    """Say whether an error of `switch` means that SageMaker does not do what it was asked for."""
    if isinstance(error, RefusedError):
        return True
    # One while it is waited for says nothing about what SageMaker goes on with.
    return isinstance(error, ClientError) and error.operation_name in _CHANGES


def delete(connection: Connection, stage: Stage) -> None:
    """Delete a stage's endpoint and wait until it is gone.

    Raises
    ------
    ProjectError : somebody else changes the endpoint at the same time, or it takes over an hour.
    """
    name = endpoint_name(connection, stage)
    with timed(f"deleting endpoint {name}"):
        with _unsure(name):
            _change(name, lambda: connection.sagemaker.delete_endpoint(EndpointName=name))
        with _going_on(f"deleting {name}"):
            _wait(connection, name)


def tag(connection: Connection, stage: Stage, now: Serving) -> None:
    """Give an endpoint, which outlives versions, the tags of what it serves now."""
    if now.version is None:
        return
    tags = stage_tags(connection, stage, now.version)
    if not {(one["Key"], one["Value"]) for one in tags} <= connection.tags_of(now.arn).items():
        connection.sagemaker.add_tags(ResourceArn=now.arn, Tags=tags)


def _unsure(name: str) -> AbstractContextManager[None]:
    return leaving(f"SageMaker may have been asked to change {name}: see `uv run ops status`")


def _going_on(doing: str) -> AbstractContextManager[None]:
    return leaving(f"SageMaker goes on {doing}; the same command again waits for it")


def _create(what: str, name: str, create: Any, request: dict[str, Any]) -> None:
    if not _create_once(create, request):
        print(f"{what} {name} is there already")
    else:
        print(f"created {what} {name}")


def _create_once(create: Any, request: dict[str, Any]) -> bool:
    """Say whether the call created something; False when it was there already."""
    try:
        _patiently(lambda: create(**request))
    except ClientError as error:
        if already_exists(error):
            return False
        raise
    return True


def _update(client: Any, name: str, config: str) -> None:
    _change(
        name,
        lambda: _patiently(
            lambda: client.update_endpoint(
                EndpointName=name, EndpointConfigName=config, DeploymentConfig=BLUE_GREEN
            )
        ),
    )


def _change(name: str, call: Callable[[], object]) -> None:
    try:
        call()
    except ClientError as error:
        if is_in_progress(error):
            raise RefusedError(
                f"somebody else began to change {name} meanwhile; look at `uv run ops status`, "
                "then run the same command again"
            ) from None
        raise


def _patiently(call: Callable[[], object]) -> None:
    """Repeat a call as long as what it names, which was just created, is not found."""
    deadline = time.monotonic() + PROPAGATION
    while True:
        try:
            call()
            return
        except ClientError as error:
            if not is_not_found(error) or time.monotonic() > deadline:
                raise
        time.sleep(SHORTEST_POLL)


def _appear(connection: Connection, name: str) -> None:
    """Wait until an endpoint that was just created can be seen."""
    deadline = time.monotonic() + PROPAGATION
    while endpoint_status(connection, name) is None and time.monotonic() < deadline:
        time.sleep(SHORTEST_POLL)


def _wait(connection: Connection, name: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    pause = SHORTEST_POLL
    while (status := endpoint_status(connection, name)) in IN_PROGRESS:
        if time.monotonic() > deadline:
            raise ProjectError(
                f"{name} is still {status} after {LONGEST_WAIT / 60:.0f} minutes; "
                "run the same command again to go on waiting"
            )
        if pause >= LONGEST_POLL:
            print(".", end="", flush=True)
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST_POLL)
