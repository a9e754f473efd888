"""Reads the project's model package group: the versions, and what each one says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from project.aws import Connection
from project.errors import ProjectError


@dataclass(frozen=True)
class Version:
    """A registered model version.

    Attributes
    ----------
    number : counts up from 1 in the model package group.
    arn : of the model package.
    approval : `Approved`, `Rejected` or `PendingManualApproval`.
    created : when it was registered.
    package : the whole `DescribeModelPackage` response.
    """

    number: int
    arn: str
    approval: str
    created: datetime
    package: Mapping[str, Any]

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"version {self.number}"

    @property
    def container(self) -> Mapping[str, Any]:
        """The container definition to deploy."""
        container: Mapping[str, Any] = self.package["InferenceSpecification"]["Containers"][0]
        return container

    @property
    def metadata(self) -> Mapping[str, str]:
        """The `CustomerMetadataProperties`."""
        metadata: Mapping[str, str] = self.package.get("CustomerMetadataProperties", {})
        return metadata

    @property
    def metrics_uri(self) -> str:
        """The S3 URI of the metrics; empty when it has none."""
        quality = self.package.get("ModelMetrics", {}).get("ModelQuality", {})
        return str(quality.get("Statistics", {}).get("S3Uri", ""))


def versions(connection: Connection, approval: str | None = None) -> list[Version]:
    """Return the registered versions, the newest first.

    Parameters
    ----------
    connection : where to look.
    approval : only the versions in this state.
    """
    client = connection.sagemaker
    group = connection.project.model_package_group
    wanted = {} if approval is None else {"ModelApprovalStatus": approval}
    try:
        pages = client.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group, **wanted
        )
        arns = [
            summary["ModelPackageArn"]
            for page in pages
            for summary in page["ModelPackageSummaryList"]
        ]
    except client.exceptions.ClientError as error:
        # AWS refuses to list a group that nothing was registered in yet.
        if "does not exist" in str(error) or "Could not find" in str(error):
            return []
        raise
    found = [_describe(connection, arn) for arn in arns]
    return sorted(found, key=lambda version: version.number, reverse=True)


def version(connection: Connection, number: int) -> Version:
    """Return one version.

    Raises
    ------
    ProjectError : there is none with that number.
    """
    group = connection.project.model_package_group
    arn = (
        f"arn:aws:sagemaker:{connection.region}:{connection.account}:model-package/{group}/{number}"
    )
    client = connection.sagemaker
    try:
        return _describe(connection, arn)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("ValidationException", "ResourceNotFound"):
            raise
        raise ProjectError(f"there is no version {number} in the group {group}") from None


def set_approval(connection: Connection, number: int, approval: str, reason: str) -> Version:
    """Approve or reject a version, which is an event that the ops half deploys by.

    Parameters
    ----------
    number : the version.
    approval : `Approved` or `Rejected`.
    reason : kept with the version; may be empty.

    Raises
    ------
    ProjectError : there is none with that number.
    """
    found = version(connection, number)
    described = {"ApprovalDescription": reason} if reason else {}
    connection.sagemaker.update_model_package(
        ModelPackageArn=found.arn, ModelApprovalStatus=approval, **described
    )
    return version(connection, number)


def _describe(connection: Connection, arn: str) -> Version:
    package = connection.sagemaker.describe_model_package(ModelPackageName=arn)
    return Version(
        number=int(package["ModelPackageVersion"]),
        arn=package["ModelPackageArn"],
        approval=package["ModelApprovalStatus"],
        created=package["CreationTime"],
        package=package,
    )
