"""The parameters of a pipeline: what a definition declares, and the values of an execution."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.api.errors import AwsError, invalid
from sagemaker_local.pipelines.document import bad, check_type, members, one_of, shown

# The quota of Pipelines, from the AWS General Reference.
MAX_PARAMETERS = 200

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class _Type:
    python: type
    pattern: re.Pattern[str]
    convert: Callable[[str], Any]


_TYPES = {
    "String": _Type(str, re.compile(".*", re.DOTALL), str),
    "Integer": _Type(int, _INTEGER, int),
    "Float": _Type(float, _NUMBER, float),
    # The SDK sends `str(True)`.
    "Boolean": _Type(bool, re.compile("true|false", re.IGNORECASE), lambda t: _TRUTH[t.lower()]),
}


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes
    ----------
    type : `String`, `Integer`, `Float` or `Boolean`.
    default : its value when an execution is given none; None when there must be one.
    allowed : the only values it may have; none for any.
    """

    type: str
    default: Any
    allowed: Sequence[Any]


def read_parameters(documents: Sequence[Any]) -> dict[str, Parameter]:
    """Return the parameters that a definition declares, by name.

    Raises
    ------
    AwsError : they are malformed, or too many.
    """
    found: dict[str, Parameter] = {}
    for document in documents:
        name, parameter = _read(document)
        if name in found:
            raise bad(f"the parameter name {name} is used twice")
        found[name] = parameter
    if len(found) > MAX_PARAMETERS:
        raise AwsError(
            "ResourceLimitExceeded", f"a pipeline has at most {MAX_PARAMETERS} parameters"
        )
    return found


def parameter_values(declared: Mapping[str, Parameter], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of every parameter of an execution.

    The texts are those of the SDK's local mode, which copies AWS's
    (`sagemaker.mlops.local.pipeline_entities`).

    Parameters
    ----------
    declared : the parameters of the definition.
    given : the values that were given at start, as text.

    Raises
    ------
    AwsError : a parameter is unknown, has no value, or one that it may not have.
    """
    for name in sorted(set(given) - set(declared)):
        raise invalid(f"Unknown parameter '{name}'")
    return {name: _value(name, declared[name], given.get(name)) for name in declared}


def _value(name: str, parameter: Parameter, text: str | None) -> Any:
    kind = _TYPES[parameter.type]
    if text is None:
        if parameter.default is None:
            raise invalid(f"Parameter '{name}' is undefined.")
        value = parameter.default
    elif kind.pattern.fullmatch(text):
        value = kind.convert(text)
    else:
        raise invalid(f"Parameter '{name}' must be of type {parameter.type}, not {shown(text)}")
    if parameter.allowed and value not in parameter.allowed:
        raise invalid(f"Parameter '{name}' must be one of {shown(list(parameter.allowed))}")
    return value


def _read(document: Any) -> tuple[str, Parameter]:
    found = members(
        document,
        "a parameter",
        {"Name": str},
        {"Type": str, "DefaultValue": None, "EnumValues": list, "Description": str},
    )
    name = found["Name"]
    if not _NAME.fullmatch(name):
        raise bad(f"{shown(name)} is no name of a parameter")
    kind = one_of(found["Type"] or "String", _TYPES, f"for parameter {name} the type")
    default, allowed = found["DefaultValue"], found["EnumValues"] or []
    if default is not None:
        check_type(default, _TYPES[kind].python, f"the default of parameter {name}")
    for value in allowed:
        check_type(value, _TYPES[kind].python, f"a value of parameter {name}")
    return name, Parameter(kind, default, allowed)
