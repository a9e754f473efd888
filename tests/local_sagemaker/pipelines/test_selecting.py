"""Selective execution, without a server: what runs, and what is taken from the source."""

import pytest
from definitions import condition, definition, equals, parameter, step

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.step import STEP_TYPES, StepType
from sagemaker_local.pipelines.step_run import StepResult


@pytest.fixture
def work(monkeypatch):
    """A step type whose steps return what they are given; the names of those that ran."""
    ran = []

    def run(run):
        ran.append(run.name)
        return StepResult({"Model": {"Arn": run.name}}, {"Value": run.arguments["V"]})

    monkeypatch.setitem(STEP_TYPES, "Work", StepType(name="Work", run=run))
    return ran


def value(name):
    return {"Get": f"Steps.{name}.Value"}


def work_step(name, given, **members):
    return step(name, "Work", Arguments={"V": given}, **members)


CHAIN = definition(
    work_step("A", {"Get": "Parameters.P"}),
    work_step("B", value("A")),
    work_step("C", value("B")),
    work_step("D", value("C")),
    parameters=[parameter("P", "String", "p")],
)


def config(*names, source=None):
    given = {"SelectedSteps": [{"StepName": name} for name in names]}
    return given | ({"SourcePipelineExecutionArn": source} if source else {})


def start(inside, pipeline, selection, **parameters):
    arn = inside.perform(
        "StartPipelineExecution",
        PipelineName=pipeline,
        ClientRequestToken=inside.token(),
        SelectiveExecutionConfig=selection,
        PipelineParameters=[{"Name": k, "Value": v} for k, v in parameters.items()],
    )["PipelineExecutionArn"]
    return inside.wait(arn)


def refusal(inside, pipeline, selection):
    with pytest.raises(AwsError) as caught:
        start(inside, pipeline, selection)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def run(inside, text, **parameters):
    """Run a new pipeline; returns its name and the ARN of the execution."""
    pipeline = inside.create(text)
    arn = inside.start_again(pipeline, **parameters)
    inside.wait(arn)
    return pipeline, arn


def test_only_what_is_selected_runs_on_what_the_source_has(inside, work):
    pipeline, source = run(inside, CHAIN, P="first")
    work.clear()
    selection = config("B", "C", source=source)
    execution, steps = start(inside, pipeline, selection, P="second")
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert execution["SelectiveExecutionConfig"] == selection
    assert work == ["B", "C"]
    assert set(steps) == {"A", "B", "C"}
    assert steps["A"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert steps["A"]["StepStatus"] == "Succeeded"
    assert steps["A"]["Metadata"] == {"Model": {"Arn": "A"}}
    assert "SelectiveExecutionResult" not in steps["B"]
    # A selective execution can be a source, too.
    work.clear()
    _, steps = start(inside, pipeline, config("C", "D", source=execution["PipelineExecutionArn"]))
    assert (work, set(steps)) == (["C", "D"], {"B", "C", "D"})


def test_values_come_from_the_source(inside, work):
    text = definition(
        work_step("A", {"Get": "Parameters.P"}),
        step("Tell", Arguments={"ErrorMessage": value("A")}),
        parameters=[parameter("P", "String", "p")],
    )
    pipeline, source = run(inside, text, P="first")
    _, steps = start(inside, pipeline, config("Tell", source=source), P="second")
    assert steps["Tell"]["FailureReason"] == "first"


def test_what_needs_nothing_needs_no_source(inside, work):
    pipeline = inside.create(CHAIN)
    _, steps = start(inside, pipeline, config("A"))
    assert (work, set(steps)) == (["A"], {"A"})


def test_a_step_of_a_branch_runs_if_the_source_took_the_branch(inside, work):
    text = definition(
        condition("If", [equals({"Get": "Parameters.N"}, 1)], [work_step("Then", "a")]),
        parameters=[parameter("N", "Integer", 1)],
    )
    pipeline, source = run(inside, text)
    work.clear()
    _, steps = start(inside, pipeline, config("Then", source=source))
    assert (work, set(steps)) == (["Then"], {"If", "Then"})


def test_what_cannot_run_is_refused(inside, work):
    pipeline, source = run(inside, CHAIN)
    assert refusal(inside, pipeline, config("B")) == (
        "Invalid SourcePipelineExecutionArn: null. The selected steps [B] have dependencies on [A]"
    )
    assert "[X] are no steps of the pipeline" in refusal(inside, pipeline, config("X", "A"))
    assert refusal(inside, pipeline, config("B", "D", source=source)) == (
        "Invalid SelectedSteps: C lies between selected steps and is not selected"
    )
    other, _ = run(inside, CHAIN)
    assert "is of another pipeline" in refusal(inside, other, config("B", source=source))


def test_what_the_source_did_not_do_is_missed(inside, work):
    text = definition(
        step("F", Arguments={"ErrorMessage": "x"}),
        work_step("A", "a", after=[{"Step": "F", "Trigger": "Failed"}]),
        work_step("B", value("A")),
        condition("If", [equals(1, 2)], [work_step("C", "c")]),
        work_step("D", value("C")),
    )
    pipeline, source = run(inside, text)
    assert refusal(inside, pipeline, config("D", source=source)).endswith(
        "have dependencies on [C], which is not started there"
    )
    # A step that runs on a failure takes the failure from the source.
    work.clear()
    execution, steps = start(inside, pipeline, config("A", source=source))
    assert (work, set(steps)) == (["A"], {"F", "A"})
    assert steps["F"]["StepStatus"] == "Failed"
    assert execution["PipelineExecutionStatus"] == "CompletedWithFailures"


def test_a_retry_leaves_what_the_source_did(inside, work):
    text = definition(
        work_step("A", "a"),
        step("F", Arguments={"ErrorMessage": value("A")}),
        work_step("Never", value("A")),
    )
    pipeline, source = run(inside, text)
    work.clear()
    execution, _ = start(inside, pipeline, config("F", source=source))
    arn = execution["PipelineExecutionArn"]
    inside.perform(
        "RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=inside.token()
    )
    _, steps = inside.wait(arn)
    assert (work, set(steps)) == ([], {"A", "F"})
