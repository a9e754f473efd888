"""What AWS does not know yet is waited for, and what somebody else changes is left alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from ops import endpoint
from ops.desired import desired
from ops.stage import Stage
from project.aws import Connection
from project.errors import ProjectError
from tests.ops.conftest import STAGES
from tests.ops.offline import offline_connection, offline_version

ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/demo-staging"
STAGE: Stage = STAGES["staging"]


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Connection, Stubber]]:
    """Return a connection whose SageMaker client gives the answers that a test queues."""
    monkeypatch.setattr(endpoint, "SHORTEST_POLL", 0.001)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    connection = offline_connection()
    with Stubber(connection.sagemaker) as stubber:
        yield connection, stubber
        stubber.assert_no_pending_responses()


def described(status: str) -> dict[str, Any]:
    return {
        "EndpointName": "demo-staging",
        "EndpointArn": ARN,
        "EndpointConfigName": "config",
        "EndpointStatus": status,
        "CreationTime": 0,
        "LastModifiedTime": 0,
    }


def refuse(stubber: Stubber, action: str, message: str) -> None:
    stubber.add_client_error(action, "ValidationException", message)


def test_a_configuration_waits_for_the_model_that_was_just_created(
    stubbed: tuple[Connection, Stubber],
) -> None:
    connection, stubber = stubbed
    stubber.add_response("create_model", {"ModelArn": "arn:aws:sagemaker:us-east-1:1:model/m"})
    refuse(stubber, "create_endpoint_config", f'Could not find model "{ARN}".')
    stubber.add_response("create_endpoint_config", {"EndpointConfigArn": ARN})
    endpoint.create_missing(connection, desired(connection, STAGE, offline_version()))


def test_what_is_there_already_is_the_same(
    stubbed: tuple[Connection, Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    connection, stubber = stubbed
    refuse(stubber, "create_model", f'Cannot create already existing model "{ARN}".')
    text = f'Cannot create already existing endpoint configuration "{ARN}".'
    refuse(stubber, "create_endpoint_config", text)
    endpoint.create_missing(connection, desired(connection, STAGE, offline_version()))
    assert capsys.readouterr().out.count("is there already") == 2


def test_a_new_endpoint_is_waited_for_until_it_can_be_seen(
    stubbed: tuple[Connection, Stubber],
) -> None:
    connection, stubber = stubbed
    missing = f'Could not find endpoint "{ARN}".'
    for _ in range(2):
        refuse(stubber, "describe_endpoint", missing)
    refuse(stubber, "create_endpoint", f'Could not find endpoint configuration "{ARN}".')
    stubber.add_response("create_endpoint", {"EndpointArn": ARN})
    for _ in range(2):
        refuse(stubber, "describe_endpoint", missing)
    for status in ("Creating", "Creating", "InService"):
        stubber.add_response("describe_endpoint", described(status))
    endpoint.switch(connection, STAGE, "config", 3)


@pytest.mark.parametrize("action", ["update_endpoint", "delete_endpoint"])
def test_an_endpoint_that_somebody_else_changes_is_left_alone(
    stubbed: tuple[Connection, Stubber], action: str
) -> None:
    connection, stubber = stubbed
    if action == "update_endpoint":
        for _ in range(2):
            stubber.add_response("describe_endpoint", described("InService"))
    refuse(stubber, action, f'Cannot update in-progress endpoint "{ARN}".')
    with pytest.raises(ProjectError, match="somebody else began to change demo-staging meanwhile"):
        if action == "update_endpoint":
            endpoint.switch(connection, STAGE, "config", 3)
        else:
            endpoint.delete(connection, STAGE)


def test_patience_ends(
    stubbed: tuple[Connection, Stubber], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, stubber = stubbed
    monkeypatch.setattr(endpoint, "PROPAGATION", 0.0)
    for _ in range(2):
        stubber.add_response("describe_endpoint", described("InService"))
    refuse(stubber, "update_endpoint", f'Could not find endpoint configuration "{ARN}".')
    with pytest.raises(connection.sagemaker.exceptions.ClientError, match="Could not find"):
        endpoint.switch(connection, STAGE, "config", 3)
