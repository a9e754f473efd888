"""How a tuning job chooses the values of its next trial: Random, Grid and Bayesian.

What AWS computes is not published. These do what the developer guide says of each ("Hyperparameter
tuning strategies available in Amazon SageMaker AI"), and with one `RandomSeed` choose the same
values again where trials run one by one.
"""

import itertools
import math
import random
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_local.tuning.ranges import Categories, Range

Values = dict[str, str]
_ATTEMPTS = 10_000
_CANDIDATES = 500


@dataclass
class Trial:
    """Values that were tried.

    Attributes
    ----------
    values : by hyperparameter.
    score : of the objective, the higher the better; None while it is not known, or if it never was.
    runs : whether it is not known yet.
    """

    values: Values
    score: float | None = None
    runs: bool = True


class Strategy(ABC):
    """Chooses values.

    Parameters
    ----------
    ranges : what is searched.
    seed : makes it choose the same again; None for a new seed.
    """

    def __init__(self, ranges: Sequence[Range], seed: int | None) -> None:
        self.ranges = ranges
        self.random = random.Random(seed)

    @abstractmethod
    def choose(self, trials: Sequence[Trial]) -> Values | None:
        """Return the values of the next trial, or None when there are no more to try."""

    def draw(self) -> Values:
        """Return values drawn at random."""
        return {one.name: one.value(self.random.random()) for one in self.ranges}

    def draw_new(self, trials: Sequence[Trial]) -> Values:
        """Return values drawn at random that no trial had, as long as some can be found."""
        tried = _tried(trials)
        for _ in range(_ATTEMPTS):
            values = self.draw()
            if tuple(values.values()) not in tried:
                break
        return values


class RandomSearch(Strategy):
    """Values drawn evenly on the scale of each range."""

    def choose(self, trials: Sequence[Trial]) -> Values:
        """Return values that no trial had."""
        return self.draw_new(trials)


class GridSearch(Strategy):
    """Every combination of categories, once."""

    def choose(self, trials: Sequence[Trial]) -> Values | None:
        """Return the combination after those that were tried."""
        lists = [one.values if isinstance(one, Categories) else () for one in self.ranges]
        chosen = next(itertools.islice(itertools.product(*lists), len(trials), None), None)
        names = [one.name for one in self.ranges]
        return None if chosen is None else dict(zip(names, chosen, strict=True))


class BayesianSearch(Strategy):
    """The values of the greatest expected improvement under a Gaussian process."""

    def choose(self, trials: Sequence[Trial]) -> Values:
        """Return values drawn at random for the first trials, then the most promising of many."""
        known = [trial for trial in trials if trial.score is not None]
        if len(known) < max(3, len(self.ranges) + 1):
            return self.draw_new(trials)
        # They are not needed for any other strategy, and take seconds to import.
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import Matern, WhiteKernel

        tried = _tried(trials)
        drawn = [self.draw() for _ in range(_CANDIDATES)]
        candidates = [values for values in drawn if tuple(values.values()) not in tried]
        candidates = candidates or [self.draw_new(trials)]
        places, scores = self._places(known), [trial.score for trial in known]
        process = GaussianProcessRegressor(
            Matern(length_scale=0.5, nu=2.5) + WhiteKernel(1e-3), normalize_y=True, random_state=0
        )
        with warnings.catch_warnings():
            # A kernel that few points leave undecided is no cause for alarm.
            warnings.simplefilter("ignore")
            process.fit(places, scores)
            pending = [trial for trial in trials if trial.runs]
            if pending:
                # As if they had come out as expected, so that trials at once are not alike.
                guessed = process.predict(self._places(pending))
                process = GaussianProcessRegressor(
                    process.kernel_, optimizer=None, normalize_y=True
                )
                process.fit(places + self._places(pending), [*scores, *guessed])
            mean, deviation = process.predict(
                self._places([Trial(values) for values in candidates]), return_std=True
            )
        best = max(score for score in scores if score is not None)
        gains = [
            _expected_gain(float(one - best), float(spread))
            for one, spread in zip(mean, deviation, strict=True)
        ]
        return candidates[gains.index(max(gains))]

    def _places(self, trials: Sequence[Trial]) -> list[list[float]]:
        return [
            [place for one in self.ranges for place in one.coordinates(trial.values[one.name])]
            for trial in trials
        ]


def _tried(trials: Sequence[Trial]) -> set[tuple[str, ...]]:
    return {tuple(trial.values.values()) for trial in trials}


def _expected_gain(gain: float, deviation: float) -> float:
    """Return by how much a normally distributed score can be expected to be better than the best.

    Parameters
    ----------
    gain : how much better it is on average.
    deviation : its standard deviation.
    """
    if deviation <= 0:
        return max(gain, 0.0)
    ratio = gain / deviation
    density = math.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    return gain * (1 + math.erf(ratio / math.sqrt(2))) / 2 + deviation * density


STRATEGIES: dict[str, type[Strategy]] = {
    "Bayesian": BayesianSearch,
    "Grid": GridSearch,
    "Random": RandomSearch,
}
