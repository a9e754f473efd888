"""States what a stage should consist of, as the requests that boto3 would send."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from ops.stage import Stage
from project.aws import Connection
from project.registry import Version
from project.tags import MODEL_VERSION, STAGE, Tag

VARIANT = "AllTraffic"
NAME_LIMIT = 63
"""Longest name of a model, an endpoint configuration or an endpoint (SageMaker API reference)."""

_LONGEST_TAIL = len("-v123456-0123456789ab")


@dataclass(frozen=True)
class Desired:
    """What a stage consists of when it serves a version.

    Attributes
    ----------
    model : the `CreateModel` request.
    config : the `CreateEndpointConfig` request.
    """

    model: dict[str, Any]
    config: dict[str, Any]

    @property
    def model_name(self) -> str:
        """The model's name."""
        return str(self.model["ModelName"])

    @property
    def config_name(self) -> str:
        """The endpoint configuration's name."""
        return str(self.config["EndpointConfigName"])


def desired(connection: Connection, stage: Stage, version: Version) -> Desired:
    """Return the requests that create what serves a version in a stage.

    The names are made from the content, so the same wish always has the same names, and
    a request that changed in any way never meets an older resource of its name.

    Parameters
    ----------
    connection : says what the project is called, its role and its tags; nothing is called.
    stage : the instances.
    version : the container; it keeps the model contract.
    """
    tags = stage_tags(connection, stage, version.number)
    container = version.container
    model: dict[str, Any] = {
        "PrimaryContainer": {
            "Image": version.image,
            "ModelDataUrl": container["ModelDataUrl"],
            "Environment": dict(container["Environment"]),
        },
        "ExecutionRoleArn": connection.endpoint_role,
        "Tags": tags,
    }
    model_name = _content_name(connection, stage, version, model)
    config: dict[str, Any] = {
        "ProductionVariants": [
            {
                "VariantName": VARIANT,
                "ModelName": model_name,
                "InstanceType": stage.settings.instance_type,
                "InitialInstanceCount": stage.settings.instance_count,
                "InitialVariantWeight": 1.0,
            }
        ],
        "Tags": tags,
    }
    config_name = _content_name(connection, stage, version, config)
    return Desired(
        model={"ModelName": model_name, **model},
        config={"EndpointConfigName": config_name, **config},
    )


def endpoint_name(connection: Connection, stage: Stage) -> str:
    """Return the name of a stage's endpoint."""
    return _fit(f"{connection.project.name}-{stage.name}", "")


def stage_head(connection: Connection, stage: Stage) -> str:
    """Return what the names of all models and configurations of a stage have in common."""
    head = f"{connection.project.name}-{stage.name}"
    # `_fit` shortens a head that is too long, the more digits the version's number has.
    return head if len(head) <= NAME_LIMIT - _LONGEST_TAIL else head[:30]


def serves_stage(connection: Connection, stage: Stage, config: str) -> bool:
    """Say whether an endpoint configuration has a name that `desired` gives one of a stage."""
    tail = re.search(r"-v\d+-[0-9a-f]{12}$", config)
    return tail is not None and config == _fit(f"{connection.project.name}-{stage.name}", tail[0])


def stage_tags(connection: Connection, stage: Stage, number: int) -> list[Tag]:
    """Return the tags of what serves a version in a stage."""
    own: list[Tag] = [
        {"Key": MODEL_VERSION, "Value": str(number)},
        {"Key": STAGE, "Value": stage.name},
    ]
    return [*connection.tags, *own]


def _content_name(
    connection: Connection, stage: Stage, version: Version, request: dict[str, Any]
) -> str:
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
    tail = f"-v{version.number}-{_digest(canonical, 12)}"
    return _fit(f"{connection.project.name}-{stage.name}", tail)


def _fit(head: str, tail: str) -> str:
    """Join two parts of a name; a head that is too long ends in a digest of its whole."""
    room = NAME_LIMIT - len(tail)
    if len(head) > room:
        head = f"{head[: room - 7].rstrip('-')}-{_digest(head, 6)}"
    return head + tail


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
