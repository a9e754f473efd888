"""Regions and their partitions."""

import pytest

from sagemaker_local.regions import partition_of


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("ap-southeast-7", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("eusc-de-east-1", "aws-eusc"),
        ("", ""),
        ("local", ""),
        ("moon-1", ""),
        ("us-east", ""),
        ("us-east-1\n", ""),
        ("us-east-١", ""),  # noqa: RUF001
        ("US-EAST-1", ""),
    ],
)
def test_partition(region, partition):
    assert partition_of(region) == partition
