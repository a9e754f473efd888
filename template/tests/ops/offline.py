"""A connection, versions and records made of nothing but data, for functions that call nothing."""

import dataclasses
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from botocore.session import Session

from ops.ledger import Check, Record
from project.aws import Connection
from project.registry import Version
from project.settings import load_project

PASSED = [Check(name="answers", passed=True, seen="as expected")]
FAILED = [Check(name="answers", passed=False, seen="4, not 3")]
SECONDS = count()


def offline_connection(**changes: Any) -> Connection:
    """Return a connection that nothing listens to; `changes` are keys of `project.yaml`."""
    project = load_project().model_copy(update={"name": "demo", **changes})
    return Connection(project, "local", Session(), "123456789012", "p-example")


def offline_version(number: int = 3, **changes: Any) -> Version:
    """Return a version; `changes` are members of its `Version`."""
    container = {
        "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1",
        "ModelDataUrl": f"s3://bucket/{number}/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }
    version = Version(
        number=number,
        arn=f"arn:aws:sagemaker:us-east-1:123456789012:model-package/demo-models/{number}",
        approval="Approved",
        created=datetime(2026, 11, 1, tzinfo=UTC),
        package={"InferenceSpecification": {"Containers": [container]}},
    )
    return dataclasses.replace(version, **changes)


def record(version: int, **changes: Any) -> Record:
    """Return the record of a promotion of a version that went well, later than those before."""
    ended = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=next(SECONDS))
    promoted: dict[str, Any] = {
        "action": "promote",
        "stage": "staging",
        "version": version,
        "endpoint_config": f"config-{version}",
        "previous_version": None,
        "previous_endpoint_config": None,
        "outcome": "succeeded",
        "reason": "",
        "checks": PASSED,
        "started": ended - timedelta(milliseconds=500),
        "ended": ended,
        "by": "arn:aws:iam::123456789012:user/somebody",
    }
    return Record.model_validate({**promoted, **changes})
