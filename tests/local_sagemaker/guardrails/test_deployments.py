"""Deployments for real: two fleets, moving traffic, alarms that roll back, and requests kept."""

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from kit import INFERENCE, refusal, wait_until

FAILING = INFERENCE.replace(
    "def predict_fn(data, model):", "def predict_fn(data, model):\n    raise RuntimeError('no')"
)
UNDER_WAY = ("Updating", "RollingBack")


def by_alarm(name):
    return {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name}]}}


def canary(size=10, bake=3600, **policy):
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": size},
        "WaitIntervalInSeconds": bake,
    }
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **policy}}


@pytest.fixture(scope="module")
def models(local):
    for name, code, factor in (("one", INFERENCE, 1), ("two", INFERENCE, 2), ("bad", FAILING, 3)):
        local.deploy(name, code, factor=factor)


@pytest.fixture
def endpoint(local, models, request):
    """An endpoint that serves configuration `one`."""
    name = request.node.name.replace("_", "-")[:63]
    local.sm.create_endpoint(EndpointName=name, EndpointConfigName="one")
    assert local.wait_for_endpoint(name)["EndpointStatus"] == "InService"
    yield name
    local.wait_for_endpoint(name)
    local.sm.delete_endpoint(EndpointName=name)


def alarm(local, endpoint, name, metric="VerificationFailures", namespace="demo/ops", **changes):
    dimensions = [{"Name": "EndpointName", "Value": endpoint}]
    if namespace == "AWS/SageMaker":
        dimensions.append({"Name": "VariantName", "Value": "all"})
    asked = {
        "AlarmName": name,
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": dimensions,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    local.client("cloudwatch").put_metric_alarm(**asked | changes)
    return name


def update(local, endpoint, config, deployment_config):
    local.sm.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=deployment_config
    )


def baking(local, endpoint):
    """Wait until a deployment bakes; returns its summary's variant."""
    described = wait_until(
        lambda: local.sm.describe_endpoint(EndpointName=endpoint),
        lambda found: "Baking" in str(found.get("PendingDeploymentSummary")),
    )
    return described["PendingDeploymentSummary"]["ProductionVariants"][0]


def state(local, name):
    (found,) = local.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found["StateValue"]


def pids(local, endpoint):
    return {
        pid for one in local.status["endpoints"] if one["name"] == endpoint for pid in one["pids"]
    }


def rolled_back(local, endpoint, since):
    """Wait until traffic is back, at most five seconds; returns the reason."""
    described = local.wait_for_endpoint(endpoint)
    assert time.monotonic() - since < 5
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "one")
    assert "PendingDeploymentSummary" not in described
    assert {local.invoke(endpoint, "[1]")["Body"].read() for _ in range(20)} == {b"[1]"}
    return described["FailureReason"]


def test_canary_gets_its_share_and_then_all(local, endpoint):
    # Two seconds a bake, by the clock of these tests.
    asked = canary(10, bake=1200, TerminationWaitInSeconds=60)
    update(local, endpoint, "two", asked)
    variant = baking(local, endpoint)
    assert variant["CurrentWeight"] == pytest.approx(0.1)
    assert variant["DesiredWeight"] == 1
    answers = [local.invoke(endpoint, "[1]")["Body"].read() for _ in range(100)]
    assert (answers.count(b"[1]"), answers.count(b"[2]")) == (90, 10)
    assert len(pids(local, endpoint)) == 2
    for act in (
        lambda: update(local, endpoint, "one", asked),
        lambda: local.sm.delete_endpoint(EndpointName=endpoint),
    ):
        code, message = refusal(act)
        assert code == "ValidationException"
        assert message.startswith("Cannot update in-progress endpoint")
    done = local.wait_for_endpoint(endpoint)
    assert (done["EndpointStatus"], done["EndpointConfigName"]) == ("InService", "two")
    assert done["LastDeploymentConfig"] == asked
    assert not {"FailureReason", "PendingDeploymentSummary"} & done.keys()
    assert local.invoke(endpoint, "[1]")["Body"].read() == b"[2]"


def test_metric_of_ones_own_rolls_back(local, endpoint):
    name = alarm(local, endpoint, "verification")
    update(local, endpoint, "two", canary() | by_alarm(name))
    baking(local, endpoint)
    dimensions = [{"Name": "EndpointName", "Value": endpoint}]
    failure = {"MetricName": "VerificationFailures", "Dimensions": dimensions, "Value": 1}
    local.client("cloudwatch").put_metric_data(Namespace="demo/ops", MetricData=[failure])
    assert name in rolled_back(local, endpoint, time.monotonic())
    # A few periods later there are no failures any more.
    wait_until(lambda: state(local, name), lambda found: found == "OK")


def test_errors_of_the_new_model_roll_back_and_are_counted(local, endpoint):
    name = alarm(local, endpoint, "errors", "Invocation5XXErrors", "AWS/SageMaker")
    update(local, endpoint, "bad", canary(50) | by_alarm(name))
    baking(local, endpoint)
    since, failed, asked = time.monotonic(), 0, 20
    while local.sm.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] in UNDER_WAY:
        asked += 1
        try:
            local.invoke(endpoint, "[1]")
        except Exception:
            failed += 1
    assert failed
    assert name in rolled_back(local, endpoint, since)
    moment, cloudwatch = datetime.now(UTC), local.client("cloudwatch")

    def total(metric, **more):
        dimensions = {"EndpointName": endpoint, "VariantName": "all", **more}
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=moment - timedelta(minutes=30),
            EndTime=moment + timedelta(minutes=30),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(one["Sum"] for one in found)

    wait_until(lambda: total("Invocations"), lambda found: found == asked)
    assert total("Invocation5XXErrors") == total("InvocationModelErrors") == failed
    assert total("Invocation4XXErrors") == 0
    assert total("Invocations", EndpointConfigName="bad") == failed
    assert 0 < total("ModelLatency") / asked < 1e6


def test_state_set_by_hand_rolls_back(local, endpoint):
    name = alarm(local, endpoint, "by-hand")
    update(local, endpoint, "two", canary() | by_alarm(name))
    baking(local, endpoint)
    by_hand = {"AlarmName": name, "StateValue": "ALARM", "StateReason": "by hand"}
    local.client("cloudwatch").set_alarm_state(**by_hand)
    assert name in rolled_back(local, endpoint, time.monotonic())


def test_alarm_that_is_missing_or_in_alarm_before(local, endpoint):
    code, message = refusal(update, local, endpoint, "two", canary() | by_alarm("nowhere"))
    assert (code, "nowhere" in message) == ("ValidationException", True)
    name = alarm(local, endpoint, "before", TreatMissingData="breaching")
    wait_until(lambda: state(local, name), lambda found: found == "ALARM")
    update(local, endpoint, "two", canary() | by_alarm(name))
    assert name in rolled_back(local, endpoint, time.monotonic())


def test_dead_server_of_the_new_fleet(local, endpoint):
    old = pids(local, endpoint)
    update(local, endpoint, "two", canary())
    baking(local, endpoint)
    (new,) = pids(local, endpoint) - old
    os.kill(new, signal.SIGKILL)
    reason = rolled_back(local, endpoint, time.monotonic())
    assert reason == "The model server of variant all ended with code 137"


def test_no_request_is_lost_in_linear_shifts(local, endpoint):
    size = {"Type": "CAPACITY_PERCENT", "Value": 25}
    routing = {"Type": "LINEAR", "LinearStepSize": size, "WaitIntervalInSeconds": 120}
    asked = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    seen, failed, done = [], [], threading.Event()

    def hammer():
        while not done.is_set():
            try:
                seen.append(local.invoke(endpoint, "[1]")["Body"].read())
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=hammer) for _ in range(3)]
    for thread in threads:
        thread.start()
    update(local, endpoint, "two", asked)
    assert local.wait_for_endpoint(endpoint)["EndpointConfigName"] == "two"
    again = {"EndpointName": endpoint, "EndpointConfigName": "one"}
    local.sm.update_endpoint(**again, RetainDeploymentConfig=True)
    described = local.wait_for_endpoint(endpoint)
    done.set()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(seen) == {b"[1]", b"[2]"}
    assert (described["EndpointConfigName"], described["LastDeploymentConfig"]) == ("one", asked)


def test_server_that_is_killed_in_a_shift_stays_with_the_old_configuration(own):
    for name, factor in (("one", 1), ("two", 2)):
        own.deploy(name, INFERENCE, factor=factor)
    own.sm.create_endpoint(EndpointName="shifting", EndpointConfigName="one")
    own.wait_for_endpoint("shifting")
    update(own, "shifting", "two", canary())
    baking(own, "shifting")
    own.kill()
    own.up()
    assert rolled_back(own, "shifting", time.monotonic()) == (
        "the local SageMaker was stopped while it ran"
    )
