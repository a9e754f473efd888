"""Asks an endpoint a version's sample payload and compares what it answers with what it should."""

import io
import json
import math
import tarfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from ops.ledger import Check
from project import s3
from project.aws import Connection
from project.contract import BROKEN_ARCHIVE, EXPECTED_ANSWERS, ContractError, ExpectedAnswers
from project.errors import ProjectError
from project.registry import Version

INVOCATIONS = 5
"""How often the payload is sent: several instances answer, and the first answer may be slow."""

REGISTER_AGAIN = "promote another version, or let data science register it again"

LARGEST_PAYLOAD = 6 * 1024 * 1024
"""Most bytes that `InvokeEndpoint` takes (SageMaker API reference)."""


@dataclass(frozen=True)
class Example:
    """A version's sample payload and what the endpoint must answer to it."""

    payload: bytes
    expected: ExpectedAnswers


@dataclass(frozen=True)
class Answer:
    """What an endpoint answered to one invocation.

    Attributes
    ----------
    status : the HTTP status; 0 when there was no answer at all.
    content_type : of the body.
    body : the body; what went wrong when the status is not 200.
    milliseconds : how long it took, network included.
    """

    status: int
    content_type: str
    body: bytes
    milliseconds: float


def load_example(connection: Connection, version: Version) -> Example:
    """Download a version's sample payload and expected answers.

    Raises
    ------
    ContractError : one of them is unreadable, or not there.
    """
    uri = version.metadata[EXPECTED_ANSWERS]
    try:
        expected = ExpectedAnswers.model_validate_json(_read(connection, uri, version.name))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise ContractError(
            f"the expected answers of {version.name} are unreadable: {where}: {first['msg']}; "
            f"{REGISTER_AGAIN}"
        ) from None
    archive = _read(connection, version.package["SamplePayloadUrl"], version.name)
    return Example(_member(archive, expected.payload, version.name), expected)


def verify(connection: Connection, endpoint: str, example: Example, latency_ms: int) -> list[Check]:
    """Invoke an endpoint a few times and return what was checked.

    Parameters
    ----------
    endpoint : its name; it is in service.
    example : what to ask and what to expect.
    latency_ms : the slowest accepted answer, in milliseconds.
    """
    answers = [invoke(connection, endpoint, example) for _ in range(INVOCATIONS)]
    return checks(answers, example.expected, latency_ms)


def checks(answers: Sequence[Answer], expected: ExpectedAnswers, latency_ms: int) -> list[Check]:
    """Return what was checked, up to the first check that leaves nothing to look at.

    Parameters
    ----------
    answers : all that the endpoint gave to the same payload.
    expected : what each of them must be.
    latency_ms : the slowest accepted answer, in milliseconds.
    """
    refused = next((answer for answer in answers if answer.status != 200), None)
    if refused is not None:
        return [Check(name="status", passed=False, seen=_refusal(refused))]
    done = [Check(name="status", passed=True, seen="200")]
    types = {answer.content_type.partition(";")[0].strip() for answer in answers}
    other = ", ".join(sorted(types - {expected.accept}))
    seen = f"{other}, not {expected.accept}" if other else expected.accept
    done.append(Check(name="content type", passed=not other, seen=seen))
    try:
        documents = [json.loads(answer.body) for answer in answers]
        other = _first(shape_difference(expected.answers, document) for document in documents)
    except ValueError as error:
        return [*done, Check(name="schema", passed=False, seen=f"no JSON: {error}")]
    except RecursionError:
        return [*done, Check(name="schema", passed=False, seen="it is nested too deep")]
    done.append(Check(name="schema", passed=not other, seen=other or "as expected"))
    if not other:
        wrong = _first(
            value_difference(expected.answers, document, expected.tolerance)
            for document in documents
        )
        seen = wrong or f"as expected, numbers within {expected.tolerance:g}"
        done.append(Check(name="answers", passed=not wrong, seen=seen))
    slowest = max(answer.milliseconds for answer in answers)
    seen = f"slowest of {len(answers)} was {slowest:.0f} ms, limit {latency_ms} ms"
    return [*done, Check(name="latency", passed=slowest <= latency_ms, seen=seen)]


def invoke(connection: Connection, endpoint: str, example: Example) -> Answer:
    """Send an endpoint the sample payload once; a refusal is an answer too."""
    started = time.monotonic()
    status, content_type, body = _response(connection, endpoint, example)
    return Answer(status, content_type, body, (time.monotonic() - started) * 1000)


def problem(done: Sequence[Check]) -> str:
    """Return what the first failed check saw; empty when all passed."""
    return next((f"{one.name}: {one.seen}" for one in done if not one.passed), "")


def shape_difference(expected: Any, seen: Any, path: str = "") -> str:
    """Return the first difference in keys, types or lengths; empty when there is none."""
    return next(_shape_differences(expected, seen, path), "")


def value_difference(expected: Any, seen: Any, tolerance: float, path: str = "") -> str:
    """Return the first difference between values of the same shape; empty when there is none."""
    return next(_value_differences(expected, seen, tolerance, path), "")


def _shape_differences(expected: Any, seen: Any, path: str) -> Iterator[str]:
    where = path or "the answer"
    if _kind(expected) != _kind(seen):
        yield f"{where} is a {_kind(seen)}, not a {_kind(expected)}"
    elif isinstance(expected, dict):
        if expected.keys() != seen.keys():
            yield f"{where} has the keys {sorted(seen)}, not {sorted(expected)}"
            return
        for key in expected:
            yield from _shape_differences(expected[key], seen[key], f"{path}.{key}".lstrip("."))
    elif isinstance(expected, list):
        if len(expected) != len(seen):
            yield f"{where} has {len(seen)} items, not {len(expected)}"
            return
        for index, (one, other) in enumerate(zip(expected, seen, strict=True)):
            yield from _shape_differences(one, other, f"{path}[{index}]")


def _value_differences(expected: Any, seen: Any, tolerance: float, path: str) -> Iterator[str]:
    if isinstance(expected, dict):
        for key in expected:
            where = f"{path}.{key}".lstrip(".")
            yield from _value_differences(expected[key], seen[key], tolerance, where)
    elif isinstance(expected, list):
        for index, (one, other) in enumerate(zip(expected, seen, strict=True)):
            yield from _value_differences(one, other, tolerance, f"{path}[{index}]")
    elif not _equal(expected, seen, tolerance):
        yield f"{path or 'the answer'} is {seen!r}, not {expected!r}"


def _equal(expected: Any, seen: Any, tolerance: float) -> bool:
    if _kind(expected) != "number":
        return bool(expected == seen)
    both_undefined = math.isnan(expected) and math.isnan(seen)
    return both_undefined or math.isclose(expected, seen, rel_tol=tolerance, abs_tol=tolerance)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "mapping"


def _response(connection: Connection, endpoint: str, example: Example) -> tuple[int, str, bytes]:
    try:
        answered = connection.runtime.invoke_endpoint(
            EndpointName=endpoint,
            ContentType=example.expected.content_type,
            Accept=example.expected.accept,
            Body=example.payload,
        )
        return 200, answered["ContentType"], answered["Body"].read()
    except ClientError as error:
        # A refusal of the model itself comes with the status and message of its container.
        response: Any = error.response
        http = response["ResponseMetadata"]["HTTPStatusCode"]
        status = response.get("OriginalStatusCode", http)
        message = response.get("OriginalMessage") or response["Error"]["Message"]
        return status, "", message.encode()
    except BotoCoreError as error:
        return 0, "", str(error).encode()


def _refusal(answer: Answer) -> str:
    text = " ".join(answer.body.decode(errors="replace").split())
    shown = text if len(text) <= 200 else f"{text[:199]}…"
    return f"{answer.status or 'no answer'}: {shown}"


def _first(differences: Iterator[str]) -> str:
    return next((difference for difference in differences if difference), "")


def _read(connection: Connection, uri: str, version: str) -> bytes:
    try:
        return s3.read(connection, uri)
    except ProjectError as error:
        raise ContractError(f"{version} cannot be verified: {error}; {REGISTER_AGAIN}") from None


def _member(archive: bytes, name: str, version: str) -> bytes:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            file = tar.extractfile(name)
            content = None if file is None else file.read(LARGEST_PAYLOAD + 1)
    except (*BROKEN_ARCHIVE, KeyError):
        content = None
    if content is None:
        raise ContractError(
            f"the sample payload of {version} is no tar archive with {name} in it; {REGISTER_AGAIN}"
        )
    if len(content) > LARGEST_PAYLOAD:
        raise ContractError(
            f"the sample payload of {version} is larger than {LARGEST_PAYLOAD} B; {REGISTER_AGAIN}"
        )
    return content
