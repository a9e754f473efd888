"""Output parameters of Lambda and Callback steps: what may be declared, and their values."""

import pytest
from definitions import definition, step
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.definition import read_definition
from sagemaker_local.pipelines.output_parameters import output_values, shown_parameters
from sagemaker_local.pipelines.step_run import StepFailedError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/q"


def values(kind, value):
    return output_values([{"OutputName": "a", "OutputType": kind}], {"a": value})["a"]


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("String", "text", "text"),
        ("String", 5, "5"),
        ("String", True, "true"),
        ("String", {"b": ["ü"]}, '{"b": ["ü"]}'),
        ("Integer", 5, 5),
        ("Integer", "5", 5),
        ("Float", 5, 5),
        ("Float", "0.5", 0.5),
        ("Boolean", False, False),
        ("Boolean", "true", True),
        ("Boolean", "True", True),
    ],
)
def test_values_have_their_types(kind, given, value):
    found = values(kind, given)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("Integer", 0.5),
        ("Integer", True),
        ("Integer", "x"),
        ("Integer", None),
        ("Float", "true"),
        ("Float", [1]),
        ("Boolean", 1),
        ("Boolean", "yes"),
        ("Integer", {}),
    ],
)
def test_values_of_other_types_are_refused(kind, given):
    with pytest.raises(StepFailedError, match=f'"a" must be of type {kind}'):
        values(kind, given)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_a_text_is_made_of_anything(value):
    try:
        found = values("String", value)
    except StepFailedError as error:
        assert "more than 1024 characters" in str(error)
    else:
        assert shown_parameters({"a": found}) == [{"Name": "a", "Value": found}]


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"OutputParameters": [{"OutputType": "String"}]}, "has no OutputName"),
        ({"OutputParameters": [{"OutputName": "a", "OutputType": "List"}]}, "the type List"),
        ({"OutputParameters": [{"OutputName": "a"}] * 2}, 'two outputs "a"'),
        (
            {"OutputParameters": [{"OutputName": str(n)} for n in range(51)]},
            "more than 50 outputs",
        ),
        ({"RetryPolicies": []}, "does not support RetryPolicies"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "target"), [("Lambda", {"FunctionArn": ARN}), ("Callback", {"SqsQueueUrl": QUEUE})]
)
def test_what_cannot_be_declared_is_refused(kind, target, members, named):
    with pytest.raises(AwsError) as caught:
        read_definition(definition(step("A", kind, **target, **members)))
    assert named in caught.value.message


@pytest.mark.parametrize(
    ("kind", "members", "named"),
    [
        ("Lambda", {}, "step A has no FunctionArn"),
        ("Lambda", {"FunctionArn": 5}, "FunctionArn of step A must be text, not 5"),
        ("Callback", {}, "step A has no SqsQueueUrl"),
        ("Callback", {"SqsQueueUrl": ["q"]}, 'SqsQueueUrl of step A must be text, not ["q"]'),
        ("Callback", {"SqsQueueUrl": {"Get": "Parameters.None"}}, "unknown Parameters.None"),
    ],
)
def test_what_is_called_must_be_said(kind, members, named):
    with pytest.raises(AwsError) as caught:
        read_definition(definition(step("A", kind, **members)))
    assert named in caught.value.message


@pytest.mark.parametrize(
    "path", ["OutputParameters['b']", "OutputParameters", "Outputs['a']", "OutputParameters.b"]
)
def test_a_reference_to_what_was_not_declared_is_refused(path):
    outputs = [{"OutputName": "a", "OutputType": "String"}]
    called = step("A", "Lambda", FunctionArn=ARN, OutputParameters=outputs)
    told = step("B", Arguments={"ErrorMessage": {"Get": f"Steps.A.{path}"}})
    with pytest.raises(AwsError) as caught:
        read_definition(definition(called, told))
    assert f"step B refers to the unknown Steps.A.{path}" in caught.value.message


def test_arguments_need_not_be_there():
    found = read_definition(definition({"Name": "A", "Type": "Lambda", "FunctionArn": ARN}))
    assert found.steps["A"].arguments["Arguments"] == {}
