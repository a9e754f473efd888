"""Paths such as `Outputs['train'].S3Output.S3Uri`, and what lies at them."""

import re
from collections.abc import Sequence
from typing import Any

Path = tuple[str | int, ...]

_TOKEN = re.compile(r"([^.\[\]]+)|\[(?:'([^']*)'|\"([^\"]*)\"|([0-9]{1,9}))\]")
_KEYS_OF_LISTS = ("OutputName", "InputName", "ChannelName", "MetricName", "Key")


class PathError(Exception):
    """A text is no path, or nothing lies at one."""


def parse_path(text: str) -> Path:
    """Return the names and numbers that a path consists of.

    Raises
    ------
    PathError : it is none.
    """
    found: list[str | int] = []
    position = 0
    while position < len(text):
        dot = text[position] == "."
        match = _TOKEN.match(text, position + dot)
        # A dot stands before each name but the first, and before no bracket.
        if match is None or dot != (match[1] is not None and bool(found)):
            raise PathError(f"{text!r} is not a path")
        plain, single, double, number = match.groups()
        found.append(int(number) if number else plain or single or double or "")
        position = match.end()
    if not found:
        raise PathError(f"{text!r} is not a path")
    return tuple(found)


def walk(value: Any, path: Sequence[str | int], *, by_name: bool = False) -> Any:
    """Return what lies at a path in a JSON value.

    Parameters
    ----------
    value : where to start.
    path : the names of members and the numbers of items to follow.
    by_name : whether a name chooses the item of a list that has that name, as
        `ProcessingOutputConfig.Outputs['train']` does in the properties of a step.

    Raises
    ------
    PathError : nothing does.
    """
    for token in path:
        if isinstance(value, dict):
            value = value.get(token) if isinstance(token, str) else None
        elif not isinstance(value, list):
            value = None
        elif isinstance(token, int):
            value = value[token] if token < len(value) else None
        else:
            named = [item for item in value if by_name and token in _names(item)]
            value = named[0] if named else None
        if value is None:
            raise PathError(f"{token!r} is missing")
    return value


def _names(item: Any) -> list[Any]:
    return [item.get(key) for key in _KEYS_OF_LISTS] if isinstance(item, dict) else []
