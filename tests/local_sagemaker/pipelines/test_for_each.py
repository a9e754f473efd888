"""ForEach steps: in process with steps that start no jobs, and as the SDK writes them."""

import json
import threading
import time

import pytest
from definitions import condition, definition, equals, parameter, step
from in_process import InProcess
from test_recovery import restarted

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.step import STEP_TYPES, StepType
from sagemaker_local.pipelines.step_run import StepFailedError, StepResult, StepStoppedError


@pytest.fixture(autouse=True)
def echo(monkeypatch):
    """A step type whose properties are its arguments, and that fails when it is told to."""

    def run(run):
        if run.arguments.get("Fails"):
            raise StepFailedError(f"{run.name} fails")
        return StepResult(properties=run.arguments)

    monkeypatch.setitem(STEP_TYPES, "Echo", StepType(name="Echo", run=run))


def get(path):
    return {"Get": path}


ITEM = get("ForEach.CurrentItem")


def echo_step(name, **arguments):
    return step(name, "Echo", Arguments=arguments)


def each(*body, items=("a", "b"), most=2, after=(), **more):
    listed = items if isinstance(items, dict) else list(items)
    arguments = {"IterableItems": listed, "MaxConcurrency": most, "ForEachBody": list(body)}
    return step("Each", "ForEach", after=after, Arguments=arguments | more)


def told(value):
    """Return a step that tells a value as its reason."""
    return step("Tell", Arguments={"ErrorMessage": {"Std:Join": {"On": "|", "Values": value}}})


def refusal(inside, *steps, **members):
    with pytest.raises(AwsError) as caught:
        inside.create(definition(*steps, **members))
    return caught.value.message.removeprefix("Unable to parse pipeline definition: ")


class TestRuns:
    def test_body_runs_for_every_item(self, inside):
        body = [echo_step("Echo", Item=ITEM), echo_step("Then", Got=get("Steps.Echo.Item"))]
        outputs = [get(f"Steps.Each.IterationOutputs[{n}].Then.Got") for n in (0, 1)]
        counts = [get(f"Steps.Each.{name}Count") for name in ("InputItem", "SucceededStep")]
        execution, steps = inside.run(definition(each(*body), told([*outputs, *counts])))
        assert list(steps)[-1] == "Tell"
        assert set(steps) == {"Each", "Echo-0", "Echo-1", "Then-0", "Then-1", "Tell"}
        assert steps["Tell"]["FailureReason"] == "a|b|2|4"
        assert steps["Then-1"]["StartTime"] >= steps["Echo-1"]["EndTime"]
        assert steps["Then-1"]["IterationContext"] == {
            "ParentStepName": "Each",
            "Index": 1,
            "Item": "b",
        }
        assert "IterationContext" not in steps["Each"]
        assert steps["Each"]["Metadata"] == {
            "ForEach": {
                "Status": "Succeeded",
                "InputItemCount": 2,
                "TotalStepCount": 4,
                "SucceededStepCount": 4,
                "FailedStepCount": 0,
                "StoppedStepCount": 0,
            }
        }
        assert execution["PipelineExecutionStatus"] == "Failed"

    def test_items_come_from_a_parameter_and_have_parts(self, inside):
        text = definition(
            each(
                echo_step("Echo", Part=get("ForEach.CurrentItem.deep['x'][1]"), All=ITEM),
                items=get("Parameters.Items"),
            ),
            told([get("Steps.Each.IterationOutputs[0].Echo.Part")]),
            told([get("Steps.Each.IterationOutputs[1].Echo.All")]) | {"Name": "All"},
            parameters=[parameter("Items")],
        )
        whole = {"deep": {"x": [1, 2]}}
        _, steps = inside.run(text, Items=json.dumps([whole, json.dumps(whole)]))
        assert steps["Tell"]["FailureReason"] == "2"
        assert steps["All"]["FailureReason"] == json.dumps(whole)
        _, steps = inside.run(text, Items='[3, "x"]')
        said = steps["Echo-0"]["FailureReason"]
        assert said.startswith("ClientError: there is no ForEach.CurrentItem.deep['x'][1]: ")
        for wrong in ("no", "{}", "3"):
            _, steps = inside.run(text, Items=wrong)
            assert steps["Each"]["FailureReason"].endswith("is no JSON list")
        _, steps = inside.run(text, Items="[]")
        assert steps["Each"]["StepStatus"] == "Succeeded"

    @pytest.mark.parametrize(("pick", "chosen"), [("MaxBy", 2), ("MinBy", 0)])
    def test_selector_picks_an_iteration(self, inside, pick, chosen):
        selector = {"Pick": pick, "Field": get("IterationOutput.Echo.Deep['Score']")}
        body = echo_step("Echo", Deep={"Score": ITEM})
        text = definition(
            each(body, items=["1.5", 2, 3.5], Selector=selector),
            told([get("Steps.Each.Selected.Deep.Score")]),
        )
        _, steps = inside.run(text)
        assert steps["Tell"]["FailureReason"] == ["1.5", "2", "3.5"][chosen]
        picked = steps["Each"]["Metadata"]["ForEach"]["Selector"]
        assert picked == {"StepName": "Echo", "Index": chosen}

    def test_selector_without_a_number_fails_the_step(self, inside):
        selector = {"Pick": "MaxBy", "Field": get("IterationOutput.Echo.Score")}
        _, steps = inside.run(definition(each(echo_step("Echo", Score=ITEM), Selector=selector)))
        reason = steps["Each"]["FailureReason"]
        assert reason.startswith("ClientError: Echo of item 0 cannot be compared: ")

    def test_failure_of_one_iteration_fails_the_step(self, inside):
        body = [echo_step("Echo", Fails=ITEM), echo_step("Then", Got=get("Steps.Echo.Fails"))]
        text = definition(
            each(*body, items=[False, True, False], most=1),
            told(["handled"]) | {"DependsOn": ["Each"]},
        )
        execution, steps = inside.run(text)
        assert steps["Echo-1"]["FailureReason"] == "Echo-1 fails"
        assert steps["Each"]["FailureReason"] == "ClientError: 1 of 6 steps failed"
        assert steps["Each"]["Metadata"]["ForEach"]["FailedStepCount"] == 1
        assert "Tell" not in steps and "Then-1" not in steps
        assert execution["PipelineExecutionStatus"] == "Failed"

    def test_no_more_run_at_once_than_is_said(self, inside, monkeypatch):
        lock, running, most = threading.Lock(), [], []

        def run(run):
            with lock:
                running.append(run.name)
                most.append(len(running))
            time.sleep(0.02)
            with lock:
                running.remove(run.name)
            return StepResult()

        monkeypatch.setitem(STEP_TYPES, "Slow", StepType(name="Slow", run=run))
        inside.run(definition(each(step("Slow", "Slow"), items=range(8), most=3)))
        assert len(most) == 8 and max(most) == 3

    def test_stop_reaches_the_iterations(self, inside, monkeypatch):
        stopped, begun = threading.Event(), threading.Event()

        def run(run):
            run.on_stop(stopped.set)
            begun.set()
            assert stopped.wait(20)
            raise StepStoppedError("ClientError: stopped")

        monkeypatch.setitem(STEP_TYPES, "Waits", StepType(name="Waits", run=run))
        arn = inside.start(definition(each(step("Waits", "Waits"), most=1)))
        assert begun.wait(20)
        inside.stop(arn)
        execution, steps = inside.wait(arn)
        assert execution["PipelineExecutionStatus"] == "Stopped"
        assert set(steps) == {"Each", "Waits-0"}
        found = steps["Each"]["Metadata"]["ForEach"]
        assert (found["Status"], found["TotalStepCount"], found["StoppedStepCount"]) == (
            "Stopped",
            2,
            1,
        )

    def test_retry_runs_the_iterations_again(self, inside, monkeypatch):
        broken = [True]

        def run(run):
            if broken[0]:
                raise StepFailedError("broken")
            return StepResult()

        monkeypatch.setitem(STEP_TYPES, "Sometimes", StepType(name="Sometimes", run=run))
        execution, _ = inside.run(definition(each(step("Try", "Sometimes"))))
        broken.clear()
        broken.append(False)
        arn = execution["PipelineExecutionArn"]
        inside.perform(
            "RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=inside.token()
        )
        execution, steps = inside.wait(arn)
        assert execution["PipelineExecutionStatus"] == "Succeeded"
        assert {name: found["StepStatus"] for name, found in steps.items()} == dict.fromkeys(
            ["Each", "Try-0", "Try-1"], "Succeeded"
        )

    def test_restart_ends_the_iterations_that_ran(self, tmp_path, monkeypatch):
        begun, over = threading.Event(), threading.Event()

        def run(run):
            begun.set()
            over.wait(20)
            return StepResult()

        monkeypatch.setitem(STEP_TYPES, "Waits", StepType(name="Waits", run=run))
        before = InProcess(tmp_path)
        arn = before.start(definition(each(step("Waits", "Waits"), most=1)))
        assert begun.wait(20)
        execution, steps = restarted(tmp_path).wait(arn)
        over.set()
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert {found["StepStatus"] for found in steps.values()} == {"Failed"}
        assert set(steps) == {"Each", "Waits-0"}


class TestRefused:
    def test_what_cannot_be_repeated(self, inside):
        inner = condition("If", [equals(1, 1)])
        for body, kind in ((step("No"), "Fail"), (inner, "Condition")):
            said = refusal(inside, each(body))
            assert said == f"step Each cannot repeat a step of the type {kind}"
        assert refusal(inside, each()) == "ForEachBody of step Each has no steps"

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"most": 0}, "MaxConcurrency of step Each must be from 1 to 50, not 0"),
            ({"most": 51}, "MaxConcurrency of step Each must be from 1 to 50, not 51"),
            ({"items": []}, "step Each must have from 1 to 100 items, not 0"),
            ({"items": [1] * 101}, "step Each must have from 1 to 100 items, not 101"),
            ({"items": [[1]]}, "an item of step Each is a single value, not [1]"),
            (
                {"items": {"a": 1}},
                'IterableItems of step Each is a list or a reference, not {"a": 1}',
            ),
        ],
    )
    def test_numbers_and_items(self, inside, changed, said):
        assert refusal(inside, each(echo_step("Echo"), **changed)) == said

    def test_selector(self, inside):
        body = echo_step("Echo")
        for field in (ITEM, get("IterationOutput.Other.x"), get("IterationOutput.Echo"), "Echo"):
            said = refusal(inside, each(body, Selector={"Pick": "MaxBy", "Field": field}))
            assert (
                said
                == "Field of Selector of step Each must be of the output of a step of ForEachBody"
            )
        said = refusal(inside, each(body, Selector={"Pick": "Any", "Field": ITEM}))
        assert said == 'Pick of Selector of step Each must be MaxBy or MinBy, not "Any"'

    def test_references(self, inside):
        body = echo_step("Echo", Item=ITEM)
        said = refusal(inside, each(body), told([get("Steps.Echo.Item")]))
        assert said == "step Tell refers to Echo, which Each repeats"
        said = refusal(inside, told([ITEM]))
        assert said == "step Tell refers to the unknown ForEach.CurrentItem"
        said = refusal(inside, each(body), echo_step("Echo-1"))
        assert said == "the step Echo-1 is called like one of the iterations of Echo"
        said = refusal(
            inside,
            each(echo_step("Echo", X=get("Steps.Later.X"))),
            echo_step("Later", X=get("Steps.Each.Status")),
        )
        assert said.startswith("steps wait for each other: ")

    def test_the_step_waits_for_what_its_body_needs(self, inside):
        body = echo_step("Echo", Got=get("Steps.Before.X"))
        _, steps = inside.run(definition(each(body), echo_step("Before", X=1)))
        assert steps["Each"]["StartTime"] >= steps["Before"]["EndTime"]

    def test_a_repeated_step_cannot_be_selected(self, inside):
        pipeline = inside.create(definition(each(echo_step("Echo"))))
        with pytest.raises(AwsError, match=r"\[Echo\] are no steps of the pipeline"):
            inside.perform(
                "StartPipelineExecution",
                PipelineName=pipeline,
                ClientRequestToken=inside.token(),
                SelectiveExecutionConfig={"SelectedSteps": [{"StepName": "Echo"}]},
            )
