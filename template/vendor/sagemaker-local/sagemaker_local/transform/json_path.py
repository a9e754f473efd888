"""The JSONPath of batch transform's filters: the operators that AWS supports, and no others.

Developer guide, "Associate Prediction Results with their Corresponding Input Records". Of a slice
it says that its end belongs to it; the JsonPath that it refers to for more, and users who leave the
last column out by `$[:-1]`, say that it does not, and so do we. Which holds in AWS is unconfirmed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_OPERATORS = ["$", "[", "]", "*", ".", " ", ",", ":", "-", "'"]
_STEP = re.compile(
    r"\.(?P<name>[A-Za-z0-9-]+)"
    r"|(?P<wildcard>\.\*|\.?\[ *\* *\])"
    r"|\.?\[ *(?P<names>'[^']*' *(?:, *'[^']*' *)*)\]"
    r"|\.?\[ *(?P<numbers>-?[0-9]+ *(?:, *-?[0-9]+ *)*)\]"
    r"|\.?\[ *(?P<start>-?[0-9]*) *: *(?P<end>-?[0-9]*) *\]"
)


class JsonPathError(Exception):
    """A text is no path that AWS supports, or leads nowhere."""


@dataclass(frozen=True)
class _Step:
    """One step of a path: what it takes of a value, and whether that is several values."""

    take: Callable[[Any], Any]
    several: bool = False


@dataclass(frozen=True)
class JsonPath:
    """A path, such as `$[0,-1]` or `$['id','SageMakerOutput']`.

    Attributes
    ----------
    text : as it is written.
    steps : what it consists of; a path without any takes all.
    """

    text: str
    steps: Sequence[_Step]

    @property
    def is_whole(self) -> bool:
        """Whether it is `$`."""
        return not self.steps

    def of(self, value: Any) -> Any:
        """Return what it takes of a JSON value.

        Raises
        ------
        JsonPathError : it names what is not there.
        """
        try:
            return _follow(self.steps, value)
        except (LookupError, TypeError):
            raise JsonPathError(f"{self.text} is not in the record") from None


def parse_json_path(text: str, content_type: str) -> JsonPath:
    """Return the path that a text is.

    Parameters
    ----------
    text : the path.
    content_type : of what it is a path of; columns of `text/csv` have no names.

    Raises
    ------
    JsonPathError : it is none.
    """
    for character in text:
        if not (character.isascii() and character.isalnum()) and character not in _OPERATORS:
            # AWS's text (aws/aws-sdk, issue 184).
            known = ", ".join(f"'{operator}'" for operator in _OPERATORS)
            raise JsonPathError(
                f'Unexpected "{character}" in JsonPath. '
                f'Supported operators for "{content_type}" are [{known}]'
            )
    if not text.startswith("$"):
        raise JsonPathError("it must begin with $")
    steps: list[_Step] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise JsonPathError(_what_is_wrong(text, position))
        if content_type == "text/csv" and (match["name"] or match["names"]):
            raise JsonPathError("columns of CSV are numbers, as in $[0,-1]")
        steps.append(_step(match))
        position = match.end()
    return JsonPath(text, steps)


def _what_is_wrong(text: str, position: int) -> str:
    inside = text[position:].partition("]")[0]
    if ":" in inside and "," in inside:
        # AWS's text, which it writes to the job's log (aws/sagemaker-python-sdk, issue 1112).
        return (
            "only single range filters of format (eg: [1:5]) are supported. "
            f"Format {inside}] is not supported"
        )
    return f"{text[position:]} is no operator that it has"


def _step(match: re.Match[str]) -> _Step:
    if match["name"]:
        name = match["name"]
        return _Step(lambda value: _member(value, name))
    if match["names"]:
        names = re.findall(r"'([^']*)'", match["names"])
        if len(names) == 1:
            return _Step(lambda value: _member(value, names[0]))
        return _Step(lambda value: {name: _member(value, name) for name in names})
    if match["numbers"]:
        numbers = [int(number) for number in match["numbers"].split(",")]
        if len(numbers) == 1:
            return _Step(lambda value: _items(value)[numbers[0]])
        return _Step(lambda value: [_items(value)[number] for number in numbers], several=True)
    if match["wildcard"]:
        return _Step(
            lambda value: list(value.values() if isinstance(value, dict) else _items(value)),
            several=True,
        )
    start, end = (int(part) if part else None for part in (match["start"], match["end"]))
    return _Step(lambda value: _items(value)[start:end], several=True)


def _follow(steps: Sequence[_Step], value: Any) -> Any:
    for number, step in enumerate(steps, 1):
        value = step.take(value)
        if step.several and number < len(steps):
            return [_follow(steps[number:], item) for item in value]
    return value


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise TypeError
    return value[name]


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
