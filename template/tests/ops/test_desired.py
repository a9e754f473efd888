"""What a stage should consist of follows from its file and the version, names included."""

import dataclasses
import hashlib
import re

from ops.desired import desired, endpoint_name
from ops.stage import Stage
from project.settings import Roles
from tests.ops.conftest import FIRST, STAGES
from tests.ops.offline import offline_connection, offline_version


def test_the_same_wish_has_the_same_names() -> None:
    first = desired(offline_connection(), STAGES["staging"], offline_version())
    second = desired(offline_connection(), STAGES["staging"], offline_version())

    assert first == second
    assert re.fullmatch(r"demo-staging-v3-[0-9a-f]{12}", first.config_name)
    assert re.fullmatch(r"demo-staging-v3-[0-9a-f]{12}", first.model_name)


def test_other_instances_need_another_configuration_of_the_same_model() -> None:
    larger = Stage("staging", FIRST.model_copy(update={"instance_count": 3}))

    one = desired(offline_connection(), STAGES["staging"], offline_version())
    other = desired(offline_connection(), larger, offline_version())

    assert other.model_name == one.model_name
    assert other.config_name != one.config_name
    assert other.config["ProductionVariants"][0]["InitialInstanceCount"] == 3


def test_everything_is_tagged_with_project_stage_and_version() -> None:
    want = desired(offline_connection(), STAGES["production"], offline_version())

    for request in (want.model, want.config):
        tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        assert tags["sagemaker:project-id"] == "p-example"
        assert tags["sagemaker:project-name"] == "demo"
        assert tags["stage"] == "production"
        assert tags["model-package-version"] == "3"


def test_long_names_are_cut_to_what_sagemaker_takes_and_stay_apart() -> None:
    connection = offline_connection(name="a" + "-b" * 31)
    stages = [Stage(f"{'long-' * 10}{end}", FIRST) for end in ("one", "two")]

    names = {endpoint_name(connection, stage) for stage in stages}
    for stage in stages:
        want = desired(connection, stage, offline_version(12345))
        names |= {want.model_name, want.config_name}

    assert len(names) == 6
    assert max(map(len, names)) <= 63
    assert all(re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name) for name in names)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_name_that_is_too_long_ends_in_a_digest_of_the_whole() -> None:
    def name(project: str, stage: str) -> str:
        return endpoint_name(offline_connection(name=project), Stage(stage, FIRST))

    a, b = "a" * 40, "b" * 22
    assert name(a, b) == f"{a}-{b}"
    # 64 characters: 56 of them, a hyphen and six digits make 63.
    assert name(a, b + "b") == f"{a}-{'b' * 15}-{sha256(f'{a}-{b}b')[:6]}"
    # No two hyphens in a row.
    assert name("a" * 55, "b" * 8) == f"{'a' * 55}-{sha256('a' * 55 + '-' + 'b' * 8)[:6]}"


def test_a_name_is_the_digest_of_the_request() -> None:
    """Another name for the same wish would deploy all endpoints anew after an update."""
    role = "arn:aws:iam::123456789012:role/endpoint"
    roles = Roles(pipeline=role, endpoint=role)
    want = desired(offline_connection(roles=roles, tags={}), STAGES["staging"], offline_version())
    tags = (
        '"Tags":[{"Key":"sagemaker:project-id","Value":"p-example"},'
        '{"Key":"sagemaker:project-name","Value":"demo"},'
        '{"Key":"model-package-version","Value":"3"},{"Key":"stage","Value":"staging"}]'
    )
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
    model = sha256(
        f'{{"ExecutionRoleArn":"{role}","PrimaryContainer":'
        f'{{"Environment":{{"SAGEMAKER_PROGRAM":"inference.py"}},"Image":"{image}",'
        f'"ModelDataUrl":"s3://bucket/3/model.tar.gz"}},{tags}}}'
    )
    config = sha256(
        '{"ProductionVariants":[{"InitialInstanceCount":1,"InitialVariantWeight":1.0,'
        f'"InstanceType":"ml.m5.large","ModelName":"demo-staging-v3-{model[:12]}",'
        f'"VariantName":"AllTraffic"}}],{tags}}}'
    )

    assert want.model_name == f"demo-staging-v3-{model[:12]}"
    assert want.config_name == f"demo-staging-v3-{config[:12]}"


def test_the_model_runs_what_the_version_says_under_the_projects_role() -> None:
    connection, version = offline_connection(), offline_version()

    model = desired(connection, STAGES["staging"], version).model

    assert model["PrimaryContainer"] == version.container
    assert model["ExecutionRoleArn"] == connection.endpoint_role


def test_another_number_is_another_model() -> None:
    renumbered = dataclasses.replace(offline_version(), number=4)

    one = desired(offline_connection(), STAGES["staging"], offline_version())
    other = desired(offline_connection(), STAGES["staging"], renumbered)

    assert one.model_name != other.model_name
