"""The search of a tuning job, with trials that are no jobs."""

import threading
import time

import pytest

from sagemaker_local.tuning.ranges import read_ranges
from sagemaker_local.tuning.search import Limits, Outcome, Search, SearchError
from sagemaker_local.tuning.strategies import RandomSearch

RANGES = {"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "1000"}]}
GOOD, SILENT, FAILED = Outcome(True, 1.0), Outcome(True, None), Outcome(False, None)


class Trials:
    """Runs trials that end as they are told to, in the order of their numbers."""

    def __init__(self, outcomes, seconds=0.0):
        self.outcomes = outcomes
        self.seconds = seconds
        self.started = []
        self.at_once = self.most_at_once = 0
        self.stopped = threading.Event()
        self.lock = threading.Lock()

    def start(self, number, values):
        self.started.append((number, values["n"]))
        return lambda: self.wait(number)

    def wait(self, number):
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.stopped.wait(self.seconds)
        with self.lock:
            self.at_once -= 1
        return FAILED if self.stopped.is_set() else self.outcomes[number - 1]

    def search(self, *limits, is_stopped=lambda: False, **more):
        strategy = RandomSearch(read_ranges(RANGES), 1)
        Search(
            [strategy], Limits(*limits, **more), self.start, self.stopped.set, is_stopped
        ).search()


def test_as_many_as_asked_for_and_no_more_at_once():
    trials = Trials([GOOD] * 7, seconds=0.02)
    trials.search(7, 3)
    assert [number for number, _ in trials.started] == [1, 2, 3, 4, 5, 6, 7]
    assert len({value for _, value in trials.started}) == 7
    assert trials.most_at_once == 3


def test_failures_do_not_end_it_as_long_as_one_is_good():
    trials = Trials([FAILED, FAILED, GOOD, *[FAILED] * 7])
    trials.search(10, 1)
    assert len(trials.started) == 10


def test_five_failures_end_it():
    trials = Trials([FAILED] * 10)
    with pytest.raises(SearchError) as caught:
        trials.search(10, 1)
    assert len(trials.started) == 5
    assert str(caught.value) == (
        "No training job succeeded after 5 attempts. "
        "Please take a look at the training job failures to get more details."
    )


def test_so_do_five_without_the_objective():
    with pytest.raises(SearchError, match="after running 2 training jobs"):
        Trials([SILENT, FAILED]).search(2, 1)
    trials = Trials([SILENT] * 10)
    with pytest.raises(SearchError, match="No objective metrics found after running 5 training"):
        trials.search(10, 1)


def test_a_target_ends_it():
    trials = Trials([Outcome(True, score) for score in (0.1, 0.5, 0.8, 0.9)])
    trials.search(4, 1, target=0.8)
    assert len(trials.started) == 3
    assert trials.stopped.is_set()


def test_several_that_are_no_better_than_the_best_end_it():
    scores = (0.1, 0.5, 0.5, 0.2, 0.3, 0.4, 0.1)
    trials = Trials([Outcome(True, score) for score in scores])
    trials.search(7, 1, patience=3)
    # The best was the third, as good as the second; three more are no better.
    assert len(trials.started) == 6


def test_several_strategies_choose_in_turn():
    ranges = [
        {"CategoricalParameterRanges": [{"Name": "n", "Values": [f"{name}{i}" for i in range(3)]}]}
        for name in "ab"
    ]
    trials = Trials([GOOD] * 6)
    strategies = [RandomSearch(read_ranges(one), 1) for one in ranges]
    Search(strategies, Limits(6, 1), trials.start, trials.stopped.set, lambda: False).search()
    values = [value for _, value in trials.started]
    assert [value[0] for value in values] == list("ababab")
    assert len(set(values)) == 6


def test_time_ends_it_and_stops_what_runs():
    trials = Trials([GOOD, GOOD, GOOD], seconds=30)
    started = time.monotonic()
    with pytest.raises(SearchError):
        trials.search(3, 1, seconds=0.1)
    assert time.monotonic() - started < 10
    assert len(trials.started) == 1


def test_stopped():
    trials = Trials([FAILED] * 10)
    trials.search(10, 1, is_stopped=lambda: len(trials.started) == 2)
    assert len(trials.started) == 2


def test_a_trial_that_cannot_be_started_stops_the_others():
    trials = Trials([GOOD, GOOD], seconds=30)
    start = trials.start

    def second_fails(number, values):
        if number == 2:
            raise ValueError("no room")
        return start(number, values)

    trials.start = second_fails
    started = time.monotonic()
    with pytest.raises(ValueError, match="no room"):
        trials.search(2, 2)
    assert trials.stopped.is_set()
    assert time.monotonic() - started < 10
