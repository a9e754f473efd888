"""The tags that every AWS resource of the project carries."""

from collections.abc import Mapping
from typing import TypedDict

PROJECT_ID = "sagemaker:project-id"
PROJECT_NAME = "sagemaker:project-name"
STAGE = "stage"
"""On what serves a stage: the stage's name."""
MODEL_VERSION = "model-package-version"
"""On what serves a model version: its number."""

PROMOTED = "promoted"
"""On an endpoint configuration: when it was promoted and verified, ISO 8601 in UTC; on an
endpoint: since when it serves what it serves."""
VERIFICATION = "verification"
"""On an endpoint configuration: how its last verification ended, `passed TIME` or `failed TIME`."""
REPLACES = "replaces"
"""On an endpoint configuration: the one that served when it was promoted; absent when none did."""
LEFT = "left"
"""On an endpoint configuration: when a rollback went away from it; a promotion takes it off."""
ATTEMPT = "attempt"
"""On an endpoint configuration: what is under way with it, `promote TIME` or `rollback TIME FROM`;
taken off when that ended, well or not."""
DECIDED = "decided"
"""On an endpoint configuration: when somebody decided that it serves, ISO 8601 in UTC: approved it,
if an event deployed it, else gave the command."""
MARKS = (PROMOTED, VERIFICATION, REPLACES, LEFT, ATTEMPT, DECIDED)
"""The tags that say what happened to an endpoint configuration; only the ops half writes them."""


class Tag(TypedDict):
    """A tag as the AWS APIs take it."""

    Key: str
    Value: str


def project_tags(project_id: str, name: str, own: Mapping[str, str]) -> list[Tag]:
    """Return the project's tags, in the order of their keys.

    SageMaker finds the resources of a SageMaker Project by the first two; `own` are the ones
    that `project.yaml` adds.
    Source: "Resources created by project templates" in the SageMaker developer guide.
    """
    merged = {**own, PROJECT_ID: project_id, PROJECT_NAME: name}
    return [{"Key": key, "Value": merged[key]} for key in sorted(merged)]
