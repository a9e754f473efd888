"""A local SageMaker of their own for the tests, apart from the one a developer may have up."""

import dataclasses
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from project import local
from project.aws import Connection, connect


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Start a local SageMaker in a temporary folder and connect the project to it."""
    pytest.importorskip("sagemaker_local", reason="the local SageMaker is left out of this project")
    home: Path = tmp_path_factory.mktemp("sagemaker-local")
    before = dict(os.environ)
    os.environ[local.HOME] = str(home)
    os.environ["PROJECT_TARGET"] = "local"
    try:
        yield connect()
    finally:
        subprocess.run([sys.executable, "-m", "sagemaker_local", "down"], check=True)
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def fresh(connection: Connection) -> Connection:
    """Return a connection for a project of another name, which has nothing yet."""
    name = f"test-{secrets.token_hex(4)}"
    # Its bucket too, which would carry its tags for the project that comes later.
    own = {"name": name, "bucket": name, "model_package_group": f"{name}-models"}
    project = connection.project.model_copy(update={**own, "id": connection.project_id})
    return dataclasses.replace(connection, project=project)
