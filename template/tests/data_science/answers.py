"""Answers of models that nobody trained, written down by hand."""

import numpy as np
from judged import Judged


def numbers(truth: list[float], predicted: list[float]) -> Judged:
    """Return the answers of a model that predicts a number."""
    return Judged(
        np.array(truth, dtype=float),
        np.array(predicted, dtype=float),
        (),
        np.empty((len(truth), 0)),
        None,
    )


def classes(truth: str, predicted: str, names: str = "ny", positive: str | None = "y") -> Judged:
    """Return the answers of a classifier whose classes are letters, sure of what it says."""
    said = np.array([names.index(one) for one in predicted])
    return Judged(
        np.array([names.index(one) for one in truth]),
        said,
        tuple(names),
        np.eye(len(names))[said],
        None if positive is None else names.index(positive),
    )


def scored(truth: str, probabilities: list[float]) -> Judged:
    """Return the answers of a classifier of `n` and `y`, by the probability of `y`."""
    share = np.array(probabilities)
    return Judged(
        np.array(["ny".index(one) for one in truth]),
        (share > 0.5).astype(int),
        ("n", "y"),
        np.column_stack([1 - share, share]),
        1,
    )
