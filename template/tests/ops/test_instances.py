"""An instance type that there is not is refused, and one that was not foreseen is noted."""

import pytest

from ops.instances import known_types, refuse_unknown_type, unforeseen
from ops.stage import Stage
from project.errors import ProjectError
from tests.ops.conftest import FIRST
from tests.ops.offline import offline_connection, offline_version

KNOWN = ["ml.m5.large", "ml.m5.xlarge", "ml.c5.large"]


def stage(instance_type: str) -> Stage:
    return Stage("live", FIRST.model_copy(update={"instance_type": instance_type}))


def test_botocore_knows_the_instance_types_of_endpoints() -> None:
    known = known_types(offline_connection())

    refuse_unknown_type(stage("ml.m5.large"), known)
    with pytest.raises(ProjectError, match=r"do not run on ml\.m5\.huge"):
        refuse_unknown_type(stage("ml.m5.huge"), known)


@pytest.mark.parametrize(
    ("wanted", "advice"),
    [
        ("c5.large", "; use one like ml.c5.large, or update boto3"),
        ("ml.m5.xlarg", "; use one like ml.m5.xlarge or ml.m5.large, or update boto3"),
        ("unlike", "; update boto3 if it is a new one"),
    ],
)
def test_the_refusal_names_file_key_and_what_is_spelt_alike(wanted: str, advice: str) -> None:
    with pytest.raises(ProjectError) as caught:
        refuse_unknown_type(stage(wanted), KNOWN)

    said = f"ops/stages/live.yaml: key `instance_type`: endpoints do not run on {wanted}, as far"
    assert str(caught.value).startswith(said)
    assert advice in str(caught.value)


def test_a_type_that_data_science_did_not_name_is_noted() -> None:
    version = offline_version()
    assert unforeseen(stage("ml.c5.large"), version) == ""

    named = version.package["InferenceSpecification"]
    named["SupportedRealtimeInferenceInstanceTypes"] = ["ml.m5.large", "ml.m5.xlarge"]
    assert unforeseen(stage("ml.m5.xlarge"), version) == ""
    assert unforeseen(stage("ml.c5.large"), version) == (
        "version 3 was registered for ml.m5.large, ml.m5.xlarge; "
        "`instance_type` in ops/stages/live.yaml is ml.c5.large"
    )
