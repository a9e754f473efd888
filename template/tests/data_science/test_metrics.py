"""The metrics have the values that a hand computes, and those of scikit-learn."""

import math

import numpy as np
import pandas as pd
import pytest
from columns import Schema
from failure import StepError
from judged import Judged, judge, values
from metrics import METRICS
from report.quality import model_quality
from report.resampling import Estimate
from sklearn import metrics as reference

from tests.data_science.answers import classes, numbers, scored

NAMES = {"accuracy", "precision", "recall", "f1", "auc", "r2", "rmse", "mse", "mae"}


def ours(judged: Judged) -> dict[str, float]:
    """Return the values of our metrics: a team may add its own."""
    return {name: value for name, value in values(judged).items() if name in NAMES}


def schema(target: str | list[str]) -> Schema:
    columns: dict[str, str | list[str]] = {"x": "number", "y": target}
    return {"target": "y", "columns": columns, "unseen_categories": "refuse"}


def test_the_metrics_of_a_rare_class_are_about_it_in_any_order_of_the_classes() -> None:
    # 10 frauds in 100 rows; 4 of them found, and 2 false alarms.
    truth = pd.Series(["fraud"] * 10 + ["fine"] * 90)
    said = ["fraud"] * 4 + ["fine"] * 6 + ["fraud"] * 2 + ["fine"] * 88
    answer = {
        "predictions": said,
        "probabilities": [{"fraud": p, "fine": 1 - p} for p in (float(s == "fraud") for s in said)],
    }
    for names in (["fraud", "fine"], ["fine", "fraud"]):
        found = judge(schema(names), truth, answer, "fraud")
        assert ours(found) == pytest.approx(
            {
                "accuracy": 0.92,
                "precision": 4 / 6,
                "recall": 0.4,
                "f1": 0.5,
                "auc": (1 + 0.4 - 2 / 90) / 2,
            }
        )
        with pytest.raises(StepError, match=r"^--positive must be one of f.*, f.*, not None$"):
            judge(schema(names), truth, answer, None)


def test_with_more_classes_each_counts_the_same_however_rare() -> None:
    truth = pd.Series(["a"] * 8 + ["b"] + ["c"])
    said = ["a"] * 8 + ["a"] + ["c"]
    answer = {
        "predictions": said,
        "probabilities": [{name: float(name == one) for name in "abc"} for one in said],
    }
    found = judge(schema(["a", "b", "c"]), truth, answer)
    assert found.positive is None
    assert ours(found) == pytest.approx(
        {
            "accuracy": 0.9,
            "precision": (8 / 9 + 0 + 1) / 3,
            "recall": (1 + 0 + 1) / 3,
            "f1": (16 / 17 + 0 + 1) / 3,
            # One against the rest: a is right in 8 of 8 and wrong in 1 of 2, b never says more.
            "auc": (0.75 + 0.5 + 1) / 3,
        }
    )
    # A class that is not among the rows counts for nothing.
    assert ours(found.take(np.arange(8))) == pytest.approx(
        {"accuracy": 1, "precision": 1, "recall": 1, "f1": 1, "auc": math.nan}, nan_ok=True
    )


def test_the_metrics_of_a_number_are_those_of_a_hand() -> None:
    answer = {"predictions": [1, 2, 6]}
    found = judge(schema("number"), pd.Series([1.0, 3.0, 5.0]), answer, "ignored")
    # Off by 0, 1 and -1; the mean is 3, so the variance times 3 is 8.
    assert ours(found) == pytest.approx(
        {"r2": 1 - 2 / 8, "rmse": math.sqrt(2 / 3), "mse": 2 / 3, "mae": 2 / 3}
    )
    # mse and mae are not the same thing, nor are truth and prediction.
    assert ours(numbers([0, 0, 3], [2, 0, 0])) == pytest.approx(
        {"r2": 1 - 13 / 6, "rmse": math.sqrt(13 / 3), "mse": 13 / 3, "mae": 5 / 3}
    )


def test_where_there_is_no_value_it_is_no_number() -> None:
    assert math.isnan(values(numbers([2, 2], [1, 3]))["r2"])
    without = values(classes("nnn", "nny"))
    assert without["accuracy"] == pytest.approx(2 / 3)
    assert all(math.isnan(without[name]) for name in ("precision", "recall", "f1", "auc"))
    # Nobody was said to be positive, and one was: that is worth nothing.
    nothing = values(classes("nny", "nnn"))
    assert (nothing["precision"], nothing["recall"], nothing["f1"]) == (0, 0, 0)


def random_answers(rows: int, count: int, seed: int) -> Judged:
    random = np.random.default_rng(seed)
    # Few different probabilities, so that there are ties.
    probabilities = random.integers(1, 6, (rows, count)).astype(float)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    truth = np.concatenate([np.arange(count), random.integers(0, count, rows - count)])
    names = tuple("abcdef"[:count])
    positive = 1 if count == 2 else None
    return Judged(truth, probabilities.argmax(axis=1), names, probabilities, positive)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_metrics_are_those_of_scikit_learn(count: int, seed: int) -> None:
    found = random_answers(60, count, seed)
    truth, said = found.truth, found.predicted
    average = {"average": "binary"} if count == 2 else {"average": "macro"}
    precision, recall, f1, _ = reference.precision_recall_fscore_support(
        truth, said, zero_division=0, labels=None if count == 2 else range(count), **average
    )
    scores = found.probabilities[:, 1] if count == 2 else found.probabilities
    assert ours(found) == pytest.approx(
        {
            "accuracy": reference.accuracy_score(truth, said),
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "auc": reference.roc_auc_score(truth, scores, multi_class="ovr"),
        }
    )
    assert found.confusion.tolist() == reference.confusion_matrix(truth, said).tolist()


def test_each_metric_says_what_it_is_for_and_which_way_is_better() -> None:
    for name, metric in METRICS.items():
        assert metric.compute.__name__ == name
        right = numbers([1, 2], [1, 2]) if metric.problem_type == "regression" else None
        right = right or classes("ynyn", "ynyn")
        wrong = numbers([1, 2], [2, 4]) if metric.problem_type == "regression" else None
        wrong = wrong or classes("ynyn", "nynn")
        best, worse = metric.compute(right), metric.compute(wrong)
        assert (best < worse) == metric.less_is_better, name
        assert metric.lowest <= worse <= metric.highest
        # The best there is, is at the end of the range.
        assert best == (metric.lowest if metric.less_is_better else metric.highest), name


def test_answers_about_other_classes_are_refused() -> None:
    target, truth = schema(["n", "y"]), pd.Series(["n", "y"])
    half = [{"n": 0.5, "y": 0.5}] * 2
    for answer, says in (
        ({"predictions": ["n", "x"], "probabilities": half}, "'x' is none of the classes n, y"),
        (
            {"predictions": ["n", "y"], "probabilities": [{"n": 1.0}] * 2},
            "the model gives no probability of the class 'y'",
        ),
    ):
        with pytest.raises(StepError, match=f"^{says}$"):
            judge(target, truth, answer, "y")
    with pytest.raises(StepError, match=r"^the model predicts something that is no finite number$"):
        judge(schema("number"), pd.Series([1.0]), {"predictions": [math.inf]})
    with pytest.raises(StepError, match=r"^the model predicts something that is no finite number$"):
        judge(schema("number"), pd.Series([1.0]), {"predictions": [None]})


def test_of_more_than_two_classes_none_is_positive() -> None:
    answer = {"predictions": ["b", "c"], "probabilities": [{"a": 0, "b": 1, "c": 0}] * 2}
    found = judge(schema(["a", "b", "c"]), pd.Series(["a", "c"]), answer, "a")
    assert found.positive is None
    assert (found.truth.tolist(), found.predicted.tolist()) == ([0, 2], [1, 2])
    number = judge(schema("number"), pd.Series([1.0, 2.0]), {"predictions": [1, 3]})
    assert number.probabilities.shape == (2, 0)
    assert (number.problem_type, number.positive) == ("regression", None)


def test_rows_of_one_class_have_no_area_and_make_no_noise() -> None:
    with np.errstate(all="raise"):
        assert math.isnan(classes("yy", "yn").area(1))
        assert math.isnan(classes("yy", "yn").area(0))


def test_some_of_the_rows_are_the_same_rows_in_every_part() -> None:
    some = scored("nyny", [0.1, 0.9, 0.6, 0.4]).take(np.array([1, 2]))
    assert (len(some), some.classes, some.positive) == (2, ("n", "y"), 1)
    assert some.truth.tolist() == [1, 0]
    assert some.predicted.tolist() == [1, 1]
    assert some.probabilities[:, 1].tolist() == [0.9, 0.6]
    assert (some.problem_type, numbers([1], [1]).problem_type) == ("classification", "regression")


def estimated(judged: Judged) -> dict[str, Estimate]:
    return {name: Estimate(value, 0.25, 0, 1) for name, value in values(judged).items()}


def test_the_metrics_of_two_classes_stand_in_sagemaker_s_schema() -> None:
    judged = scored("nynn", [0.2, 0.8, 0.6, 0.1])
    [(group, written)] = model_quality(judged, estimated(judged)).items()
    assert group == "binary_classification_metrics"
    assert written["accuracy"] == {"value": 0.75, "standard_deviation": 0.25}
    # First what it is, then what it was said to be.
    assert written["confusion_matrix"] == {"n": {"n": 2, "y": 1}, "y": {"n": 0, "y": 1}}
    assert written["receiver_operating_characteristic_curve"] == {
        "false_positive_rates": [0, 0, pytest.approx(1 / 3), pytest.approx(2 / 3), 1],
        "true_positive_rates": [0, 1, 1, 1, 1],
    } or written["receiver_operating_characteristic_curve"] == {
        "false_positive_rates": [0, 0, 1],
        "true_positive_rates": [0, 1, 1],
    }
    assert written["precision_recall_curve"] == {
        "precisions": [1, 1, 0.5, pytest.approx(1 / 3), 0.25],
        "recalls": [0, 1, 1, 1, 1],
    }


def test_rows_of_one_class_have_no_curves() -> None:
    judged = scored("nnn", [0.2, 0.8, 0.6])
    [written] = model_quality(judged, estimated(judged)).values()
    assert set(written) == {*values(judged), "confusion_matrix"}


def test_the_metrics_of_more_classes_and_of_a_number_have_their_groups() -> None:
    judged = classes("abc", "abb", "abc", None)
    [(group, written)] = model_quality(judged, estimated(judged)).items()
    assert group == "multiclass_classification_metrics"
    assert written["confusion_matrix"]["c"] == {"a": 0, "b": 1, "c": 0}
    assert "precision_recall_curve" not in written
    of_number = numbers([2, 2], [2, 2])
    [(group, written)] = model_quality(of_number, estimated(of_number)).items()
    assert group == "regression_metrics"
    # JSON has no such number; SageMaker writes the text.
    assert written["r2"] == {"value": "NaN", "standard_deviation": 0.25}
    assert set(written) == {"r2", "rmse", "mse", "mae"}
