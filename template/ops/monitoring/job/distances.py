"""How far two distributions are apart, and how far chance alone would have them.

Counts are those of the same bins, or categories, in two samples: first the baseline's.
"""

import math
from collections.abc import Sequence

import numpy as np

_NORMAL = 3.0902
"""What a standard normal variable exceeds once in a thousand times."""


def psi(before: Sequence[float], now: Sequence[float]) -> float:
    """Return the population stability index: the sum of (q - p) ln(q / p) over the bins.

    Half a row is added to each bin, so that an empty one is no infinite distance.
    """
    p, q = _shares(before), _shares(now)
    return float(((q - p) * np.log(q / p)).sum())


def psi_by_chance(before: float, now: float, bins: int) -> float:
    """Return the index that two samples of one distribution exceed once in a thousand times.

    Times n m / (n + m) it follows a chi-squared distribution of `bins` - 1 degrees of freedom
    (Yurdakul, "Statistical Properties of Population Stability Index", 2018), whose quantile is that
    of Wilson and Hilferty's approximation.

    Parameters
    ----------
    before, now : rows of each sample.
    """
    freedom = bins - 1
    if freedom < 1:
        return math.inf
    small = 2 / (9 * freedom)
    quantile = freedom * (1 - small + _NORMAL * math.sqrt(small)) ** 3
    return float(quantile * (before + now) / (before * now))


def largest_difference(
    before: Sequence[float], now: Sequence[float], ordered: bool = False
) -> float:
    """Return the largest difference of a bin's share: what Model Monitor calls LInfinity.

    Parameters
    ----------
    ordered : whether the bins follow each other. Then it is the largest difference of the shares up
        to a bin's end: the Kolmogorov-Smirnov distance, as far as bins tell it.
    """
    p, q = (np.asarray(one, dtype=float) / max(sum(one), 1) for one in (before, now))
    if ordered:
        p, q = p.cumsum(), q.cumsum()
    return float(np.abs(p - q).max(initial=0.0))


def is_more_by_chance(before: float, of_before: float, now: float, of_now: float) -> bool:
    """Say whether chance explains that a share has grown: twice the same, it does once in 1,000.

    Parameters
    ----------
    before, now : how many rows have it, of so many.
    """
    both = (before + now) / (of_before + of_now)
    deviation = math.sqrt(both * (1 - both) * (1 / of_before + 1 / of_now))
    return now / of_now - before / of_before <= _NORMAL * deviation


def is_shift_by_chance(shift: float, before: float, now: float) -> bool:
    """Say whether chance explains how far a mean has moved.

    Parameters
    ----------
    shift : in standard deviations.
    before, now : rows of each sample.
    """
    return abs(shift) <= _NORMAL * math.sqrt(1 / before + 1 / now)


def _shares(counts: Sequence[float]) -> np.ndarray:
    raised = np.asarray(counts, dtype=float) + 0.5
    return np.asarray(raised / raised.sum())
