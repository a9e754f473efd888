"""Reaches a stage that is in another account or region than the project, or under another role."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from project.aws import Connection
from project.aws_errors import brief
from project.errors import ProjectError
from project.known import refuse_unknown_region

if TYPE_CHECKING:
    from botocore.session import Session

_LONGEST_SESSION_NAME = 64
"""Characters of `RoleSessionName` (STS API reference, AssumeRole)."""


def connect_to_stage(
    connection: Connection,
    stage: str,
    account: str | None = None,
    region: str | None = None,
    role: str | None = None,
) -> Connection:
    """Return the connection to a stage; the home itself if the stage names no other place.

    Nothing is created or changed. The credentials of the role are renewed before they end.

    Parameters
    ----------
    connection : from where.
    stage : its name, also part of the name of the role's session.
    account : where it is; by default that of `role`, else the home's.
    region : where it is; by default the home's.
    role : ARN of the role that is assumed for it, in which {account}, {region} and {partition}
        are filled in as those of the stage; by default none is.

    Raises
    ------
    ProjectError : the account is not the one that is reached, the role cannot be assumed, the
        region is unknown or none that the project's models can be deployed in, or the role of the
        endpoint belongs to another account.
    """
    home, file = connection.home, f"ops/stages/{stage}.yaml"
    if region is not None:
        refuse_unknown_region(home.session, region, f"{file}: key `region`")
    there = replace(
        home,
        account=account or _account_of(role or "") or home.account,
        stage_region=None if region == home.region else region,
        came_from=home,
    )
    if role is not None:
        arn, name = there.fill(role), f"{home.project.name}-{stage}"[:_LONGEST_SESSION_NAME]
        there = replace(there, session=_assumed(home, arn, name))
        _check_account(there, file, arn)
    elif there.account != home.account:
        raise ProjectError(
            f"{file}: key `account`: the stage is in {there.account}, but these are credentials of "
            f"{home.account}; name the role in {there.account} that is assumed for it, `role`"
        )
    elif there.region == home.region:
        return home
    _check_endpoint_role(there, file)
    _check_region(there, file)
    return there


def _assumed(home: Connection, role: str, name: str) -> "Session":
    """Return a session under a role, which is assumed at its first request."""
    from botocore.credentials import (
        AssumeRoleCredentialFetcher,
        CredentialResolver,
        DeferredRefreshableCredentials,
    )
    from botocore.session import Session

    def create_client(service: str, **credentials: Any) -> Any:
        return home.session.create_client(service, region_name=home.region, **credentials)

    fetcher = AssumeRoleCredentialFetcher(
        create_client,
        home.session.get_credentials(),
        role,
        extra_args={"RoleSessionName": name},
    )
    credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")

    class Assumed(CredentialResolver):  # type: ignore[misc]
        def load_credentials(self) -> DeferredRefreshableCredentials:
            return credentials

    session = Session()
    session.register_component("credential_provider", Assumed([]))
    return session


def _check_account(there: Connection, file: str, role: str) -> None:
    try:
        reached = str(there.client("sts").get_caller_identity()["Account"])
    except ClientError as error:
        if error.operation_name != "AssumeRole":
            raise
        raise ProjectError(
            f"{file}: key `role`: {role} cannot be assumed: {brief(error)}; its trust policy must "
            f"name {there.caller}, which must be allowed sts:AssumeRole"
        ) from None
    if reached != there.account:
        raise ProjectError(
            f"{file}: key `account`: the stage is in {there.account}, but its role {role} leads to "
            f"{reached}; correct `account` or `role`"
        )


def _check_endpoint_role(there: Connection, file: str) -> None:
    # IAM user guide, "Grant a user permissions to pass a role to an AWS service": a role can be
    # passed within its own account only.
    owner = _account_of(there.endpoint_role)
    if owner != there.account:
        raise ProjectError(
            f"{file}: the stage is in {there.account}, but `roles.endpoint` of project.yaml is a "
            f"role of {owner}; write {{account}} there, and make such a role in {there.account}"
        )


def _check_region(there: Connection, file: str) -> None:
    if there.region == there.home.region:
        return
    # SageMaker API reference, ContainerDefinition, ModelDataUrl: the bucket must be in the same
    # region as the model or endpoint.
    answer = there.s3.head_bucket(Bucket=there.bucket)
    lies = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    if lies != there.region:
        raise ProjectError(
            f"{file}: key `region`: SageMaker deploys models out of a bucket of the same region "
            f"only, and {there.bucket} is in {lies}; make a project of its own for {there.region}"
        )


def _account_of(arn: str) -> str | None:
    """Return the account that an ARN names; None if it names none, or by a placeholder."""
    account = arn.split(":")[4:5]
    return account[0] if account and account[0].isdigit() else None
