"""The figures of the report: intervals, parts of the test set, disparities, importance."""

import math

import numpy as np
import pandas as pd
import pytest
from judged import Judged
from metrics import METRICS
from report.fairness import disparities, disparity
from report.importance import importances
from report.resampling import estimate
from report.slices import has_few_values, parts, slices, worth_showing

from tests.data_science.answers import classes, numbers


def test_an_estimate_is_the_value_and_its_spread() -> None:
    column = np.random.default_rng(1).normal(size=400)
    found = estimate(lambda rows: {"mean": float(column[rows].mean())}, 400)["mean"]
    assert found.value == column.mean()
    # The standard error of a mean is known.
    assert found.deviation == pytest.approx(column.std() / 20, rel=0.15)
    assert found.low == pytest.approx(found.value - 1.96 * column.std() / 20, abs=0.02)
    assert found.high == pytest.approx(found.value + 1.96 * column.std() / 20, abs=0.02)
    again = estimate(lambda rows: {"mean": float(column[rows].mean())}, 400)["mean"]
    assert again == found


def test_many_rows_are_drawn_in_part_and_the_spread_is_that_of_all() -> None:
    column = np.random.default_rng(1).normal(size=10_000)
    sizes = []

    def mean(rows: np.ndarray) -> dict[str, float]:
        sizes.append(len(rows))
        return {"mean": float(column[rows].mean())}

    found = estimate(mean, 10_000, largest=500, draws=300)["mean"]
    assert sizes == [10_000] + [500] * 300
    assert found.deviation == pytest.approx(column.std() / 100, rel=0.15)
    assert found.high - found.low == pytest.approx(2 * 1.96 * column.std() / 100, rel=0.15)
    assert found.low < found.value < found.high


def test_of_few_rows_and_of_no_value_nothing_is_said() -> None:
    few = estimate(lambda rows: {"size": float(len(rows))}, 19)["size"]
    assert (few.value, math.isnan(few.deviation)) == (19, True)
    assert estimate(lambda rows: {"size": float(len(rows))}, 20)["size"].deviation == 0
    none = estimate(lambda rows: {"none": math.nan}, 50)["none"]
    assert all(math.isnan(one) for one in none)


def test_an_interval_leaves_out_a_fortieth_at_each_end() -> None:
    given = iter([50.0, *range(100)])
    found = estimate(lambda rows: {"x": float(next(given))}, 30, draws=100)["x"]
    # Of 0 to 99: a fortieth is 2.475 from the ends; the deviation is the root of 100 * 101 / 12.
    assert found == pytest.approx((50, math.sqrt(100 * 101 / 12), 2.475, 96.525))


def test_rows_are_drawn_two_hundred_times_from_all_of_them() -> None:
    drawn: list[np.ndarray] = []

    def compute(rows: np.ndarray) -> dict[str, float]:
        drawn.append(rows)
        return {"x": 0.0}

    estimate(compute, 20_001)
    assert [len(rows) for rows in drawn] == [20_001] + [10_000] * 200
    every = np.concatenate(drawn[1:])
    assert (every.min(), every.max()) == (0, 20_000)


@pytest.mark.parametrize(("without", "known"), [(5, True), (6, False)])
def test_an_interval_is_known_when_half_of_the_draws_have_a_value(
    without: int, known: bool
) -> None:
    given = iter([1.0, *[math.nan] * without, *[1.0] * (10 - without)])
    found = estimate(lambda rows: {"x": next(given)}, 30, draws=10)["x"]
    assert found.value == 1
    assert math.isnan(found.low) != known
    # Without a value itself nothing is known.
    given = iter([math.nan, *[1.0] * 10])
    assert math.isnan(estimate(lambda rows: {"x": next(given)}, 30, draws=10)["x"].low)


def test_the_parts_of_a_column_are_its_values_or_its_quarters() -> None:
    found = parts(pd.Series(["b", "a", None, "b"]))
    assert {name: rows.tolist() for name, rows in found.items()} == {
        "a": [1],
        "b": [0, 3],
        "(empty)": [2],
    }
    assert list(found) == ["a", "b", "(empty)"]
    quarters = parts(pd.Series([float(value) for value in range(12)]))
    assert {name: rows.tolist() for name, rows in quarters.items()} == {
        "0 to 2": [0, 1, 2],
        "3 to 5": [3, 4, 5],
        "6 to 8": [6, 7, 8],
        "9 to 11": [9, 10, 11],
    }
    few = parts(pd.Series([10.0, 2.0, 10.0, math.nan]))
    assert {name: rows.tolist() for name, rows in few.items()} == {
        "2": [1],
        "10": [0, 2],
        "(empty)": [3],
    }
    days = parts(pd.Series(pd.date_range("2024-01-01", periods=16)))
    assert next(iter(days)) == "2024-01-01 to 2024-01-04"
    assert [len(rows) for rows in days.values()] == [4, 4, 4, 4]


def test_a_column_has_quarters_when_it_has_more_than_ten_values() -> None:
    ten = parts(pd.Series([float(value) for value in range(10)]))
    assert list(ten) == [str(value) for value in range(10)]
    assert list(parts(pd.Series([float(value) for value in range(11)]))) == [
        "0 to 2",
        "3 to 5",
        "6 to 7",
        "8 to 10",
    ]
    # By their values, not as texts.
    assert list(parts(pd.Series([0.5, 1e10, 10.0, 2.0, -1.0]))) == ["-1", "0.5", "2", "10", "1e+10"]
    assert list(parts(pd.Series(pd.to_datetime(["2026-02-01", "2025-12-31"])))) == [
        "2025-12-31",
        "2026-02-01",
    ]


def test_rare_values_are_one_part() -> None:
    many = [f"v{value}" for value in range(12)] + [f"v{value}" for value in range(2, 12)]
    found = parts(pd.Series(many))
    assert len(found) == 11
    assert found["(other)"].tolist() == [0, 1]
    assert found["v2"].tolist() == [2, 12]


def test_numbers_that_repeat_are_in_one_quarter() -> None:
    values = [0.0] * 50 + [float(value) for value in range(1, 31)]
    found = parts(pd.Series(values))
    assert sum(len(rows) for rows in found.values()) == 80
    assert [len(rows) for rows in found.values()] == [60, 20]
    assert list(found) == ["0 to 10", "11 to 30"]


def test_a_slice_has_the_metric_of_its_own_rows() -> None:
    judged = classes("y" * 40, "y" * 20 + "y" * 5 + "n" * 15)
    features = pd.DataFrame({"sex": ["a"] * 20 + ["b"] * 20})
    one, two = slices(features, ["sex"], judged, "recall")
    assert (one.column, one.part, one.metric.value, one.is_judged) == ("sex", "a", 1, True)
    assert (two.part, two.metric.value, two.rows.tolist()) == ("b", 0.25, list(range(20, 40)))
    assert 0 <= two.metric.low < 0.25 < two.metric.high
    assert not one._replace(rows=np.arange(19)).is_judged
    assert not one._replace(metric=one.metric._replace(value=math.nan)).is_judged


def test_a_slice_of_many_rows_is_drawn_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def counted(judged: Judged) -> float:
        sizes.append(len(judged))
        return 0.0

    monkeypatch.setitem(METRICS, "counted", METRICS["accuracy"]._replace(compute=counted))
    judged = classes("y" * 2500, "y" * 2500)
    slices(pd.DataFrame({"sex": ["a"] * 2500}), ["sex"], judged, "counted")
    assert sizes == [2500] + [2000] * 100


def test_columns_of_few_values_are_shown_or_else_the_most_important_ones() -> None:
    number = [float(value) for value in range(11)]
    features = pd.DataFrame({name: number for name in "abcd"} | {"t": [f"w{v}" for v in number]})
    assert worth_showing(features, ["t", "c", "b", "a", "d"], []) == ["c", "b", "a"]
    assert worth_showing(features, ["c", "b", "a", "d", "t"], ["d"]) == ["d", "c", "b", "a"]
    features["sex"] = ["a", "b"] * 5 + ["a"]
    features["same"] = "a"
    assert worth_showing(features, ["c", "same", "sex", "t"], ["t", "sex"]) == ["t", "sex"]
    assert has_few_values(features["sex"])
    assert not has_few_values(features["same"])
    assert not has_few_values(features["a"])
    assert has_few_values(features["a"].head(10))
    few = pd.DataFrame({name: ["a", "b"] for name in "abcdefg"})
    assert worth_showing(few, list("gfedcba"), []) == list("gfedcb")


def test_disparities_are_those_of_fairlearn() -> None:
    # a: 3 of 6 said to be positive; of 4 that are, 2; of 2 that are not, 1.
    # b: 1 of 5 said to be positive; of 2 that are, 0; of 3 that are not, 1.
    one, two = classes("yyyynn", "yynnyn"), classes("yynnn", "nnynn")
    found = disparity("sex", [one, two])
    assert found == ("sex", *(pytest.approx(value) for value in (0.3, 0.4, 0.5, 0.5)))
    # Of true and of false positive rates, the larger difference counts: here 1/2 and 1/6, and
    # there 0 and 1.
    odds = disparity("sex", [classes("ynn", "yyy"), classes("ynn", "ynn")])
    assert odds[1:] == pytest.approx((2 / 3, 1 / 3, 0, 1))


def test_where_no_parts_can_be_compared_there_is_no_disparity() -> None:
    assert all(math.isnan(one) for one in disparity("sex", [classes("yn", "yn")])[1:])
    nobody = disparity("sex", [classes("yn", "nn"), classes("yn", "nn")])
    assert nobody[1:] == (0, 1, 0, 0)
    # A part without positive rows has no true positive rate.
    partly = disparity("sex", [classes("nn", "yn"), classes("nn", "nn")])
    assert partly[1:3] == (0.5, 0)
    assert math.isnan(partly.equal_opportunity_difference)
    assert partly.equalized_odds_difference == 0.5


def test_disparities_are_of_the_parts_that_have_rows_enough() -> None:
    judged = classes("yn" * 30, "yy" * 10 + "nn" * 10 + "yn" * 10)
    features = pd.DataFrame({"sex": ["a"] * 20 + ["b"] * 20 + ["c"] * 19 + ["d"]})
    found = slices(features, ["sex"], judged, "accuracy")
    [one] = disparities(judged, found)
    assert (one.column, one.demographic_parity_difference) == ("sex", 1)
    assert disparities(classes("yn", "yn", positive=None), found) == []
    assert disparities(judged, []) == []


def test_the_feature_that_the_model_needs_is_the_most_important_one() -> None:
    random = np.random.default_rng(0)
    features = pd.DataFrame({"noise": random.normal(size=60), "signal": random.normal(size=60)})
    truth = features["signal"].to_numpy()
    asked = []

    def answers(rows: pd.DataFrame, positions: np.ndarray) -> Judged:
        asked.append(len(rows))
        return numbers(truth[positions].tolist(), rows["signal"].tolist())

    for metric, sign in (("r2", 1), ("mae", 1)):
        one, two = importances(features, metric, answers)
        assert (one.feature, two.feature) == ("signal", "noise")
        assert one.loss * sign > 0.5
        assert one.deviation > 0
        assert (two.loss, two.deviation) == (0, 0)
    # All rows once as they are, and three times with each feature shuffled.
    assert asked == [60 * 7] * 2


def test_importance_is_how_much_worse_the_metric_gets() -> None:
    features = pd.DataFrame({"one": [1.0, 2.0], "two": [3.0, 4.0]})

    def answers(rows: pd.DataFrame, positions: np.ndarray) -> Judged:
        assert positions.tolist() == [0, 1] * 7
        # The mean absolute error of the rows themselves is 1, then of each shuffled copy.
        missed = np.repeat([1.0, 1, 1, 4, 2, 4, 6], 2)
        return numbers([0.0] * 14, missed.tolist())

    assert importances(features, "mae", answers) == [
        # 1, 3 and 5 worse; and 0, 0 and 3.
        ("two", 3, 2),
        ("one", 1, pytest.approx(math.sqrt(3))),
    ]

    def classify(rows: pd.DataFrame, positions: np.ndarray) -> Judged:
        return classes("yy" * 7, "yy" + "yn" * 3 + "nn" * 3)

    assert importances(features, "accuracy", classify) == [("two", 1, 0), ("one", 0.5, 0)]


def test_of_many_rows_a_sample_is_asked_and_of_many_features_nothing() -> None:
    seen = []

    def answers(rows: pd.DataFrame, positions: np.ndarray) -> Judged:
        seen.append((len(rows), len(set(positions.tolist()))))
        return numbers([0.0] * len(rows), [0.0] * len(rows))

    def asked(rows: int, count: int) -> int:
        table = pd.DataFrame(np.zeros((rows, count)), columns=[f"f{one}" for one in range(count)])
        return len(importances(table, "mae", answers))

    # A million cells are 20 features in 60 copies of 833 rows; but 50 rows are asked at least.
    assert asked(1000, 20) == 20
    assert asked(60, 150) == 150
    assert seen == [(833 * 61, 833), (50 * 451, 50)]
    assert importances(pd.DataFrame(np.zeros((1, 151))), "mae", answers) == []
