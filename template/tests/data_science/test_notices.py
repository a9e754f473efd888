"""Who is told of a run that fails is set up as declared, and removed with its declaration."""

import json
import time
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from pydantic import ValidationError

from data_science.config.notices import Notices
from data_science.runs import execution, notices
from project.aws import Connection
from project.errors import ProjectError

FAILS = '{"Version": "2020-12-01", "Steps": [{"Name": "No", "Type": "Fail", "Arguments": {}}]}'


def topic(connection: Connection, name: str = "failures") -> str:
    return connection.arn("sns", name)


def rules(connection: Connection) -> list[Any]:
    found: list[Any] = connection.events.list_rules()["Rules"]
    return found


def test_a_topic_is_told_as_declared_and_a_change_takes_effect(aws: Connection) -> None:
    first, other = topic(aws), topic(aws, "other")
    told = [f"tells of a run that fails: {first}"]
    assert notices.set_up(aws, Notices(topic=first)) == notices.there(aws) == told
    [rule] = rules(aws)
    assert rule["Name"] == f"{aws.project.name}-failed"
    tags = aws.events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
    assert sorted(tags, key=lambda tag: tag["Key"]) == aws.tags
    assert notices.set_up(aws, Notices(topic=other)) == [f"tells of a run that fails: {other}"]
    [target] = aws.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"] == other
    # A role would make EventBridge pass over what the topic's policy allows.
    assert "RoleArn" not in target
    aws.events.disable_rule(Name=rule["Name"])
    assert notices.there(aws) == [f"tells of a run that fails: {other}, but is disabled"]
    assert notices.set_up(aws, Notices()) == notices.there(aws) == rules(aws) == []
    assert notices.set_up(aws, Notices()) == []


def test_a_rule_that_is_there_gets_the_tags_and_a_refusal_is_told(aws: Connection) -> None:
    arn = aws.arn("events", f"rule/{aws.project.name}-failed")
    with Stubber(aws.events) as events:
        events.add_response("put_rule", {"RuleArn": arn})
        events.add_response("tag_resource", {}, {"ResourceARN": arn, "Tags": aws.tags})
        refused = {"TargetId": "pipeline", "ErrorCode": "A", "ErrorMessage": "no such topic"}
        answer = {"FailedEntryCount": 1, "FailedEntries": [refused]}
        events.add_response("put_targets", answer, {"Rule": ANY, "Targets": ANY})
        with pytest.raises(ProjectError, match=r"^EventBridge refuses arn:.*: no such topic$"):
            notices.set_up(aws, Notices(topic=topic(aws)))


def test_whoever_may_not_look_at_rules_has_none(aws: Connection) -> None:
    with Stubber(aws.events) as events:
        for _ in range(2):
            events.add_client_error("describe_rule", "AccessDeniedException")
        assert notices.set_up(aws, Notices()) == notices.there(aws) == []


def test_a_failed_run_is_told_in_a_line_and_a_run_of_another_pipeline_is_not(
    fresh: Connection,
) -> None:
    sqs = fresh.session.create_client("sqs", region_name=fresh.region)
    name = fresh.project.name
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    # The local EventBridge reaches no topic; a queue gets what the topic would.
    fresh.events.put_rule(Name=name, **notices.rule(fresh))
    there = {"Id": "queue", **notices.target(fresh, fresh.arn("sqs", name))}
    fresh.events.put_targets(Rule=name, Targets=[there])
    for pipeline in (f"{name}-other", name):
        execution.upsert(fresh, FAILS, pipeline)
        arn = execution.start(fresh, {}, pipeline)
        for _ in execution.follow(fresh, arn):
            pass
    ended = fresh.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    last = ended["LastModifiedTime"].strftime("%Y-%m-%dT%H:%M:%S")
    messages: list[Any] = []
    deadline = time.monotonic() + 20
    while not messages and time.monotonic() < deadline:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    assert [json.loads(one["Body"]) for one in messages] == [
        f"The pipeline {name} failed at {last}Z. Why: `uv run ds logs --aws --run {arn}`. When "
        "that is mended: `uv run ds run --aws`, or "
        f"`uv run ds retry --aws --run {arn}` if the sources need no change."
    ]
    # What it names is what the commands take.
    assert execution.find(fresh, arn) == execution.find(fresh, execution.run_id(arn)) == arn


def test_the_local_sagemaker_says_that_it_tells_nobody(connection: Connection) -> None:
    declared = Notices(topic=topic(connection))
    assert notices.set_up(connection, declared) == ["notices are set up in AWS only"]
    assert notices.set_up(connection, Notices()) == notices.there(connection) == []


def test_a_topic_of_another_region_is_refused(connection: Connection) -> None:
    foreign = Notices(topic="arn:aws:sns:mars-north-1:123456789012:failures")
    with pytest.raises(ProjectError, match=r"mars-north-1.* is not in .*; name a topic there$"):
        notices.set_up(connection, foreign)


@pytest.mark.parametrize(
    "wrong",
    [
        "failures",
        "arn:aws:sqs:us-east-1:123456789012:failures",
        "arn:aws:sns:us-east-1:123456789012:failures.fifo",
        "arn:aws:sns:us-east-1:123456789012:failures:a-subscription",
    ],
)
def test_what_is_no_topic_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="must be the ARN of a standard SNS topic"):
        Notices.model_validate({"topic": wrong})
