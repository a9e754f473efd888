"""The search of a tuning job: trials are started as long as there is room, and none is hopeless."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from sagemaker_local.tuning.strategies import Strategy, Trial, Values

# After so many trials none of which was any good, AWS ends the tuning job.
_HOPELESS = 5


class SearchError(Exception):
    """The search found nothing; the message is the tuning job's FailureReason."""


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes
    ----------
    completed : whether its training job was completed.
    score : of the objective, the higher the better; None if it was not found.
    """

    completed: bool
    score: float | None


@dataclass(frozen=True)
class Limits:
    """When a search ends.

    Attributes
    ----------
    most : how many trials there are.
    parallel : how many there are at once.
    seconds : how long it takes; None for as long as it takes.
    target : the score that is good enough; None if none is.
    patience : how many trials may be no better than the best one; None for any number.
    """

    most: float
    parallel: int
    seconds: float | None = None
    target: float | None = None
    patience: int | None = None


@dataclass
class Search:
    """A search for the best values.

    Attributes
    ----------
    strategies : choose the values, in turn.
    limits : when it ends.
    start : starts a trial, given its number from 1 on and its values; returns what waits for its
        end and tells how that was.
    stop_trials : has the trials that run end soon; they and later ones are still waited for.
    is_stopped : whether no further trial shall start.
    """

    strategies: Sequence[Strategy]
    limits: Limits
    start: Callable[[int, Values], Callable[[], Outcome]]
    stop_trials: Callable[[], object]
    is_stopped: Callable[[], bool]
    _trials: list[Trial] = field(default_factory=list)
    _ended: list[Outcome] = field(default_factory=list)
    _over: bool = False

    def search(self) -> None:
        """Run trials until it ends.

        Raises
        ------
        SearchError : no trial was completed with its objective.
        """
        with ThreadPoolExecutor(self.limits.parallel) as pool:
            try:
                self._run(pool)
            except BaseException:
                # The pool waits for the trials that run.
                self.stop_trials()
                raise
        if not self.is_stopped() and not any(outcome.score is not None for outcome in self._ended):
            raise SearchError(self._nothing())

    def _run(self, pool: ThreadPoolExecutor) -> None:
        started = time.monotonic()
        running: dict[Future[Outcome], Trial] = {}
        while True:
            while len(running) < self.limits.parallel and (values := self._choose()):
                trial = Trial(values)
                self._trials.append(trial)
                running[pool.submit(self.start(len(self._trials), values))] = trial
            if not running:
                break
            left = None
            if self.limits.seconds is not None and not self._over:
                left = max(0.0, self.limits.seconds - (time.monotonic() - started))
            done, _ = wait(running, left, FIRST_COMPLETED)
            for future in done:
                self._note(running.pop(future), future.result())
            if not self._over and (not done or self._is_enough()):
                self._over = True
                self.stop_trials()

    def _choose(self) -> Values | None:
        if self._over or self.is_stopped() or len(self._trials) >= self.limits.most:
            return None
        turn, count = len(self._trials) % len(self.strategies), len(self.strategies)
        return self.strategies[turn].choose(self._trials[turn::count])

    def _note(self, trial: Trial, outcome: Outcome) -> None:
        trial.runs, trial.score = False, outcome.score
        self._ended.append(outcome)

    def _is_enough(self) -> bool:
        scores = [outcome.score for outcome in self._ended if outcome.score is not None]
        if not scores:
            return len(self._ended) >= _HOPELESS
        best = max(scores)
        if self.limits.target is not None and best >= self.limits.target:
            return True
        since = [outcome.score for outcome in self._ended][::-1].index(best)
        return self.limits.patience is not None and since >= self.limits.patience

    def _nothing(self) -> str:
        count = len(self._ended)
        if any(outcome.completed for outcome in self._ended):
            # Nobody has reported AWS's words: these are unconfirmed.
            return (
                f"No objective metrics found after running {count} training jobs. Please ensure "
                "that the algorithm emits the objective metric as its regular expression defines it"
            )
        # AWS's text (aws/amazon-sagemaker-examples, issue 2436), there after 5.
        return (
            f"No training job succeeded after {count} attempts. "
            "Please take a look at the training job failures to get more details."
        )
