"""The tags that every AWS resource of the project carries."""

from collections.abc import Mapping
from typing import TypedDict

PROJECT_ID = "sagemaker:project-id"
PROJECT_NAME = "sagemaker:project-name"
STAGE = "stage"
"""On what serves a stage: the stage's name."""
MODEL_VERSION = "model-package-version"
"""On what serves a model version: its number."""


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
