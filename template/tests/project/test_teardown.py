"""Teardown removes what carries the project's id, in an order that works, and nothing else."""

import dataclasses
from typing import Any

import pytest

from project import registry, s3, teardown
from project.aws import Connection
from project.aws_errors import found
from project.tags import STAGE, Tag

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"


def make_all(connection: Connection, name: str, tags: list[Tag]) -> None:
    """Create one of everything that a stage consists of; its endpoint fails for want of a model."""
    client = connection.sagemaker
    container = {
        "Image": IMAGE,
        "ModelDataUrl": f"{connection.prefix}/none/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }
    role = connection.endpoint_role
    client.create_model(
        ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role, Tags=tags
    )
    variant: dict[str, Any] = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=tags)
    client.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=tags)
    client.get_waiter("endpoint_in_service").config.max_attempts = 1
    while client.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Creating":
        pass
    connection.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Tags=tags,
    )


def make_rule(connection: Connection, tags: list[Tag]) -> None:
    events = connection.events
    name = connection.project.name
    events.put_rule(Name=name, ScheduleExpression="rate(1 day)", Tags=tags)
    queue = connection.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = connection.arn("sqs", queue.rpartition("/")[2])
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])


def shown(resources: list[teardown.Resource]) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in resources]


def test_what_carries_the_id_goes_and_the_rest_stays(fresh: Connection) -> None:
    # The id of the other tests' project is theirs.
    connection = dataclasses.replace(fresh, project_id=f"p-{fresh.project.name[5:]}")
    name = connection.project.name
    staging: list[Tag] = [*connection.tags, {"Key": STAGE, "Value": "staging"}]
    make_all(connection, f"{name}-staging", staging)
    make_rule(connection, connection.tags)
    make_all(fresh, f"{name}-foreign", fresh.tags)
    registry.ensure_group(connection)
    s3.write(connection, f"{connection.prefix}/a", b"a")

    stage = [
        ("endpoint", f"{name}-staging"),
        ("alarm", f"{name}-staging"),
        ("endpoint configuration", f"{name}-staging"),
        ("model", f"{name}-staging"),
    ]
    assert shown(teardown.find(connection, "staging", data=True)) == stage
    assert teardown.find(connection, "production", data=False) == []
    everything = teardown.find(connection, None, data=False)
    assert shown(everything) == [("rule", name), *stage]
    with_data = teardown.find(connection, None, data=True)
    assert shown(with_data)[-2:] == [
        ("model package group", f"{name}-models"),
        ("objects", f"{connection.prefix}/"),
    ]

    assert [problem for _, problem in teardown.remove(connection, everything)] == [""] * 5
    assert teardown.find(connection, None, data=False) == []
    assert s3.read(connection, f"{connection.prefix}/a") == b"a"
    client = connection.sagemaker
    assert client.describe_endpoint(EndpointName=f"{name}-foreign")
    assert client.describe_model(ModelName=f"{name}-foreign")
    # What is gone already is no problem.
    assert [problem for _, problem in teardown.remove(connection, with_data)] == [""] * 7
    assert not s3.exists(connection, f"{connection.prefix}/a")
    group = connection.project.model_package_group
    assert found(lambda: client.describe_model_package_group(ModelPackageGroupName=group)) is None


def test_what_got_another_id_meanwhile_stays(fresh: Connection) -> None:
    name = f"{fresh.project.name}-other"
    make_all(fresh, name, fresh.tags)
    arn = fresh.sagemaker.describe_model(ModelName=name)["ModelArn"]
    stale = teardown.Resource("model", name, arn, "")
    other = dataclasses.replace(fresh, project_id="p-other")
    [(_, problem)] = teardown.remove(other, [stale])
    assert problem == (
        f"{name} does not carry the project's id p-other any more; "
        "run the same command again, it will leave that alone"
    )
    assert fresh.sagemaker.describe_model(ModelName=name)


def test_objects_in_anothers_bucket_stay(fresh: Connection) -> None:
    s3.write(fresh, f"{fresh.prefix}/a", b"a")
    other = dataclasses.replace(fresh, project_id="p-other")
    assert "objects" not in dict(shown(teardown.find(other, None, data=True)))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teardown, "POLL", 0.05)
