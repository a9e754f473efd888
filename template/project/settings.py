"""Loads `project.yaml` (and the halves' own YAML files) into validated, typed settings."""

import re
import textwrap
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from project.errors import ProjectError

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds `project.yaml`: the project is installed in place."""

Target = Literal["local", "aws"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", min_length=3, max_length=32)]
"""A project's name, as the template asks for it: a SageMaker Project's is no longer either."""
GroupName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")]
"""A model package group's name (SageMaker API reference)."""
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]

# The rules for tags are those of the SageMaker API reference. Of the 50 that a resource may
# carry, the project's own two and those of a stage take four.
_TAG = r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$"
TagKey = Annotated[str, Field(pattern=_TAG, min_length=1, max_length=128)]
TagValue = Annotated[str, Field(pattern=_TAG, max_length=256)]
MOST_TAGS = 46


def _known_placeholders(text: str) -> str:
    for name in re.findall(r"{(.*?)}", text):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise ValueError(f"only {known} are filled in")
    return text


PLACEHOLDERS = ("account", "region", "partition")
Template = Annotated[str, AfterValidator(_known_placeholders)]
"""A text in which `project.aws.Connection` fills in the placeholders."""


class Strict(BaseModel):
    """Base of every settings class: immutable, and a key nobody reads is an error.

    A key that is added to one of them needs a default, so that the files of yesterday's projects
    stay valid: an update never touches those that belong to the user.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class Roles(Strict):
    """ARNs of the IAM roles that SageMaker assumes."""

    pipeline: Template
    endpoint: Template


class Project(Strict):
    """The content of `project.yaml`.

    `bucket` and `roles` may hold `{account}`, `{region}` and `{partition}`, filled in once they
    are known. `id` is the SageMaker Project's id, or null until `project link` has written it.
    """

    name: Name
    description: str
    id: Annotated[str, Field(pattern=r"^p-[a-z0-9]{1,18}$")] | None
    target: Target
    region: Region
    bucket: Template
    model_package_group: GroupName
    problem_type: Literal["classification", "regression"]
    roles: Roles
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=MOST_TAGS)]

    @field_validator("tags")
    @classmethod
    def _own_tags(cls, tags: dict[str, str]) -> dict[str, str]:
        for key in tags:
            if key.lower().startswith(("aws:", "sagemaker:")):
                raise ValueError(f"the tag {key} is reserved; name it differently")
        return tags


S = TypeVar("S", bound=Strict)


def load(path: Path, kind: type[S]) -> S:
    """Read a YAML file into a settings class.

    Parameters
    ----------
    path : the file.
    kind : the class that says which keys there are.

    Raises
    ------
    ProjectError : the file is missing, no YAML, or holds a wrong, missing or unknown key.
        The message names the file and the first such key.
    """
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(f"{shown} is missing") from None
    except OSError as error:
        raise ProjectError(f"{shown} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        first = " ".join(str(error).split())
        raise ProjectError(f"{shown} is not valid YAML: {first}") from None
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ProjectError(f"{shown}: {_first_problem(error)}") from None


def load_project() -> Project:
    """Read `project.yaml`.

    Raises
    ------
    ProjectError : as `load`.
    """
    return load(ROOT / "project.yaml", Project)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "model_type":
        return f"key `{key}` must be a mapping of keys" if problem["loc"] else "it holds no keys"
    if problem["type"] == "missing":
        return f"key `{key}` is missing"
    if problem["type"] == "extra_forbidden":
        return f"key `{key}` is unknown; remove it or correct its spelling"
    message = re.sub(r"^(Value error, |Input )", "", problem["msg"])
    return f"key `{key}`: {message}, not {textwrap.shorten(repr(problem['input']), 80)}"
