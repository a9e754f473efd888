"""What starts the pipeline by itself is set up as declared, and removed with its declaration."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber
from pydantic import ValidationError

from data_science.config.triggers import Triggers
from data_science.runs import triggers
from project.aws import Connection

ROLE = "arn:aws:iam::123456789012:role/starts-pipelines"
BOTH = Triggers(schedule="rate(7 days)", new_data="s3://theirs/new/", role=ROLE)


def target_of(connection: Connection, rule: str) -> dict[str, Any]:
    (target,) = connection.events.list_targets_by_rule(Rule=rule)["Targets"]
    values = target["SageMakerPipelineParameters"]["PipelineParameterList"]
    return {**target, "values": {one["Name"]: one["Value"] for one in values}}


def rules(connection: Connection) -> dict[str, Any]:
    return {rule["Name"]: rule for rule in connection.events.list_rules()["Rules"]}


def test_both_start_the_pipeline_with_what_is_new(aws: Connection) -> None:
    aws.s3.create_bucket(Bucket="theirs")
    lines = triggers.set_up(aws, BOTH, {"InputDataUrl": "s3://theirs/new/", "GitCommit": "abc"})
    name = aws.project.name
    assert lines == [
        "starts by itself: rate(7 days) in UTC",
        "starts by itself: when there is a new object under s3://theirs/new/",
        "the bucket theirs sends no events yet: turn on Amazon EventBridge among its properties, "
        "or no new object starts a run",
    ]
    assert triggers.there(aws) == lines[:2]
    found = rules(aws)
    assert found[f"{name}-schedule"]["ScheduleExpression"] == "rate(7 days)"
    assert json.loads(found[f"{name}-new-data"]["EventPattern"]) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["theirs"]}, "object": {"key": [{"prefix": "new/"}]}},
    }
    new_data = target_of(aws, f"{name}-new-data")
    assert new_data["Arn"] == aws.arn("sagemaker", f"pipeline/{name}")
    assert new_data["RoleArn"] == ROLE
    # Without it SageMaker would take the steps from its cache: the URI is the same as before.
    assert new_data["values"] == {
        "InputDataUrl": "s3://theirs/new/",
        "GitCommit": "abc",
        "InputDataVersion": "$.detail.object.etag",
    }
    assert target_of(aws, f"{name}-schedule")["values"]["InputDataVersion"] == "$.time"
    tags = aws.events.list_tags_for_resource(ResourceARN=found[f"{name}-schedule"]["Arn"])["Tags"]
    assert sorted(tags, key=lambda tag: tag["Key"]) == aws.tags


def test_a_bucket_that_sends_events_is_not_complained_about(aws: Connection) -> None:
    # moto forgets this part of a bucket's notifications.
    with Stubber(aws.s3) as s3:
        answer: dict[str, Any] = {"EventBridgeConfiguration": {}}
        s3.add_response("get_bucket_notification_configuration", answer, {"Bucket": "theirs"})
        assert len(triggers.set_up(aws, BOTH, {})) == 2
        s3.add_client_error("get_bucket_notification_configuration", "AccessDenied")
        assert triggers.set_up(aws, BOTH, {})[2:] == [
            "whether the bucket theirs sends events to Amazon EventBridge cannot be seen"
        ]


def test_what_is_declared_no_longer_is_removed_and_a_change_takes_effect(aws: Connection) -> None:
    aws.s3.create_bucket(Bucket="theirs")
    triggers.set_up(aws, BOTH, {})
    triggers.set_up(aws, Triggers(schedule="cron(0 6 ? * MON *)", role=ROLE), {"GitCommit": "b"})
    name = f"{aws.project.name}-schedule"
    assert list(rules(aws)) == [name]
    assert rules(aws)[name]["ScheduleExpression"] == "cron(0 6 ? * MON *)"
    assert target_of(aws, name)["values"]["GitCommit"] == "b"
    assert triggers.set_up(aws, Triggers(), {}) == []
    assert rules(aws) == {}
    assert triggers.set_up(aws, Triggers(), {}) == triggers.there(aws) == []


def test_the_local_sagemaker_says_that_it_has_none(connection: Connection) -> None:
    assert triggers.set_up(connection, BOTH, {}) == ["triggers are set up in AWS only"]
    assert triggers.set_up(connection, Triggers(), {}) == []
    assert triggers.there(connection) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedule": "every day", "role": ROLE},
        {"new_data": "data/", "role": ROLE},
        {"schedule": "rate(1 day)"},
        {"schedule": "rate(1 day)", "role": "starts-pipelines"},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Triggers.model_validate(wrong)
