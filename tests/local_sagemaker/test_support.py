"""The support matrix against botocore's model: nothing is left undeclared, nothing is made up."""

import ast

import pytest
from botocore.model import ListShape, MapShape, StringShape, StructureShape
from kit import PACKAGE
from support_page import PAGE, page

from sagemaker_local.api.actions import ACTIONS
from sagemaker_local.api.service_model import service_model
from sagemaker_local.api.support import MEMBERS, VALUES, members_of
from sagemaker_local.wire import server

assert server, "it registers all actions"


def reachable():
    """Return the structures and enumerations in inputs that are declared part by part, by name."""
    structures, enumerations = {}, {}

    def walk(shape, action=""):
        if isinstance(shape, StructureShape):
            name = action or shape.name
            if name not in structures:
                structures[name] = shape
                members = members_of(shape, action)
                for member in members.acted - set(members.only):
                    if member in shape.members:
                        walk(shape.members[member])
        elif isinstance(shape, ListShape):
            walk(shape.member)
        elif isinstance(shape, MapShape):
            walk(shape.value)
        elif isinstance(shape, StringShape) and shape.enum:
            enumerations[shape.name] = shape

    for action in ACTIONS:
        walk(service_model().operation_model(action).input_shape, action)
    return structures, enumerations


STRUCTURES, ENUMERATIONS = reachable()


@pytest.mark.parametrize("name", sorted(STRUCTURES))
def test_every_member_is_declared_once(name):
    declared, members = MEMBERS[name], set(STRUCTURES[name].members)
    assert sorted([*declared.acted, *declared.kept, *declared.refused]) == sorted(members)
    assert set(declared.only) <= declared.acted


@pytest.mark.parametrize("name", sorted(ENUMERATIONS))
def test_every_value_is_declared_once(name):
    values = VALUES[name]
    assert sorted([*values.supported, *values.refused]) == sorted(ENUMERATIONS[name].enum)


def test_nothing_is_declared_that_no_request_can_hold():
    assert set(MEMBERS) == set(STRUCTURES)
    assert set(VALUES) == set(ENUMERATIONS)


def test_what_is_acted_upon_is_read_by_the_code():
    words = set()
    for path in (PACKAGE / "sagemaker_local").rglob("*.py"):
        if path.name != "support.py":
            words |= {
                node.value
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    # `ResourceKind` makes these of a noun.
    words |= {f"{word}Name" for word in words}
    members = {
        (name, member)
        for name, declared in MEMBERS.items()
        for member in declared.acted - set(declared.only)
        if not is_judged_by_its_parts(STRUCTURES[name].members[member])
    }
    assert {pair for pair in members if pair[1] not in words} == set()


def is_judged_by_its_parts(shape):
    return isinstance(shape, StructureShape) or shape.name in VALUES


def test_page_says_the_same():
    assert PAGE.read_text() == page(), "run `python tests/local_sagemaker/support_page.py`"
