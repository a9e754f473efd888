"""Parameters: what may be declared, and which values an execution gets."""

import json

import pytest
from definitions import parameter
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.parameters import MAX_PARAMETERS, parameter_values, read_parameters


def values(*documents, **given):
    return parameter_values(read_parameters(documents), given)


@pytest.mark.parametrize(
    ("documents", "told"),
    [
        ([5], "a parameter must be an object"),
        ([{}], "a parameter has no Name"),
        ([{"Name": 1}], "Name of a parameter must be text"),
        ([{"Name": "a.b"}], '"a.b" is no name of a parameter'),
        ([{"Name": ""}], "is no name"),
        ([{"Name": "a\n"}], "is no name"),
        ([parameter("P", "Date")], "for parameter P the type Date"),
        ([parameter("P", ["String"])], "Type of a parameter must be text"),
        (
            [parameter("P", "Integer", "x")],
            'the default of parameter P must be an integer, not "x"',
        ),
        ([parameter("P", "Integer", 1.5)], "must be an integer"),
        ([parameter("P", "Integer", True)], "must be an integer, not true"),
        ([parameter("P", "Float", "1")], "must be a number"),
        ([parameter("P", "Float", False)], "must be a number"),
        ([parameter("P", "Boolean", 1)], "must be true or false, not 1"),
        ([parameter("P", "String", 1)], "must be text"),
        ([parameter("P"), parameter("P")], "the parameter name P is used twice"),
        ([{**parameter("P"), "EnumValues": "ab"}], "EnumValues of a parameter must be a list"),
        ([{**parameter("P"), "EnumValues": [1]}], "a value of parameter P must be text, not 1"),
        ([{**parameter("P"), "Unit": "s"}], "does not support Unit in a parameter"),
        ([parameter(f"P{n}") for n in range(201)], "at most 200 parameters"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_malformed_is_refused(documents, told):
    with pytest.raises(AwsError) as caught:
        read_parameters(documents)
    assert told in caught.value.message


def test_what_may_be_declared():
    assert len(read_parameters([parameter(f"P{n}") for n in range(MAX_PARAMETERS)])) == 200
    # The published JSON schema: a parameter without a type is a text, and may be described.
    document = {"Name": "P", "Description": "why", "DefaultValue": "d", "EnumValues": None}
    assert values(document) == {"P": "d"}
    assert values(parameter("P", "Float", 1), parameter("n-a_M3", "Boolean", False)) == {
        "P": 1,
        "n-a_M3": False,
    }


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("String", "", ""),
        ("String", "a\nb", "a\nb"),
        ("Integer", "7", 7),
        ("Integer", "-7", -7),
        ("Integer", "+007", 7),
        ("Float", "0.75", 0.75),
        ("Float", "7", 7.0),
        ("Float", "-1.", -1.0),
        ("Float", ".5", 0.5),
        ("Float", "1e-07", 1e-7),
        ("Float", "2.5E3", 2500.0),
        ("Boolean", "true", True),
        ("Boolean", "False", False),
    ],
)
def test_texts_become_values(kind, text, value):
    found = values(parameter("P", kind), P=text)["P"]
    assert found == value
    assert type(found) is type(value)


WRONG = {
    "Integer": ["", " 7", "7 ", "\u0667", "9" * 301, *["x", "1.5", "1e3", "1_000", "0x1", "true"]],
    "Float": ["", *["x", ".", "nan", "inf", "-Infinity", "1_0.0", "1e", "1e999"]],
    "Boolean": ["", "true ", *["yes", "1", "0"]],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind in WRONG for text in WRONG[kind]])
def test_texts_of_the_wrong_type_are_refused(kind, text):
    with pytest.raises(AwsError) as caught:
        values(parameter("P", kind), P=text)
    assert f"Parameter 'P' must be of type {kind}, not " in caught.value.message


def test_values_that_are_not_there_or_not_allowed():
    size = {**parameter("Size", "String", "small"), "EnumValues": ["small", "large"]}
    number = {**parameter("Number", "Integer", 1), "EnumValues": [1, 2]}
    assert values(size, number, Size="large") == {"Size": "large", "Number": 1}
    for asked, told in [
        ({"Size": "huge"}, 'Parameter \'Size\' must be one of ["small", "large"]'),
        ({"Number": "3"}, "Parameter 'Number' must be one of [1, 2]"),
        ({"Z": "1", "Other": "1"}, "Unknown parameter 'Other'"),
    ]:
        with pytest.raises(AwsError) as caught:
            values(size, number, **asked)
        assert caught.value.message == told
    with pytest.raises(AwsError, match="Parameter 'Needed' is undefined"):
        values(parameter("Needed"))


@given(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text())
def test_what_the_sdk_sends_comes_back(integer, number, flag, text):
    given = {"I": str(integer), "F": str(number), "B": str(flag), "S": text}
    declared = [parameter(name[0], name) for name in ("Integer", "Float", "Boolean", "String")]
    if "e" in given["F"] and len(given["F"].split("e")[1]) > 3:
        return
    found = values(*declared, **given)
    assert found == {"I": integer, "F": number, "B": flag, "S": text}
    assert json.dumps(found["F"]) == json.dumps(number)
