"""The parts of the report that picture a model's answers, by what it predicts."""

import math

import numpy as np
from histogram import histogram
from judged import Judged

from report import curves
from report.charts import COLOURS, Chart, number
from report.elements import charts, figure, matrix, section, table

MOST_CLASSES = 15
"""Of more classes the confusion matrix is a list of the most frequent mistakes."""

MOST_DOTS = 1500

CONFUSION = "Rows: the class; columns: what the model says."


def two_classes(judged: Judged) -> list[str]:
    """Return the sections of a classifier of two classes, which are about the positive one."""
    positive = judged.positive or 0
    name = judged.classes[positive]
    probability = judged.probabilities[:, positive]
    hits = judged.truth == positive
    calibration = _calibration(hits, probability, f"probability of {name}")
    confusion = figure("Confusion", matrix(judged.classes, judged.confusion.tolist()), CONFUSION)
    if math.isnan(judged.area(positive)):
        note = "All rows are of one class, so there are no curves."
        return [section("Answers", charts(calibration, confusion), note)]
    choice = curves.thresholds(judged, positive)
    best, f1 = choice.best
    shown = _unit("threshold of the probability", "share")
    for colour, values in enumerate((choice.precision, choice.recall, choice.f1)):
        shown.line(choice.threshold, values, colour)
    caption = (
        f"f1 would be largest, {number(f1)}, at {number(best)}; on the rows that it is chosen on, "
        "a threshold looks better than it is."
    )
    keys = ("precision", "recall", "f1")
    return [
        section(
            "Answers",
            charts(
                _roc(judged, [positive]),
                _precision_recall(judged, [positive]),
                calibration,
                figure("Other thresholds", shown.svg("Thresholds"), caption, keys),
                confusion,
            ),
        ),
    ]


def classes(judged: Judged) -> list[str]:
    """Return the sections of a classifier of more than two classes."""
    often = np.argsort(-np.bincount(judged.truth, minlength=len(judged.classes)), kind="stable")
    there = [int(one) for one in often if not math.isnan(judged.area(int(one)))][:COLOURS]
    surest = judged.probabilities.max(axis=1)
    right = judged.probabilities.argmax(axis=1) == judged.truth
    return [
        section(
            "Answers",
            charts(
                _roc(judged, there),
                _precision_recall(judged, there),
                _calibration(right, surest, "probability of the likeliest class"),
            ),
            "Each class against the rest; of more than six classes, the most frequent ones.",
        ),
        _confusion(judged),
    ]


def numbers(judged: Judged, target: str) -> list[str]:
    """Return the sections of a model that predicts a number."""
    residuals = judged.truth - judged.predicted
    shown = curves.sample(len(judged), MOST_DOTS)
    truth, predicted, missed = judged.truth[shown], judged.predicted[shown], residuals[shown]
    ends = float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))
    actual = Chart(ends, ends, f"predicted {target}", f"actual {target}")
    actual.points(predicted, truth)
    actual.line(ends, ends, kind="guide")
    width = float(abs(missed).max()) or 1.0
    across = float(predicted.min()), float(predicted.max())
    scattered = Chart(across, (-width, width), f"predicted {target}", "actual less predicted")
    scattered.points(predicted, missed)
    scattered.line(across, (0, 0), kind="guide")
    counts, edges = histogram(residuals, bins=min(30, len(residuals)))
    spread = Chart(
        (float(edges[0]), float(edges[-1])),
        (0, float(counts.max())),
        "actual less predicted",
        "rows",
    )
    spread.columns(edges.tolist(), counts.tolist())
    some = "" if len(shown) == len(judged) else f" A sample of {len(shown)} rows."
    off = np.percentile(abs(residuals), [50, 90])
    return [
        section(
            "Answers",
            charts(
                figure(
                    "Predicted and actual",
                    actual.svg("Predicted and actual"),
                    f"On the line it is right.{some}",
                ),
                figure(
                    "Residuals",
                    scattered.svg("Residuals"),
                    "A pattern here is something that the model has not learnt.",
                ),
                figure(
                    "Distribution of the residuals",
                    spread.svg("Distribution of the residuals"),
                    f"Half of the rows are off by less than {number(off[0])}, "
                    f"nine in ten by less than {number(off[1])}; on average by "
                    f"{residuals.mean():+.3g}.",
                ),
            ),
        )
    ]


def _roc(judged: Judged, which: list[int]) -> str:
    chart = _unit("false positive rate", "true positive rate")
    chart.line((0, 1), (0, 1), kind="guide")
    for colour, one in enumerate(which):
        chart.line(*curves.roc(judged, one), colour)
    names = [f"{judged.classes[one]} (area {number(judged.area(one))})" for one in which]
    return figure("ROC", chart.svg("ROC curve"), keys=names)


def _precision_recall(judged: Judged, which: list[int]) -> str:
    chart = _unit("recall", "precision")
    for colour, one in enumerate(which):
        share = float((judged.truth == one).mean())
        chart.line((0, 1), (share, share), colour, kind="guide")
        chart.line(*curves.precision_recall(judged, one), colour)
    names = [judged.classes[one] for one in which]
    caption = "Dashed: what chance would reach."
    return figure("Precision and recall", chart.svg("Precision-recall curve"), caption, names)


def _calibration(truth: np.ndarray, probability: np.ndarray, label: str) -> str:
    chart = _unit(label, "how often it is true")
    found = curves.calibration(truth, probability)
    chart.line((0, 1), (0, 1), kind="guide")
    chart.line(*found)
    chart.points(found.x.tolist(), found.y.tolist(), radius=3.5)
    score = float(((probability - truth) ** 2).mean())
    caption = f"On the dashed line probabilities mean what they say. Brier score {number(score)}."
    return figure("Calibration", chart.svg("Calibration"), caption)


def _confusion(judged: Judged) -> str:
    counts = judged.confusion
    if len(judged.classes) <= MOST_CLASSES:
        return section("Confusion", matrix(judged.classes, counts.tolist()), CONFUSION)
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:20]
    places = [divmod(int(place), len(counts)) for place in order]
    rows = [
        [judged.classes[truth], judged.classes[said], str(wrong[truth, said])]
        for truth, said in places
        if wrong[truth, said]
    ]
    return section("Most frequent mistakes", table(["class", "said to be", "rows"], rows, {2}))


def _unit(x_label: str, y_label: str) -> Chart:
    return Chart((0, 1), (0, 1), x_label, y_label)
