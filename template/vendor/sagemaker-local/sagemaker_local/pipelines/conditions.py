"""The conditions of a Condition step, as expressions that are true or false."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.pipelines.document import (
    Document,
    check_type,
    members,
    one_of,
    shown,
)
from sagemaker_local.pipelines.expressions import (
    Expression,
    ExpressionError,
    Get,
    Scope,
    parse,
    references,
    resolve,
)

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


@dataclass(frozen=True)
class Comparison(Expression):
    """Two values compared."""

    kind: str
    left: Any
    right: Any

    def value(self, scope: Scope) -> bool:
        """Return whether it holds."""
        left, right = _single(self.left, scope), _single(self.right, scope)
        if self.kind in ("Equals", "NotEquals"):
            return _equal(left, right) == (self.kind == "Equals")
        if isinstance(left, str) != isinstance(right, str) or bool in (type(left), type(right)):
            raise ExpressionError(f"{left!r} and {right!r} cannot be compared ({self.kind})")
        return _ORDERS[self.kind](left, right)

    def references(self) -> Iterator[Get]:
        """Return every reference in it."""
        return references([self.left, self.right])


@dataclass(frozen=True)
class In(Expression):
    """Whether a value is one of several."""

    query: Any
    values: Sequence[Any]

    def value(self, scope: Scope) -> bool:
        """Return whether it is."""
        query = _single(self.query, scope)
        return any(_equal(query, _single(value, scope)) for value in self.values)

    def references(self) -> Iterator[Get]:
        """Return every reference in it."""
        return references([self.query, *self.values])


@dataclass(frozen=True)
class Not(Expression):
    """The contrary of a condition."""

    condition: Expression

    def value(self, scope: Scope) -> bool:
        """Return whether the condition does not hold."""
        return not self.condition.value(scope)

    def references(self) -> Iterator[Get]:
        """Return every reference in it."""
        return self.condition.references()


@dataclass(frozen=True)
class Several(Expression):
    """Conditions of which any, or all, must hold; no more are looked at than it takes."""

    conditions: Sequence[Expression]
    enough: Callable[[Iterator[Any]], bool]

    def value(self, scope: Scope) -> bool:
        """Return whether enough of them hold."""
        return self.enough(condition.value(scope) for condition in self.conditions)

    def references(self) -> Iterator[Get]:
        """Return every reference in it."""
        return references(list(self.conditions))


def parse_condition(document: Any, where: str) -> Expression:
    """Return what a condition of a definition says.

    The SDK's `sagemaker.core.workflow.conditions` is what AWS reads: `In` has `QueryValue` and
    `Values` (aws/sagemaker-python-sdk, pull request 2347), `Not` has `Condition` (issue 2746),
    whatever the published JSON schema calls them.

    Parameters
    ----------
    document : the condition.
    where : the step that it is in, for messages.

    Raises
    ------
    AwsError : it is malformed, or of a type that we do not have.
    """
    check_type(document, dict, f"a condition of {where}")
    kind = document.get("Type")
    check_type(kind, str, f"Type of a condition of {where}")
    return CONDITIONS[one_of(kind, CONDITIONS, f"in {where} the condition")](document, where)


def _comparison(document: Document, where: str) -> Expression:
    sides = {"LeftValue": None, "RightValue": None}
    found = parse(_members(document, where, sides), where)
    return Comparison(found["Type"], found["LeftValue"], found["RightValue"])


def _in(document: Document, where: str) -> Expression:
    found = parse(_members(document, where, {"QueryValue": None, "Values": list}), where)
    return In(found["QueryValue"], found["Values"])


def _not(document: Document, where: str) -> Expression:
    found = _members(document, where, {"Condition": dict})
    return Not(parse_condition(found["Condition"], where))


def _or(document: Document, where: str) -> Expression:
    found = _members(document, where, {"Conditions": list})
    return Several([parse_condition(part, where) for part in found["Conditions"]], any)


def _members(document: Document, where: str, needed: Mapping[str, type | None]) -> Document:
    return members(document, f"a condition of {where}", {"Type": str, **needed})


CONDITIONS: dict[str, Callable[[Document, str], Expression]] = {
    "Equals": _comparison,
    "NotEquals": _comparison,
    **dict.fromkeys(_ORDERS, _comparison),
    "In": _in,
    "Not": _not,
    "Or": _or,
}


def _single(value: Any, scope: Scope) -> Any:
    found = resolve(value, scope)
    if not isinstance(found, str | bool | int | float):
        raise ExpressionError(f"{shown(found)} is not a single value and cannot be compared")
    return found


def _equal(left: Any, right: Any) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)
