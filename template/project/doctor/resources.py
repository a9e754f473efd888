"""Looks at what the project is given: its SageMaker Project, its bucket, its registry."""

from collections.abc import Iterator

from project.aws import Connection
from project.aws_errors import found
from project.doctor.finding import Finding, ok, unknown, wrong
from project.tags import PROJECT_ID

READY = ("CreateCompleted", "UpdateCompleted")
ADMINISTRATOR = "an administrator makes it, see docs/how-to/ship-to-aws.md of the template"


def link(connection: Connection) -> Iterator[Finding]:
    """Look whether the SageMaker Project that the project is linked to is there and ready."""
    pages = connection.sagemaker.get_paginator("list_projects").paginate()
    there = {item["ProjectId"]: item for page in pages for item in page["ProjectSummaryList"]}
    ours = there.get(connection.project_id)
    if ours is None:
        yield wrong(
            "project link",
            f"no SageMaker Project has the id {connection.project_id}",
            "link it to one of this account and region: `uv run project link --name NAME`",
        )
    elif ours["ProjectStatus"] not in READY:
        yield wrong(
            "project link",
            f"the SageMaker Project {ours['ProjectName']} is {ours['ProjectStatus']}",
            "look in Studio what went wrong with it",
        )
    else:
        yield ok("project link", f"{ours['ProjectName']}, {connection.project_id}")


def bucket(connection: Connection) -> Iterator[Finding]:
    """Look at the bucket: whether it is there, in the region, and keeps what is overwritten."""
    client, name = connection.client("s3"), connection.bucket
    if found(lambda: client.head_bucket(Bucket=name)) is None:
        if connection.target == "local":
            yield ok("bucket", f"there is no bucket {name} yet; the first run makes it")
            return
        yield wrong("bucket", f"there is no bucket {name}", ADMINISTRATOR)
        return
    # The API reference of GetBucketLocation: null is us-east-1.
    place = client.get_bucket_location(Bucket=name)["LocationConstraint"] or "us-east-1"
    if place != connection.region:
        yield wrong(
            "bucket",
            f"{name} is in {place}, the project in {connection.region}",
            "name one of the region under `bucket` in project.yaml",
        )
        return
    yield ok("bucket", name)
    if connection.target == "local":
        return
    if client.get_bucket_versioning(Bucket=name).get("Status") == "Enabled":
        yield ok("bucket's versions", "kept")
    else:
        yield unknown(
            "bucket's versions",
            "what is overwritten is gone: an artefact too that a stage may roll back to",
            f"aws s3api put-bucket-versioning --bucket {name} "
            "--versioning-configuration Status=Enabled",
        )


def registry(connection: Connection) -> Iterator[Finding]:
    """Look at the model package group: whether it is there, and the project's."""
    group = connection.project.model_package_group
    client = connection.sagemaker
    answer = found(lambda: client.describe_model_package_group(ModelPackageGroupName=group))
    if answer is None:
        yield ok("registry", f"there is no group {group} yet; the first run makes it")
        return
    owner = connection.tags_of(answer["ModelPackageGroupArn"]).get(PROJECT_ID)
    if owner == connection.project_id:
        yield ok("registry", group)
    else:
        yield wrong(
            "registry",
            f"the group {group} carries {f'the project id {owner}' if owner else 'no project id'}",
            "name a group of this project under `model_package_group` in project.yaml, or tag it: "
            f"aws sagemaker add-tags --resource-arn {answer['ModelPackageGroupArn']} "
            f"--tags Key={PROJECT_ID},Value={connection.project_id}",
        )
