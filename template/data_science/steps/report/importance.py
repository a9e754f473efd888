"""What the model goes by: how much worse it gets when one feature is shuffled."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from judged import Judged

REPEATS = 3
CELLS = 1_000_000
"""About so many values are sent to the model, in all the shuffled copies together."""

MOST_FEATURES = 150
"""Of more features nothing is told: there would be too few rows for each."""


class Importance(NamedTuple):
    """How much a model needs a feature.

    Attributes
    ----------
    feature : its name.
    loss : how much worse the metric is without it, the mean of the repeats; 0 is not needed.
    deviation : the standard deviation of the repeats.
    """

    feature: str
    loss: float
    deviation: float


def importances(
    features: pd.DataFrame, metric: str, answers: Callable[[pd.DataFrame, np.ndarray], Judged]
) -> list[Importance]:
    """Return the permutation importance of each feature, the largest first; none of too many.

    All shuffled copies are asked at once: a model that is asked many times is slow.

    Parameters
    ----------
    features : of each row.
    metric : its name.
    answers : asks the model about rows, and returns its answers beside the truth of the rows at
        the positions that come with them.
    """
    random = np.random.default_rng(0)
    names = [str(name) for name in features]
    if len(names) > MOST_FEATURES:
        return []
    most = max(50, CELLS // (len(names) ** 2 * REPEATS))
    sample = np.sort(random.permutation(len(features))[:most])
    rows, copies = features.iloc[sample], 1 + len(names) * REPEATS
    table = {name: np.tile(rows[name].to_numpy(), copies) for name in names}
    size = len(rows)
    for copy, name in enumerate((name for name in names for _ in range(REPEATS)), 1):
        start = copy * size
        shuffled = random.permutation(size)
        table[name][start : start + size] = rows[name].to_numpy()[shuffled]
    judged = answers(pd.DataFrame(table), np.tile(sample, copies))
    metric_of = judged.metrics[metric]
    sign = -1 if metric_of.less_is_better else 1
    found = np.array(
        [
            sign * metric_of.compute(judged.take(np.arange(start, start + size)))
            for start in range(0, len(judged), size)
        ]
    )
    losses = found[0] - found[1:].reshape(len(names), REPEATS)
    measured = [
        Importance(name, float(loss.mean()), float(loss.std(ddof=1)))
        for name, loss in zip(names, losses, strict=True)
    ]
    return sorted(measured, key=lambda one: -np.nan_to_num(one.loss))
