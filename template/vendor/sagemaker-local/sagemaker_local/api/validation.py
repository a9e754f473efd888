"""Checks requests, and trims answers, by botocore's own model of the SageMaker service."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from sagemaker_local.api.errors import AwsError, invalid
from sagemaker_local.api.support import MEMBERS, VALUES

_JSON_TYPES: dict[str, tuple[type[Any], ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "boolean": (bool,),
}

_JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": r"\s"}


@cache
def service_model() -> ServiceModel:
    """Return botocore's model of SageMaker."""
    return botocore.session.Session().get_service_model("sagemaker")


def check_request(action: str, request: Any) -> None:
    """Refuse a request that AWS would refuse, or that asks for what we do not have.

    Parameters
    ----------
    action : the action's name, as in `X-Amz-Target`.
    request : the decoded JSON body.

    Raises
    ------
    AwsError : `ValidationException` that names each member that is wrong, in AWS's words.
    """
    shape = service_model().operation_model(action).input_shape
    if shape is None:
        return
    problems = list(_problems(shape, request, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise invalid(count + "; ".join(problems))
    for problem in _beyond_us(shape, request, shape.name.removesuffix("Request")):
        raise problem


def trim_answer(action: str, answer: Mapping[str, Any]) -> Any:
    """Return the members of an answer that the action's output shape has."""
    shape = service_model().operation_model(action).output_shape
    return _trim(shape, answer) if shape is not None else {}


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    for java, python in _JAVA_CLASSES.items():
        text = text.replace(java, python)
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        # Other Java-only syntax: the few such patterns constrain free text.
        return None


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not _is_of_type(shape, value):
        yield f"Value at '{path}' must be of type {shape.type_name}, not {type(value).__name__}"
        return
    for constraint in _broken(shape, value):
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if value.get(name) is None:
                yield (
                    f"Value null at '{_join(path, name)}' failed to satisfy constraint: "
                    "Member must not be null"
                )
        for name, member in value.items():
            if name not in shape.members:
                yield f"Unknown member '{_join(path, name)}'"
            elif member is not None:
                yield from _problems(shape.members[name], member, _join(path, name))
    elif isinstance(shape, ListShape):
        for number, member in enumerate(value, 1):
            yield from _problems(shape.member, member, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for name, member in value.items():
            yield from _problems(shape.key, name, f"{path}.{name}.key")
            yield from _problems(shape.value, member, f"{path}.{name}.value")


def _is_of_type(shape: Shape, value: Any) -> bool:
    wanted = _JSON_TYPES[shape.type_name]
    return isinstance(value, wanted) and not (isinstance(value, bool) and bool not in wanted)


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    metadata = shape.metadata
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
    sized = isinstance(value, str | list | dict)
    size, measure = (len(value), "length ") if sized else (value, "value ")
    if "min" in metadata and size < metadata["min"]:
        yield f"Member must have {measure}greater than or equal to {metadata['min']}"
    if "max" in metadata and size > metadata["max"]:
        yield f"Member must have {measure}less than or equal to {metadata['max']}"
    if "pattern" in metadata:
        pattern = _pattern(metadata["pattern"])
        if pattern is not None and not pattern.fullmatch(value):
            yield f"Member must satisfy regular expression pattern: {metadata['pattern']}"


def _beyond_us(shape: Shape, value: Any, path: str) -> Iterator[AwsError]:
    if isinstance(shape, StructureShape):
        known = MEMBERS.get(shape.name)
        for name, member in value.items():
            here = f"{path}.{name}"
            allowed = VALUES.get((shape.name, name))
            if member is None:
                continue
            if known is not None and name not in known:
                yield invalid(f"the local SageMaker does not support {here}")
            elif allowed is not None and member not in allowed:
                yield invalid(
                    f"the local SageMaker does not support {here} = {member!r}; "
                    f"it supports {', '.join(map(repr, allowed))}"
                )
            else:
                yield from _beyond_us(shape.members[name], member, here)
    elif isinstance(shape, ListShape):
        for number, member in enumerate(value):
            yield from _beyond_us(shape.member, member, f"{path}[{number}]")


def _join(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _trim(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _trim(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [_trim(shape.member, member) for member in value]
    return value
