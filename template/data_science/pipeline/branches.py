"""Refuses steps that wait for what only a branch of a condition runs.

Branches do not join again: a step behind them that waits for a step of one of them is silently left
out whenever the other branch is taken, and the execution still counts as Succeeded.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from project.errors import ProjectError

_BRANCHES = {"IfSteps": "if_steps", "ElseSteps": "else_steps"}

Branch = tuple[str, str]
"""The name of a condition, and which of its branches."""


def check_branches(steps: Sequence[Mapping[str, Any]]) -> None:
    """Check what the steps of a definition wait for.

    Parameters
    ----------
    steps : the `Steps` of a pipeline definition.

    Raises
    ------
    ProjectError : a step outside of a branch waits for one inside.
    """
    found = list(_with_branches(steps, ()))
    inside = {step["Name"]: branches for step, branches in found}
    for step, branches in found:
        for name in _awaited(step):
            left = [one for one in inside.get(name, ()) if one not in branches]
            if left:
                condition, branch = left[0]
                raise ProjectError(
                    f"step {step['Name']} waits for {name}, which only runs in {_BRANCHES[branch]} "
                    f"of {condition}: otherwise it would be left out without a word; move "
                    f"{step['Name']} into the same branch"
                )


def _with_branches(
    steps: Sequence[Mapping[str, Any]], branches: tuple[Branch, ...]
) -> Iterator[tuple[Mapping[str, Any], tuple[Branch, ...]]]:
    for step in steps:
        yield step, branches
        if step["Type"] == "Condition":
            for branch in _BRANCHES:
                inner = step["Arguments"].get(branch, [])
                yield from _with_branches(inner, (*branches, (step["Name"], branch)))


def _awaited(step: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the steps that a step waits for: those it names and those it refers to."""
    for one in step.get("DependsOn", []):
        yield one["Step"] if isinstance(one, Mapping) else one
    own = step
    if step["Type"] == "Condition":
        own = {"Conditions": step["Arguments"]["Conditions"]}
    yield from _referred(own)


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name == "Get" and isinstance(member, str):
                yield from re.findall(r"^Steps\.([\w-]+)", member)
            else:
                yield from _referred(member)
    elif isinstance(value, list):
        for member in value:
            yield from _referred(member)
