"""What the status says of runs, versions and endpoints, by the answers that AWS gives."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from project.aws import Connection
from project.settings import load_project
from project.status import gather

ACCOUNT = "123456789012"
WHEN = datetime(2026, 1, 31, 12, 30, 15, 678, tzinfo=UTC)
SHOWN = "2026-01-31T12:30:15+00:00"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Connection, Stubber]]:
    """Return a connection whose SageMaker client gives the answers that a test queues."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    own = {"name": "demo", "region": "eu-central-1", "bucket": "demo-bucket"}
    project = load_project().model_copy(update={**own, "model_package_group": "demo-models"})
    connection = Connection(project, "aws", botocore.session.get_session(), ACCOUNT, "p-1")
    with Stubber(connection.sagemaker) as stubber:
        yield connection, stubber
        stubber.assert_no_pending_responses()


def arn(resource: str) -> str:
    return f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:{resource}"


def queue_runs(stubber: Stubber, *runs: dict[str, Any]) -> None:
    newest = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
    stubber.add_response(
        "list_pipeline_executions",
        {"PipelineExecutionSummaries": list(runs)},
        {"PipelineName": "demo", **newest},
    )


def queue_versions(stubber: Stubber, *numbers: int) -> None:
    stubber.add_response(
        "list_model_packages",
        {
            "ModelPackageSummaryList": [
                {
                    "ModelPackageArn": arn(f"model-package/demo-models/{number}"),
                    "ModelPackageVersion": number,
                    "ModelPackageStatus": "Completed",
                    "ModelApprovalStatus": "Approved",
                    "CreationTime": WHEN,
                }
                for number in numbers
            ]
        },
        {
            "ModelPackageGroupName": "demo-models",
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
            "MaxResults": 20,
        },
    )


def queue_endpoints(stubber: Stubber, *names: str) -> None:
    summaries = [
        {
            "EndpointName": name,
            "EndpointArn": arn(f"endpoint/{name}"),
            "CreationTime": WHEN,
            "LastModifiedTime": WHEN,
            "EndpointStatus": "InService",
        }
        for name in names
    ]
    stubber.add_response("list_endpoints", {"Endpoints": summaries}, {"NameContains": "demo"})


def queue_endpoint(stubber: Stubber, name: str, tags: dict[str, str], config: str = "") -> None:
    described = {
        "EndpointName": name,
        "EndpointArn": arn(f"endpoint/{name}"),
        "EndpointStatus": "Updating",
        "CreationTime": WHEN,
        "LastModifiedTime": WHEN,
        **({"EndpointConfigName": config} if config else {}),
    }
    stubber.add_response("describe_endpoint", described, {"EndpointName": name})
    queue_tags(stubber, f"endpoint/{name}", tags)


def queue_tags(stubber: Stubber, resource: str, tags: dict[str, str]) -> None:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    stubber.add_response("list_tags", {"Tags": listed}, {"ResourceArn": arn(resource)})


def queue_config(stubber: Stubber, name: str, tags: dict[str, str]) -> None:
    stubber.add_response(
        "describe_endpoint_config",
        {
            "EndpointConfigName": name,
            "EndpointConfigArn": arn(f"endpoint-config/{name}"),
            "ProductionVariants": [{"VariantName": "all", "ModelName": "m"}],
            "CreationTime": WHEN,
        },
        {"EndpointConfigName": name},
    )
    queue_tags(stubber, f"endpoint-config/{name}", tags)


def test_the_status_has_the_last_run_the_versions_and_the_endpoints(
    asked: tuple[Connection, Stubber],
) -> None:
    connection, stubber = asked
    queue_runs(
        stubber,
        {
            "PipelineExecutionArn": arn("pipeline/demo/execution/abc"),
            "PipelineExecutionStatus": "Executing",
            "StartTime": WHEN,
        },
    )
    # One page holds twenty; more than that are not shown.
    queue_versions(stubber, *range(30, 9, -1))
    queue_endpoints(stubber, "demo-staging", "demo-of-others")
    queue_endpoint(
        stubber,
        "demo-staging",
        {"sagemaker:project-id": "p-1", "stage": "staging"},
        config="config-7",
    )
    queue_config(stubber, "config-7", {"model-package-version": "7"})
    queue_endpoint(stubber, "demo-of-others", {"sagemaker:project-id": "p-2"}, config="config-8")
    found = gather(connection)
    versions = found.pop("versions")
    assert [one["version"] for one in versions] == list(range(30, 10, -1))
    assert versions[0] == {"version": 30, "approval": "Approved", "registered": SHOWN}
    assert found == {
        "project": {
            "name": "demo",
            "id": "p-1",
            "target": "aws",
            "account": ACCOUNT,
            "region": "eu-central-1",
            "bucket": "demo-bucket",
        },
        "last_run": {"run": "abc", "status": "Executing", "started": SHOWN},
        "endpoints": [
            {
                "stage": "staging",
                "endpoint": "demo-staging",
                "status": "Updating",
                "version": "7",
            }
        ],
    }


def test_what_is_not_there_or_goes_meanwhile_is_left_out(
    asked: tuple[Connection, Stubber],
) -> None:
    connection, stubber = asked
    stubber.add_client_error(
        "list_pipeline_executions",
        "ResourceNotFound",
        "Pipeline 'demo' does not exist.",
    )
    stubber.add_client_error(
        "list_model_packages",
        "ValidationException",
        "ModelPackageGroup demo-models does not exist",
    )
    queue_endpoints(stubber, "demo-gone", "demo-bare", "demo-lost")
    stubber.add_client_error(
        "describe_endpoint", "ValidationException", 'Could not find endpoint "demo-gone".'
    )
    # Of no stage, and of no configuration; and one whose configuration was deleted.
    queue_endpoint(stubber, "demo-bare", {"sagemaker:project-id": "p-1"})
    queue_endpoint(stubber, "demo-lost", {"sagemaker:project-id": "p-1"}, config="config-9")
    stubber.add_client_error(
        "describe_endpoint_config",
        "ValidationException",
        'Could not find endpoint configuration "config-9".',
    )
    found = gather(connection)
    assert (found["last_run"], found["versions"]) == (None, [])
    assert found["endpoints"] == [
        {"stage": "", "endpoint": name, "status": "Updating", "version": ""}
        for name in ("demo-bare", "demo-lost")
    ]


def test_a_pipeline_that_never_ran_has_no_last_run(asked: tuple[Connection, Stubber]) -> None:
    connection, stubber = asked
    queue_runs(stubber)
    queue_versions(stubber)
    queue_endpoints(stubber)
    found = gather(connection)
    assert (found["last_run"], found["versions"], found["endpoints"]) == (None, [], [])
