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


def test_without_an_endpoint_everything_is_new() -> None:
    assert endpoint_action(want(), None) == "create"
    assert Change("version", None, "3") in changes(want(), None)


def test_a_failed_endpoint_is_replaced() -> None:
    assert endpoint_action(want(), now_serving(want(), status="Failed")) == "replace"


def test_a_plan_reads_as_a_short_diff() -> None:
    plan = Plan(
        stage="staging",
        version=3,
        why="the newest approved version",
        status="Updating",
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
