"""The conditions of a Condition step."""

import operator

import pytest
from definitions import equals
from hypothesis import given
from hypothesis import strategies as st
from test_expressions import Scope

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.conditions import parse_condition
from sagemaker_local.pipelines.expressions import ExpressionError

P = {"Get": "Parameters.P"}


def holds(document, **parameters):
    values = {f"Parameters.{name}": value for name, value in parameters.items()}
    return parse_condition(document, "here").value(Scope(values))


def one_of(query, *values):
    return {"Type": "In", "QueryValue": query, "Values": list(values)}


def either(*conditions):
    return {"Type": "Or", "Conditions": list(conditions)}


def no(condition):
    return {"Type": "Not", "Condition": condition}


@pytest.mark.parametrize(
    ("document", "outcome"),
    [
        (equals(2, 2), True),
        (equals(2, 3), False),
        (equals(2, 2.0), True),
        (equals("a", "a"), True),
        (equals("1", 1), False),
        # True is no number, though Python thinks so.
        (equals(True, 1), False),
        (equals(True, True), True),
        (equals(False, 0, "NotEquals"), True),
        (equals(2, 2, "NotEquals"), False),
        (equals(2, 1, "GreaterThan"), True),
        (equals(2, 2, "GreaterThan"), False),
        (equals(2, 2, "GreaterThanOrEqualTo"), True),
        (equals(1, 2, "GreaterThanOrEqualTo"), False),
        (equals(1, 1.5, "LessThan"), True),
        (equals(2, 2, "LessThan"), False),
        (equals(2, 2, "LessThanOrEqualTo"), True),
        (equals(3, 2, "LessThanOrEqualTo"), False),
        # Both are texts in AWS's own test (test_pipeline_var_behaviors.py).
        (equals("1", "3", "GreaterThan"), False),
        (equals("1", "0", "GreaterThan"), True),
        (one_of("b", "a", "b"), True),
        (one_of("c", "a", "b"), False),
        (one_of(1, True), False),
        (one_of("a"), False),
        (no(equals(1, 1)), False),
        (no(no(equals(1, 1))), True),
        (either(equals(1, 2), equals(1, 1)), True),
        (either(equals(1, 2), equals(1, 3)), False),
        (either(), False),
        (equals(P, 7), True),
        (one_of(7, 1, P), True),
        (either(no(equals(P, 7)), one_of(P, 6, 7)), True),
    ],
    ids=str,
)
def test_outcome(document, outcome):
    assert holds(document, P=7) is outcome


def test_or_stops_at_the_first_that_holds():
    broken = equals("a", 1, "LessThan")
    assert holds(either(equals(1, 1), broken))
    with pytest.raises(ExpressionError):
        holds(either(broken, equals(1, 1)))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (equals("a", 1, "LessThan"), "'a' and 1 cannot be compared (LessThan)"),
        (equals(1, "a", "GreaterThan"), "1 and 'a' cannot be compared"),
        (equals(True, 1, "GreaterThan"), "True and 1 cannot be compared"),
        (equals(1, True, "GreaterThan"), "1 and True cannot be compared"),
        (equals(P, 1), "[1] is not a single value"),
        (equals(1, P), "[1] is not a single value"),
        (equals({"a": 1}, {"a": 1}), "is not a single value"),
        (one_of(1, 2, P), "[1] is not a single value"),
        (one_of(P, 2), "[1] is not a single value"),
    ],
    ids=str,
)
def test_what_cannot_be_compared(document, told):
    with pytest.raises(ExpressionError) as caught:
        holds(document, P=[1])
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "a condition of here must be an object, not []"),
        ({}, "Type of a condition of here must be text, not null"),
        ({"Type": ["Equals"]}, "Type of a condition of here must be text"),
        ({"Type": "Like"}, "does not support in here the condition Like"),
        ({"Type": "And", "Conditions": []}, "the condition And"),
        ({"Type": "Equals", "LeftValue": 1}, "a condition of here has no RightValue"),
        (equals(None, 1), "has no LeftValue"),
        ({"Type": "Equals", "LeftValue": 1, "RightValue": 1, "X": 1}, "X in a condition of here"),
        ({"Type": "In", "Value": 1, "In": [1]}, "does not support In in a condition of here"),
        ({"Type": "In", "QueryValue": 1, "Values": 1}, "Values of a condition of here must be a"),
        ({"Type": "In", "QueryValue": 1, "Values": P}, "must be a list"),
        ({"Type": "Not", "Expression": equals(1, 1)}, "does not support Expression"),
        ({"Type": "Not"}, "has no Condition"),
        ({"Type": "Not", "Condition": [equals(1, 1)]}, "must be an object"),
        ({"Type": "Or"}, "has no Conditions"),
        ({"Type": "Or", "Conditions": {}}, "must be a list"),
        (either(5), "must be an object"),
        (no(either(equals(1, {"Get": 1}))), "Get in here must be text"),
    ],
    ids=str,
)
def test_what_is_malformed_is_refused(document, told):
    with pytest.raises(AwsError) as caught:
        parse_condition(document, "here")
    assert told in caught.value.message


def test_references():
    document = no(either(equals(P, {"Get": "Steps.A.X"}), one_of({"Get": "Steps.B.X"}, P)))
    found = [reference.text for reference in parse_condition(document, "here").references()]
    assert found == ["Parameters.P", "Steps.A.X", "Steps.B.X", "Parameters.P"]


NUMBERS = st.integers() | st.floats(allow_nan=False)


@given(NUMBERS, NUMBERS)
def test_numbers_compare_as_in_python(left, right):
    for kind, compare in {
        "Equals": operator.eq,
        "NotEquals": operator.ne,
        "GreaterThan": operator.gt,
        "GreaterThanOrEqualTo": operator.ge,
        "LessThan": operator.lt,
        "LessThanOrEqualTo": operator.le,
    }.items():
        assert holds(equals(left, right, kind)) is compare(left, right)
        assert holds(no(equals(left, right, kind))) is not compare(left, right)
