"""Answers are compared with the expected ones: status, content type, schema, values, latency."""

import json
import re
from typing import Any

import pytest

from demo import example_version
from ops.verify import LARGEST_PAYLOAD, Answer, checks, load_example, problem
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

    assert [check.name for check in done] == [
        "status",
        "content type",
        "schema",
        "answers",
        "latency",
    ]
    assert problem(done) == ""


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
