"""Reads the project's model package group: the versions, and what each one says of itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from project.aws import Connection
from project.aws_errors import already_exists, found, is_not_found
from project.errors import ProjectError

LARGEST_PAGE = 100
"""Most items that a list call of SageMaker answers with (SageMaker API reference)."""


@dataclass(frozen=True)
class Summary:
    """A registered model version, as the list of versions shows it.

    Attributes
    ----------
    number : counts up from 1 in the model package group.
    arn : of the model package.
    approval : `Approved`, `Rejected` or `PendingManualApproval`.
    created : when it was registered.
    """

    number: int
    arn: str
    approval: str
    created: datetime

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"version {self.number}"


@dataclass(frozen=True)
class Version(Summary):
    """A registered model version, with all that it says of itself.

    Attributes
    ----------
    package : the whole `DescribeModelPackage` response.
    """

    package: Mapping[str, Any]

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


def ensure_group(connection: Connection) -> None:
    """Create the model package group unless it is there, and give it the project's tags."""
    client, group = connection.sagemaker, connection.project.model_package_group
    there = found(lambda: client.describe_model_package_group(ModelPackageGroupName=group))
    if there is not None:
        client.add_tags(ResourceArn=there["ModelPackageGroupArn"], Tags=connection.tags)
        return
    try:
        client.create_model_package_group(
            ModelPackageGroupName=group,
            ModelPackageGroupDescription=f"Models of {connection.project.name}",
            Tags=connection.tags,
        )
    except client.exceptions.ClientError as error:
        # Another run of the project created it meanwhile.
        if not already_exists(error):
            raise


def summaries(
    connection: Connection, approval: str | None = None, page: int = LARGEST_PAGE
) -> Iterator[Summary]:
    """Yield the registered versions, the newest first; nothing is read before it is asked for.

    Parameters
    ----------
    connection : where to look.
    approval : only the versions in this state.
    page : how many versions to read at once, 1 to 100.
    """
    client = connection.sagemaker
    wanted = {} if approval is None else {"ModelApprovalStatus": approval}
    pages = client.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=connection.project.model_package_group,
        SortBy="CreationTime",
        SortOrder="Descending",
        PaginationConfig={"PageSize": page},
        **wanted,
    )
    try:
        for answer in pages:
            for item in answer["ModelPackageSummaryList"]:
                yield Summary(
                    number=int(item["ModelPackageVersion"]),
                    arn=item["ModelPackageArn"],
                    approval=item["ModelApprovalStatus"],
                    created=item["CreationTime"],
                )
    except client.exceptions.ClientError as error:
        # AWS refuses to list a group that nothing was registered in yet.
        if not is_not_found(error):
            raise


def newest(connection: Connection, approval: str | None = None) -> Version | None:
    """Return the version that was registered last, None when there is none.

    Parameters
    ----------
    connection : where to look.
    approval : among the versions in this state.
    """
    summary = next(summaries(connection, approval, page=1), None)
    return None if summary is None else version(connection, summary.number)


def version(connection: Connection, number: int) -> Version:
    """Return one version.

    Raises
    ------
    ProjectError : there is none with that number.
    """
    group = connection.project.model_package_group
    arn = connection.arn("sagemaker", f"model-package/{group}/{number}")
    client = connection.sagemaker
    package = found(lambda: client.describe_model_package(ModelPackageName=arn))
    if package is None:
        raise ProjectError(
            f"there is no version {number} in the group {group}; "
            "`uv run project status` shows which there are"
        )
    return Version(
        number=int(package["ModelPackageVersion"]),
        arn=package["ModelPackageArn"],
        approval=package["ModelApprovalStatus"],
        created=package["CreationTime"],
        package=package,
    )


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
    decided = version(connection, number)
    # Also an empty one (the API reference allows it): the reason of an earlier decision is none of
    # this one.
    connection.sagemaker.update_model_package(
        ModelPackageArn=decided.arn, ModelApprovalStatus=approval, ApprovalDescription=reason
    )
    return version(connection, number)
