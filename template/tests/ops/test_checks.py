"""Answers are compared with the expected ones: status, content type, schema, values, latency."""

import json
import re
from typing import Any

import pytest

from demo import example_version
from ops.verify import (
    LARGEST_PAYLOAD,
    Answer,
    checks,
    load_example,
    problem,
    shape_difference,
    value_difference,
)
from project import registry, s3
from project.aws import Connection
from project.contract import ContractError, ExpectedAnswers

EXPECTED = ExpectedAnswers(
    content_type="text/csv",
    accept="application/json",
    payload="payload.csv",
    answers={"predictions": ["high", "low"], "scores": [0.5, 1]},
    tolerance=1e-6,
)


def answer(
    document: Any = EXPECTED.answers,
    status: int = 200,
    content_type: str = "application/json",
    milliseconds: float = 10,
) -> Answer:
    return Answer(status, content_type, json.dumps(document).encode(), milliseconds)


def other(**changes: Any) -> Answer:
    return answer({**EXPECTED.answers, **changes})


def test_the_expected_answers_pass_every_check() -> None:
    done = checks([answer(), other(scores=[0.5 + 1e-8, 1.0])], EXPECTED, 100)

    assert [(check.name, check.seen) for check in done] == [
        ("status", "200"),
        ("content type", "application/json"),
        ("schema", "as expected"),
        ("answers", "as expected, numbers within 1e-06"),
        ("latency", "slowest of 2 was 10 ms, limit 100 ms"),
    ]
    assert problem(done) == ""


def test_an_answer_may_take_as_long_as_the_limit() -> None:
    assert problem(checks([answer(milliseconds=100)], EXPECTED, 100)) == ""


def test_every_wrong_content_type_is_named() -> None:
    seen = [answer(content_type=kind) for kind in ("text/html", "text/csv", "application/json")]

    assert problem(checks(seen, EXPECTED, 100)) == (
        "content type: text/csv, text/html, not application/json"
    )


@pytest.mark.parametrize(
    ("expected", "seen", "difference"),
    [
        ({"X": None}, {"X": 1}, "X is a number, not a null"),
        ({"a": {"b": [1]}}, {"a": {"b": {}}}, "a.b is a mapping, not a list"),
        ([[True]], [["yes"]], "[0][0] is a string, not a boolean"),
        ([1], None, "the answer is a null, not a list"),
        ([1, {"a": "b"}], [2, {"a": "c"}], ""),
    ],
)
def test_the_first_difference_in_shape_is_told(expected: Any, seen: Any, difference: str) -> None:
    assert shape_difference(expected, seen) == difference


@pytest.mark.parametrize(
    ("expected", "seen", "difference"),
    [
        (3, 4, "the answer is 4, not 3"),
        ({"X": [True]}, {"X": [False]}, "X[0] is False, not True"),
        ({"a": {"b": "c"}}, {"a": {"b": "d"}}, "a.b is 'd', not 'c'"),
        # One in a million: of a large number relative to it, near nought absolute.
        (1000, 1000.0005, ""),
        (1000, 1000.002, "the answer is 1000.002, not 1000"),
        (0, 5e-7, ""),
        (0, 2e-6, "the answer is 2e-06, not 0"),
        (float("nan"), float("nan"), ""),
        (float("nan"), 1.0, "the answer is 1.0, not nan"),
        (None, None, ""),
    ],
)
def test_the_first_difference_in_values_is_told(expected: Any, seen: Any, difference: str) -> None:
    assert value_difference(expected, seen, tolerance=1e-6) == difference


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"two\n lines", "two lines"),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
        (b"x" * 200, "x" * 200),
        (b"x" * 201, "x" * 199 + "…"),
    ],
)
def test_a_refusal_is_told_in_a_short_line(body: bytes, shown: str) -> None:
    assert problem(checks([Answer(500, "", body, 1)], EXPECTED, 100)) == f"status: 500: {shown}"


@pytest.mark.parametrize(
    ("wrong", "seen"),
    [
        (answer("broken", status=500), 'status: 500: "broken"'),
        (answer("", status=0), "status: no answer"),
        (answer(content_type="text/csv"), "content type: text/csv, not application/json"),
        (Answer(200, "application/json", b"<html>", 1), "schema: no JSON"),
        (answer({"scores": []}), r"schema: the answer has the keys \['scores'\], not"),
        (other(scores=[0.5]), "schema: scores has 1 items, not 2"),
        (other(scores=[0.5, "1"]), r"schema: scores\[1\] is a string, not a number"),
        (other(scores=[0.5, True]), r"schema: scores\[1\] is a boolean, not a number"),
        (other(scores=[0.5, 1.001]), r"answers: scores\[1\] is 1.001, not 1"),
        (other(scores=[float("nan"), 1]), r"answers: scores\[0\] is nan, not 0.5"),
        (other(predictions=["high", "high"]), r"answers: predictions\[1\] is 'high', not 'low'"),
        (answer(milliseconds=101), "latency: slowest of 2 was 101 ms, limit 100 ms"),
    ],
)
def test_one_wrong_answer_among_right_ones_is_found(wrong: Answer, seen: str) -> None:
    assert re.match(seen, problem(checks([answer(), wrong], EXPECTED, 100)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        example_version.archive({"payload.csv": b"1\n" * 9999})[:60],
        example_version.archive({"other.csv": b"1"}),
    ],
)
def test_a_payload_that_cannot_be_read_is_refused(fresh: Connection, content: bytes) -> None:
    version = registry.version(fresh, example_version.register(fresh))
    s3.write(fresh, version.package["SamplePayloadUrl"], content)
    with pytest.raises(ContractError, match=r"is no tar archive with payload\.csv in it"):
        load_example(fresh, version)


def test_a_payload_that_no_endpoint_takes_is_refused(fresh: Connection) -> None:
    version = registry.version(fresh, example_version.register(fresh))
    large = example_version.archive({"payload.csv": bytes(LARGEST_PAYLOAD + 1)})
    s3.write(fresh, version.package["SamplePayloadUrl"], large)
    with pytest.raises(ContractError, match="is larger than 6291456 B"):
        load_example(fresh, version)


def test_an_answer_that_is_nested_too_deep_fails_the_check() -> None:
    deep = Answer(200, "application/json", b"[" * 99_999 + b"]" * 99_999, 1)

    assert problem(checks([deep], EXPECTED, 100)) == "schema: it is nested too deep"


@pytest.mark.parametrize("header", ["", "text/csv\r\nX-Other: 1", "text/csv\n", "a" * 1025, "ü"])
def test_what_no_endpoint_takes_as_a_header_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match="content_type"):
        ExpectedAnswers.model_validate({**EXPECTED.model_dump(), "content_type": header})


def test_a_content_type_may_carry_parameters() -> None:
    seen = answer(content_type="application/json; charset=utf-8")

    assert problem(checks([seen], EXPECTED, 100)) == ""
