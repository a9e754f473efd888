"""Gathers what there is of the project in its account: run, versions, endpoints."""

from typing import Any

from project import registry
from project.aws import Connection
from project.tags import MODEL_VERSION, PROJECT_ID, STAGE


def gather(connection: Connection) -> dict[str, Any]:
    """Return the project's state, read from AWS alone.

    Returns
    -------
    `project` (who it is and where), `last_run` (of the pipeline, or None), `versions` (newest
    first) and `endpoints` (those that carry the project's id).
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
            for version in registry.versions(connection)
        ],
        "endpoints": _endpoints(connection),
    }


def _last_run(connection: Connection) -> dict[str, str] | None:
    client = connection.sagemaker
    try:
        runs = client.list_pipeline_executions(
            PipelineName=connection.project.name,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=1,
        )["PipelineExecutionSummaries"]
    except client.exceptions.ResourceNotFound:
        return None
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
    found = []
    for summary in (item for page in pages for item in page["Endpoints"]):
        tags = _tags(client, summary["EndpointArn"])
        if tags.get(PROJECT_ID) != connection.project_id:
            continue
        name = summary["EndpointName"]
        config = client.describe_endpoint(EndpointName=name).get("EndpointConfigName")
        version = ""
        if config is not None:
            arn = client.describe_endpoint_config(EndpointConfigName=config)["EndpointConfigArn"]
            version = _tags(client, arn).get(MODEL_VERSION, "")
        found.append(
            {
                "stage": tags.get(STAGE, ""),
                "endpoint": name,
                "status": summary["EndpointStatus"],
                "version": version,
            }
        )
    return found


def _tags(client: Any, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}
