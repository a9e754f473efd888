"""Which stages are at home, and which are refused before anything is asked for."""

from typing import Any

import pytest
from botocore.session import Session

from project import registry
from project.aws import Connection
from project.elsewhere import connect_to_stage
from project.errors import ProjectError
from project.settings import Roles, load_project

HOME, OTHER = "123456789012", "210987654321"
ENDPOINT = "arn:{partition}:iam::{account}:role/endpoint"


def home(**changes: Any) -> Connection:
    roles = Roles(pipeline=ENDPOINT, endpoint=changes.pop("endpoint", ENDPOINT))
    own = {"name": "demo", "region": "eu-central-1", "bucket": "demo-{account}", "roles": roles}
    project = load_project().model_copy(update={**own, **changes})
    return Connection(project, "aws", Session(), HOME, "p-1")


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"account": HOME},
        {"region": "eu-central-1"},
        {"account": HOME, "region": "eu-central-1", "role": None},
    ],
)
def test_a_stage_that_names_no_other_place_is_at_home(place: dict[str, Any]) -> None:
    there = home()
    assert connect_to_stage(there, "staging", **place) is there
    assert there.home is there


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            {"account": OTHER},
            "ops/stages/production.yaml: key `account`: the stage is in 210987654321, but these "
            "are credentials of 123456789012; name the role in 210987654321 that is assumed for "
            "it, `role`",
        ),
        (
            {"region": "eu-centrall-1"},
            "ops/stages/production.yaml: key `region`: there is no region eu-centrall-1, as far as "
            "the installed boto3 knows; use one like eu-central-1 or me-central-1, or update boto3 "
            "if it is a new one",
        ),
    ],
)
def test_what_cannot_be_reached_is_refused(place: dict[str, Any], said: str) -> None:
    with pytest.raises(ProjectError) as refused:
        connect_to_stage(home(), "production", **place)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("named", "arn", "shared"),
    [
        ("demo", f"arn:aws-cn:sagemaker:cn-north-1:{HOME}:model-package-group/demo", False),
        (f"arn:aws-cn:sagemaker:cn-northwest-1:{OTHER}:model-package-group/all", None, True),
    ],
)
def test_the_registry_is_where_the_groups_arn_says(
    named: str, arn: str | None, shared: bool
) -> None:
    there = home(region="cn-north-1", model_package_group=named)
    assert registry.group_arn(there) == (arn or named)
    assert registry.is_shared(there) == shared
    assert registry.version_arn(there, 7) == (
        f"{(arn or named).replace('model-package-group', 'model-package')}/7"
    )
    assert registry.registry_client(there).meta.region_name == (arn or named).split(":")[3]


def test_no_pipeline_registers_in_another_region() -> None:
    arn = f"arn:aws:sagemaker:us-east-1:{HOME}:model-package-group/all"
    with pytest.raises(ProjectError, match="a pipeline in eu-central-1 cannot register in"):
        registry.ensure_group(home(model_package_group=arn))
