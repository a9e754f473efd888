"""Loads `project.yaml` (and the halves' own YAML files) into validated, typed settings."""

import re
import textwrap
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from yaml.constructor import ConstructorError

from project.errors import ProjectError
from project.names import (
    MOST_TAGS,
    GroupName,
    Name,
    ProjectId,
    QueueName,
    Region,
    RoleArn,
    TagKey,
    TagValue,
    Template,
    bucket_name,
)
from project.tags import MODEL_VERSION, STAGE

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds `project.yaml`: the project is installed in place."""

Target = Literal["local", "aws"]


class Strict(BaseModel):
    """Base of every settings class: immutable, and a key nobody reads is an error.

    A key that is added to one of them needs a default, so that the files of yesterday's projects
    stay valid: an update never touches those that belong to the user.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class Roles(Strict):
    """ARNs of the IAM roles that SageMaker assumes."""

    pipeline: RoleArn
    endpoint: RoleArn


class Watch(Strict):
    """Where approval events arrive; `queue` is the name or the address of an SQS queue.

    Without one it is the queue `<name>-approvals` of the project's account and region.
    """

    queue: QueueName | None = None


class Project(Strict):
    """The content of `project.yaml`.

    `bucket` and `roles` may hold `{account}`, `{region}` and `{partition}`, filled in once they
    are known. `id` is the SageMaker Project's id, or null until `project link` has written it.
    """

    name: Name
    description: str
    id: ProjectId | None
    target: Target
    region: Region
    bucket: Template
    model_package_group: GroupName
    problem_type: Literal["classification", "regression"]
    framework: Literal["sklearn", "xgboost"] = "sklearn"
    roles: Roles
    watch: Watch = Watch()
    tags: dict[TagKey, TagValue]

    @field_validator("bucket")
    @classmethod
    def _s3_allows(cls, bucket: str, info: ValidationInfo) -> str:
        # The region is there unless it is wrong itself.
        return bucket_name(bucket, info.data.get("region", "us-east-1"))

    @field_validator("tags")
    @classmethod
    def _own_tags(cls, tags: dict[str, str]) -> dict[str, str]:
        if len(tags) > MOST_TAGS:
            raise ValueError(f"must be at most {MOST_TAGS} tags")
        for key in tags:
            if key.lower().startswith(("aws:", "sagemaker:")) or key in (STAGE, MODEL_VERSION):
                raise ValueError(f"must be tags of your own: {key} is taken, name it differently")
        return tags


class _UniqueKeys(yaml.SafeLoader):
    """Reads YAML as it is specified: each key of a mapping once. PyYAML takes the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in lines:
                problem = f"key `{key.value}` stands in line {lines[key.value]} already"
                raise ConstructorError(None, None, problem, key.start_mark)
            lines[str(key.value)] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


S = TypeVar("S", bound=Strict)


def load(path: Path, kind: type[S], context: dict[str, Any] | None = None) -> S:
    """Read a YAML file into a settings class.

    Parameters
    ----------
    path : the file.
    kind : the class that says which keys there are.
    context : what its validators may ask for beside the file.

    Raises
    ------
    ProjectError : the file is missing, no YAML, or holds a wrong, missing or unknown key.
        The message names the file and the first such key.
    """
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    put_back = f"put it back with `git restore {shown}`"
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeys)
    except FileNotFoundError:
        raise ProjectError(f"{shown} is missing; {put_back}") from None
    except OSError as error:
        raise ProjectError(
            f"{shown} cannot be read: {error.strerror}; make it a file that you may read"
        ) from None
    except UnicodeDecodeError:
        raise ProjectError(f"{shown} is not in UTF-8; save it so") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ProjectError(f"{shown}{line}: {error.problem}; correct it") from None
    except yaml.reader.ReaderError as error:
        raise ProjectError(f"{shown}: {error.reason}; correct it") from None
    if not isinstance(content, dict):
        raise ProjectError(f"{shown} holds no keys; {put_back}")
    try:
        return kind.model_validate(content, context=context)
    except ValidationError as error:
        raise ProjectError(f"{shown}: {_first_problem(error)}") from None


def load_project() -> Project:
    """Read `project.yaml`.

    Raises
    ------
    ProjectError : as `load`.
    """
    return load(ROOT / "project.yaml", Project)


_IN_OTHER_WORDS = {
    "string_type": "must be text, in quotes if it looks like a number",
    "dict_type": "must be a mapping of keys",
    "model_type": "must be a mapping of keys",
}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"] if part != "[key]")
    if problem["type"] == "missing":
        return f"key `{key}` is missing; add it"
    if problem["type"] == "extra_forbidden":
        return f"key `{key}` is unknown; remove it or correct its spelling"
    said = re.sub(r"^(Value error, |Input )", "", problem["msg"])
    message = _IN_OTHER_WORDS.get(problem["type"], said)
    where = f"key `{key}`: " if key else ""
    if isinstance(problem["input"], dict):
        return f"{where}{message}"
    return f"{where}{message}, not {textwrap.shorten(repr(problem['input']), 80)}"
