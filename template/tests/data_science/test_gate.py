"""Which models the quality rules let through, and what they say of the others."""

import math
from typing import Any

import numpy as np
import pytest
from gate import Champion, Rules, Verdict, shown, summary, verdicts
from report.resampling import Estimate
from report.slices import Slice


def rules(metric: str = "f1", **more: Any) -> Rules:
    return Rules(**{"metric": metric, "thresholds": {}, "slices": {}, **more})


def part(column: str, value: str, metric: float, rows: int = 20) -> Slice:
    estimate = Estimate(metric, math.nan, math.nan, math.nan)
    return Slice(column, value, np.arange(rows), estimate)


@pytest.mark.parametrize(
    ("metric", "value", "limit", "kept", "says"),
    [
        ("f1", 0.9, 0.9, True, "f1 0.9 keeps the threshold 0.9"),
        ("f1", 0.91, 0.9, True, "f1 0.91 keeps the threshold 0.9"),
        ("f1", 0.89, 0.9, False, "f1 0.89 is below the threshold 0.9"),
        # It does not look as if it were kept.
        ("f1", 0.89999, 0.9, False, "f1 0.89999 is below the threshold 0.9"),
        # What is compared has no more digits than it needs.
        ("f1", 0.123456, 0.123456, True, "f1 0.1235 keeps the threshold 0.1235"),
        ("f1", 0.912345, 0.9, True, "f1 0.9123 keeps the threshold 0.9"),
        ("rmse", 5.0, 5, True, "rmse 5 keeps the threshold 5"),
        ("rmse", 5.25, 5, False, "rmse 5.25 is above the threshold 5"),
        ("rmse", 4.0, 5, True, "rmse 4 keeps the threshold 5"),
        ("f1", math.nan, 0, False, "f1 NaN is below the threshold 0"),
    ],
)
def test_a_threshold_is_the_worst_value_that_passes(
    metric: str, value: float, limit: float, kept: bool, says: str
) -> None:
    asked = rules(metric, thresholds={metric: limit})
    [verdict] = verdicts(asked, {metric: value}, [], None)
    assert (verdict.rule, verdict.kept, verdict.says) == (metric, kept, says)
    assert verdict.limit == limit
    assert verdict.value == value or math.isnan(value)


def test_each_metric_is_compared_with_its_own_threshold() -> None:
    asked = rules(thresholds={"f1": 0.9, "recall": 0.8})
    found = verdicts(asked, {"f1": 0.85, "recall": 0.95, "auc": 0.1}, [], None)
    assert [(one.rule, one.kept) for one in found] == [("f1", False), ("recall", True)]


def test_a_floor_holds_in_every_part_of_its_column() -> None:
    asked = rules(slices={"sex": 0.8})
    parts = [part("sex", "a", 0.8), part("sex", "b", 0.7, 30), part("age", "1 to 2", 0.1)]
    found = verdicts(asked, {"f1": 0.75}, parts, None)
    assert [(one.rule, one.value, one.limit, one.kept, one.says) for one in found] == [
        ("f1 where sex is a", 0.8, 0.8, True, "f1 0.8 where sex is a (20 rows) keeps 0.8"),
        ("f1 where sex is b", 0.7, 0.8, False, "f1 0.7 where sex is b (30 rows) is below 0.8"),
    ]
    worse = verdicts(rules("mae", slices={"sex": 1}), {}, [part("sex", "a", 2)], None)
    assert worse[0].says == "mae 2 where sex is a (20 rows) is above 1"


def test_a_part_with_few_rows_or_no_value_is_not_judged() -> None:
    parts = [part("sex", "a", 0.1, 19), part("sex", "b", math.nan, 20)]
    found = verdicts(rules(slices={"sex": 0.8}), {}, parts, None)
    assert [one.kept for one in found] == [None, None]
    assert found[0].says == "f1 where sex is a is not judged: 19 rows are fewer than 20"
    assert found[1].says == "f1 where sex is b is not judged: it has no value"


@pytest.mark.parametrize(
    ("metric", "value", "champion", "margin", "limit", "kept", "says"),
    [
        ("f1", 0.88, 0.9, 0.02, 0.88, True, "f1 0.88 beside the champion's 0.9 is within the mar"),
        ("f1", 0.875, 0.9, 0.02, 0.88, False, "f1 0.875 beside the champion's 0.9 is worse by mo"),
        ("f1", 0.95, 0.9, 0.0, 0.9, True, "f1 0.95 beside the champion's 0.9 is within the marg"),
        ("f1", 0.9, 0.90001, 0.0, 0.90001, False, "f1 0.9 beside the champion's 0.90001 is wors"),
        ("rmse", 10.5, 10, 0.5, 10.5, True, "rmse 10.5 beside the champion's 10 is within the m"),
        ("rmse", 11, 10, 0.5, 10.5, False, "rmse 11 beside the champion's 10 is worse by more t"),
        ("rmse", 9, 10, 0.5, 10.5, True, "rmse 9 beside the champion's 10 is within the margin"),
    ],
)
def test_a_model_may_be_worse_than_the_champion_by_the_margin(
    metric: str,
    value: float,
    champion: float,
    margin: float,
    limit: float,
    kept: bool,
    says: str,
) -> None:
    asked = rules(metric, champion_margin=margin)
    [verdict] = verdicts(asked, {metric: value}, [], Champion(champion))
    assert (verdict.rule, verdict.kept) == (f"{metric} beside the champion", kept)
    assert verdict.value == value
    assert verdict.limit == pytest.approx(limit)
    assert verdict.says.startswith(says)
    assert verdict.says.endswith(f" the margin {shown(margin)}")


def test_without_a_champion_nothing_is_compared() -> None:
    assert verdicts(rules(), {"f1": 0.9}, [], Champion(0.95)) == []
    [verdict] = verdicts(rules(champion_margin=0), {"f1": 0.9}, [], None)
    assert verdict.kept is None
    assert verdict.says == "there is no champion to compare with: no version was approved"


def test_a_champion_that_cannot_be_asked_lets_no_model_through() -> None:
    asked = Champion(math.nan, "it takes the column 'x', which the data do not have")
    [verdict] = verdicts(rules(champion_margin=0.1), {"f1": 0.9}, [], asked)
    assert verdict.kept is False
    assert verdict.says == (
        "the champion cannot be compared: it takes the column 'x', which the data do not have; "
        "approve another version, or remove quality.champion_margin"
    )


def test_the_decision_is_how_many_rules_are_broken_and_each_is_told() -> None:
    found = [
        Verdict("f1", 0.8, 0.9, False, "f1 is low"),
        Verdict("auc", 0.8, 0.7, True, "auc is fine"),
        Verdict("f1 beside the champion", 0.8, math.nan, None, "no champion"),
        Verdict("recall", math.nan, 0.9, False, "recall is low"),
    ]
    assert summary(found) == {
        "broken_rules": 2,
        "says": "f1 is low; recall is low",
        "rules": [
            {"rule": "f1", "value": 0.8, "limit": 0.9, "kept": False, "says": "f1 is low"},
            {"rule": "auc", "value": 0.8, "limit": 0.7, "kept": True, "says": "auc is fine"},
            {
                "rule": "f1 beside the champion",
                "value": 0.8,
                "limit": "NaN",
                "kept": "not judged",
                "says": "no champion",
            },
            {
                "rule": "recall",
                "value": "NaN",
                "limit": 0.9,
                "kept": False,
                "says": "recall is low",
            },
        ],
    }
    assert summary(found[1:3])["broken_rules"] == 0
    assert summary([])["says"] == "every rule is kept"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.91234, "0.9123"), (1_000_000.0, "1000000"), (-2.0, "-2"), (math.nan, "NaN"), (0.5, "0.5")],
)
def test_a_number_is_written_as_people_write_it(value: float, text: str) -> None:
    assert shown(value) == text
