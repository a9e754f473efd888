"""The ranges of the hyperparameters that a tuning job searches, and the scales on which it does.

Developer guide, "Define Hyperparameter Ranges", and API reference, ParameterRanges. AWS's words for
what is wrong with a range are unconfirmed.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sagemaker_local.api.errors import invalid
from sagemaker_local.storage.store import Body

_MOST_RANGES = 30
# From this quotient of its ends on `Auto` is `Logarithmic`. How AWS chooses is unconfirmed.
_WIDE = 100


@dataclass(frozen=True)
class Range(ABC):
    """The values that one hyperparameter may have.

    Attributes
    ----------
    name : the hyperparameter.
    """

    name: str

    @property
    @abstractmethod
    def count(self) -> float:
        """How many values it has; infinite for real numbers."""

    @abstractmethod
    def value(self, share: float) -> str:
        """Return the value at a share of the range, from 0 to below 1, as a script gets it."""

    @abstractmethod
    def coordinates(self, value: str) -> list[float]:
        """Return where a value lies, in numbers from 0 to 1, so that near values are alike."""


@dataclass(frozen=True)
class Categories(Range):
    """One of several texts."""

    values: Sequence[str]

    @property
    def count(self) -> float:
        """How many there are."""
        return len(self.values)

    def value(self, share: float) -> str:
        """Return the text at a share of the list."""
        return self.values[int(share * len(self.values))]

    def coordinates(self, value: str) -> list[float]:
        """Return one number for each text, which is 1 for this one."""
        return [float(value == one) for one in self.values]


@dataclass(frozen=True)
class _Scale:
    """A scale on which values are chosen evenly: there and back."""

    there: Callable[[float], float]
    back: Callable[[float], float]


_LINEAR = _Scale(lambda value: value, lambda point: point)
_LOGARITHMIC = _Scale(math.log, math.exp)
_REVERSE = _Scale(lambda value: -math.log1p(-value), lambda point: -math.expm1(-point))


@dataclass(frozen=True)
class Numbers(Range):
    """Numbers between two ends, both of which belong to them."""

    least: float
    most: float
    whole: bool
    scale: _Scale

    @property
    def count(self) -> float:
        """How many integers there are; a continuous range has no end unless it is one number."""
        if self.whole:
            return self.most - self.least + 1
        return 1 if self.least == self.most else math.inf

    def value(self, share: float) -> str:
        """Return the number at a share of the scale."""
        there, back = self.scale.there, self.scale.back
        # An integer stands for what is between it and the next one.
        end = self.most + 1 if self.whole else self.most
        point = there(self.least) + share * (there(end) - there(self.least))
        number = min(max(back(point), self.least), self.most)
        return str(math.floor(number)) if self.whole else repr(number)

    def coordinates(self, value: str) -> list[float]:
        """Return its place on the scale."""
        least, most = self.scale.there(self.least), self.scale.there(self.most)
        return [(self.scale.there(float(value)) - least) / (most - least) if most > least else 0.0]


def read_ranges(document: Body) -> list[Range]:
    """Return the ranges that `ParameterRanges` asks for, in the order of their kinds there.

    Raises
    ------
    AwsError : one of them has no values, or none on its scale; or a name is there twice.
    """
    found: list[Range] = [
        Categories(one["Name"], one["Values"])
        for one in document.get("CategoricalParameterRanges", [])
    ]
    for kind, whole in (("ContinuousParameterRanges", False), ("IntegerParameterRanges", True)):
        found += [_numbers(one, whole) for one in document.get(kind, [])]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"The hyperparameter {name} has more than one range")
    if len(names) > _MOST_RANGES:
        raise invalid(f"A tuning job has at most {_MOST_RANGES} ranges")
    return found


def combinations(ranges: Sequence[Range]) -> float:
    """Return how many different combinations of values there are."""
    return math.prod(one.count for one in ranges)


def _numbers(asked: Body, whole: bool) -> Numbers:
    name, kind = asked["Name"], "integer" if whole else "number"
    ends = []
    for member in ("MinValue", "MaxValue"):
        try:
            end = float(asked[member])
        except ValueError:
            end = math.nan
        if not math.isfinite(end) or (whole and end != math.floor(end)):
            raise invalid(f"{member} of the hyperparameter {name} is no {kind}: {asked[member]}")
        ends.append(end)
    least, most = ends
    if least > most:
        raise invalid(f"MinValue of the hyperparameter {name} is above its MaxValue")
    return Numbers(name, least, most, whole, _scale(asked, least, most, whole))


def _scale(asked: Body, least: float, most: float, whole: bool) -> _Scale:
    name, kind = asked["Name"], asked.get("ScalingType", "Auto")
    if kind == "Auto":
        return _LOGARITHMIC if least > 0 and least * _WIDE <= most else _LINEAR
    if kind == "Logarithmic":
        if least <= 0:
            raise invalid(f"Logarithmic scaling needs values above 0 (hyperparameter {name})")
        return _LOGARITHMIC
    if kind == "ReverseLogarithmic":
        if whole or least < 0 or most >= 1:
            raise invalid(
                "ReverseLogarithmic scaling needs a continuous range within 0 <= x < 1 "
                f"(hyperparameter {name})"
            )
        return _REVERSE
    return _LINEAR
