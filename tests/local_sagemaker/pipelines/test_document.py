"""The JSON of a definition, and its objects' members."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.document import (
    check_type,
    members,
    one_of,
    plain,
    read_json,
    shown,
)


def told(function, *arguments):
    with pytest.raises(AwsError) as caught:
        function(*arguments)
    assert caught.value.code == "ValidationException"
    assert "\n" not in caught.value.message
    return caught.value.message


def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON: Expecting property name"),
        ("", "it is not JSON"),
        ('{"a": NaN}', "it is not JSON: it has a number or a character that JSON has not"),
        ("[-Infinity]", "it has a number or a character"),
        ("[1e999]", "it has a number or a character"),
        ("[" + "9" * 5000 + "]", "it has a number or a character"),
        (r'["\ud800"]', "it has a number or a character"),
        (nested(201), "it is nested more than 200 deep"),
        (nested(5_000), "it is nested more than 200 deep"),
        (nested(100_000), "it is nested more than 200 deep"),
        ('{"a":' * 201 + "1" + "}" * 201, "it is nested more than 200 deep"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_no_json(text, reason):
    assert reason in told(read_json, text)


def test_two_hundred_levels_are_read():
    assert json.dumps(read_json(nested(200))) == nested(200)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_is_read(value):
    assert read_json(json.dumps(value)) == value


def test_members():
    document = {"A": "x", "B": [1], "C": None}
    assert members(document, "it", {"A": str}, {"B": list, "C": dict, "D": int}) == {
        "A": "x",
        "B": [1],
        "C": None,
        "D": None,
    }
    assert members({}, "it", {}) == {}
    assert members({"Any": {}}, "it", {"Any": None}) == {"Any": {}}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "it must be an object, not []"),
        (None, "it must be an object, not null"),
        ({}, "it has no A"),
        ({"A": None}, "it has no A"),
        ({"A": 1}, "A of it must be text, not 1"),
        ({"A": "x", "B": "y"}, 'B of it must be a list, not "y"'),
    ],
)
def test_members_that_are_wrong(document, reason):
    message = told(members, document, "it", {"A": str}, {"B": list})
    assert message == f"Unable to parse pipeline definition: {reason}"


def test_members_that_nobody_knows_are_refused_by_name():
    document = {"A": "x", "Z\n": 1, "Y": 2, "X": None}
    message = told(members, document, "it", {"A": str})
    assert message == "the local SageMaker does not support Y in it"
    assert told(members, {"Z\n": 1}, "it", {}).endswith(r"does not support Z\n in it")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (str, ["", "x"]),
        (bool, [True, False]),
        (int, [0, -1]),
        (float, [0, 1.5]),
        (list, [[], [1]]),
        (dict, [{}, {"a": 1}]),
        (None, ["", True, 0, 1.5, [], {}, None]),
    ],
)
def test_types(kind, values):
    for value in ["", True, 0, 1.5, [], {}, None]:
        fits = kind is None or type(value) in {type(value) for value in values}
        if fits:
            check_type(value, kind, "it")
        else:
            assert told(check_type, value, kind, "it").startswith(
                "Unable to parse pipeline definition: it must be "
            )


def test_one_of():
    assert one_of("a", {"a": 1}, "the letter") == "a"
    assert told(one_of, "b\n", {"a": 1}, "the letter") == (
        r"the local SageMaker does not support the letter b\n"
    )


def test_what_is_shown_is_short():
    assert shown({"a": [1, None]}) == '{"a": [1, null]}'
    assert shown("x" * 58) == '"' + "x" * 58 + '"'
    assert shown("x" * 59) == '"' + "x" * 56 + "..."
    assert plain("a\n") == r"a\n"
    assert plain("x" * 59) == "x" * 56 + "..."
