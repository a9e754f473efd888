"""Decides by the quality rules whether a model is good enough, and says what was compared."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from metrics import METRICS
from report.slices import FEWEST, Slice


class Rules(NamedTuple):
    """What the settings ask of a model, see `quality` in settings.yaml.

    Attributes
    ----------
    metric : the one that the model is judged by.
    thresholds : what to reach in it and in other metrics, by name.
    slices : what to reach in it in each part that a column tells apart, by column.
    champion_margin : how much worse than the champion it may be; None for any.
    """

    metric: str
    thresholds: Mapping[str, float]
    slices: Mapping[str, float]
    champion_margin: float | None = None


class Verdict(NamedTuple):
    """One comparison.

    Attributes
    ----------
    rule : what is compared, in words.
    value, limit : the two sides; NaN where there is none.
    kept : whether the model keeps the rule; None when it could not be judged.
    says : the outcome in words.
    """

    rule: str
    value: float
    limit: float
    kept: bool | None
    says: str


class Champion(NamedTuple):
    """The version that the model is compared with.

    Attributes
    ----------
    value : its metric on the same rows; NaN when there is none.
    problem : why it could not be asked; empty when it could.
    """

    value: float
    problem: str = ""


def verdicts(
    rules: Rules, values: Mapping[str, float], parts: Sequence[Slice], champion: Champion | None
) -> list[Verdict]:
    """Return what comes out of each rule, in the order of `Rules`.

    Parameters
    ----------
    rules : what is asked.
    values : of each metric on the test set.
    parts : of the test set; those of columns without a rule are left alone.
    champion : None when no version was approved yet.
    """
    found = [_threshold(name, values[name], limit) for name, limit in rules.thresholds.items()]
    for part in parts:
        if part.column in rules.slices:
            found.append(_slice(rules.metric, part, rules.slices[part.column]))
    if rules.champion_margin is not None:
        found.append(_champion(rules, values[rules.metric], champion))
    return found


def summary(found: Sequence[Verdict]) -> dict[str, Any]:
    """Return the decision for the pipeline: how many rules are broken, and each by name."""
    broken = [verdict for verdict in found if verdict.kept is False]
    return {
        "broken_rules": len(broken),
        "says": "; ".join(verdict.says for verdict in broken) or "every rule is kept",
        "rules": [
            {
                "rule": verdict.rule,
                "value": shown(verdict.value) if math.isnan(verdict.value) else verdict.value,
                "limit": shown(verdict.limit) if math.isnan(verdict.limit) else verdict.limit,
                "kept": "not judged" if verdict.kept is None else verdict.kept,
                "says": verdict.says,
            }
            for verdict in found
        ],
    }


def shown(value: float) -> str:
    """Return a number as people write it, such as `0.9123` or `1000000`."""
    if math.isnan(value):
        return "NaN"
    return str(int(value)) if value == int(value) else f"{value:.4g}"


def _threshold(metric: str, value: float, limit: float) -> Verdict:
    kept = _reaches(metric, value, limit)
    relation = "keeps" if kept else _beyond(metric)
    says = f"{metric} {_precise(value, limit)} {relation} the threshold {shown(limit)}"
    return Verdict(metric, value, limit, kept, says)


def _slice(metric: str, part: Slice, limit: float) -> Verdict:
    value, count = part.metric.value, len(part.rows)
    where = f"where {part.column} is {part.part}"
    rule = f"{metric} {where}"
    if not part.is_judged:
        why = f"{count} rows are fewer than {FEWEST}" if count < FEWEST else "it has no value"
        return Verdict(rule, value, limit, None, f"{metric} {where} is not judged: {why}")
    kept = _reaches(metric, value, limit)
    relation = "keeps" if kept else _beyond(metric)
    says = f"{metric} {_precise(value, limit)} {where} ({count} rows) {relation} {shown(limit)}"
    return Verdict(rule, value, limit, kept, says)


def _champion(rules: Rules, value: float, champion: Champion | None) -> Verdict:
    metric, margin = rules.metric, rules.champion_margin or 0.0
    rule = f"{metric} beside the champion"
    if champion is None:
        says = "there is no champion to compare with: no version was approved"
        return Verdict(rule, value, math.nan, None, says)
    if champion.problem:
        says = (
            f"the champion cannot be compared: {champion.problem}; approve another version, or "
            "remove quality.champion_margin"
        )
        return Verdict(rule, value, math.nan, False, says)
    limit = champion.value + (margin if METRICS[metric].less_is_better else -margin)
    kept = _reaches(metric, value, limit)
    than = (
        f"{metric} {_precise(value, limit)} beside the champion's {_precise(champion.value, value)}"
    )
    relation = "is within" if kept else "is worse by more than"
    return Verdict(rule, value, limit, kept, f"{than} {relation} the margin {shown(margin)}")


def _reaches(metric: str, value: float, limit: float) -> bool:
    """Whether a value is as good as a limit; none is not."""
    return value <= limit if METRICS[metric].less_is_better else value >= limit


def _beyond(metric: str) -> str:
    return "is above" if METRICS[metric].less_is_better else "is below"


def _precise(value: float, beside: float) -> str:
    """Return a value with so many digits that it does not look equal to another one."""
    same = shown(value) == shown(beside) and value != beside
    return f"{value:.10g}" if same and not math.isnan(value) else shown(value)
