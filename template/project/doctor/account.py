"""Looks at who calls, from where and with which software."""

import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from project.aws import Connection
from project.doctor.finding import Finding, ok, unknown, wrong

MOST_SKEW = 300
"""Seconds that a clock may be wrong: AWS refuses what was signed more than five minutes ago
("Elements of an AWS API request signature" in the IAM user guide)."""
SDK_MAJOR = "3"
LOWEST_PYTHON = (3, 11)
SHORTEST_SESSION = 3600
"""Seconds: a canary with its bakes is within an hour, a session that ends earlier is not."""


def software() -> Iterator[Finding]:
    """Look at Python and the SageMaker Python SDK, which only data science needs."""
    if sys.version_info < LOWEST_PYTHON:
        yield wrong("Python", platform.python_version(), "use Python 3.11 or newer: `uv sync`")
    else:
        yield ok("Python", platform.python_version())
    try:
        installed = version("sagemaker")
    except PackageNotFoundError:
        # The ops half does without it.
        return
    if installed.partition(".")[0] == SDK_MAJOR:
        yield ok("SageMaker Python SDK", installed)
    else:
        yield wrong(
            "SageMaker Python SDK",
            f"{installed}, where {SDK_MAJOR}.x is needed",
            "install what pyproject.toml names: `uv sync`",
        )


def caller(connection: Connection) -> Iterator[Finding]:
    """Look at the credentials and at this machine's clock."""
    before = datetime.now(UTC)
    answer = connection.client("sts").get_caller_identity()
    yield ok("credentials", answer["Arn"])
    yield from _session(connection)
    skew = _skew(answer, before)
    if skew > MOST_SKEW:
        yield wrong("clock", f"{skew:.0f} s off AWS's", "set this machine's clock")
    else:
        yield ok("clock", f"{skew:.0f} s off AWS's")


def _session(connection: Connection) -> Iterator[Finding]:
    credentials = connection.session.get_credentials()
    # botocore tells when those end that it can refresh, and of others nobody can say.
    ends = getattr(credentials, "_expiry_time", None)
    if ends is None:
        return
    left = (ends - datetime.now(UTC)).total_seconds()
    if left < SHORTEST_SESSION:
        yield unknown(
            "session",
            f"ends in {left / 60:.0f} minutes, unless it is renewed by itself",
            "sign in anew before a promotion that bakes for longer",
        )
    else:
        yield ok("session", f"ends in {left / 3600:.1f} hours")


def _skew(answer: Any, before: datetime) -> float:
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if not said:
        return 0.0
    return abs((parsedate_to_datetime(said) - before).total_seconds())


def region(connection: Connection) -> Iterator[Finding]:
    """Look whether SageMaker answers in the project's region."""
    connection.sagemaker.list_endpoints(MaxResults=1)
    yield ok("region", f"SageMaker answers in {connection.region}")
