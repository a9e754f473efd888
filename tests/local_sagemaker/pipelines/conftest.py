"""The pipelines of the local SageMaker, with a server and without."""

import itertools

import pytest
from definitions import definition
from in_process import InProcess
from kit import ROLE

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """Pipelines without a server."""
    return InProcess(tmp_path_factory.mktemp("inside"))


@pytest.fixture
def create(local):
    """Create a pipeline on the server under a name of its own; returns the name."""
    name = f"pipeline-{next(_NUMBERS)}"

    def create(*steps, **members):
        local.sm.create_pipeline(
            PipelineName=name, PipelineDefinition=definition(*steps, **members), RoleArn=ROLE
        )
        return name

    return create
