"""The events that executions and their steps send."""

import json

from definitions import condition, definition, equals, step

EXECUTION = "SageMaker Model Building Pipeline Execution Status Change"
STEP = "SageMaker Model Building Pipeline Execution Step Status Change"


def events_of(inside, arn):
    lines = map(json.loads, inside.events.read_text().splitlines())
    return [event for event in lines if arn in event["resources"]]


def test_of_each_change_of_status(inside):
    execution, _ = inside.run(
        definition(
            condition("Check", [equals(1, 1)], [step("No", Arguments={"ErrorMessage": "x"})])
        )
    )
    arn, pipeline = execution["PipelineExecutionArn"], execution["PipelineArn"]
    found = events_of(inside, arn)
    assert {event["source"] for event in found} == {"aws.sagemaker"}
    assert all(event["resources"] == [pipeline, arn] for event in found)
    assert all(event["detail"]["pipelineArn"] == pipeline for event in found)
    runs = [event["detail"] for event in found if event["detail-type"] == EXECUTION]
    steps = [event["detail"] for event in found if event["detail-type"] == STEP]
    assert len(runs) + len(steps) == len(found)
    assert [
        (one.get("previousPipelineExecutionStatus"), one["currentPipelineExecutionStatus"])
        for one in runs
    ] == [(None, "Executing"), ("Executing", "Failed")]
    assert runs[1]["pipelineExecutionDisplayName"] == execution["PipelineExecutionDisplayName"]
    assert runs[1]["executionStartTime"].endswith("Z")
    assert "executionEndTime" not in runs[0]
    assert runs[1]["executionEndTime"] >= runs[1]["executionStartTime"]
    assert [
        (one["stepName"], one["stepType"], one.get("previousStepStatus"), one["currentStepStatus"])
        for one in steps
    ] == [
        ("Check", "Condition", None, "Executing"),
        ("Check", "Condition", "Executing", "Succeeded"),
        ("No", "Fail", None, "Executing"),
        ("No", "Fail", "Executing", "Failed"),
    ]
    assert steps[1]["metadata"] == {"condition": {"outcome": "True"}}
    assert steps[3]["failureReason"] == "x"
    assert {"stepStartTime", "stepEndTime"} <= set(steps[3])
    assert not {"metadata", "failureReason", "stepEndTime"} & set(steps[0])


def test_of_a_stop(inside, monkeypatch):
    import threading

    from sagemaker_local.pipelines.step import STEP_TYPES, StepType
    from sagemaker_local.pipelines.step_run import StepResult

    stopped = threading.Event()

    def wait(run):
        run.on_stop(stopped.set)
        stopped.wait(20)
        return StepResult()

    monkeypatch.setitem(STEP_TYPES, "Wait", StepType(name="Wait", run=wait))
    arn = inside.start(definition(step("A", "Wait")))
    inside.stop(arn)
    inside.wait(arn)
    details = [event["detail"] for event in events_of(inside, arn)]
    assert [
        (one.get("previousPipelineExecutionStatus"), one["currentPipelineExecutionStatus"])
        for one in details
        if "currentPipelineExecutionStatus" in one
    ] == [(None, "Executing"), ("Executing", "Stopping"), ("Stopping", "Stopped")]
