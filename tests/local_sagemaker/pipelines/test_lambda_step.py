"""The Lambda step on a server: functions that really run, what they return, how they fail."""

import json

import pytest
from definitions import condition, equals, step
from kit import Local, create_function, wait_until

ANSWERS = """
import time

def handler(event, context):
    print(event)
    if "fail" in event:
        raise ValueError(event["fail"])
    time.sleep(event.get("seconds", 0))
    return {"text": "a" + event["text"], "number": event["number"] + 1, "share": 0.5,
            "truth": True, "nested": {"a": [1]}, "not declared": 1}
"""
TYPES = {"text": "String", "number": "Integer", "share": "Float", "truth": "Boolean"}


@pytest.fixture(scope="module")
def function(local):
    """A function that answers with values of every type; its ARN."""
    return create_function(local, "answers", ANSWERS)


def call(name, function, arguments, outputs=(), **members):
    declared = [{"OutputName": output, "OutputType": kind} for output, kind in outputs]
    own = {"FunctionArn": function, "Arguments": arguments, "OutputParameters": declared}
    return step(name, "Lambda", **own, **members)


def output(name, parameter):
    return {"Get": f"Steps.{name}.OutputParameters['{parameter}']"}


def test_its_outputs_are_references_with_their_types(local, create, function):
    first = call(
        "First",
        function,
        {"text": {"Get": "Execution.PipelineName"}, "number": 1},
        [*TYPES.items(), ("nested", "String")],
    )
    second = call(
        "Second",
        function,
        {"text": output("First", "text"), "number": output("First", "number")},
        [("number", "Integer"), ("text", "String")],
    )
    holds = [
        equals(output("First", "number"), 2),
        equals(output("First", "share"), 0.25, "GreaterThan"),
        equals(output("First", "truth"), True),
    ]
    name = create(first, second, condition("Check", holds, [], [step("Wrong")]))
    execution, steps = local.run_pipeline(name)
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert steps["First"]["Metadata"]["Lambda"] == {
        "Arn": function,
        "OutputParameters": [
            {"Name": "text", "Value": f"a{name}"},
            {"Name": "number", "Value": "2"},
            {"Name": "share", "Value": "0.5"},
            {"Name": "truth", "Value": "true"},
            {"Name": "nested", "Value": '{"a": [1]}'},
        ],
    }
    assert steps["Second"]["Metadata"]["Lambda"]["OutputParameters"] == [
        {"Name": "number", "Value": "3"},
        {"Name": "text", "Value": f"aa{name}"},
    ]
    assert set(steps) == {"First", "Second", "Check"}


@pytest.mark.parametrize(
    ("arguments", "outputs", "reason"),
    [
        ({"fail": "no rows"}, {}, "Error Details: ValueError: no rows"),
        ({"text": "", "number": 1}, {"lost": "String"}, 'parameter "lost" is missing'),
        (
            {"text": "", "number": 1},
            {"nested": "Integer"},
            'the output parameter "nested" must be of type Integer, not {"a": [1]}',
        ),
        (
            {"text": "x" * 1024, "number": 1},
            {"text": "String"},
            'the output parameter "text" has more than 1024 characters',
        ),
    ],
)
def test_why_it_failed_is_said(local, create, function, arguments, outputs, reason):
    execution, steps = local.run_pipeline(create(call("F", function, arguments, outputs.items())))
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert steps["F"]["StepStatus"] == "Failed"
    assert steps["F"]["FailureReason"].startswith("ClientError: ")
    assert steps["F"]["FailureReason"].endswith(reason)
    assert steps["F"]["Metadata"]["Lambda"]["Arn"] == function


def test_a_function_that_is_not_there_is_missed_when_it_is_called(local, create, function):
    missing = function.replace("answers", "nobody")
    _, steps = local.run_pipeline(create(call("F", missing, {})))
    assert steps["F"]["FailureReason"] == (
        f"ClientError: Failed to invoke lambda:Invoke. Error Details: Function not found: {missing}"
    )


def test_the_same_call_is_reused_when_it_may_be(local, create, function):
    cache = {"Enabled": True, "ExpireAfter": "PT1H"}
    arguments = {"text": {"Get": "Parameters.Text"}, "number": 1}
    cached = call("Cached", function, arguments, [("text", "String")], CacheConfig=cache)
    parameters = [{"Name": "Text", "Type": "String", "DefaultValue": "b"}]
    name = create(cached, parameters=parameters)
    first, _ = local.run_pipeline(name)
    _, steps = local.run_pipeline(name)
    source = {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}
    assert steps["Cached"]["CacheHitResult"] == source
    assert steps["Cached"]["Metadata"]["Lambda"]["OutputParameters"][0]["Value"] == "ab"
    _, steps = local.run_pipeline(name, Text="c")
    assert "CacheHitResult" not in steps["Cached"]


def test_a_stop_waits_for_the_function(local, create, function):
    arguments = {"text": "", "number": 1, "seconds": 1.5}
    name = create(call("Slow", function, arguments), step("Never", after=["Slow"]))
    arn = local.sm.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    wait_until(lambda: local.steps(arn), bool)
    local.sm.stop_pipeline_execution(PipelineExecutionArn=arn)
    execution, steps = local.wait_for_execution(arn)
    assert execution["PipelineExecutionStatus"] == "Stopped"
    assert {name: found["StepStatus"] for name, found in steps.items()} == {"Slow": "Succeeded"}


def test_a_function_that_is_out_of_time_fails_a_stopped_execution(local, create):
    code = "import time\ndef handler(event, context): time.sleep(60)"
    function = create_function(local, "late", code, Timeout=1)
    name = create(call("Late", function, {}))
    arn = local.sm.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    wait_until(lambda: local.steps(arn), bool)
    local.sm.stop_pipeline_execution(PipelineExecutionArn=arn)
    execution, steps = local.wait_for_execution(arn)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert "Task timed out after 1.00 seconds" in steps["Late"]["FailureReason"]


def test_a_step_waits_ten_minutes_and_the_function_goes_on(tmp_path, create):
    # Ten minutes are 1.2 seconds here.
    local = Local(tmp_path / "home", SAGEMAKER_LOCAL_WAIT_SCALE="0.002").up()
    try:
        local.s3.create_bucket(Bucket="late")
        code = """
            import time

            def handler(event, context):
                time.sleep(2)
                import boto3
                boto3.client("s3").put_object(Bucket="late", Key="k", Body=b"")
        """
        function = create_function(local, "late", code)
        definition = json.dumps({"Version": "2020-12-01", "Steps": [call("Late", function, {})]})
        local.sm.create_pipeline(
            PipelineName="p",
            PipelineDefinition=definition,
            RoleArn="arn:aws:iam::123456789012:role/r",
        )
        _, steps = local.run_pipeline("p")
        assert "did not end within 10 minutes" in steps["Late"]["FailureReason"]
        count = lambda: local.s3.list_objects_v2(Bucket="late")["KeyCount"]  # noqa: E731
        assert count() == 0
        wait_until(count, bool)
    finally:
        local.down()
