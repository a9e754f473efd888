"""The samples of metrics, as they came in, for alarms to look at and CloudWatch to keep."""

import math
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MOST_SAMPLES = 20_000
"""So many of a series are kept, the newest; alarms look no further back."""
_FLAT = {"Sum", "Average", "Minimum", "Maximum", "SampleCount"}


@dataclass(frozen=True)
class Series:
    """Which metric: CloudWatch tells metrics apart by namespace, name and all dimensions."""

    region: str
    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, region: str, namespace: str, name: str, dimensions: Mapping[str, str]) -> "Series":
        """Return the series of these dimensions, whatever their order."""
        return cls(region, namespace, name, frozenset(dimensions.items()))


@dataclass(frozen=True, slots=True)
class Sample:
    """One value, or CloudWatch's statistic set of several.

    Attributes
    ----------
    time : when it came in, in seconds since 1970.
    total, count, least, most : sum, number, minimum and maximum of the values.
    """

    time: float
    total: float
    count: float
    least: float
    most: float

    @classmethod
    def of(cls, value: float, time: float, count: float = 1) -> "Sample":
        """Return the sample of a value that was measured so many times."""
        return cls(time, value * count, count, value, value)

    def plus(self, other: "Sample") -> "Sample":
        """Return the statistic set of both, at the time of the other one."""
        return Sample(
            other.time,
            self.total + other.total,
            self.count + other.count,
            min(self.least, other.least),
            max(self.most, other.most),
        )


def is_statistic(name: str) -> bool:
    """Return whether `statistic` knows a statistic of this name."""
    return name in _FLAT or _percent(name) is not None


def statistic(samples: Sequence[Sample], name: str) -> float | None:
    """Return a statistic of samples, None where there are none that tell it.

    Parameters
    ----------
    samples : of one period.
    name : `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99` or
        `p99.9`, here by nearest rank. As in CloudWatch a statistic set tells no percentile, unless
        all its values are the same (user guide, "CloudWatch statistics definitions").
    """
    if not samples:
        return None
    count = sum(sample.count for sample in samples)
    if name == "SampleCount":
        return count
    if name == "Minimum":
        return min(sample.least for sample in samples)
    if name == "Maximum":
        return max(sample.most for sample in samples)
    percent = _percent(name)
    if percent is not None:
        return _percentile(samples, percent)
    total = math.fsum(sample.total for sample in samples)
    return total if name == "Sum" else total / count


def _percent(name: str) -> float | None:
    try:
        percent = float(name[1:]) if name[:1] == "p" else math.nan
    except ValueError:
        return None
    return percent if 0 <= percent <= 100 else None


def _percentile(samples: Sequence[Sample], percent: float) -> float | None:
    values = sorted((one.least, one.count) for one in samples if one.least == one.most)
    rank = max(1.0, math.ceil(sum(count for _, count in values) * percent / 100 - 1e-9))
    for value, count in values:
        rank -= count
        if rank <= 0:
            return value
    return None


class Metrics:
    """The newest samples of each series, safe to use from many threads."""

    def __init__(self) -> None:
        self._samples: dict[Series, deque[Sample]] = {}
        self._unpublished: dict[Series, Sample] = {}
        self._changed = threading.Condition()

    def add(self, series: Series, sample: Sample, *, publish: bool = False) -> None:
        """Note a sample.

        Parameters
        ----------
        series, sample : what was measured.
        publish : whether CloudWatch has yet to be told.
        """
        with self._changed:
            self._samples.setdefault(series, deque(maxlen=_MOST_SAMPLES)).append(sample)
            if publish:
                earlier = self._unpublished.get(series)
                self._unpublished[series] = earlier.plus(sample) if earlier else sample
                self._changed.notify_all()

    def since(self, series: Series, moment: float) -> list[Sample]:
        """Return the samples of a series that are younger than a moment, the newest first."""
        found = []
        with self._changed:
            for sample in reversed(self._samples.get(series, ())):
                if sample.time <= moment:
                    break
                found.append(sample)
        return found

    def take_unpublished(self, seconds: float) -> dict[Series, Sample]:
        """Wait until there is something to tell CloudWatch, and as long again for more of it.

        Parameters
        ----------
        seconds : for how long what comes in is gathered.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._unpublished)
        time.sleep(seconds)
        with self._changed:
            taken, self._unpublished = self._unpublished, {}
            return taken
