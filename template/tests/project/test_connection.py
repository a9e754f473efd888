"""What a connection makes of `project.yaml`: names, roles and ARNs of the region's partition."""

import pytest
from botocore.session import Session

from project.aws import Connection
from project.settings import Roles, load_project


def connection(region: str) -> Connection:
    roles = Roles(
        pipeline="arn:{partition}:iam::{account}:role/a-pipeline",
        endpoint="arn:aws:iam::999999999999:role/shared",
    )
    changes = {"name": "a-b", "region": region, "bucket": "b-{account}-{region}", "roles": roles}
    project = load_project().model_copy(update=changes)
    return Connection(project, "aws", Session(), "123456789012", "p-1")


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-central-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-northwest-1", "aws-cn"),
        ("eu-somewhere-9", "aws"),
    ],
)
def test_arns_name_the_partition_of_the_region(region: str, partition: str) -> None:
    there = connection(region)
    assert there.partition == partition
    assert there.pipeline_role == f"arn:{partition}:iam::123456789012:role/a-pipeline"
    assert there.arn("sagemaker", "pipeline/a-b") == (
        f"arn:{partition}:sagemaker:{region}:123456789012:pipeline/a-b"
    )


def test_what_is_spelt_out_stays_as_it_is() -> None:
    there = connection("cn-north-1")
    assert there.endpoint_role == "arn:aws:iam::999999999999:role/shared"
    assert there.bucket == "b-123456789012-cn-north-1"
    assert there.prefix == "s3://b-123456789012-cn-north-1/a-b"
