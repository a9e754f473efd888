"""How sure a metric is, by the bootstrap: the same test set again and again, drawn at random."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

DRAWS = 200
"""How often rows are drawn."""

FEWEST = 20
"""With fewer rows nothing is said of how sure a metric is."""


class Estimate(NamedTuple):
    """A value on the test set, and how sure it is.

    Attributes
    ----------
    value : on the rows themselves.
    deviation : the standard deviation of the value; NaN when unknown.
    low, high : the ends of its 95 % interval; NaN when unknown.
    """

    value: float
    deviation: float
    low: float
    high: float


def estimate(
    compute: Callable[[np.ndarray], Mapping[str, float]],
    rows: int,
    largest: int = 10_000,
    draws: int = DRAWS,
) -> dict[str, Estimate]:
    """Return values that are computed from rows, each with its bootstrap interval (percentiles).

    The draws are the same at each call, so that two models can be compared on the same rows.

    Parameters
    ----------
    compute : takes the positions of rows and returns values by name; NaN where there is none.
    rows : how many there are.
    largest : draw at most so many at once. Of more rows, fewer are drawn than there are, and the
        spread is scaled to all of them, by the root of their number.
    draws : how often.
    """
    exact = compute(np.arange(rows))
    if rows < FEWEST:
        return {name: Estimate(value, *[math.nan] * 3) for name, value in exact.items()}
    random = np.random.default_rng(0)
    size = min(rows, largest)
    found = [compute(random.integers(0, rows, size)) for _ in range(draws)]
    return {
        name: _estimate(value, np.array([one[name] for one in found]), math.sqrt(size / rows))
        for name, value in exact.items()
    }


def _estimate(value: float, found: np.ndarray, scale: float) -> Estimate:
    known = found[~np.isnan(found)]
    if math.isnan(value) or len(known) < len(found) / 2:
        return Estimate(value, math.nan, math.nan, math.nan)
    low, high = np.percentile(known, [2.5, 97.5])
    return Estimate(
        value,
        float(known.std(ddof=1)) * scale,
        value + (float(low) - value) * scale,
        value + (float(high) - value) * scale,
    )
