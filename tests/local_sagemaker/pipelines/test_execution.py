"""Executions of steps that start no jobs, without a server."""

import threading
import time
from types import SimpleNamespace

import pytest
from definitions import condition, definition, equals, parameter, step
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import processing, without

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.schedule import TRIGGERS
from sagemaker_local.pipelines.step import STEP_TYPES, StepType
from sagemaker_local.pipelines.step_run import StepFailedError, StepResult, StepStoppedError
from sagemaker_local.storage.s3 import S3

FAILURE = "Step failure: One or multiple steps failed."


def get(path):
    return {"Get": path}


def fail(name, message, **members):
    return step(name, Arguments={"ErrorMessage": message}, **members)


def join(*values):
    return {"Std:Join": {"On": "|", "Values": list(values)}}


def on(name, trigger):
    return {"Step": name, "Trigger": trigger}


def broken(name, **members):
    """Return a step that fails though it could succeed."""
    return condition(name, [equals("a", 1, "LessThan")], **members)


def yes(name, **members):
    """Return a step that succeeds."""
    return condition(name, [equals(1, 1)], **members)


@pytest.fixture
def step_type(monkeypatch):
    """Add a step type for the time of a test."""

    def add(name, run):
        monkeypatch.setitem(STEP_TYPES, name, StepType(name=name, run=run))

    return add


def statuses(steps):
    return {name: found["StepStatus"] for name, found in steps.items()}


class TestSteps:
    @pytest.mark.parametrize(("number", "outcome"), [("1", True), ("2", False)])
    def test_outcome_decides_the_branch(self, inside, number, outcome):
        inner = yes("Inner")
        text = definition(
            condition("Outer", [equals(get("Parameters.N"), 1)], [inner], [step("Other")]),
            parameters=[parameter("N", "Integer")],
        )
        execution, steps = inside.run(text, N=number)
        assert steps["Outer"]["Metadata"]["Condition"]["Outcome"] == str(outcome)
        assert set(steps) == {"Outer", "Inner" if outcome else "Other"}
        expected = "Succeeded" if outcome else "Failed"
        assert execution["PipelineExecutionStatus"] == expected

    def test_all_conditions_must_hold(self, inside):
        both = [equals(1, 1), equals(1, 2), equals("a", 1, "LessThan")]
        _, steps = inside.run(definition(condition("C", both), condition("None", [])))
        assert steps["C"]["Metadata"]["Condition"]["Outcome"] == "False"
        assert steps["None"]["Metadata"]["Condition"]["Outcome"] == "True"

    def test_values_that_cannot_be_compared_fail_the_step(self, inside):
        execution, steps = inside.run(definition(condition("C", [equals("a", 1, "LessThan")])))
        reason = "ClientError: 'a' and 1 cannot be compared (LessThan)"
        assert steps["C"]["FailureReason"] == reason
        assert execution["PipelineExecutionStatus"] == "Failed"

    def test_fail_step(self, inside):
        execution, steps = inside.run(
            definition(
                fail("Stop", join("it is", get("Parameters.N"), get("Steps.C.Outcome"))),
                condition("C", [equals(get("Parameters.N"), 2)]),
                parameters=[parameter("N", "Integer", 3)],
            )
        )
        assert statuses(steps) == {"C": "Succeeded", "Stop": "Failed"}
        # The outcome is `false` in AWS's own test (test_fail_steps.py).
        assert steps["Stop"]["FailureReason"] == "it is|3|false"
        assert steps["Stop"]["Metadata"]["Fail"]["ErrorMessage"] == "it is|3|false"
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert execution["FailureReason"] == FAILURE

    def test_fail_step_without_a_message_has_no_reason(self, inside):
        for arguments in ({}, {"ErrorMessage": ""}):
            _, steps = inside.run(definition(step("Stop", Arguments=arguments)))
            assert "FailureReason" not in steps["Stop"]
            assert steps["Stop"]["Metadata"]["Fail"]["ErrorMessage"] == ""

    def test_variables_and_experiment(self, inside):
        names = ("PipelineName", "PipelineArn", "PipelineExecutionArn", "PipelineExecutionId")
        text = definition(
            fail("Tell", join(*[get(f"Execution.{name}") for name in names])),
            fail("Times", join(get("Execution.StartDateTime"), get("Execution.CurrentDateTime"))),
            fail(
                "Try",
                join(
                    get("PipelineExperimentConfig.ExperimentName"),
                    get("PipelineExperimentConfig.TrialName"),
                ),
            ),
            parameters=[parameter("N", "Integer", 3)],
            PipelineExperimentConfig={
                "ExperimentName": get("Execution.PipelineName"),
                "TrialName": join("n", get("Parameters.N")),
            },
        )
        execution, steps = inside.run(text)
        arn = execution["PipelineExecutionArn"]
        pipeline = execution["PipelineArn"]
        name, identifier = pipeline.rsplit("/", 1)[1], arn.rsplit("/", 1)[1]
        assert steps["Tell"]["FailureReason"] == f"{name}|{pipeline}|{arn}|{identifier}"
        assert steps["Try"]["FailureReason"] == f"{name}|n|3"
        started, current = steps["Times"]["FailureReason"].split("|")
        assert started <= current
        found = execution["PipelineExperimentConfig"]
        assert found == {"ExperimentName": name, "TrialName": "n|3"}

    def test_experiment_without_a_value_fails_the_execution(self, inside):
        document = {"Std:JsonGet": {"S3Uri": "no uri", "Path": "a"}}
        execution, steps = inside.run(
            definition(step("A"), PipelineExperimentConfig={"TrialName": document})
        )
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert "ClientError: the JSON at no uri cannot be read" in execution["FailureReason"]
        assert steps == {}

    def test_property_that_is_not_there_fails_the_step(self, inside):
        fork = condition("If", [equals(1, 1)], [yes("Yes")], [yes("No")])
        text = definition(fork, fail("Tell", get("Steps.If.Nope")))
        _, steps = inside.run(text)
        reason = "ClientError: there is no Steps.If.Nope: 'Nope' is missing"
        assert steps["Tell"]["FailureReason"] == reason
        # What refers to a step of a branch that did not run never runs.
        execution, steps = inside.run(definition(fork, fail("Tell", get("Steps.No.Outcome"))))
        assert set(steps) == {"If", "Yes"}
        assert execution["PipelineExecutionStatus"] == "Succeeded"

    def test_fault_of_ours_fails_the_step_and_the_execution_ends(self, inside, step_type, caplog):
        def run(run):
            raise RuntimeError("broken\ntoo")

        step_type("Broken", run)
        execution, steps = inside.run(definition(step("A", "Broken"), yes("B")))
        assert steps["A"]["FailureReason"] == "InternalServerError: RuntimeError: broken\ntoo"
        assert statuses(steps) == {"A": "Failed", "B": "Succeeded"}
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert "Traceback" in caplog.text

    def test_long_reasons_are_cut(self, inside, step_type):
        def run(run):
            raise StepFailedError("x" * 2000)

        step_type("Wordy", run)
        _, steps = inside.run(definition(step("A", "Wordy")))
        assert steps["A"]["FailureReason"] == "x" * 1024


class TestRunConditions:
    def test_step_that_depends_on_a_failure_runs_after_it(self, inside):
        execution, steps = inside.run(
            definition(
                broken("Train"),
                yes("Notify", after=[on("Train", "Failed")]),
                yes("AfterTrain", after=["Train"]),
                yes("AfterNotify", after=["Notify"]),
            )
        )
        assert statuses(steps) == {
            "Train": "Failed",
            "Notify": "Succeeded",
            "AfterNotify": "Succeeded",
        }
        assert steps["Notify"]["StartTime"] >= steps["Train"]["EndTime"]
        assert execution["PipelineExecutionStatus"] == "CompletedWithFailures"
        assert "FailureReason" not in execution

    def test_nobody_is_told_of_a_success(self, inside):
        execution, steps = inside.run(
            definition(
                yes("Train"),
                yes("Notify", after=[on("Train", "Failed")]),
                yes("Always", after=[on("Train", "Any")]),
                yes("Next", after=[on("Train", "Completed")]),
            )
        )
        assert set(steps) == {"Train", "Always", "Next"}
        assert execution["PipelineExecutionStatus"] == "Succeeded"

    def test_stopped_step(self, inside, step_type):
        def run(run):
            raise StepStoppedError("somebody stopped it", {"Why": "not told"})

        step_type("Stopped", run)
        text = definition(
            step("Train", "Stopped"),
            fail("Failed", "x", after=[on("Train", "Failed")]),
            fail("Tell", get("Steps.Train.Why"), after=[on("Train", "Stopped")]),
            yes("Handled", after=[on("Tell", "Any")]),
        )
        execution, steps = inside.run(text)
        assert statuses(steps) == {"Train": "Stopped", "Tell": "Failed", "Handled": "Succeeded"}
        assert steps["Train"]["FailureReason"] == "somebody stopped it"
        assert steps["Tell"]["FailureReason"] == "not told"
        assert execution["PipelineExecutionStatus"] == "CompletedWithFailures"

    def test_failure_in_a_branch_is_answered_outside(self, inside):
        fork = condition("If", [equals(1, 1)], [fail("Bad", "x")], [yes("Good")])
        execution, steps = inside.run(definition(fork, yes("Tell", after=[on("Bad", "Failed")])))
        assert statuses(steps) == {"If": "Succeeded", "Bad": "Failed", "Tell": "Succeeded"}
        assert execution["PipelineExecutionStatus"] == "CompletedWithFailures"


class TestDocuments:
    def test_property_file_lies_in_its_output(self, inside, monkeypatch):
        outputs = [
            {"OutputName": "other", "S3Output": {"S3Uri": "s3://b/other"}},
            {"OutputName": "out", "S3Output": {"S3Uri": "s3://b/out/"}},
        ]
        made = {"ProcessingOutputConfig": {"Outputs": outputs}}
        kind = StepType(
            name="Made",
            run=lambda run: StepResult(properties=run.arguments),
            members={"PropertyFiles": list},
        )
        monkeypatch.setitem(STEP_TYPES, "Made", kind)
        contents = {"s3://b/out/deep/r.json": b'{"a": [{"b": 7}]}'}
        monkeypatch.setattr(inside.parts[S3], "read", lambda uri: contents[uri])
        file = {"PropertyFileName": "my.file", "OutputName": "out", "FilePath": "deep/r.json"}
        value = {"PropertyFile": get("Steps.M.PropertyFiles.my.file"), "Path": "a[0].b"}
        _, steps = inside.run(
            definition(
                step("M", "Made", Arguments=made, PropertyFiles=[file]),
                fail("Tell", join({"Std:JsonGet": value})),
            )
        )
        assert steps["Tell"]["FailureReason"] == "7"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b'{"a": 1}', None),
            (b"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            (b"[NaN]", "NaN is no number"),
            (b'{"a": "\xff"}', "it is not in UTF-8"),
            (b"[" * 100_000, "it is nested too deep"),
        ],
    )
    def test_what_cannot_be_read(self, inside, monkeypatch, content, reason):
        monkeypatch.setattr(inside.parts[S3], "read", lambda uri: content)
        document = {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "a"}}
        _, steps = inside.run(definition(condition("C", [equals(document, 1)])))
        told = f"ClientError: the JSON at s3://b/k cannot be read: {reason}" if reason else None
        assert steps["C"].get("FailureReason") == told


class TestManySteps:
    def test_fifty_steps_side_by_side_and_no_more_than_asked_for(self, inside, step_type):
        now, most, lock = 0, 0, threading.Lock()

        def run(run):
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.1)
            with lock:
                now -= 1
            return StepResult()

        step_type("Sleep", run)
        text = definition(*[step(f"S{n}", "Sleep") for n in range(50)])
        execution, steps = inside.run(text)
        assert set(statuses(steps).values()) == {"Succeeded"}
        assert len(steps) == 50
        assert execution["PipelineExecutionStatus"] == "Succeeded"
        assert most > 10
        most = 0
        arn = inside.start(text, parallel=3)
        assert len(inside.wait(arn)[1]) == 50
        assert most == 3

    def test_fifty_nested_branches(self, inside):
        inner = fail("Last", "reached")
        for number in range(49):
            inner = condition(f"C{number}", [equals(1, 1)], [inner])
        _, steps = inside.run(definition(inner))
        assert len(steps) == 50
        assert steps["Last"]["FailureReason"] == "reached"

    def test_deep_conditions(self, inside):
        deep = equals(1, 1)
        for _ in range(60):
            deep = {"Type": "Not", "Condition": {"Type": "Or", "Conditions": [deep]}}
        _, steps = inside.run(definition(condition("C", [deep])))
        assert steps["C"]["Metadata"]["Condition"]["Outcome"] == "True"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"AppSpecification": {"ImageUri": "i", "ContainerEntrypoint": None}}, "ContainerEntry"),
        ({"ProcessingInputs": [None]}, "'processingInputs.1.member' failed to satisfy"),
    ],
)
def test_null_in_the_arguments_is_what_it_is_to_aws(inside, members, told):
    request = processing(SimpleNamespace(put=lambda key, body: "s3://b/k"), "n", "")
    arguments = without(request, "ProcessingJobName") | members
    _, steps = inside.run(definition(step("P", "Processing", Arguments=arguments)))
    assert steps["P"]["FailureReason"].startswith("ClientError: Failed to invoke sagemaker:")
    assert told in steps["P"]["FailureReason"]


class TestStop:
    @pytest.fixture
    def held(self, step_type):
        """A step type that runs until it is let go, or until it is stopped."""
        begun, go, stopped = threading.Event(), threading.Event(), threading.Event()

        def run(run):
            run.on_stop(lambda: (stopped.set(), go.set()))
            begun.set()
            assert go.wait(20)
            if stopped.is_set():
                raise StepStoppedError("stopped")
            return StepResult()

        step_type("Held", run)
        return begun, go

    def test_running_steps_are_stopped_and_no_more_start(self, inside, held):
        text = definition(
            step("A", "Held"),
            yes("Next", after=["A"]),
            yes("Cleanup", after=[on("A", "Stopped")]),
        )
        arn = inside.start(text)
        assert held[0].wait(20)
        inside.stop(arn)
        execution, steps = inside.wait(arn)
        assert statuses(steps) == {"A": "Stopped"}
        assert "FailureReason" not in steps["A"]
        assert execution["PipelineExecutionStatus"] == "Stopped"
        with pytest.raises(AwsError) as caught:
            inside.stop(arn)
        assert caught.value.code == "ConflictException"

    def test_steps_that_wait_for_a_place_do_not_start(self, inside, held):
        text = definition(step("A", "Held"), step("B", "Held"), step("C", "Held"))
        arn = inside.start(text, parallel=1)
        assert held[0].wait(20)
        inside.stop(arn)
        execution, steps = inside.wait(arn)
        assert execution["PipelineExecutionStatus"] == "Stopped"
        assert steps["A"]["StepStatus"] == "Stopped"
        assert "B" not in steps and "C" not in steps

    def test_stop_right_after_the_start(self, inside):
        slow = definition(*[yes(f"S{n}", after=[f"S{n - 1}"] if n else []) for n in range(50)])
        for _ in range(5):
            arn = inside.start(slow)
            try:
                inside.stop(arn)
            except AwsError as error:
                assert error.code == "ConflictException"
            execution, steps = inside.wait(arn)
            assert execution["PipelineExecutionStatus"] in ("Stopped", "Succeeded")
            assert set(statuses(steps).values()) <= {"Succeeded", "Stopped"}

    def test_unknown_execution(self, inside):
        with pytest.raises(AwsError) as caught:
            inside.stop(inside.start(definition(yes("A"))) + "x")
        assert caught.value.code == "ResourceNotFound"


@st.composite
def definitions(draw):
    """A definition of steps that start no jobs, with any dependencies, branches and references."""
    names = iter([f"S{number}" for number in range(12)])
    made, fails = [], set()

    def entry(name, trigger):
        if name in fails and trigger == "Completed":
            return on(name, "Any")
        return name if trigger == "Completed" else on(name, trigger)

    def some_step(depth):
        name = next(names, None)
        if name is None:
            return []
        after = draw(st.lists(st.sampled_from(made), max_size=2, unique=True)) if made else []
        entries = [entry(a, draw(st.sampled_from([*TRIGGERS]))) for a in after]
        values = st.sampled_from(
            [
                1,
                "1",
                2,
                get("Parameters.N"),
                *[get(f"Steps.{a}.Outcome") for a in made[-2:] if a not in fails],
            ]
        )
        left, right = draw(values), draw(values)
        if draw(st.booleans()):
            made.append(name)
            fails.add(name)
            return [fail(name, join(left, right), after=entries)]
        kind = draw(st.sampled_from(["Equals", "NotEquals", "LessThan", "GreaterThanOrEqualTo"]))
        branches = [
            [
                inner
                for _ in range(draw(st.integers(0, 2 - depth)))
                for inner in some_step(depth + 1)
            ]
            for _ in "ab"
        ]
        made.append(name)
        return [condition(name, [equals(left, right, kind)], *branches, after=entries)]

    def some_steps(least, most, depth):
        number = draw(st.integers(least, most))
        return [found for _ in range(number) for found in some_step(depth)]

    return definition(*some_steps(1, 4, 0), parameters=[parameter("N", "Integer", 1)])


@given(definitions())
@settings(deadline=None, max_examples=60)
def test_any_definition_comes_to_an_end(inside, text):
    try:
        execution, steps = inside.run(text)
    except AwsError as error:
        assert "wait for each other" in error.message
        return
    bad = [found for found in steps.values() if found["StepStatus"] != "Succeeded"]
    status = execution["PipelineExecutionStatus"]
    assert status == "Succeeded" if not bad else status in ("Failed", "CompletedWithFailures")
    assert (execution.get("FailureReason") == FAILURE) == (status == "Failed")
    for found in steps.values():
        assert found["StartTime"] <= found["EndTime"]
        assert "InternalServerError" not in found.get("FailureReason", "")


@given(definitions())
@settings(deadline=None, max_examples=40)
def test_any_execution_ends_the_same_when_it_is_retried(inside, text):
    try:
        first, steps = inside.run(text)
    except AwsError:
        return
    arn = first["PipelineExecutionArn"]
    try:
        inside.perform(
            "RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=inside.token()
        )
    except AwsError as error:
        assert "it is Succeeded" in error.message
        return
    again, same = inside.wait(arn)
    assert again["PipelineExecutionStatus"] in ("Failed", "CompletedWithFailures")
    # What a failure elsewhere kept from starting one time may start the other time, beside it.
    both = steps.keys() & same.keys()
    before, after = statuses(steps), statuses(same)
    assert {name: before[name] for name in both} == {name: after[name] for name in both}
    kept = [name for name in both if same[name] == steps[name]]
    assert all(steps[name]["StepStatus"] == "Succeeded" for name in kept)


@given(definitions(), st.data())
@settings(deadline=None, max_examples=40)
def test_any_step_does_the_same_when_it_is_selected(inside, text, data):
    try:
        first, steps = inside.run(text)
    except AwsError:
        return
    source = first["PipelineExecutionArn"]
    name = data.draw(st.sampled_from([*steps]))
    _, selected = inside.wait(
        inside.perform(
            "StartPipelineExecution",
            PipelineName=first["PipelineArn"].rsplit("/", 1)[1],
            ClientRequestToken=inside.token(),
            SelectiveExecutionConfig={
                "SourcePipelineExecutionArn": source,
                "SelectedSteps": [{"StepName": name}],
            },
        )["PipelineExecutionArn"]
    )
    assert selected.keys() <= steps.keys()
    assert statuses(selected) == {one: steps[one]["StepStatus"] for one in selected}
    ran = [one for one, found in selected.items() if "SelectiveExecutionResult" not in found]
    assert ran == [name]
