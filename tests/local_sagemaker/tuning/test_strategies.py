"""What is tried next: at random, all there is, or the most promising."""

import itertools

import pytest

from sagemaker_local.tuning.ranges import read_ranges
from sagemaker_local.tuning.strategies import STRATEGIES, Trial

X = {"Name": "x", "MinValue": "0", "MaxValue": "1", "ScalingType": "Linear"}
COLOURS = {"Name": "colour", "Values": ["red", "blue", "green"]}
SIZES = {"Name": "size", "Values": ["s", "l"]}


def strategy(name, seed=1, **ranges):
    return STRATEGIES[name](read_ranges(ranges), seed)


def chosen(found, count, score=lambda values: None):
    """Return the values of trials one after the other, each scored before the next."""
    trials = []
    for _ in range(count):
        values = found.choose(trials)
        trials.append(Trial(values, score(values), runs=False))
    return trials


@pytest.mark.parametrize("name", ["Random", "Bayesian"])
def test_one_seed_chooses_the_same_again(name):
    def run(seed):
        found = strategy(name, seed, ContinuousParameterRanges=[X])
        return [t.values for t in chosen(found, 5, lambda values: -float(values["x"]))]

    assert run(7) == run(7) != run(8)


@pytest.mark.parametrize("name", ["Random", "Bayesian"])
def test_nothing_is_tried_twice(name):
    found = strategy(name, CategoricalParameterRanges=[COLOURS, SIZES])
    tried = [tuple(t.values.values()) for t in chosen(found, 6, lambda values: 1.0)]
    assert sorted(tried) == sorted(itertools.product(COLOURS["Values"], SIZES["Values"]))


def test_grid_is_every_combination_in_order_and_then_nothing():
    found = strategy("Grid", CategoricalParameterRanges=[COLOURS, SIZES])
    tried = chosen(found, 7)
    assert [trial.values for trial in tried] == [
        *(
            {"colour": colour, "size": size}
            for colour, size in itertools.product(COLOURS["Values"], SIZES["Values"])
        ),
        None,
    ]


def test_bayesian_comes_closer_to_the_best_than_chance():
    def score(values):
        return -((float(values["x"]) - 0.73) ** 2)

    def best(name, seed):
        found = strategy(name, seed, ContinuousParameterRanges=[X])
        return max(trial.score for trial in chosen(found, 10, score))

    seeds = range(3)
    assert all(best("Bayesian", seed) > -1e-3 for seed in seeds)
    assert sum(best("Bayesian", s) for s in seeds) > sum(best("Random", s) for s in seeds)


def test_trials_at_once_are_not_alike():
    pytest.importorskip("sklearn")
    found = strategy("Bayesian", ContinuousParameterRanges=[X])
    trials = [Trial({"x": x}, float(x), runs=False) for x in ("0.1", "0.5", "0.7")]
    trials.append(Trial({"x": "0.9"}, None, runs=False))
    first = found.choose(trials)
    second = found.choose([*trials, Trial(first)])
    assert abs(float(first["x"]) - float(second["x"])) > 0.01
