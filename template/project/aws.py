"""The one place that makes AWS clients, for AWS or for the local SageMaker."""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from project.errors import ProjectError
from project.settings import ROOT, Project, Target, load_project
from project.tags import Tag, project_tags

if TYPE_CHECKING:
    import boto3

LOCAL_HOME = "SAGEMAKER_LOCAL_HOME"


@dataclass(frozen=True)
class Connection:
    """A project in one AWS account and region, or in the local SageMaker.

    Attributes
    ----------
    project : the content of `project.yaml`.
    target : `aws` or `local`.
    session : makes the clients.
    account : the account's number, 12 digits.
    project_id : the id of the SageMaker Project that everything is tagged with.
    """

    project: Project
    target: Target
    session: "boto3.Session"
    account: str
    project_id: str

    @property
    def region(self) -> str:
        """The AWS region."""
        return self.project.region

    @property
    def bucket(self) -> str:
        """The project's bucket."""
        return self._fill(self.project.bucket)

    @property
    def prefix(self) -> str:
        """Where the project's objects lie: `s3://bucket/name`."""
        return f"s3://{self.bucket}/{self.project.name}"

    @property
    def pipeline_role(self) -> str:
        """ARN of the role that the pipeline and its jobs run under."""
        return self._fill(self.project.roles.pipeline)

    @property
    def endpoint_role(self) -> str:
        """ARN of the role that the models behind endpoints run under."""
        return self._fill(self.project.roles.endpoint)

    @property
    def tags(self) -> list[Tag]:
        """The tags that every resource of the project carries."""
        return project_tags(self.project_id, self.project.name, self.project.tags)

    @cached_property
    def sagemaker(self) -> Any:
        """The SageMaker client."""
        return self.session.client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        """The client that invokes endpoints."""
        return self.session.client("sagemaker-runtime")

    @cached_property
    def s3(self) -> Any:
        """The S3 client."""
        return self.session.client("s3")

    @cached_property
    def logs(self) -> Any:
        """The CloudWatch Logs client."""
        return self.session.client("logs")

    def _fill(self, text: str) -> str:
        return text.replace("{account}", self.account).replace("{region}", self.region)


def connect(target: Target | None = None) -> Connection:
    """Connect to the place the project's commands act on.

    Parameters
    ----------
    target : `aws` or `local`; by default what the environment variable `PROJECT_TARGET` says,
        else `target` in `project.yaml`. `local` starts the local SageMaker when it is not up.

    Raises
    ------
    ProjectError : `project.yaml` is wrong, the project is not linked to a SageMaker Project
        (AWS only), or the local SageMaker cannot be started.
    """
    project = load_project()
    chosen = target or os.environ.get("PROJECT_TARGET") or project.target
    if chosen not in ("local", "aws"):
        raise ProjectError(f"PROJECT_TARGET is {chosen!r}; it must be local or aws")
    if chosen == "local":
        return _connect_local(project)
    if project.id is None:
        raise ProjectError(
            "this project is not linked to a SageMaker Project: `id` in project.yaml is empty; "
            "run `uv run project link`"
        )
    return _connection(project, "aws", project.id)


def aws_session(project: Project) -> "boto3.Session":
    """Return a session for the real AWS account, in the project's region."""
    import boto3

    return boto3.Session(region_name=project.region)


def start_local_sagemaker() -> dict[str, str]:
    """Start the local SageMaker when it is not up.

    Returns
    -------
    The environment variables that point AWS clients and the SageMaker SDK to it.

    Raises
    ------
    ProjectError : it is not installed, or it did not start.
    """
    if importlib.util.find_spec("sagemaker_local") is None:
        raise ProjectError(
            "the local SageMaker is not installed; run `uv sync --group local`, "
            "or name AWS as the target with PROJECT_TARGET=aws"
        )
    home = os.environ.get(LOCAL_HOME) or str(ROOT / ".sagemaker-local")
    region = load_project().region
    options = ["--json", "--home", home, "--region", region]
    done = subprocess.run(
        [sys.executable, "-m", "sagemaker_local", "up", *options],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProjectError(f"the local SageMaker did not start; see {home}/logs/server.log")
    environment: dict[str, str] = json.loads(done.stdout)
    return environment


def _connect_local(project: Project) -> Connection:
    # The SageMaker SDK reads its endpoint, keys and opt-outs from the environment alone; a
    # profile, a session token or another endpoint there would lead to a real account.
    environment = start_local_sagemaker()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment)
    connection = _connection(project, "local", project.id or "")
    if project.id is None:
        connection = _connection(project, "local", _local_project_id(connection))
    _ensure_bucket(connection)
    return connection


def _connection(project: Project, target: Target, project_id: str) -> Connection:
    session = aws_session(project)
    account = session.client("sts").get_caller_identity()["Account"]
    return Connection(project, target, session, account, project_id)


def _local_project_id(connection: Connection) -> str:
    """Create the SageMaker Project that an unlinked project belongs to, when it is not there."""
    client, name = connection.sagemaker, connection.project.name
    try:
        return str(client.describe_project(ProjectName=name)["ProjectId"])
    except client.exceptions.ClientError:
        return str(client.create_project(ProjectName=name)["ProjectId"])


def _ensure_bucket(connection: Connection) -> None:
    # In AWS the bucket belongs to the administrator; here there is nobody else to make it.
    s3, bucket = connection.s3, connection.bucket
    try:
        s3.head_bucket(Bucket=bucket)
    except s3.exceptions.ClientError:
        place = {"LocationConstraint": connection.region}
        extra = {} if connection.region == "us-east-1" else {"CreateBucketConfiguration": place}
        s3.create_bucket(Bucket=bucket, **extra)
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": connection.tags})
