"""Gathers what there is of the project in its account: run, versions, endpoints."""

from itertools import islice
from typing import Any

from project import registry
from project.aws import Connection
from project.aws_errors import found
from project.tags import MODEL_VERSION, PROJECT_ID, STAGE

VERSIONS = 20
"""How many versions are shown."""


def gather(connection: Connection) -> dict[str, Any]:
    """Return the project's state, read from AWS alone.

    Returns
    -------
    `project` (who it is and where), `last_run` (of the pipeline, or None), `versions` (the
    newest ones) and `endpoints` (those that carry the project's id).
    """
    project = connection.project
    return {
        "project": {
            "name": project.name,
            "id": connection.project_id,
            "target": connection.target,
            "account": connection.account,
            "region": connection.region,
            "bucket": connection.bucket,
        },
        "last_run": _last_run(connection),
        "versions": [
            {
                "version": version.number,
                "approval": version.approval,
                "registered": version.created.isoformat(timespec="seconds"),
            }
            for version in islice(registry.summaries(connection, page=VERSIONS), VERSIONS)
        ],
        "endpoints": _endpoints(connection),
    }


def _last_run(connection: Connection) -> dict[str, str] | None:
    answer = found(
        lambda: connection.sagemaker.list_pipeline_executions(
            PipelineName=connection.project.name,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=1,
        )
    )
    runs = [] if answer is None else answer["PipelineExecutionSummaries"]
    if not runs:
        return None
    return {
        "run": runs[0]["PipelineExecutionArn"].rpartition("/")[2],
        "status": runs[0]["PipelineExecutionStatus"],
        "started": runs[0]["StartTime"].isoformat(timespec="seconds"),
    }


def _endpoints(connection: Connection) -> list[dict[str, str]]:
    client = connection.sagemaker
    pages = client.get_paginator("list_endpoints").paginate(NameContains=connection.project.name)
    shown = [_endpoint(connection, summary) for page in pages for summary in page["Endpoints"]]
    return [endpoint for endpoint in shown if endpoint is not None]


def _endpoint(connection: Connection, summary: dict[str, Any]) -> dict[str, str] | None:
    """Return an endpoint of this project; None when it is another's, or was deleted meanwhile."""
    client, name = connection.sagemaker, summary["EndpointName"]
    endpoint = found(lambda: client.describe_endpoint(EndpointName=name))
    if endpoint is None:
        return None
    tags = connection.tags_of(endpoint["EndpointArn"])
    if tags.get(PROJECT_ID) != connection.project_id:
        return None
    return {
        "stage": tags.get(STAGE, ""),
        "endpoint": name,
        "status": endpoint["EndpointStatus"],
        "version": _version(connection, endpoint.get("EndpointConfigName", "")),
    }


def _version(connection: Connection, config_name: str) -> str:
    """Return the number of the version that an endpoint configuration serves; empty: unknown."""
    # An endpoint outlives its configuration, which may be deleted while it serves.
    config = config_name and found(
        lambda: connection.sagemaker.describe_endpoint_config(EndpointConfigName=config_name)
    )
    return connection.tags_of(config["EndpointConfigArn"]).get(MODEL_VERSION, "") if config else ""
