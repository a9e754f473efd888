"""Looks whether the account may have the instances that the project's files name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from project.aws import Connection
from project.doctor.finding import Finding, ok, wrong
from project.settings import ROOT

USAGES = {
    ("data_science/settings.yaml", "processing"): "processing job usage",
    ("data_science/settings.yaml", "training"): "training job usage",
    ("ops/stages/*.yaml", "instance_type"): "endpoint usage",
}
"""What an instance type is for, by the file and the key that name it: how Service Quotas calls it
("Amazon SageMaker endpoints and quotas" in the AWS general reference)."""


def named_instances(root: Path = ROOT) -> set[str]:
    """Return the quotas that the project's files ask for, such as `ml.m5.large for endpoint usage`.

    The files of both halves are read as they are: which keys they have is theirs to judge.
    """
    found: set[str] = set()
    for (pattern, key), usage in USAGES.items():
        for path in root.glob(pattern):
            content = yaml.safe_load(path.read_text("utf-8"))
            found |= {f"{name} for {usage}" for name in _values(content, key)}
    return found


def _values(content: Any, wanted: str) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            if key == wanted and isinstance(value, str) and re.match(r"ml\.", value):
                yield value
            yield from _values(value, wanted)
    elif isinstance(content, list):
        for value in content:
            yield from _values(value, wanted)


def quotas(connection: Connection) -> Iterator[Finding]:
    """Look at the quotas of the instances that the project's files name."""
    wanted = named_instances()
    pages = (
        connection.client("service-quotas")
        .get_paginator("list_service_quotas")
        .paginate(ServiceCode="sagemaker")
    )
    values = {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}
    lacking = sorted(name for name in wanted if values.get(name, 0) < 1)
    if lacking:
        yield wrong(
            "quotas",
            f"the account may have none of: {', '.join(lacking)}",
            "ask for more in Service Quotas, or name other instance types",
        )
    else:
        yield ok("quotas", ", ".join(sorted(wanted)) or "no instances are named")
