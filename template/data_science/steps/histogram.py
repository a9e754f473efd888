"""Counts values in bins, whatever numbers they are."""

from typing import Any

import numpy as np


def histogram(values: Any, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many values lie in each of some bins of one width, and the edges of the bins.

    Parameters
    ----------
    values : finite numbers, at least one.
    bins : how many to make. Where numbers lie so near, or so far apart, that no edges can be
        written between them, there is one bin of all.
    """
    try:
        with np.errstate(over="raise"):
            counts, edges = np.histogram(values, bins=bins)
            # Not every numpy refuses to make bins without a width.
            if (np.diff(edges) > 0).all():
                return counts, edges
    except (ValueError, FloatingPointError):
        pass
    return np.array([len(values)]), np.array([np.min(values), np.max(values)])
