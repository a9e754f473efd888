"""The one place that makes AWS clients, for AWS or for the local SageMaker."""

import gc
import os
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from project.aws_errors import already_exists, found, is_not_found
from project.errors import ProjectError, UsageError
from project.known import refuse_unknown_region
from project.local import loopback_endpoint, point_to_local_sagemaker
from project.names import PLACEHOLDERS
from project.settings import Project, Target, load_project
from project.tags import Tag, project_tags

if TYPE_CHECKING:
    from botocore.session import Session


@dataclass(frozen=True)
class Connection:
    """A project in one AWS account and region, or in the local SageMaker.

    What the project has once, its bucket, its registry and the ledger, is reached through `home`.
    A stage may be in another account or region: `project.elsewhere` returns the connection to it,
    whose clients, ARNs and roles are those of the stage.

    Attributes
    ----------
    project : the content of `project.yaml`.
    target : `aws` or `local`.
    session : makes the clients; botocore's, since importing boto3 on top takes 50 ms.
    account : the account's number, 12 digits.
    project_id : the id of the SageMaker Project that everything is tagged with.
    stage_region : the region of a stage that is in another than the project; else None.
    came_from : the connection that this one of a stage was made from; None for the home.
    """

    project: Project
    target: Target
    session: "Session"
    account: str
    project_id: str
    stage_region: str | None = None
    came_from: "Connection | None" = None

    @property
    def home(self) -> "Connection":
        """The connection to the account that the credentials are of, and to the project's region.

        It is this one itself unless a role was assumed for a stage.
        """
        return self.came_from or self

    @property
    def region(self) -> str:
        """The AWS region."""
        return self.stage_region or self.project.region

    @cached_property
    def partition(self) -> str:
        """The group of regions that ARNs name: `aws`, `aws-us-gov`, `aws-cn`, …."""
        return str(self.session.get_partition_for_region(self.region))

    @property
    def bucket(self) -> str:
        """The project's bucket, which is at home."""
        return self.home.fill(self.project.bucket)

    @property
    def prefix(self) -> str:
        """Where the project's objects lie: `s3://bucket/name`."""
        return f"s3://{self.bucket}/{self.project.name}"

    @property
    def pipeline_role(self) -> str:
        """ARN of the role that the pipeline and its jobs run under."""
        return self.fill(self.project.roles.pipeline)

    @property
    def endpoint_role(self) -> str:
        """ARN of the role that the models behind endpoints run under."""
        return self.fill(self.project.roles.endpoint)

    @property
    def tags(self) -> list[Tag]:
        """The tags that every resource of the project carries."""
        return project_tags(self.project_id, self.project.name, self.project.tags)

    @cached_property
    def sagemaker(self) -> Any:
        """The SageMaker client."""
        return self.client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        """The client that invokes endpoints."""
        return self.client("sagemaker-runtime")

    @cached_property
    def s3(self) -> Any:
        """The S3 client of the home; in the local SageMaker the project's bucket is there too."""
        if self.came_from is not None:
            return self.came_from.s3
        client = self.client("s3")
        if self.target == "local":
            self._ensure_bucket(client)
        return client

    @cached_property
    def logs(self) -> Any:
        """The CloudWatch Logs client."""
        return self.client("logs")

    @cached_property
    def events(self) -> Any:
        """The EventBridge client."""
        return self.client("events")

    @cached_property
    def caller(self) -> str:
        """ARN of who runs the command, as STS tells it: at home, whatever role is assumed."""
        return str(self.home.client("sts").get_caller_identity()["Arn"])

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region, such as `pipeline/churn`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def tags_of(self, arn: str) -> dict[str, str]:
        """Return the tags of a SageMaker resource."""
        pages = self.sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a service's client in this account; by default in this region."""
        return _client(self.session, service, region or self.region)

    def fill(self, text: str) -> str:
        """Return a text of `project.yaml` or of a stage with its placeholders filled in."""
        for name in PLACEHOLDERS:
            text = text.replace(f"{{{name}}}", getattr(self, name))
        return text

    def _ensure_bucket(self, client: Any) -> None:
        # In AWS the bucket belongs to the administrator; here there is nobody else to make it.
        if found(lambda: client.head_bucket(Bucket=self.bucket)) is not None:
            return
        place = {"LocationConstraint": self.region}
        extra = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": place}
        try:
            client.create_bucket(Bucket=self.bucket, **extra)
        except client.exceptions.ClientError as error:
            # Another command created it meanwhile.
            if not already_exists(error):
                raise
        client.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": self.tags})


def connect(target: Target | None = None) -> Connection:
    """Connect to the place the project's commands act on.

    Parameters
    ----------
    target : `aws` or `local`; by default what the environment variable `PROJECT_TARGET` says,
        else `target` in `project.yaml`. `local` starts the local SageMaker when it is not up.

    Raises
    ------
    UsageError : `PROJECT_TARGET` names no target.
    ProjectError : `project.yaml` is wrong, the project is not linked to a SageMaker Project
        (AWS only), the shell points AWS clients to the local SageMaker (AWS only), or the local
        SageMaker cannot be started.
    """
    project = load_project()
    chosen = target or os.environ.get("PROJECT_TARGET") or project.target
    if chosen not in ("local", "aws"):
        raise UsageError(f"PROJECT_TARGET is {chosen!r}; set it to local or aws, or unset it")
    if chosen == "local":
        session = _session(project.region)
        point_to_local_sagemaker(project.region)
        return _connect_local(session, project)
    session = aws_session(project.region)
    if project.id is None:
        raise ProjectError(
            "this project is not linked to a SageMaker Project: `id` in project.yaml is empty; "
            "run `uv run project link`"
        )
    return Connection(project, "aws", session, _account(session, project), project.id)


def aws_session(region: str) -> "Session":
    """Return a session for the real AWS account.

    Parameters
    ----------
    region : of the project.

    Raises
    ------
    ProjectError : the shell points AWS clients to this machine, or there is no such region.
    """
    name = loopback_endpoint()
    if name is not None:
        raise ProjectError(
            f"this shell points AWS clients to the local SageMaker ({name} is {os.environ[name]}); "
            "open another shell for AWS"
        )
    return _session(region)


def _session(region: str) -> "Session":
    from botocore.session import Session

    session = Session()
    refuse_unknown_region(session, region)
    return session


@cache
def _client(session: "Session", service: str, region: str) -> Any:
    # The service's model is a mass of objects that all stay: to look for garbage among them, again
    # and again while they are read, takes a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return session.create_client(service, region_name=region)
    finally:
        if collecting:
            gc.enable()


def _account(session: "Session", project: Project) -> str:
    return str(_client(session, "sts", project.region).get_caller_identity()["Account"])


def _connect_local(session: "Session", project: Project) -> Connection:
    if project.id is not None:
        return Connection(project, "local", session, _account(session, project), project.id)
    arn, project_id = _local_project(session, project)
    return Connection(project, "local", session, arn.split(":")[4], project_id)


def _local_project(session: "Session", project: Project) -> tuple[str, str]:
    """Return ARN and id of the SageMaker Project that an unlinked project belongs to.

    It is created when it is not there.
    """
    client = _client(session, "sagemaker", project.region)
    try:
        there = client.describe_project(ProjectName=project.name)
    except client.exceptions.ClientError as error:
        if not is_not_found(error):
            raise
        try:
            there = client.create_project(ProjectName=project.name)
        except client.exceptions.ClientError as refusal:
            # Another command created it meanwhile.
            if not already_exists(refusal):
                raise
            there = client.describe_project(ProjectName=project.name)
    return there["ProjectArn"], there["ProjectId"]
