"""The support matrix: what becomes of each member of a request, declared room by room.

It is closed by default: a member that nobody declared is refused by name, and a test walks
botocore's model to find those, so that a member which AWS adds is seen before it is used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from sagemaker_local.api.errors import AwsError, invalid

PAGED = "SortOrder NextToken MaxResults "
"""Members of every list that `listing` answers."""
NAMED = PAGED + "SortBy NameContains CreationTimeAfter CreationTimeBefore "
"""Members of most lists."""
MODIFIED = "LastModifiedTimeAfter LastModifiedTimeBefore "
"""Further members of lists of what changes."""


@dataclass(frozen=True)
class Members:
    """What becomes of the members of one structure.

    Attributes
    ----------
    acted : acted upon; a structure among them is declared itself.
    kept : without effect on a run on one machine, kept and answered back by Describe; a structure
        among them is kept whole.
    refused : refused by name.
    only : of members that are acted upon, the values that are supported, where not all are.
    """

    acted: frozenset[str]
    kept: frozenset[str]
    refused: frozenset[str]
    only: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    @property
    def declared(self) -> frozenset[str]:
        """All of them."""
        return self.acted | self.kept | self.refused


@dataclass(frozen=True)
class Values:
    """What becomes of the values of one enumeration, where it is acted upon."""

    supported: frozenset[str]
    refused: frozenset[str]


MEMBERS: dict[str, Members] = {}
VALUES: dict[str, Values] = {}


def declare(
    names: str,
    *,
    acted: str = "",
    kept: str = "",
    refused: str = "",
    only: Mapping[str, tuple[object, ...]] | None = None,
) -> None:
    """Say what becomes of the members of structures; names are separated by spaces.

    Parameters
    ----------
    names : structures of the service model, or actions, which stand for their input.
    acted, kept, refused, only : as in `Members`.
    """
    members = Members(
        frozenset(acted.split()), frozenset(kept.split()), frozenset(refused.split()), only or {}
    )
    for name in names.split():
        assert name not in MEMBERS, f"{name} is declared twice"
        MEMBERS[name] = members


def declare_values(names: str, supported: str, refused: str = "") -> None:
    """Say which values of enumerations are supported, and which are refused by name."""
    for name in names.split():
        assert name not in VALUES, f"{name} is declared twice"
        VALUES[name] = Values(frozenset(supported.split()), frozenset(refused.split()))


def members_of(shape: StructureShape, action: str = "") -> Members:
    """Return what becomes of a structure's members; of an action's input if `action` is given."""
    return MEMBERS.get(action or shape.name) or Members(frozenset(), frozenset(), frozenset())


def unsupported_parts(shape: Shape, value: Any, action: str) -> Iterator[AwsError]:
    """Return the refusals of what a valid request asks for and we do not have.

    Parameters
    ----------
    shape, value : the action's input, and what was sent.
    action : the action's name.
    """
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, action, members_of(shape, action))


def _beyond(shape: Shape, value: Any, path: str) -> Iterator[AwsError]:
    if value is None:
        return
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path, members_of(shape))
    elif isinstance(shape, ListShape):
        for number, member in enumerate(value):
            yield from _beyond(shape.member, member, f"{path}[{number}]")
    elif isinstance(shape, MapShape):
        for name, member in value.items():
            yield from _beyond(shape.value, member, f"{path}[{name!r}]")
    elif isinstance(shape, StringShape) and shape.enum:
        supported = VALUES[shape.name].supported if shape.name in VALUES else frozenset[str]()
        yield from _one_of(value, sorted(supported), path)


def _structure(
    shape: StructureShape, value: Mapping[str, Any], path: str, members: Members
) -> Iterator[AwsError]:
    for name, member in value.items():
        here = f"{path}.{name}"
        if member is None or name in members.kept:
            continue
        if name not in members.acted:
            yield invalid(f"the local SageMaker does not support {here}")
        elif name in members.only:
            yield from _one_of(member, members.only[name], here)
        else:
            yield from _beyond(shape.members[name], member, here)


def _one_of(value: object, supported: Any, path: str) -> Iterator[AwsError]:
    if value not in supported:
        yield invalid(
            f"the local SageMaker does not support {path} = {value!r}; "
            f"it supports {', '.join(map(repr, supported))}"
        )
