"""Retry policies: what may be written, when a step is tried again, and that it is."""

import time

import pytest
from definitions import definition, step

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.definition import read_definition
from sagemaker_local.pipelines.retry_policies import (
    fault_of_job,
    fault_of_refusal,
    read_retry_policies,
)
from sagemaker_local.pipelines.step import STEP_TYPES, StepType
from sagemaker_local.pipelines.step_run import StepFailedError, StepResult

CAPACITY, INTERNAL = "SageMaker.CAPACITY_ERROR", "SageMaker.JOB_INTERNAL_ERROR"
FAULT = "Step.SERVICE_FAULT"


def policy(*kinds, **members):
    return {"ExceptionType": list(kinds), **members}


def read(document):
    (found,) = read_retry_policies([document], "step A")
    return found


@pytest.mark.parametrize(
    ("document", "pauses"),
    [
        (policy(CAPACITY), [1, 2, 4, 8, 16, None]),
        ({"ExceptionType": CAPACITY}, [1, 2, 4, 8, 16, None]),
        (policy(CAPACITY, MaxAttempts=0), [None]),
        (policy(CAPACITY, MaxAttempts=2, IntervalSeconds=30, BackoffRate=1.5), [30, 45, None]),
        (policy(CAPACITY, MaxAttempts=3, IntervalSeconds=0), [0, 0, 0, None]),
        (policy(CAPACITY, ExpireAfterMin=10, BackoffRate=1), [1] * 9),
    ],
)
def test_pauses_grow_until_there_are_no_more(document, pauses):
    found = read(document)
    assert [found.pause(retries, 599) for retries in range(len(pauses))] == pauses


def test_time_runs_out():
    found = read(policy(CAPACITY, ExpireAfterMin=10))
    assert (found.pause(0, 599.9), found.pause(0, 600)) == (1, None)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "a retry policy of step A has no ExceptionType"),
        (policy("Step.TIRED"), "in a retry policy of step A the exception type Step.TIRED"),
        (policy(5), "an ExceptionType of a retry policy of step A must be text, not 5"),
        (
            policy(CAPACITY, MaxAttempts=21),
            "MaxAttempts of a retry policy of step A must be between",
        ),
        (policy(CAPACITY, MaxAttempts=-1), "must be between 0 and 20, not -1"),
        (policy(CAPACITY, ExpireAfterMin=14401), "must be between 0 and 14400, not 14401"),
        (policy(CAPACITY, IntervalSeconds=43201), "must be between 0 and 43200, not 43201"),
        (policy(CAPACITY, IntervalSeconds=0.5), "must be an integer, not 0.5"),
        (policy(CAPACITY, BackoffRate=-0.1), "BackoffRate of a retry policy of step A must be"),
        (policy(CAPACITY, MaxAttempts=1, ExpireAfterMin=1), "both MaxAttempts and ExpireAfterMin"),
        (policy(CAPACITY, Retries=1), "Retries in a retry policy of step A"),
        ([], "a retry policy of step A must be an object"),
    ],
)
def test_what_is_no_policy_is_refused(document, told):
    text = definition(step("A", "Model", Arguments={"ModelName": "m"}, RetryPolicies=[document]))
    with pytest.raises(AwsError) as caught:
        read_definition(text)
    assert told in caught.value.message


def test_which_failures_are_faults():
    assert fault_of_refusal("ThrottlingException") == "Step.THROTTLING"
    assert fault_of_refusal("ResourceLimitExceeded") == "SageMaker.RESOURCE_LIMIT"
    assert fault_of_refusal("InternalFailure") == FAULT
    assert fault_of_refusal("ValidationException") == ""
    assert fault_of_job("TrainingJob", "InternalServerError: We encountered") == INTERNAL
    assert fault_of_job("TrainingJob", "CapacityError: Unable to provision") == CAPACITY
    assert fault_of_job("TrainingJob", "AlgorithmError: InternalServerError: x") == ""
    assert fault_of_job("HyperParameterTuningJob", "InternalServerError: x") == ""
    assert fault_of_job("HyperParameterTuningJob", "CapacityError: x") == CAPACITY


class TestStep:
    @pytest.fixture
    def run(self, inside, monkeypatch):
        """Run a step with policies whose attempts raise errors, one each; returns it."""

        def run(policies, *errors):
            left = list(errors)

            def attempt(run):
                if left:
                    raise left.pop(0)
                return StepResult()

            kind = StepType(name="Work", run=attempt, members={"RetryPolicies": list})
            monkeypatch.setitem(STEP_TYPES, "Work", kind)
            execution, steps = inside.run(definition(step("A", "Work", RetryPolicies=policies)))
            return execution["PipelineExecutionStatus"], steps["A"]

        return run

    def test_is_tried_again_after_a_fault_that_is_named(self, run):
        errors = [StepFailedError("CapacityError: none", fault=CAPACITY), OSError("no route")]
        status, found = run([policy(FAULT), policy(CAPACITY)], *errors)
        assert (status, found["StepStatus"], found["AttemptCount"]) == ("Succeeded", "Succeeded", 3)
        assert "FailureReason" not in found

    def test_fails_when_no_retry_is_left(self, run):
        errors = [StepFailedError(str(number), fault=CAPACITY) for number in range(4)]
        status, found = run([policy(CAPACITY, MaxAttempts=2)], *errors)
        assert (status, found["FailureReason"], found["AttemptCount"]) == ("Failed", "2", 3)

    def test_fails_at_once_after_any_other_failure(self, run):
        status, found = run([policy(CAPACITY, FAULT)], StepFailedError("AlgorithmError: x"))
        assert (status, found["AttemptCount"]) == ("Failed", 1)

    def test_that_waits_for_a_retry_is_stopped(self, inside, monkeypatch):
        def attempt(run):
            raise StepFailedError("full", fault=CAPACITY)

        kind = StepType(name="Work", run=attempt, members={"RetryPolicies": list})
        monkeypatch.setitem(STEP_TYPES, "Work", kind)
        long = policy(CAPACITY, IntervalSeconds=43200)
        arn = inside.start(definition(step("A", "Work", RetryPolicies=[long])))
        time.sleep(0.1)
        inside.stop(arn)
        execution, _ = inside.wait(arn)
        assert execution["PipelineExecutionStatus"] == "Stopped"
