"""What stands in for AWS where the local SageMaker does otherwise."""

import dataclasses
from collections.abc import Iterator

import pytest
from botocore.session import Session

from project.aws import Connection


@pytest.fixture
def aws(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """Stand in for AWS, where the rules are: those of the local SageMaker start and tell nobody."""
    moto = pytest.importorskip("moto", reason="the local SageMaker is left out of this project")
    for name in ("AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_DATA_PATH"):
        monkeypatch.delenv(name, raising=False)
    with moto.mock_aws():
        yield dataclasses.replace(connection, target="aws", session=Session())
