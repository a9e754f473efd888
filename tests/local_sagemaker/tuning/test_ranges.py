"""Ranges of hyperparameters: their values, their scales, and what is wrong with some."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.tuning.ranges import combinations, read_ranges

SHARES = st.floats(0, 1, exclude_max=True)


def categorical(*values, name="c"):
    return {"CategoricalParameterRanges": [{"Name": name, "Values": list(values)}]}


def numbers(kind, least, most, scale=None, name="n"):
    one = {"Name": name, "MinValue": least, "MaxValue": most}
    return {f"{kind}ParameterRanges": [one | ({"ScalingType": scale} if scale else {})]}


def only(document):
    (found,) = read_ranges(document)
    return found


@pytest.mark.parametrize(
    ("document", "values"),
    [
        (categorical("a", "b", "c", "d"), ["a", "b", "c", "d"]),
        (numbers("Integer", "1", "4"), ["1", "2", "3", "4"]),
        (numbers("Continuous", "0", "2", "Linear"), ["0.0", "0.5", "1.0", "1.5"]),
        (numbers("Continuous", "1", "10000", "Logarithmic"), ["1.0", "10.0", "100.0", "1000.0"]),
        (numbers("Continuous", "0.5", "5", "Auto"), ["0.5", "1.625", "2.75", "3.875"]),
        # Between 10 and 1000 the integers below 1001 are spread by their logarithm.
        (numbers("Integer", "10", "1000"), ["10", "31", "100", "316"]),
    ],
)
def test_values_at_each_quarter(document, values):
    found = only(document)
    rounded = [found.value(quarter / 4) for quarter in range(4)]
    if found.count == math.inf:
        assert [float(value) for value in rounded] == pytest.approx([float(v) for v in values])
    else:
        assert rounded == values


def test_reverse_logarithmic_looks_close_at_what_is_near_one():
    found = only(numbers("Continuous", "0", "0.9999", "ReverseLogarithmic"))
    assert [float(found.value(quarter / 4)) for quarter in range(4)] == pytest.approx(
        [0, 0.9, 0.99, 0.999]
    )
    assert found.coordinates("0.99") == pytest.approx([0.5])


@given(SHARES, st.sampled_from(["Auto", "Linear", "Logarithmic"]))
def test_values_stay_in_the_range_and_on_its_scale(share, scale):
    for kind in ("Integer", "Continuous"):
        found = only(numbers(kind, "1", "1000", scale))
        value = found.value(share)
        assert 1 <= float(value) <= 1000
        assert (kind == "Integer") == value.isdigit()
        (place,) = found.coordinates(value)
        assert 0 <= place <= 1
        if kind == "Continuous":
            assert place == pytest.approx(share, abs=1e-9)


def test_places():
    assert only(categorical("a", "b", "c")).coordinates("b") == [0, 1, 0]
    assert only(numbers("Integer", "2", "6")).coordinates("3") == [0.25]
    assert only(numbers("Integer", "2", "2")).coordinates("2") == [0]


def test_combinations():
    both = categorical("a", "b") | numbers("Integer", "1", "5")
    assert combinations(read_ranges(both)) == 10
    assert combinations(read_ranges(both | numbers("Continuous", "0", "1", name="x"))) == math.inf
    assert combinations(read_ranges(numbers("Continuous", "1", "1"))) == 1


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (numbers("Integer", "1.5", "2"), "MinValue of the hyperparameter n is no integer: 1.5"),
        (numbers("Integer", "1", "many"), "MaxValue of the hyperparameter n is no integer: many"),
        (numbers("Continuous", "0", "inf"), "MaxValue of the hyperparameter n is no number: inf"),
        (numbers("Continuous", "2", "1"), "above its MaxValue"),
        (numbers("Continuous", "0", "1", "Logarithmic"), "above 0"),
        (numbers("Continuous", "0", "1", "ReverseLogarithmic"), "0 <= x < 1"),
        (numbers("Integer", "0", "0", "ReverseLogarithmic"), "continuous"),
        (categorical("a") | numbers("Integer", "1", "2", name="c"), "c has more than one range"),
        (
            {"CategoricalParameterRanges": [{"Name": str(n), "Values": ["a"]} for n in range(31)]},
            "at most 30",
        ),
    ],
)
def test_refused(document, why):
    with pytest.raises(AwsError) as caught:
        read_ranges(document)
    assert caught.value.code == "ValidationException"
    assert why in caught.value.message
