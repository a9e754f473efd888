"""The steps of a deployment: hand-computed shares, and what AWS's bounds refuse."""

import pytest

from sagemaker_local.api.errors import AwsError
from sagemaker_local.hosting.guardrails.policy import Policy, Step, read_policy

FOUR = [{"VariantName": "all", "InitialInstanceCount": 4}]


def percent(value):
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def instances(value):
    return {"Type": "INSTANCE_COUNT", "Value": value}


def routing(kind, **sizes):
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": 300, **sizes},
            "TerminationWaitInSeconds": 120,
            "MaximumExecutionTimeoutInSeconds": 3600,
        }
    }


def rolling(size, **members):
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 60, **members}
    return {"RollingUpdatePolicy": policy}


def shares(config, variants=FOUR):
    return [step.percent for step in read_policy(config, variants).steps]


def test_without_a_configuration_all_traffic_moves_at_once():
    assert read_policy(None, FOUR) == Policy((Step(100, 0),), 0, None, ())
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}}
    assert read_policy(alarms, FOUR).alarms == ("a", "b")


def test_waits_and_limit():
    policy = read_policy(routing("CANARY", CanarySize=percent(30)), FOUR)
    assert policy == Policy((Step(30, 300), Step(100, 300)), 120, 3600, ())
    limited = read_policy(rolling(percent(50), MaximumExecutionTimeoutInSeconds=700), FOUR)
    assert limited == Policy((Step(50, 60), Step(100, 60)), 0, 700, ())


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (routing("ALL_AT_ONCE"), [100]),
        (routing("CANARY", CanarySize=percent(1)), [1, 100]),
        (routing("CANARY", CanarySize=instances(1)), [25, 100]),
        (routing("LINEAR", LinearStepSize=percent(50)), [50, 100]),
        (routing("LINEAR", LinearStepSize=percent(30)), [30, 60, 90, 100]),
        (routing("LINEAR", LinearStepSize=percent(10)), [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        (routing("LINEAR", LinearStepSize=instances(2)), [50, 100]),
        (rolling(percent(40)), [40, 80, 100]),
        (rolling(instances(1)), [25, 50, 75, 100]),
    ],
)
def test_shares(config, expected):
    assert shares(config) == expected


def test_instances_of_several_variants_are_counted_of_the_smallest():
    variants = [*FOUR, {"VariantName": "b", "InitialInstanceCount": 10}]
    assert shares(rolling(instances(1)), variants) == [25, 50, 75, 100]


@pytest.mark.parametrize(
    ("config", "member"),
    [
        (routing("CANARY", CanarySize=percent(51)), "CanarySize"),
        (routing("CANARY", CanarySize=instances(3)), "CanarySize"),
        (routing("CANARY"), "CanarySize is required"),
        (routing("LINEAR"), "LinearStepSize is required"),
        (routing("LINEAR", LinearStepSize=percent(9)), "LinearStepSize"),
        (routing("LINEAR", LinearStepSize=percent(51)), "LinearStepSize"),
        (routing("ALL_AT_ONCE", CanarySize=percent(10)), "CanarySize must not be given"),
        (routing("CANARY", CanarySize=percent(9), LinearStepSize=percent(10)), "LinearStepSize"),
        (rolling(percent(4)), "MaximumBatchSize must be between 5% and 50%"),
        (rolling(instances(3)), "MaximumBatchSize"),
        (rolling(percent(5), RollbackMaximumBatchSize=percent(101)), "RollbackMaximumBatchSize"),
        (routing("ALL_AT_ONCE") | rolling(percent(5)), "only one of"),
    ],
)
def test_refused(config, member):
    with pytest.raises(AwsError) as caught:
        read_policy(config, FOUR)
    assert caught.value.code == "ValidationException"
    assert member in caught.value.message
