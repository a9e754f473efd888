"""Evaluates an alarm on the samples of its metric, as CloudWatch's user guide has it."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.cloudwatch.metrics import Sample, Series, statistic

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_MORE_PERIODS = 2
"""So many more periods are looked at than evaluated, for the data that is missing in those.

User guide, "Configuring how CloudWatch alarms treat missing data": the exact number varies in AWS;
the guide's examples have two more.
"""


@dataclass(frozen=True)
class Rule:
    """What an alarm watches for.

    Attributes
    ----------
    series : the metric.
    statistic : of its samples in a period.
    period : in AWS seconds.
    comparison, threshold : when a datapoint breaches.
    evaluated, to_alarm : so many of so many datapoints must breach.
    missing : what a missing datapoint is taken for: `missing`, `ignore`, `breaching` or
        `notBreaching`.
    """

    series: Series
    statistic: str
    period: int
    comparison: str
    threshold: float
    evaluated: int
    to_alarm: int
    missing: str

    @classmethod
    def of(cls, region: str, alarm: Mapping[str, Any]) -> "Rule":
        """Return the rule of an alarm as DescribeAlarms answers it."""
        dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or []}
        return cls(
            Series.of(region, alarm["Namespace"], alarm["MetricName"], dimensions),
            statistic=alarm.get("Statistic") or alarm.get("ExtendedStatistic") or "",
            period=alarm["Period"],
            comparison=alarm["ComparisonOperator"],
            threshold=alarm["Threshold"],
            evaluated=alarm["EvaluationPeriods"],
            to_alarm=alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
            missing=alarm.get("TreatMissingData") or "missing",
        )

    @property
    def periods(self) -> int:
        """How many periods are looked at."""
        return self.evaluated + _MORE_PERIODS


def datapoints(
    rule: Rule, samples: Sequence[Sample], now: float, seconds: float
) -> list[float | None]:
    """Return a datapoint for each period that is looked at, the newest first.

    Periods end now, not with the minute: an alarm is as quick as its data. A datapoint is None
    where its period has no data.

    Parameters
    ----------
    rule : the alarm.
    samples : of its metric.
    now : when, in seconds since 1970.
    seconds : how long a period takes here.
    """
    periods: list[list[Sample]] = [[] for _ in range(rule.periods)]
    for sample in samples:
        number = int((now - sample.time) / seconds) if sample.time <= now else 0
        if number < len(periods):
            periods[number].append(sample)
    return [statistic(found, rule.statistic) for found in periods]


def evaluate(rule: Rule, points: Sequence[float | None], state: str) -> str:
    """Return the state of an alarm.

    Parameters
    ----------
    rule : the alarm.
    points : its datapoints, the newest first; None where there is none.
    state : the one that it had.
    """
    compare = COMPARISONS[rule.comparison]
    there = [compare(point, rule.threshold) for point in points if point is not None]
    there = there[: rule.evaluated]
    lacking = rule.evaluated - len(there)
    breaching = sum(there)
    if lacking and rule.missing == "breaching":
        breaching += lacking
    elif lacking and rule.missing != "notBreaching" and all(there):
        # What is there, if anything, only breaches: the guide's tables.
        if rule.missing == "ignore" and breaching < rule.to_alarm:
            return state
        return ALARM if there else INSUFFICIENT_DATA
    return ALARM if breaching >= rule.to_alarm else OK
