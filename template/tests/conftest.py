"""A local SageMaker of their own for the tests, apart from the one a developer may have up."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.aws import LOCAL_HOME, Connection, connect


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Start a local SageMaker in a temporary folder and connect the project to it."""
    home: Path = tmp_path_factory.mktemp("sagemaker-local")
    before = dict(os.environ)
    os.environ[LOCAL_HOME] = str(home)
    os.environ["PROJECT_TARGET"] = "local"
    try:
        yield connect()
    finally:
        subprocess.run([sys.executable, "-m", "sagemaker_local", "down"], check=True)
        os.environ.clear()
        os.environ.update(before)
