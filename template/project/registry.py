"""Reads the project's model package group: the versions, and what each one says of itself.

The group belongs to the home's account and region, or to those of the ARN that `project.yaml` names
it by: then its owner lets this account use it, by the group's resource policy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from project.aws import Connection
from project.aws_errors import already_exists, brief, found, is_denied, is_not_found
from project.errors import ProjectError


class NoVersionError(ProjectError):
    """There is no version of that number, or no longer."""


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
    def image(self) -> str:
        """The image to deploy: by its digest where the registry says it, since a tag can move.

        SageMaker takes both forms (API reference, ContainerDefinition: `Image`).
        """
        image, digest = str(self.container["Image"]), self.container.get("ImageDigest")
        if not digest or "@" in image:
            return image
        folder, slash, name = image.rpartition("/")
        return f"{folder}{slash}{name.partition(':')[0]}@{digest}"

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


def group_arn(connection: Connection) -> str:
    """Return the ARN of the model package group."""
    named = connection.project.model_package_group
    if named.startswith("arn:"):
        return named
    return connection.home.arn("sagemaker", f"model-package-group/{named}")


def group_name(connection: Connection) -> str:
    """Return the name of the model package group."""
    return group_arn(connection).rpartition("/")[2]


def version_arn(connection: Connection, number: int) -> str:
    """Return the ARN that the version of a number has."""
    before, _, name = group_arn(connection).rpartition(":model-package-group/")
    return f"{before}:model-package/{name}/{number}"


def is_shared(connection: Connection) -> bool:
    """Say whether the group belongs to another account, which shares it."""
    return group_arn(connection).split(":")[4] != connection.home.account


def registry_client(connection: Connection) -> Any:
    """Return the SageMaker client that reaches the group: the home's, in the group's region."""
    home, region = connection.home, group_arn(connection).split(":")[3]
    return home.sagemaker if region == home.region else home.client("sagemaker", region)


def ensure_group(connection: Connection) -> None:
    """Create the model package group unless it is there, and give it the project's tags.

    One that belongs to another account is that account's to create and to tag.

    Raises
    ------
    ProjectError : it belongs to another account, and is not there or not shared; or it is in
        another region, where no pipeline of this one registers.
    """
    arn, region = group_arn(connection), connection.home.region
    if arn.split(":")[3] != region:
        raise ProjectError(
            f"a pipeline in {region} cannot register in {arn}: the step calls SageMaker of its own "
            "region; name a group there, `model_package_group` in project.yaml"
        )
    if is_shared(connection):
        _check_shared(connection)
        return
    client, group = registry_client(connection), group_name(connection)
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
    client = registry_client(connection)
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
        _refuse_unshared(connection, error)
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
    NoVersionError : there is none with that number.
    """
    client, arn = registry_client(connection), version_arn(connection, number)
    try:
        package = found(lambda: client.describe_model_package(ModelPackageName=arn))
    except client.exceptions.ClientError as error:
        _refuse_unshared(connection, error)
        raise
    if package is None:
        raise NoVersionError(
            f"there is no version {number} in the group {group_name(connection)}; "
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
    registry_client(connection).update_model_package(
        ModelPackageArn=decided.arn, ModelApprovalStatus=approval, ApprovalDescription=reason
    )
    return version(connection, number)


def _check_shared(connection: Connection) -> None:
    client, arn = registry_client(connection), group_arn(connection)
    try:
        there = found(lambda: client.describe_model_package_group(ModelPackageGroupName=arn))
    except client.exceptions.ClientError as error:
        _refuse_unshared(connection, error)
        raise
    if there is None:
        raise ProjectError(
            f"there is no model package group {arn}; let account {arn.split(':')[4]} create it"
        )


def _refuse_unshared(connection: Connection, error: Any) -> None:
    """Say who can help when the group's owner does not let this account use it."""
    if is_shared(connection) and is_denied(error):
        arn = group_arn(connection)
        raise ProjectError(
            f"account {connection.home.account} may not use {arn}: {brief(error)}; let "
            f"account {arn.split(':')[4]} allow it in the resource policy of that group"
        ) from None
