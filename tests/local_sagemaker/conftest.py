"""Starts the local SageMaker for the tests: a real server, reached as users reach it."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parents[2] / "template" / "vendor" / "sagemaker-local"),
]

from kit import BUCKET, INFERENCE, Local  # noqa: E402
from place import Place  # noqa: E402


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A server that the tests of one module share."""
    server = Local(tmp_path_factory.mktemp("local") / "home").up()
    server.s3.create_bucket(Bucket=BUCKET)
    yield server
    server.down()


@pytest.fixture(scope="module")
def doubling(local):
    """An endpoint that doubles numbers."""
    local.deploy("doubling", INFERENCE)
    local.sm.create_endpoint(
        EndpointName="doubling",
        EndpointConfigName="doubling",
        Tags=[{"Key": "project", "Value": "p"}],
    )
    assert local.wait_for_endpoint("doubling")["EndpointStatus"] == "InService"
    return "doubling"


@pytest.fixture
def own(tmp_path):
    """A server of a test's own, which it may kill."""
    server = Local(tmp_path / "home").up()
    server.s3.create_bucket(Bucket=BUCKET)
    yield server
    server.down()


@pytest.fixture(scope="module")
def cold(tmp_path_factory):
    """Commands that start in a fresh interpreter."""
    place = Place(tmp_path_factory.mktemp("cold"), warm=False)
    yield place
    place.workers.close()


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """Commands that are forked from a process with their packages."""
    place = Place(tmp_path_factory.mktemp("warm"), warm=True)
    place.workers.prepare()
    yield place
    place.workers.close()


@pytest.fixture(params=["cold", "warm"])
def place(request):
    """Both, one after the other."""
    return request.getfixturevalue(request.param)
