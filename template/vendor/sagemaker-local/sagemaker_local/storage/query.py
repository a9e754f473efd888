"""What a list asks of the database: which resources, in which order, from where on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Position = list[Any]
"""Where a resource stands in a list: what the list is sorted by, then when it was created."""

# What has a column, and with it an index; anything else is read from the body.
_COLUMNS = {"Name": "name", "CreationTime": "created", "ModelApprovalStatus": "approval"}
# Of two resources the newer is the one that was created later, whatever the clock said: it can go
# back, and the newest version of a model must not be an older one for that.
_ORDERS = _COLUMNS | {"CreationTime": "id"}
_TESTS = {
    "equals": "{} = ?",
    "after": "{} > ?",
    "before": "{} < ?",
    "contains": "instr({}, ?) > 0",
    "starts": "instr({}, ?) = 1",
}


@dataclass(frozen=True)
class Filter:
    """A condition on a member of the resources.

    Attributes
    ----------
    member : of the body, or `Name`.
    test : `equals`, `after`, `before`, `contains` or `starts`.
    value : what the member is compared with.
    """

    member: str
    test: str
    value: Any


@dataclass(frozen=True)
class Query:
    """A page of the resources of one kind.

    Attributes
    ----------
    kind, region : which resources.
    parent : only those whose name goes on after it, such as the versions of a group; None for all.
    filters : the conditions that all of them meet.
    order : the member that they are sorted by; of equals the older comes first.
    descending : whether the order is turned round.
    after : the position that the page comes after; None for the first page.
    size : how many there are on a page.
    """

    kind: str
    region: str
    parent: str | None
    order: str
    descending: bool
    size: int
    filters: Sequence[Filter] = field(default_factory=tuple)
    after: Position | None = None

    @property
    def key(self) -> str:
        """The SQL expression that the resources are sorted by."""
        column = _ORDERS.get(self.order)
        # A member that is not there must compare with those that are.
        return column or f"ifnull({_expression(self.order)}, 0)"

    def condition(self) -> tuple[str, list[Any]]:
        """Return the SQL condition, and the values for its question marks."""
        parts, values = ["kind = ?", "region = ?"], [self.kind, self.region]
        if self.parent is not None:
            parts.append("parent = ?")
            values.append(self.parent)
        for one in self.filters:
            parts.append(_TESTS[one.test].format(_expression(one.member)))
            values.append(one.value)
        if self.after is not None:
            parts.append(f"({self.key}, id) {'<' if self.descending else '>'} (?, ?)")
            values += self.after
        return " AND ".join(parts), values


def _expression(member: str) -> str:
    return _COLUMNS.get(member) or f"json_extract(body, '$.{member}')"
