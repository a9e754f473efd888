"""What the evaluation report says, and that its page needs nothing else and breaks on nothing."""

import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from gate import Rules, Verdict
from judged import Judged
from report import page
from report.card import metric_groups
from report.findings import Findings, Rival, look_into
from report.resampling import Estimate
from report.slices import Slice

from tests.data_science.answers import classes, numbers
from tests.data_science.pages import findings


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
        assert verdict.rule in read.text
        assert verdict.kept or verdict.says in read.text
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


def test_people_are_compared_by_few_values_or_by_what_the_settings_name() -> None:
    judged, features = many("two")
    named = {one.column for one in found(judged, features, Rules("f1", {}, {})).disparities}
    assert named == {"sex"}
    asked = found(judged, features, Rules("f1", {}, {"a<b": 0.1}))
    assert [one.column for one in asked.disparities] == ["a<b", "sex"]
    # Without it there are the quarters of the most important features, and no bias.
    rest = found(judged, features.drop(columns="sex"), Rules("f1", {}, {}))
    assert {one.column for one in rest.slices} == {"a<b", "date"}
    assert rest.disparities == []


def test_of_too_many_features_the_first_ones_are_told_apart_by() -> None:
    wide = pd.DataFrame(np.arange(151.0 * 12).reshape(12, 151))
    wide.columns = [f"f{index}" for index in range(151)]
    known = found(classes("yn" * 6, "yn" * 6), wide, Rules("f1", {}, {}))
    assert known.importances == []
    assert list(dict.fromkeys(one.column for one in known.slices)) == ["f0", "f1", "f2"]


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


def test_a_card_keeps_the_lengths_of_sagemaker_s_schema() -> None:
    names = tuple(name * 64 for name in "abcdefghijklmnopqrstu")
    rows = np.arange(20)
    judged = Judged(rows, rows, names[:20], np.eye(20), None)
    verdicts = [Verdict("r" * 256, 1, 0, True, "s" * 513)] * 51
    part = Slice("c" * 255, "1", rows, Estimate(0.5, 0.0, 0.25, 0.75))
    rules = Rules("m" * 60, {}, {})
    metrics = {"f1": Estimate(0.5, 0.0, 0.25, 0.75), "auc": Estimate(math.nan, 0.0, 0.0, 0.0)}
    known = findings(judged, metrics=metrics, verdicts=verdicts, slices=[part] * 51, rules=rules)
    overall, parted, asked = metric_groups(known)
    assert overall == {
        "name": "multiclass_classification_metrics",
        "metric_data": [
            {
                "name": "f1",
                "type": "number",
                "value": 0.5,
                "notes": "95 % interval 0.25 to 0.75",
            },
            {
                "name": "confusion_matrix",
                "type": "matrix",
                "value": np.eye(20).tolist(),
                "x_axis_name": [name[:63] for name in names[:20]],
                "y_axis_name": [name[:63] for name in names[:20]],
            },
        ],
    }
    assert parted["name"] == f"{'m' * 60} by"[:63]
    assert [len(one["name"]) for one in parted["metric_data"]] == [255] * 50
    assert asked == {
        "name": "quality rules",
        "metric_data": [{"name": "r" * 255, "type": "string", "value": "kept", "notes": "s" * 512}]
        * 50,
    }
    # There is room for the other parts of a card, which has 100,000 characters at most.
    assert len(json.dumps([overall, parted, asked])) < 70_000
    # A matrix has 20 rows at most.
    more = Judged(rows, rows, names, np.eye(21), None)
    [overall, *_] = metric_groups(known._replace(judged=more))
    assert [one["name"] for one in overall["metric_data"]] == ["f1"]
