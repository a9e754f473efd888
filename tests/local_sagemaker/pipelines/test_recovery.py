"""What becomes of executions after a restart, played with two sets of parts on one store."""

import threading

import pytest
from definitions import definition, step
from in_process import InProcess

from sagemaker_local.pipelines.recovery import recover_executions
from sagemaker_local.pipelines.step import STEP_TYPES, StepType
from sagemaker_local.pipelines.step_run import StepResult


@pytest.fixture
def wait(monkeypatch):
    """A step type that waits for an event, and is resumed without it; yields the event."""
    event = threading.Event()

    def run(run):
        run.note(Metadata={"Model": {"Arn": "a"}})
        event.wait(20)
        return StepResult()

    def resume(run):
        return StepResult(properties={"Value": run.noted["Metadata"]["Model"]["Arn"]})

    monkeypatch.setitem(STEP_TYPES, "Wait", StepType(name="Wait", run=run, resume=resume))
    yield event
    event.set()


def restarted(folder):
    after = InProcess(folder)
    recover_executions(after.parts)
    return after


def told(name):
    return step("Tell", Arguments={"ErrorMessage": {"Get": f"Steps.{name}.Value"}})


def wait_for_note(inside, arn):
    while True:
        steps = inside.perform("ListPipelineExecutionSteps", PipelineExecutionArn=arn)
        if any("Metadata" in found for found in steps["PipelineExecutionSteps"]):
            return


def test_what_can_be_resumed_is(tmp_path, wait):
    before = InProcess(tmp_path)
    arn = before.start(definition(step("A", "Wait"), told("A")))
    wait_for_note(before, arn)
    _, steps = restarted(tmp_path).wait(arn)
    assert steps["A"]["StepStatus"] == "Succeeded"
    assert steps["Tell"]["FailureReason"] == "a"


def test_a_selection_stays_one(tmp_path, wait):
    before = InProcess(tmp_path)
    pipeline = before.create(definition(step("A", "Wait"), told("A")))
    arn = before.perform(
        "StartPipelineExecution",
        PipelineName=pipeline,
        ClientRequestToken=before.token(),
        SelectiveExecutionConfig={"SelectedSteps": [{"StepName": "A"}]},
    )["PipelineExecutionArn"]
    wait_for_note(before, arn)
    execution, steps = restarted(tmp_path).wait(arn)
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert set(steps) == {"A"}
