"""All that the report tells of a model, computed from its answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from gate import Champion, Rules, Verdict, verdicts
from judged import Judged, values

from report.fairness import Disparity, disparities
from report.importance import Importance, importances
from report.resampling import Estimate, estimate
from report.slices import Slice, has_few_values, slices, worth_showing


class Rival(NamedTuple):
    """The champion's answers to the same rows, or why there are none; and what it is called."""

    judged: Judged | None
    problem: str = ""
    name: str = ""


class Findings(NamedTuple):
    """What is known of a model.

    Attributes
    ----------
    judged : its answers to the test set.
    target : the name of what it predicts.
    metrics : each metric that fits, by its name.
    champion, difference : the metrics of the champion and how much the model's are larger, by
        name; empty when there is no champion.
    champion_name : what the champion is called.
    rules : what was asked of it.
    verdicts : what came out.
    slices : parts of the test set.
    disparities : how far the parts are apart, of a classifier of two classes.
    importances : of each feature, the largest first.
    folds : in cross-validation, the metrics of each fold, by name; empty without.
    """

    judged: Judged
    target: str
    metrics: Mapping[str, Estimate]
    champion: Mapping[str, float]
    difference: Mapping[str, Estimate]
    champion_name: str
    rules: Rules
    verdicts: Sequence[Verdict]
    slices: Sequence[Slice]
    disparities: Sequence[Disparity]
    importances: Sequence[Importance]
    folds: Mapping[str, Sequence[float]]

    @property
    def is_good_enough(self) -> bool:
        """Whether no rule is broken."""
        return all(verdict.kept is not False for verdict in self.verdicts)


def look_into(
    features: pd.DataFrame,
    target: str,
    judged: Judged,
    rules: Rules,
    rival: Rival | None,
    answers: Callable[[pd.DataFrame, np.ndarray], Judged],
    folds: Mapping[str, Sequence[float]],
) -> Findings:
    """Return what is found.

    Parameters
    ----------
    features : of each row of the test set.
    target : the name of what is predicted.
    judged : the model's answers to these rows.
    rules : what is asked of it.
    rival : the champion; None when there is none.
    answers : asks the model again, see `report.importance.importances`.
    folds : what cross-validation found.
    """
    metrics = estimate(lambda rows: values(judged.take(rows)), len(judged))
    other = rival.judged if rival is not None else None
    champion: dict[str, float] = {}
    difference: dict[str, Estimate] = {}
    if other is not None:
        champion = values(other)
        difference = estimate(lambda rows: _difference(judged, other, rows), len(judged))
    important = importances(features, rules.metric, answers)
    ranked = [one.feature for one in important] or [str(name) for name in features]
    columns = worth_showing(features, ranked, list(rules.slices))
    parts = slices(features, columns, judged, rules.metric)
    # By quarters of a number people are compared only when the settings say so.
    alike = [name for name in columns if name in rules.slices or has_few_values(features[name])]
    known = None
    if rival is not None:
        known = Champion(champion.get(rules.metric, float("nan")), rival.problem)
    return Findings(
        judged,
        target,
        metrics,
        champion,
        difference,
        "" if rival is None else rival.name,
        rules,
        verdicts(rules, {name: one.value for name, one in metrics.items()}, parts, known),
        parts,
        disparities(judged, [part for part in parts if part.column in alike]),
        important,
        folds,
    )


def _difference(judged: Judged, other: Judged, rows: np.ndarray) -> dict[str, float]:
    ours, theirs = values(judged.take(rows)), values(other.take(rows))
    return {name: ours[name] - theirs[name] for name in ours}
