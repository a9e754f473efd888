"""Starts the local SageMaker for the tests: a real server, reached as users reach it."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parents[2] / "template" / "vendor" / "sagemaker-local"),
]

from kit import BUCKET, Local  # noqa: E402


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A server that the tests of one module share."""
    server = Local(tmp_path_factory.mktemp("local") / "home").up()
    server.s3.create_bucket(Bucket=BUCKET)
    yield server
    server.down()


@pytest.fixture
def own(tmp_path):
    """A server of a test's own, which it may kill."""
    server = Local(tmp_path / "home").up()
    server.s3.create_bucket(Bucket=BUCKET)
    yield server
    server.down()
