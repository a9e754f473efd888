"""Loads `project.yaml` (and the halves' own YAML files) into validated, typed settings."""

import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from project.errors import ProjectError

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds `project.yaml`: the project is installed in place."""

Target = Literal["local", "aws"]
Name = Annotated[str, Field(pattern=r"^[a-z](-?[a-z0-9]){2,31}$")]

_TAG = r"^[\w\s.:/=+@-]*$"
TagKey = Annotated[str, Field(pattern=_TAG, min_length=1, max_length=128)]
TagValue = Annotated[str, Field(pattern=_TAG, max_length=256)]


class Strict(BaseModel):
    """Base of every settings class: immutable, and a key nobody reads is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Roles(Strict):
    """IAM roles that SageMaker assumes; `{account}` stands for the account's number."""

    pipeline: str
    endpoint: str


class Project(Strict):
    """The content of `project.yaml`.

    `bucket` and `roles` may hold `{account}` and `{region}`, filled in once the account is
    known. `id` is the SageMaker Project's id, or null until `project link` has written it.
    """

    name: Name
    description: str
    id: Annotated[str, Field(pattern=r"^p-[a-z0-9]{1,18}$")] | None
    target: Target
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    bucket: str
    model_package_group: Name
    problem_type: Literal["classification", "regression"]
    roles: Roles
    tags: dict[TagKey, TagValue]

    @field_validator("bucket")
    @classmethod
    def _known_placeholders(cls, bucket: str) -> str:
        unknown = set(re.findall(r"{(.*?)}", bucket)) - {"account", "region"}
        if unknown:
            raise ValueError(f"only {{account}} and {{region}} can be filled in: {unknown}")
        return bucket

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
    return f"key `{key}`: {message}, not {problem['input']!r}"
