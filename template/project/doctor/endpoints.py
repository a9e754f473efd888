"""Looks whether endpoints can be changed: what they are made of must still be there."""

import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from project.aws import Connection
from project.aws_errors import found
from project.doctor.finding import Finding, ok, wrong
from project.tags import PROJECT_ID

_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z.]+/"
    r"(?P<repository>[^:@]+)(?::(?P<tag>.+)|@(?P<digest>.+))"
)
PROMOTE = "promote a version to its stage anew: `uv run ops promote STAGE`"


def endpoints(connection: Connection) -> Iterator[Finding]:
    """Look at each endpoint that carries the project's id."""
    pages = connection.sagemaker.get_paginator("list_endpoints").paginate(
        NameContains=connection.project.name
    )
    for page in pages:
        for item in page["Endpoints"]:
            if connection.tags_of(item["EndpointArn"]).get(PROJECT_ID) == connection.project_id:
                yield _endpoint(connection, item["EndpointName"])


def _endpoint(connection: Connection, name: str) -> Finding:
    what, client = f"endpoint {name}", connection.sagemaker
    endpoint = client.describe_endpoint(EndpointName=name)
    if endpoint["EndpointStatus"] != "InService":
        reason = endpoint.get("FailureReason", "")
        seen = f"{endpoint['EndpointStatus']}{f': {reason}' if reason else ''}"
        return wrong(what, seen, "see `uv run ops status`, then promote to its stage")
    config_name = endpoint["EndpointConfigName"]
    config = found(lambda: client.describe_endpoint_config(EndpointConfigName=config_name))
    if config is None:
        return wrong(what, f"its configuration {config_name} is gone", PROMOTE)
    missing = [
        problem
        for variant in config["ProductionVariants"]
        for problem in _model(connection, variant["ModelName"])
    ]
    return wrong(what, "; ".join(missing), PROMOTE) if missing else ok(what, config_name)


def _model(connection: Connection, name: str) -> Iterator[str]:
    model = found(lambda: connection.sagemaker.describe_model(ModelName=name))
    if model is None:
        yield f"its model {name} is gone"
        return
    container = model["PrimaryContainer"]
    data = container.get("ModelDataUrl", "")
    bucket, _, key = data.removeprefix("s3://").partition("/")
    if data and _is_gone(lambda: connection.client("s3").head_object(Bucket=bucket, Key=key)):
        yield f"its artefact {data} is gone"
    if connection.target == "local":
        # Which knows neither roles nor images.
        return
    role = model["ExecutionRoleArn"]
    if _is_gone(lambda: connection.client("iam").get_role(RoleName=role.rpartition("/")[2])):
        yield f"its role {role} is gone"
    image = _IMAGE.fullmatch(container.get("Image", ""))
    # Images of AWS's are in accounts of AWS's, which show nobody what they have.
    ours = image is not None and image["account"] == connection.account
    if image and ours and _is_gone(lambda: _described(connection, image)):
        yield f"its image {container['Image']} is gone"


def _described(connection: Connection, image: re.Match[str]) -> dict[str, Any]:
    wanted = {"imageTag": image["tag"]} if image["tag"] else {"imageDigest": image["digest"]}
    answer: dict[str, Any] = connection.client("ecr").describe_images(
        repositoryName=image["repository"], imageIds=[wanted]
    )
    return answer


def _is_gone(look: Any) -> bool:
    """Say whether something is not there; what may not be looked at counts as there."""
    try:
        return found(look) is None
    except ClientError:
        return False
