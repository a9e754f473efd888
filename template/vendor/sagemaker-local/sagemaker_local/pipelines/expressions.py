"""The expressions of a pipeline definition: Get, Std:Join, Std:JsonGet, and conditions.

Their form is that of the pipeline definition JSON schema, version 2020-12-01.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

_TOKEN = re.compile(r"\.?([^.\[\]]+)|\[(?:'([^']*)'|\"([^\"]*)\"|(\d+))\]")
_KEYS_OF_LISTS = ("OutputName", "InputName", "ChannelName", "MetricName", "Key")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
CONDITIONS = {*_COMPARISONS, "In", "Not", "Or", "And"}


class ExpressionError(Exception):
    """An expression has no value."""


class Scope(Protocol):
    """What expressions are evaluated in."""

    def get(self, path: str) -> Any:
        """Return what `{"Get": path}` stands for."""

    def property_file(self, path: str) -> Any:
        """Return the content of the property file at `Steps.<step>.PropertyFiles.<name>`."""

    def s3_document(self, uri: str) -> Any:
        """Return the JSON document at an S3 URI."""


def references(value: Any) -> Iterator[str]:
    """Return the path of every Get in a value."""
    if isinstance(value, dict):
        if set(value) == {"Get"}:
            yield value["Get"]
        else:
            for member in value.values():
                yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def resolve(value: Any, scope: Scope) -> Any:
    """Return a value with every expression in it replaced by what it stands for.

    Raises
    ------
    ExpressionError : one of them has no value.
    """
    if isinstance(value, list):
        return [resolve(member, scope) for member in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"}:
        return scope.get(value["Get"])
    if set(value) == {"Std:Join"}:
        join = value["Std:Join"]
        return join["On"].join(_text(resolve(part, scope)) for part in join["Values"])
    if set(value) == {"Std:JsonGet"}:
        return _json_get(value["Std:JsonGet"], scope)
    return {name: resolve(member, scope) for name, member in value.items()}


def holds(condition: dict[str, Any], scope: Scope) -> bool:
    """Return whether a condition of a Condition step is true.

    Raises
    ------
    ExpressionError : a value in it is missing, or two values cannot be compared.
    """
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition["Expression"], scope)
    if kind == "Or":
        return any(holds(part, scope) for part in condition["Conditions"])
    if kind == "And":
        return all(holds(part, scope) for part in condition["Conditions"])
    if kind == "In":
        return resolve(condition["QueryValue"], scope) in resolve(condition["Values"], scope)
    left = resolve(condition["LeftValue"], scope)
    right = resolve(condition["RightValue"], scope)
    try:
        return _COMPARISONS[kind](left, right)
    except TypeError:
        raise ExpressionError(f"{left!r} and {right!r} cannot be compared ({kind})") from None


def walk(value: Any, path: str) -> Any:
    """Return what lies at a path such as `Outputs['train'].S3Output.S3Uri` in a value.

    Raises
    ------
    ExpressionError : nothing does.
    """
    for found in tokens(path):
        if isinstance(value, list) and isinstance(found, str):
            named = [
                item
                for item in value
                if isinstance(item, dict) and found in [item.get(key) for key in _KEYS_OF_LISTS]
            ]
            value = named[0] if named else None
        elif isinstance(value, list) and isinstance(found, int):
            value = value[found] if found < len(value) else None
        else:
            value = value.get(found) if isinstance(value, dict) else None
        if value is None:
            raise ExpressionError(f"there is no {path!r}: {found!r} is missing")
    return value


def tokens(path: str) -> list[str | int]:
    """Return the names and numbers that a path consists of."""
    found: list[str | int] = []
    position = 0
    while position < len(path):
        match = _TOKEN.match(path, position)
        if match is None:
            raise ExpressionError(f"{path!r} is not a path")
        plain, single, double, number = match.groups()
        found.append(int(number) if number else plain or single or double or "")
        position = match.end()
    return found


def _json_get(expression: dict[str, Any], scope: Scope) -> Any:
    if "PropertyFile" in expression:
        source = expression["PropertyFile"]
        path = source["Get"] if isinstance(source, dict) else source
        document = scope.property_file(path)
    else:
        document = scope.s3_document(resolve(expression["S3Uri"], scope))
    return walk(document, resolve(expression["Path"], scope))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
