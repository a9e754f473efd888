"""A plan names what would be created, kept or changed, and the values that would be others."""

from datetime import UTC, datetime
from typing import Any

from ops.desired import Desired, desired
from ops.plan import Change, Plan, Step, changes, endpoint_action, lines
from ops.serving import Serving
from tests.ops.conftest import STAGES
from tests.ops.offline import offline_connection, offline_version


def want(version: int = 3) -> Desired:
    return desired(offline_connection(), STAGES["staging"], offline_version(version))


def now_serving(state: Desired, **changes: Any) -> Serving:
    actual: dict[str, Any] = {
        "endpoint": "demo-staging",
        "arn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/demo-staging",
        "status": "InService",
        "config": state.config_name,
        "version": 3,
        "modified": datetime(2026, 11, 1, tzinfo=UTC),
        "model": state.model,
        "variant": state.config["ProductionVariants"][0],
        "tags": {tag["Key"]: tag["Value"] for tag in state.config["Tags"]},
    }
    return Serving(**{**actual, **changes})


def test_nothing_changes_when_the_stage_serves_what_it_should() -> None:
    assert endpoint_action(want(), now_serving(want())) == "keep"
    assert changes(want(), now_serving(want())) == []


def test_another_version_is_an_update() -> None:
    now = now_serving(want(2))

    assert endpoint_action(want(3), now) == "update"
    assert changes(want(3), now) == [
        Change("version", "2", "3"),
        Change("model data", "s3://bucket/2/model.tar.gz", "s3://bucket/3/model.tar.gz"),
    ]


def test_instances_that_were_changed_by_hand_show() -> None:
    variant = {"InstanceType": "ml.m5.4xlarge", "InitialInstanceCount": 7}

    shown = changes(want(), now_serving(want(), variant=variant, config="by-hand"))

    assert shown == [
        Change("instance type", "ml.m5.4xlarge", "ml.m5.large"),
        Change("instance count", 7, 1),
    ]


def test_whatever_serves_is_compared() -> None:
    now = now_serving(
        want(),
        model={
            "PrimaryContainer": {
                "Image": "image:0",
                "ModelDataUrl": "s3://bucket/3/model.tar.gz",
                "Environment": {"A": "1"},
            },
            "ExecutionRoleArn": "an-old-role",
        },
        tags={"model-package-version": "3", "stage": "staging"},
    )
    container = offline_version().container
    connection = offline_connection()
    tags = {tag["Key"]: tag["Value"] for tag in connection.tags} | {"stage": "staging"}

    assert changes(want(), now) == [
        Change("image", "image:0", container["Image"]),
        Change("environment", {"A": "1"}, container["Environment"]),
        Change("role", "an-old-role", connection.endpoint_role),
        Change("tags", {"stage": "staging"}, tags),
    ]


def test_what_serves_may_have_lost_its_model_and_its_tags() -> None:
    now = now_serving(want(), model={}, tags={})

    shown = {change.what: change.old for change in changes(want(), now)}
    assert shown == dict.fromkeys(
        ("version", "image", "model data", "environment", "role", "tags"), None
    )


def test_without_an_endpoint_everything_is_new() -> None:
    assert endpoint_action(want(), None) == "create"
    assert Change("version", None, "3") in changes(want(), None)


def test_a_failed_endpoint_is_replaced() -> None:
    assert endpoint_action(want(), now_serving(want(), status="Failed")) == "replace"


def test_a_plan_reads_as_a_short_diff() -> None:
    plan = Plan(
        stage=STAGES["staging"],
        version=offline_version(3),
        why="the newest approved version",
        want=want(),
        now=now_serving(want(), status="Updating"),
        steps=[Step("model", "demo-staging-v3-0", "create")],
        changes=[Change("version", "2", "3"), Change("role", None, "a-role")],
        note="it was registered for another one",
    )

    assert lines(plan) == [
        "staging: version 3, the newest approved version",
        "note: it was registered for another one",
        "  create  model                   demo-staging-v3-0",
        "    version             2 → 3",
        "    role                none → a-role",
        "the endpoint is Updating; a promotion waits for that first",
    ]


def plan(status: str | None, action: str = "keep") -> Plan:
    return Plan(
        stage=STAGES["staging"],
        version=offline_version(3),
        why="as asked for",
        want=want(),
        now=None if status is None else now_serving(want(), status=status),
        steps=[Step("endpoint", "demo-staging", action)],
        changes=[
            Change("version", None, "3"),
            Change("instance type", None, "ml.m5.large"),
            Change("instance count", None, 1),
            Change("environment", None, {"B": "2", "A": "1"}),
        ],
    )


def test_a_plan_that_changes_nothing_says_so() -> None:
    assert lines(plan("InService")) == ["staging: version 3, as asked for", "nothing to do"]
    assert plan("InService").nothing
    assert not plan("Updating").nothing


def test_a_first_deployment_shows_only_what_a_reader_looks_for() -> None:
    assert lines(plan(None, "create")) == [
        "staging: version 3, as asked for",
        "  create  endpoint                demo-staging",
        "    version             none → 3",
        "    instance type       none → ml.m5.large",
        "    instance count      none → 1",
    ]


def test_a_mapping_reads_as_pairs_in_order() -> None:
    assert lines(plan("InService", "update"))[-1] == "    environment         none → A=1, B=2"
