"""Checks the values of a request by botocore's model, and refuses them in AWS's words.

The words are AWS's own, as they stand in reports of its users: of a scalar in
aws-samples/sagemaker-ml-workflow-with-apache-airflow issue 3 (CreateModel), of a map's values in
aws-samples/amazon-sagemaker-pytorch-detectron2 issue 10 (CreateTrainingJob), of a list's values
and of a map's keys from other services that share the framework.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from sagemaker_local.api.errors import invalid
from sagemaker_local.api.serialization import join

_SHOWN = 1024


def check_values(shape: Shape, request: Any, path: str = "") -> None:
    """Refuse a request with values that the service's model does not allow.

    Parameters
    ----------
    shape, request : the action's input, and a request whose types are right; or a member of both.
    path : the member's name, if it is one.

    Raises
    ------
    AwsError : `ValidationException` that names each member that is wrong.
    """
    problems = list(_problems(shape, request, path))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise invalid(count + "; ".join(problems))


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if value.get(name) is None:
                yield _failed("null", join(path, name), "Member must not be null")
        for name, member in value.items():
            if name not in shape.members:
                # AWS may well ignore it; a member that does nothing is a mistake to be told of.
                yield f"Unknown member '{join(path, name)}'"
            elif member is not None:
                yield from _problems(shape.members[name], member, join(path, name))
        return
    for constraint, holds in _constraints(shape):
        if not holds(value):
            yield _failed(_quoted(shape, value), path, constraint)
    if isinstance(shape, ListShape):
        yield from _items(shape.member, value, path)
    elif isinstance(shape, MapShape):
        yield from _entries(shape, value, path)


def _items(shape: Shape, values: list[Any], path: str) -> Iterator[str]:
    for number, item in enumerate(values, 1):
        if item is None:
            yield _failed("null", f"{path}.{number}.member", "Member must not be null")
        elif _is_container(shape):
            yield from _problems(shape, item, f"{path}.{number}.member")
    if not _is_container(shape) and not all(_satisfies(shape, item) for item in values):
        yield _failed(_quoted(shape, values), path, _all_of("Member", shape))


def _entries(shape: MapShape, values: dict[str, Any], path: str) -> Iterator[str]:
    if not all(_satisfies(shape.key, name) for name in values):
        yield _failed(_quoted(shape, values), path, _all_of("Map keys", shape.key))
    for name, item in values.items():
        if item is None:
            yield _failed("null", f"{path}.{name}.member", "Member must not be null")
        elif _is_container(shape.value):
            yield from _problems(shape.value, item, f"{path}.{name}.member")
    if not _is_container(shape.value) and not all(
        _satisfies(shape.value, item) for item in values.values()
    ):
        yield _failed(_quoted(shape, values), path, _all_of("Map value", shape.value))


def _is_container(shape: Shape) -> bool:
    return isinstance(shape, StructureShape | ListShape | MapShape)


def _satisfies(shape: Shape, value: Any) -> bool:
    return value is None or all(holds(value) for _, holds in _constraints(shape))


def _all_of(what: str, shape: Shape) -> str:
    constraints = ", ".join(constraint for constraint, _ in _constraints(shape))
    return f"{what} must satisfy constraint: [{constraints}]"


@cache
def _constraints(shape: Shape) -> list[tuple[str, Callable[[Any], bool]]]:
    """Return the constraints on a shape's values, each with the function that says if it holds."""
    return list(_read_constraints(shape))


def _read_constraints(shape: Shape) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    metadata = shape.metadata
    if isinstance(shape, StringShape) and shape.enum:
        allowed = shape.enum
        yield (
            f"Member must satisfy enum value set: [{', '.join(allowed)}]",
            lambda value: value in allowed,
        )
    sized = isinstance(shape, StringShape | ListShape | MapShape)
    measure, word = (len, "length") if sized else (lambda value: value, "value")
    if "max" in metadata:
        most = metadata["max"]
        yield (
            f"Member must have {word} less than or equal to {most}",
            lambda value: measure(value) <= most,
        )
    if "min" in metadata:
        least = metadata["min"]
        yield (
            f"Member must have {word} greater than or equal to {least}",
            lambda value: measure(value) >= least,
        )
    if "pattern" in metadata:
        pattern = metadata["pattern"]
        yield (
            f"Member must satisfy regular expression pattern: {pattern}",
            lambda value: _matches(pattern, value),
        )


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> Any:
    # It takes as long to import as a tenth of the server's start, and is not needed for that.
    import regex

    try:
        # Java lets an anchor be repeated.
        return regex.compile(pattern.replace("${", "(?:$){"))
    except regex.error:
        # One range of surrogates, of members that are refused anyway.
        return None


def _failed(value: str, path: str, constraint: str) -> str:
    return (
        f"Value{' ' if value else ''}{value} at '{path}' failed to satisfy constraint: {constraint}"
    )


def _quoted(shape: Shape, value: Any) -> str:
    if shape.metadata.get("sensitive"):
        return ""
    return f"'{_java_text(value)[:_SHOWN]}'"


def _java_text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_java_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={_java_text(item)}' for name, item in value.items())}}}"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
