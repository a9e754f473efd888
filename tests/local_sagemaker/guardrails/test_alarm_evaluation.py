"""Alarms: statistics, periods and states by hand, and CloudWatch's own tables of missing data."""

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from sagemaker_local.api.errors import AwsError
from sagemaker_local.cloudwatch.evaluation import Rule, datapoints, evaluate
from sagemaker_local.cloudwatch.metrics import Metrics, Sample, Series, is_statistic, statistic
from sagemaker_local.cloudwatch.service import _read, _refuse_unevaluated, _samples

SERIES = Series.of("us-east-1", "demo/ops", "Failures", {"EndpointName": "e"})


def rule(evaluated=1, to_alarm=None, missing="missing", name="Sum", comparison=None, threshold=1.0):
    return Rule(
        SERIES,
        statistic=name,
        period=60,
        comparison=comparison or "GreaterThanOrEqualToThreshold",
        threshold=threshold,
        evaluated=evaluated,
        to_alarm=to_alarm or evaluated,
        missing=missing,
    )


def samples(*values):
    return [Sample.of(value, 0.0) for value in values]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Sum", 110),
        ("Average", 22),
        ("Minimum", 1),
        ("Maximum", 100),
        ("SampleCount", 5),
        ("p50", 3),
        ("p80", 5),
        ("p99", 100),
        ("p99.9", 100),
        ("p0", 1),
    ],
)
def test_statistics(name, expected):
    assert statistic(samples(5, 1, 100, 3, 1), name) == expected


def test_statistic_sets_and_counts():
    many = [Sample(0.0, total=6, count=3, least=1, most=3), Sample.of(4, 0.0, count=2)]
    assert statistic(many, "Sum") == 14
    assert statistic(many, "Average") == pytest.approx(2.8)
    # The set has different values, so only the two fours tell a percentile.
    assert statistic(many, "p10") == 4
    assert statistic(many[:1], "p10") is None
    assert statistic([], "Sum") is None


def test_names_of_statistics():
    assert all(map(is_statistic, ("Sum", "p99", "p99.95", "p100")))
    assert not any(map(is_statistic, ("tm90", "p101", "p", "pNaN", "IQM", "PR(:300)")))


def test_periods_end_now():
    found = [Sample.of(value, time) for time, value in ((9.5, 1), (8.5, 2), (8.2, 3), (5.9, 9))]
    # Two are evaluated, so four periods of a second are looked at.
    assert datapoints(rule(evaluated=2), found, now=10.0, seconds=1.0) == [1, 5, None, None]


def points(text):
    """Return datapoints, the newest first, of the guide's notation, the oldest first."""
    return [{"0": 0.0, "X": 1.0, "-": None}[mark] for mark in reversed(text.split())]


KEEP = "the state that it had"


# CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data", both tables; the
# results are in the order missing, ignore, breaching, notBreaching.
@pytest.mark.parametrize(
    ("text", "to_alarm", "expected"),
    [
        ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - 0", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - -", 3, ("INSUFFICIENT_DATA", KEEP, "ALARM", "OK")),
        ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", 3, ("ALARM", KEEP, "ALARM", "OK")),
        ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - X", 2, ("ALARM", KEEP, "ALARM", "OK")),
    ],
)
@pytest.mark.parametrize("state", ["OK", "ALARM"])
def test_missing_data(text, to_alarm, expected, state):
    kinds = ("missing", "ignore", "breaching", "notBreaching")
    found = tuple(evaluate(rule(3, to_alarm, missing), points(text), state) for missing in kinds)
    assert found == tuple(state if one == KEEP else one for one in expected)


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        ("GreaterThanOrEqualToThreshold", ("OK", "ALARM", "ALARM")),
        ("GreaterThanThreshold", ("OK", "OK", "ALARM")),
        ("LessThanThreshold", ("ALARM", "OK", "OK")),
        ("LessThanOrEqualToThreshold", ("ALARM", "ALARM", "OK")),
    ],
)
def test_comparisons(comparison, states):
    watch = rule(comparison=comparison, threshold=5.0)
    assert tuple(evaluate(watch, [value], "OK") for value in (4.0, 5.0, 6.0)) == states


def test_rule_of_an_alarm():
    described = {
        "Namespace": "demo/ops",
        "MetricName": "Failures",
        "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    assert Rule.of("us-east-1", described) == rule(3)
    more = {"DatapointsToAlarm": 2, "TreatMissingData": "ignore"}
    assert Rule.of("us-east-1", described | more) == rule(3, 2, "ignore")


def test_samples_by_age():
    metrics = Metrics()
    for time in (1.0, 2.0, 3.0):
        metrics.add(SERIES, Sample.of(time, time))
    assert [one.total for one in metrics.since(SERIES, 1.0)] == [3, 2]
    assert metrics.since(Series.of("us-east-1", "demo/ops", "Failures", {}), 0) == []


class TestRequests:
    def read(self, **options):
        request = Request(EnvironBuilder("/", method="POST", **options).get_environ())
        return _read(request, request.get_data())

    def test_form_of_older_clients(self):
        form = {
            "Action": "PutMetricData",
            "Namespace": "demo/ops",
            "MetricData.member.1.MetricName": "Failures",
            "MetricData.member.1.Value": "2",
            "MetricData.member.1.Dimensions.member.1.Name": "EndpointName",
            "MetricData.member.1.Dimensions.member.1.Value": "e",
            "MetricData.member.2.MetricName": "Other",
            "MetricData.member.2.Values.member.1": "1.5",
            "MetricData.member.2.Values.member.2": "3",
            "MetricData.member.2.Counts.member.1": "2",
            "MetricData.member.2.Counts.member.2": "1",
        }
        action, body = self.read(data=form)
        first, second = body["MetricData"]
        assert (action, body["Namespace"]) == ("PutMetricData", "demo/ops")
        assert first["Dimensions"] == [{"Name": "EndpointName", "Value": "e"}]
        assert [(one.total, one.count) for one in _samples(first)] == [(2, 1)]
        assert [(one.total, one.count) for one in _samples(second)] == [(3, 2), (3, 1)]

    def test_json(self):
        headers = {"X-Amz-Target": "GraniteServiceVersion20100801.DeleteAlarms"}
        assert self.read(json={"AlarmNames": ["a"]}, headers=headers) == (
            "DeleteAlarms",
            {"AlarmNames": ["a"]},
        )

    @pytest.mark.parametrize(
        ("action", "body", "said"),
        [
            ("PutCompositeAlarm", {}, "PutCompositeAlarm"),
            ("PutMetricAlarm", {"Metrics": [{"Id": "m"}]}, "metric math"),
            ("PutMetricAlarm", {"ExtendedStatistic": "tm90"}, "ExtendedStatistic = 'tm90'"),
            (
                "PutMetricAlarm",
                {"ComparisonOperator": "GreaterThanUpperThreshold"},
                "ComparisonOperator = 'GreaterThanUpperThreshold'",
            ),
        ],
    )
    def test_what_would_not_be_evaluated_is_refused_by_name(self, action, body, said):
        with pytest.raises(AwsError, match="the local SageMaker does not support") as caught:
            _refuse_unevaluated(action, body)
        assert said in caught.value.message
