"""Checks the arguments of a step against the action that they are a request for.

AWS does so when a pipeline is created; what is wrong is known before anything runs.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemaker_local.api.errors import AwsError, invalid
from sagemaker_local.api.serialization import check_types
from sagemaker_local.api.service_model import input_shape
from sagemaker_local.api.support import unsupported_parts
from sagemaker_local.pipelines.document import Document, bad, plain
from sagemaker_local.pipelines.expressions import Expression, Get, Join
from sagemaker_local.pipelines.parameters import Parameter

_FITTING = {
    "String": ("string",),
    "Integer": ("integer", "long", "float", "double"),
    "Float": ("float", "double"),
    "Boolean": ("boolean",),
}


def check_arguments(
    action: str, arguments: Document, where: str, parameters: Mapping[str, Parameter]
) -> None:
    """Refuse arguments that the action would not take, whatever their expressions come to.

    Parameters
    ----------
    action : the action's name.
    arguments : its request, with expressions.
    where : the step, for messages.
    parameters : what the definition declares.

    Raises
    ------
    AwsError : a member is unknown or not supported, or a value has the wrong type.
    """
    shape = input_shape(action)
    for expression, wanted in _expressions(shape, arguments, where):
        kind = _type_of(expression, parameters)
        if kind and wanted.type_name not in _FITTING[kind]:
            # AWS's text (aws/sagemaker-python-sdk, issue 4867).
            name = wanted.type_name.capitalize()
            told = expression.text if isinstance(expression, Get) else "Std:Join"
            raise invalid(
                f"Cannot assign property reference [{told}] to argument of type [{name}]. ({where})"
            )
    known = _without_expressions(arguments)
    try:
        check_types(shape, known)
    except AwsError as error:
        raise bad(f"{error.message} in {where}") from None
    for refusal in unsupported_parts(shape, known, action):
        raise invalid(f"{refusal.message} ({where})")


def _expressions(shape: Shape, value: Any, where: str) -> Iterator[tuple[Expression, Shape]]:
    if isinstance(value, Expression):
        yield value, shape
    elif isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in value.items():
            if name not in shape.members:
                # AWS's text (aws/sagemaker-python-sdk, issue 4994).
                raise bad(f"Unknown Argument member '{plain(name)}' ({where})")
            yield from _expressions(shape.members[name], member, where)
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for member in value.values():
            yield from _expressions(shape.value, member, where)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for member in value:
            yield from _expressions(shape.member, member, where)


def _type_of(expression: Expression, parameters: Mapping[str, Parameter]) -> str:
    """Return the type of an expression's value, or nothing where it is known later."""
    if isinstance(expression, Get) and expression.root == "Parameters":
        return parameters[expression.name].type
    later = ("Steps", "ForEach")
    if isinstance(expression, Join) or (
        isinstance(expression, Get) and expression.root not in later
    ):
        return "String"
    return ""


def _without_expressions(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_expressions(member)
            for name, member in value.items()
            if not isinstance(member, Expression)
        }
    if isinstance(value, list):
        return [_without_expressions(item) for item in value if not isinstance(item, Expression)]
    return value
