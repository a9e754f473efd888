"""RetryPipelineExecution, without a server: what runs again, and what stays."""

import json
from types import SimpleNamespace

import pytest
from definitions import condition, definition, equals, step

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.step import STEP_TYPES, StepType
from sagemaker_local.pipelines.step_run import StepFailedError, StepResult


@pytest.fixture
def work(monkeypatch):
    """A step type whose steps fail while their names are in a set, and are counted."""
    work = SimpleNamespace(failing=set(), ran=[])

    def run(run):
        work.ran.append(run.name)
        if run.name in work.failing:
            raise StepFailedError("as told")
        return StepResult(properties={"Count": len(work.ran)})

    monkeypatch.setitem(STEP_TYPES, "Work", StepType(name="Work", run=run))
    return work


def retry(inside, arn, **members):
    inside.perform(
        "RetryPipelineExecution",
        PipelineExecutionArn=arn,
        ClientRequestToken=inside.token(),
        **members,
    )
    return inside.wait(arn)


def told(name):
    return step("Tell", Arguments={"ErrorMessage": {"Get": f"Steps.{name}.Count"}})


def test_what_succeeded_stays_and_the_rest_runs(inside, work):
    work.failing = {"B"}
    text = definition(
        step("A", "Work"),
        step("B", "Work", after=["A"]),
        step("C", "Work", after=["B"]),
        condition("If", [equals(1, 1)], [step("D", "Work", after=["C"])]),
    )
    execution, steps = inside.run(text)
    assert execution["FailureReason"]
    before = steps["A"]
    work.failing = set()
    execution, steps = retry(
        inside,
        execution["PipelineExecutionArn"],
        ParallelismConfiguration={"MaxParallelExecutionSteps": 3},
    )
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in execution
    assert execution["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}
    assert work.ran == ["A", "B", "B", "C", "D"]
    assert steps["A"] == before
    assert {name: one["StepStatus"] for name, one in steps.items()} == dict.fromkeys(
        ["A", "If", "B", "C", "D"], "Succeeded"
    )


def test_properties_of_what_stays_can_be_referred_to(inside, work):
    execution, steps = inside.run(definition(step("A", "Work"), told("A")))
    assert steps["Tell"]["FailureReason"] == "1"
    execution, steps = retry(inside, execution["PipelineExecutionArn"])
    assert (work.ran, steps["Tell"]["FailureReason"]) == (["A"], "1")
    assert execution["PipelineExecutionStatus"] == "Failed"


def test_what_ran_because_of_a_failure_is_taken_back(inside, work):
    work.failing = {"A"}
    on_failure = {"Step": "A", "Trigger": "Failed"}
    text = definition(
        step("A", "Work"),
        step("Clean", "Work", after=[on_failure]),
        step("Then", "Work", after=["Clean"]),
    )
    execution, steps = inside.run(text)
    assert execution["PipelineExecutionStatus"] == "CompletedWithFailures"
    assert set(steps) == {"A", "Clean", "Then"}
    work.failing = set()
    execution, steps = retry(inside, execution["PipelineExecutionArn"])
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert set(steps) == {"A"}


def test_it_is_announced(inside, work):
    work.failing = {"A"}
    execution, _ = inside.run(definition(step("A", "Work")))
    arn = execution["PipelineExecutionArn"]
    retry(inside, arn)
    details = [
        event["detail"]
        for event in map(json.loads, inside.events.read_text().splitlines())
        if arn in event["resources"]
    ]
    assert [
        (one.get("previousPipelineExecutionStatus"), one["currentPipelineExecutionStatus"])
        for one in details
        if "currentPipelineExecutionStatus" in one
    ] == [
        (None, "Executing"),
        ("Executing", "Failed"),
        ("Failed", "Executing"),
        ("Executing", "Failed"),
    ]


def test_what_succeeded_or_runs_cannot_be_retried(inside, work):
    execution, _ = inside.run(definition(step("A", "Work")))
    with pytest.raises(AwsError) as caught:
        retry(inside, execution["PipelineExecutionArn"])
    assert caught.value.code == "ConflictException"
    assert caught.value.message.endswith("cannot be retried: it is Succeeded.")
