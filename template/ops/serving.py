"""Reads what a stage serves now, from the endpoint itself: endpoint, configuration, model, tags."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ops.desired import endpoint_name
from ops.stage import Stage
from project.aws import Connection
from project.aws_errors import brief, found
from project.errors import ProjectError
from project.tags import MODEL_VERSION

IN_PROGRESS = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""Values of `EndpointStatus` that another one follows without anybody's doing."""


@dataclass(frozen=True)
class Serving:
    """A stage's endpoint as it is.

    Attributes
    ----------
    endpoint : its name.
    arn : its ARN.
    status : its `EndpointStatus`.
    config : the name of its endpoint configuration; empty when it has none.
    version : the model version that this configuration serves; None when its tags do not say.
    modified : its `LastModifiedTime`.
    failure : SageMaker's reason when the last change failed; else empty.
    model : the `DescribeModel` response of what it serves; empty when that is gone.
    variant : the `ProductionVariant` of its configuration; empty when that is gone.
    tags : the tags of its configuration.
    """

    endpoint: str
    arn: str
    status: str
    config: str
    version: int | None
    modified: datetime
    failure: str = ""
    model: dict[str, Any] = field(default_factory=dict)
    variant: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def in_progress(self) -> bool:
        """Whether SageMaker is changing it."""
        return self.status in IN_PROGRESS

    @property
    def answers(self) -> bool:
        """Whether it takes requests."""
        return self.status not in ("Failed", "OutOfService")

    def serves(self, config: str) -> bool:
        """Say whether it is in service with the named endpoint configuration."""
        return self.status == "InService" and self.config == config


def serving(connection: Connection, stage: Stage) -> Serving | None:
    """Return what a stage serves now, None when it has no endpoint."""
    client = connection.sagemaker
    name = endpoint_name(connection, stage)
    endpoint = found(lambda: client.describe_endpoint(EndpointName=name))
    if endpoint is None:
        return None
    # An endpoint outlives its configuration, and need not have one.
    config_name = endpoint.get("EndpointConfigName", "")
    config = config_name and found(
        lambda: client.describe_endpoint_config(EndpointConfigName=config_name)
    )
    variant = config["ProductionVariants"][0] if config else {}
    model_name = variant.get("ModelName")
    model = model_name and found(lambda: client.describe_model(ModelName=model_name))
    tags = connection.tags_of(config["EndpointConfigArn"]) if config else {}
    number = tags.get(MODEL_VERSION, "")
    return Serving(
        endpoint=name,
        arn=endpoint["EndpointArn"],
        status=endpoint["EndpointStatus"],
        config=config_name,
        version=int(number) if number.isdigit() else None,
        modified=endpoint["LastModifiedTime"],
        failure=endpoint.get("FailureReason", ""),
        model=model or {},
        variant=variant,
        tags=tags,
    )


def in_service(connection: Connection, stage: Stage) -> tuple[Serving, int]:
    """Return what a stage serves now, and the number of that version.

    Raises
    ------
    ProjectError : it serves nothing, or nothing of the project's, or not just now.
    """
    now = serving(connection, stage)
    promote = f"run `uv run ops promote {stage.name}`"
    if now is None:
        raise ProjectError(f"{stage.name} serves nothing; {promote}")
    if now.in_progress:
        raise ProjectError(f"{now.endpoint} is {now.status}; run this again once it is InService")
    if now.status != "InService":
        reason = f": {brief(now.failure)}" if now.failure else ""
        raise ProjectError(f"{now.endpoint} is {now.status}{reason}; {promote}")
    if now.version is None:
        raise ProjectError(f"{now.endpoint} serves {now.config}, which names no version; {promote}")
    return now, now.version


def endpoint_status(connection: Connection, name: str) -> str | None:
    """Return an endpoint's `EndpointStatus`, None when there is no such endpoint."""
    endpoint = found(lambda: connection.sagemaker.describe_endpoint(EndpointName=name))
    return None if endpoint is None else str(endpoint["EndpointStatus"])
