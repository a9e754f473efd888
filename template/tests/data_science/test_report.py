"""What the evaluation report says, and that its page needs nothing else and breaks on nothing."""

import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from gate import Rules
from judged import Judged
from report import charts, curves, page
from report.card import metric_groups
from report.elements import figure, matrix, section, table
from report.fairness import disparities, disparity
from report.findings import Findings, Rival, look_into
from report.importance import importances
from report.resampling import estimate
from report.slices import Slice, has_few_values, parts, slices, worth_showing
from sklearn.metrics import roc_curve

from tests.data_science.answers import classes, numbers, scored


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


def test_of_many_rows_a_sample_is_asked_and_of_many_features_nothing() -> None:
    features = pd.DataFrame(np.zeros((500, 100)), columns=[f"f{index}" for index in range(100)])
    seen = []

    def answers(rows: pd.DataFrame, positions: np.ndarray) -> Judged:
        seen.append((len(rows), len(set(positions.tolist()))))
        return numbers([0.0] * len(rows), [0.0] * len(rows))

    assert len(importances(features, "mae", answers)) == 100
    assert seen == [(50 * 301, 50)]
    wide = pd.DataFrame(np.zeros((3, 151)), columns=[f"f{index}" for index in range(151)])
    assert importances(wide, "mae", answers) == []


def test_curves_are_those_of_a_hand() -> None:
    judged = scored("nnyy", [0.1, 0.6, 0.4, 0.9])
    roc = curves.roc(judged, 1)
    assert (roc.x.tolist(), roc.y.tolist()) == ([0, 0, 0.5, 0.5, 1], [0, 0.5, 0.5, 1, 1])
    both = curves.precision_recall(judged, 1)
    assert both.x.tolist() == [0, 0.5, 0.5, 1, 1]
    assert both.y.tolist() == [1, 1, 0.5, pytest.approx(2 / 3), 0.5]
    choice = curves.thresholds(judged, 1)
    assert choice.threshold.tolist() == [0.1, 0.4, 0.6, 0.9]
    assert choice.recall.tolist() == [1, 1, 0.5, 0.5]
    assert choice.precision.tolist() == [0.5, pytest.approx(2 / 3), 0.5, 1]
    assert choice.f1.tolist() == [pytest.approx(value) for value in (2 / 3, 0.8, 0.5, 2 / 3)]
    assert choice.best == pytest.approx((0.4, 0.8))


def test_calibration_compares_what_was_said_with_how_often_it_was_true() -> None:
    probability = np.array([0.05, 0.15] * 10 + [0.8, 1.0] * 10)
    truth = np.array([False] * 18 + [True] * 22)
    found = curves.calibration(truth, probability)
    assert len(found.x) == 10
    assert found.x[0] == pytest.approx(0.05) and found.x[-1] == pytest.approx(1.0)
    assert found.y[0] == 0 and found.y[-1] == 1
    few = curves.calibration(np.array([True, False]), np.array([0.9, 0.2]))
    assert (few.x.tolist(), few.y.tolist()) == ([0.2, 0.9], [0, 1])


def test_a_curve_of_many_points_is_thinned_and_keeps_its_ends() -> None:
    random = np.random.default_rng(0)
    truth = "".join("ny"[one] for one in random.integers(0, 2, 3000))
    judged = scored(truth, random.random(3000).tolist())
    roc = curves.roc(judged, 1)
    full, _, _ = roc_curve(judged.truth == 1, judged.probabilities[:, 1])
    assert len(full) > 400 and len(roc.x) == 200
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    choice = curves.thresholds(judged, 1)
    assert choice.best[1] == choice.f1.max()
    assert len(choice.f1) <= 201
    assert curves.sample(5, 10).tolist() == [0, 1, 2, 3, 4]
    some = curves.sample(100, 10)
    assert len(set(some.tolist())) == 10 and sorted(some.tolist()) == some.tolist()


def test_the_ticks_of_an_axis_are_round() -> None:
    assert charts.ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert charts.ticks(-7, 13) == pytest.approx([-5, 0, 5, 10])
    assert charts.ticks(0, 30000) == pytest.approx([0, 10000, 20000, 30000])
    assert charts.ticks(0.001, 0.0023) == pytest.approx([0.001, 0.0015, 0.002])
    assert (charts.number(0.123456), charts.number(math.nan)) == ("0.1235", "n/a")


def test_a_chart_puts_points_where_they_belong() -> None:
    chart = charts.Chart((0, 10), (0, 100), "<x>", "y & z")
    chart.line((0, 10), (0, 100), colour=7)
    chart.points([5], [50], colour=2, radius=3)
    chart.columns([0, 5, 10], [100, 50], colour=1)
    svg = chart.svg('a "title"')
    # Ends of the axes: 52 to 346 from the left, 226 to 12 from the top.
    assert '<polyline class="line c1" points="52.0,226.0 346.0,12.0"/>' in svg
    assert '<path class="dots c2" stroke-width="6" d="M199.0 119.0h0"/>' in svg
    assert '<rect class="bar c1" x="52.0" y="12.0" width="146.0" height="214.0">' in svg
    assert "<title>5 to 10: 50</title>" in svg
    assert "&lt;x&gt;</text>" in svg and "y &amp; z</text>" in svg
    assert 'aria-label="a &quot;title&quot;"' in svg
    # An axis whose ends are the same has a length all the same.
    flat = charts.Chart((2, 2), (3, 3), "", "")
    flat.points([2], [3])
    assert "M199.0 119.0h0" in flat.svg("")


def test_bars_begin_at_zero_and_have_whiskers() -> None:
    svg = charts.bars([("one", 2, 1, 4, "2 <b>"), ("x" * 50, -1, -2, -1, "-1")], "title")
    # From -2 to 4 on 250 to 670: 70 a unit, and zero at 390.
    assert '<rect class="bar c0" x="390.0" y="4" width="140.0" height="16"/>' in svg
    assert '<rect class="bar c0" x="320.0" y="26" width="70.0" height="16"/>' in svg
    assert '<line class="whisker" x1="460.0" x2="670.0" y1="12.0" y2="12.0"/>' in svg
    assert "2 &lt;b&gt;</text>" in svg
    assert f"{'x' * 39}…<title>{'x' * 50}</title>" in svg
    assert 'viewBox="0 0 800 48"' in svg


def test_every_text_is_escaped() -> None:
    assert section("<a>", "<b>", "<c>") == (
        '<section><h2>&lt;a&gt;</h2><p class="note">&lt;c&gt;</p><b></section>'
    )
    assert section("a", "b") == "<section><h2>a</h2>b</section>"
    shown = table(["<h>", "n"], [["<a>", "1"]], {1})
    assert "<th>&lt;h&gt;</th>" in shown and '<th class="n">n</th>' in shown
    assert "<td>&lt;a&gt;</td>" in shown and '<td class="n">1</td>' in shown
    assert "&lt;k&gt;" in figure("t", "<svg/>", "<c>", ["<k>"])
    shown = matrix(["<a>", "b"], [[3, 1], [0, 0]])
    assert shown.count("&lt;a&gt;") == 2
    assert 'style="--share:0.750">3</td>' in shown and 'style="--share:0.250">1</td>' in shown
    assert shown.count('style="--share:0.000">0</td>') == 2


def found(
    judged: Judged, features: pd.DataFrame, rules: Rules, rival: Rival | None = None, **folds: Any
) -> Findings:
    """Look into a model that always answers the same."""

    def answers(rows: pd.DataFrame, positions: np.ndarray) -> Judged:
        return judged.take(positions)

    return look_into(features, "tar<get", judged, rules, rival, answers, folds)


def many(kind: str, rows: int = 300) -> tuple[Judged, pd.DataFrame]:
    """Return answers of a kind, and features of the rows."""
    random = np.random.default_rng(3)
    features = pd.DataFrame(
        {
            "a<b": random.normal(size=rows),
            "sex": random.choice(["f", "m & m"], rows),
            "date": pd.date_range("2024-01-01", periods=rows),
        }
    )
    if kind == "number":
        level = random.normal(size=rows)
        return numbers(level.tolist(), (level + random.normal(size=rows) / 2).tolist()), features
    names = {"two": "ny", "many": "abcdefghijklmnopqrst", "three": "abc"}[kind]
    truth = random.integers(0, len(names), rows)
    probabilities = random.random((rows, len(names))) + 0.4 * np.eye(len(names))[truth]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    said = probabilities.argmax(axis=1)
    return Judged(truth, said, tuple(names), probabilities, 1 if kind == "two" else None), features


RULES = {
    "two": Rules("f1", {"f1": 0.1, "recall": 1.0}, {"sex": 0.1}, 0.1),
    "three": Rules("accuracy", {"accuracy": 0.1}, {}),
    "many": Rules("f1", {"f1": 0.1}, {"date": 0.1}),
    "number": Rules("rmse", {"rmse": 100, "r2": 0}, {"a<b": 100}, 0.0),
}


class Page(HTMLParser):
    """Collects what is in a page, and that each element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br", "polyline", "path", "line") and not self._is_empty():
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def _is_empty(self) -> bool:
        return (self.get_starttag_text() or "").endswith("/>")


@pytest.mark.parametrize("kind", RULES)
def test_the_page_stands_alone_and_tells_all(kind: str) -> None:
    judged, features = many(kind)
    rival = Rival(judged) if RULES[kind].champion_margin is not None else None
    findings = found(judged, features, RULES[kind], rival)
    text = page.page(findings, "on <some> rows")
    assert len(text.encode()) < 500_000
    read = Page()
    read.feed(text)
    assert read.open == []
    assert not read.links
    assert not read.tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"url\(|@import|https?://", text)
    assert "on <some> rows" in read.text
    assert "nan" not in read.text.lower().replace("demographic", "")
    for title in ("Quality rules", "Metrics", "Answers", "by slice", "Importance", "Method"):
        assert title in read.text
    for name in findings.metrics:
        assert name in read.text
    for verdict in findings.verdicts:
        assert verdict.says in read.text
    assert ("Bias" in read.text) == (kind == "two")
    assert ("champion" in read.text) == (rival is not None)
    assert ("Good enough" in read.text) == findings.is_good_enough
    assert findings.is_good_enough == (kind != "two")
    shown = {
        "two": ["ROC", "Calibration", "Other thresholds", "Confusion", "demographic parity ratio"],
        "three": ["ROC", "Precision and recall", "Confusion"],
        "many": ["Most frequent mistakes", "said to be"],
        "number": ["Residuals", "Predicted and actual", "nine in ten"],
    }[kind]
    for title in shown:
        assert title in read.text


def test_the_page_breaks_on_no_odd_test_set() -> None:
    features = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    for judged in (
        classes("nnn", "nnn"),
        classes("yyy", "nyy"),
        classes("aab", "aba", "abc", None),
        numbers([1, 1, 1], [1, 1, 1]),
        numbers([1, 2, 3], [2, 2, 2]),
    ):
        metric = "accuracy" if judged.classes else "mae"
        findings = found(judged, features, Rules(metric, {metric: 0.5}, {"x": 0.5}))
        assert "</html>" in page.page(findings, "")
        json.dumps(metric_groups(findings), allow_nan=False)


def test_cross_validation_is_shown_with_its_spread() -> None:
    judged, features = many("number")
    folds = {name: [1.0, 2.0, 6.0] for name in ("r2", "rmse", "mse", "mae")}
    text = page.page(found(judged, features, RULES["number"], None, **folds), "")
    # The mean is 3, and the deviations -2, -1 and 3: the root of 14 / 2.
    assert "3 ± 2.6" in text
    assert "1 to 6" in text
    assert "the training set in 3 parts" in text


def test_the_champion_is_compared_on_the_same_rows() -> None:
    features = pd.DataFrame({"x": [float(row) for row in range(40)]})
    judged, other = classes("yn" * 20, "yn" * 20), classes("yn" * 20, "yn" * 15 + "nn" * 5)
    asked = Rules("accuracy", {}, {}, 0.1)
    findings = found(judged, features, asked, Rival(other))
    assert findings.champion["accuracy"] == 0.875
    assert findings.difference["accuracy"].value == 0.125
    assert findings.difference["accuracy"].low > 0
    assert findings.is_good_enough
    worse = found(other, features, asked, Rival(judged))
    assert not worse.is_good_enough
    assert worse.difference["accuracy"].value == -0.125
    broken = found(judged, features, asked, Rival(None, "it is gone"))
    assert "it is gone" in broken.verdicts[0].says and not broken.is_good_enough
    assert found(judged, features, asked).is_good_enough


def test_a_card_tells_the_metrics_those_by_slice_and_the_rules() -> None:
    judged, features = many("two")
    findings = found(judged, features, RULES["two"])
    overall, parted, asked = metric_groups(findings)
    assert overall["name"] == "binary_classification_metrics"
    f1 = next(one for one in overall["metric_data"] if one["name"] == "f1")
    assert f1["value"] == findings.metrics["f1"].value
    assert f1["notes"].startswith("95 % interval 0.")
    assert overall["metric_data"][-1]["value"] == judged.confusion.tolist()
    assert parted["name"] == "f1 by slice"
    first = findings.slices[0]
    assert parted["metric_data"][0] == {
        "name": "f1 where sex = f",
        "type": "number",
        "value": first.metric.value,
        "notes": f"{len(first.rows)} rows",
    }
    assert asked["name"] == "quality rules"
    told = {one["name"]: one["value"] for one in asked["metric_data"]}
    assert told["f1"] == "kept" and told["recall"] == "broken"
    assert told["f1 beside the champion"] == "not judged"


def test_slices_that_are_not_judged_are_not_in_a_card() -> None:
    judged, features = many("number", rows=70)
    findings = found(judged, features, Rules("mae", {"mae": 9}, {}))
    none = Slice("x", "1", np.arange(5), findings.slices[0].metric)
    [_, parted, _] = metric_groups(findings._replace(slices=[*findings.slices, none]))
    assert len(parted["metric_data"]) == sum(part.is_judged for part in findings.slices)
    assert len(metric_groups(findings._replace(slices=[none], verdicts=[]))) == 1
