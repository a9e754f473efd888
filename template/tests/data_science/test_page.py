"""What each section of the report says, word by word, and what its charts show."""

import math
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from gate import Rules, Verdict
from judged import Judged
from report import answers, page, parts
from report.fairness import Disparity
from report.findings import Findings
from report.importance import Importance
from report.slices import Slice

from tests.data_science.answers import classes, numbers, scored
from tests.data_science.pages import Figure, estimate, figure, findings, parse, rows, text

NONE = math.nan
YES_NO = classes("yn", "yn")


def read(found: Findings) -> Element:
    """Return the body of a whole page."""
    whole = page.page(found, "on <2> rows")
    body = parse(whole[whole.index("<body>") : whole.index("</html>")])
    assert {one.tag for one in body} == {"header", "section"}
    return body


def titled(body: Element, title: str) -> Element:
    [found] = [one for one in body if text(one.find("h2")) == title]
    return found


def note(section: Element) -> str:
    return text(section.find("p"))


def figures(sections: list[str]) -> dict[str, Figure]:
    found = [figure(one) for html in sections for one in parse(html).iter("figure")]
    return {one.title: one for one in found}


def test_the_page_begins_with_its_title_and_its_style() -> None:
    whole = page.page(findings(YES_NO, target="a<b"), "")
    assert whole.startswith(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<title>Evaluation of a&lt;b</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>\n:root {"
    )
    assert "}\n</style></head>\n<body>\n<header><h1>" in whole
    assert whole.endswith("</section>\n</body></html>\n")
    assert "</header>\n<section>" in whole


def test_the_head_says_whether_the_model_is_good_enough() -> None:
    kept = Verdict("f1", 0.9, 0.8, True, "f1 0.9 keeps the threshold 0.8")
    unknown = Verdict("f1 beside the champion", 0.9, NONE, None, "there is no champion")
    head = read(findings(YES_NO, target="a<b", verdicts=[kept, unknown]))[0]
    assert [(one.tag, one.get("class"), text(one)) for one in head] == [
        ("h1", None, "Evaluation of the model of a<b"),
        ("p", "verdict good", "Good enough: it keeps every rule that was judged (1 of 2)."),
        ("p", "note", "on <2> rows"),
    ]
    head = read(findings(YES_NO, verdicts=[kept]))[0]
    assert text(head[1]) == "Good enough: it keeps every rule."
    head = read(findings(YES_NO, verdicts=[unknown]))[0]
    assert (head[1].get("class"), text(head[1])) == ("verdict", "No rule was judged.")
    broken = [Verdict("", 0, 0, False, says) for says in ("f1 is <low>", "recall is low")]
    head = read(findings(YES_NO, verdicts=[kept, *broken]))[0]
    assert [head[1].get("class"), text(head[1])] == [
        "verdict bad",
        "Not good enough: f1 is <low>; recall is low.",
    ]


def test_every_rule_is_told_with_its_outcome() -> None:
    verdicts = [
        Verdict("f1", 0.91234, 0.8, True, "it is fine"),
        Verdict("auc", 0.5, 0.75, False, "it is low"),
        Verdict("f1 beside the champion", 0.9, NONE, None, "there is none"),
    ]
    section = titled(read(findings(YES_NO, verdicts=verdicts)), "Quality rules")
    assert rows(section) == [
        ["rule", ">value", ">limit", "outcome"],
        ["f1", ">0.9123", ">0.8", "kept"],
        ["auc", ">0.5", ">0.75", "broken"],
        ["f1 beside the champion", ">0.9", ">n/a", "not judged"],
    ]
    assert note(section) == "there is none"


METRICS = {"f1": estimate(0.8, 0.75, 0.85), "auc": estimate(0.9)}
CHANCE = "How far a value may be off by the chance of which rows are in the test set."


def test_metrics_have_their_intervals() -> None:
    section = titled(read(findings(YES_NO, metrics=METRICS)), "Metrics")
    assert note(section) == CHANCE
    assert rows(section) == [
        ["metric", ">value", ">95 % interval"],
        ["f1", ">0.8", ">0.75 to 0.85"],
        ["auc", ">0.9", ">n/a"],
    ]


def test_the_champion_stands_beside_the_model_by_its_name() -> None:
    found = findings(
        YES_NO,
        metrics=METRICS,
        champion={"f1": 0.7, "auc": 0.95},
        difference={"f1": estimate(0.1, 0.05, 0.15), "auc": estimate(-0.05)},
        champion_name="version 7 of group demo-models",
    )
    section = titled(read(found), "Metrics")
    assert note(section) == (
        f"{CHANCE} The champion is version 7 of group demo-models; it may have learnt from some of "
        "these rows, which makes it look better than it is."
    )
    assert rows(section) == [
        ["metric", ">value", ">95 % interval", ">champion", ">difference", ">95 % interval"],
        ["f1", ">0.8", ">0.75 to 0.85", ">0.7", ">+0.1", ">0.05 to 0.15"],
        ["auc", ">0.9", ">n/a", ">0.95", ">-0.05", ">n/a"],
    ]


def test_cross_validation_stands_beside_the_model_with_its_spread() -> None:
    # The mean is 0.3, and the deviations -0.2, -0.1 and 0.3: the root of 0.14 / 2.
    folds = {"f1": [0.1, 0.2, 0.6], "auc": [0.5, 0.5, 0.5]}
    section = titled(read(findings(YES_NO, metrics=METRICS, folds=folds)), "Metrics")
    assert note(section) == (
        f"{CHANCE} Cross-validation: the training set in 3 parts, the model trained anew without "
        "each and judged on it; mean ± standard deviation."
    )
    assert rows(section) == [
        ["metric", ">value", ">95 % interval", ">cross-validation", ">smallest to largest fold"],
        ["f1", ">0.8", ">0.75 to 0.85", ">0.3 ± 0.26", ">0.1 to 0.6"],
        ["auc", ">0.9", ">n/a", ">0.5 ± 0", ">0.5 to 0.5"],
    ]
    assert text(section.findall("p")[1]) == (
        "On the test set f1 0.8 lies above every fold (0.1 to 0.6); auc 0.9 lies above every fold "
        "(0.5 to 0.5). The split may be lucky or unlucky: trust the folds."
    )


def test_only_a_metric_outside_its_folds_is_doubted() -> None:
    metrics = {
        "f1": estimate(0.2),
        "auc": estimate(0.5),
        "recall": estimate(0.7),
        # Below both folds, but their mean, 0.55, is as likely.
        "accuracy": estimate(0.4, 0.3, 0.55),
    }
    folds = {"f1": [0.3, 0.4], "auc": [0.5, 0.6], "recall": [0.6, NONE], "accuracy": [0.5, 0.6]}
    section = titled(read(findings(YES_NO, metrics=metrics, folds=folds)), "Metrics")
    assert text(section.findall("p")[1]) == (
        "On the test set f1 0.2 lies below every fold (0.3 to 0.4). The split may be lucky or "
        "unlucky: trust the folds."
    )
    del metrics["f1"]
    section = titled(read(findings(YES_NO, metrics=metrics, folds=folds)), "Metrics")
    assert len(section.findall("p")) == 1


def part(column: str, value: str, count: int, *metric: float) -> Slice:
    return Slice(column, value, np.arange(count), estimate(*metric))


def bars(section: Element) -> list[tuple[str, float, float, float, float, str]]:
    """Return the bars of a chart: name, begin and end, ends of the whisker, and what is said."""
    names = [one for one in section.iter("text") if one.get("class") == "tick end"]
    said = [text(one) for one in section.iter("text") if one.get("class") == "tick start"]
    drawn = [[float(one.attrib[key]) for key in ("x", "width")] for one in section.iter("rect")]
    whiskers = [[float(one.attrib[key]) for key in ("x1", "x2")] for one in section.iter("line")]
    return [
        (text(name.find("title")), x, round(x + width, 1), start, stop, words)
        for name, (x, width), (start, stop), words in zip(names, drawn, whiskers, said, strict=True)
    ]


def test_the_metric_in_each_slice_is_a_bar() -> None:
    asked = Rules("f1", {}, {})
    found = [
        part("sex", "f", 30, 0.5, 0.25, 1.0),
        part("sex", "m", 20, 0.75),
        part("sex", "x", 19, 0.75, 0.5, 1.0),
    ]
    [section] = parts.by_slice(findings(YES_NO, rules=asked, slices=found))
    tree = parse(section)
    assert text(tree.find("h2")) == "f1 by slice"
    assert note(tree) == (
        "f1 where a column has a value, or lies in a quarter of the test set's values, with "
        "95 % intervals. Parts of fewer than 20 rows, or without a value, are not judged."
    )
    [svg] = tree.iter("svg")
    assert svg.get("aria-label") == "f1 by slice"
    # From 0 at 250 to 1 at 670.
    assert bars(tree) == [
        ("sex = f", 250, 460, 355, 670, "0.5 (30 rows)"),
        ("sex = m", 250, 565, 565, 565, "0.75 (20 rows)"),
        ("sex = x", 250, 250.5, 250, 250, "n/a (19 rows)"),
    ]
    assert parts.by_slice(findings(YES_NO)) == []


def test_bias_names_the_class_that_it_is_about() -> None:
    found = [Disparity("sex", 0.12345, 0.5, NONE, 0.25), Disparity("age", 0, 1, 0, 0)]
    # Here the first class is the positive one.
    judged = classes("yn", "yn", "yn")
    [section] = parts.bias(findings(judged, disparities=found))
    tree = parse(section)
    assert text(tree.find("h2")) == "Bias"
    assert note(tree) == (
        "Between the parts of a column, who is said to be y: how different the shares are "
        "(demographic parity: all rows; equal opportunity: rows that are; equalized odds: rows "
        "that are, and rows that are not). A difference of 0 and a ratio of 1 are alike. Whether "
        "a column is one that people must be treated alike by, no figure can tell."
    )
    assert rows(tree) == [
        [
            "column",
            ">demographic parity difference",
            ">demographic parity ratio",
            ">equal opportunity difference",
            ">equalized odds difference",
        ],
        ["sex", ">0.1235", ">0.5", ">n/a", ">0.25"],
        ["age", ">0", ">1", ">0", ">0"],
    ]
    [section] = parts.bias(findings(YES_NO, disparities=found))
    assert "who is said to be y: " in section
    assert parts.bias(findings(YES_NO)) == []


def test_the_importance_of_the_features_is_a_bar_each() -> None:
    found = [
        Importance("signal", 0.5, 0.25),
        Importance("none", NONE, NONE),
        Importance("noise", -0.25, 0.0),
        *[Importance(f"f{index}", 0, 0) for index in range(18)],
    ]
    [section] = parts.importance(findings(YES_NO, rules=Rules("auc", {}, {}), importances=found))
    tree = parse(section)
    assert text(tree.find("h2")) == "Importance of the features"
    assert note(tree) == (
        "How much worse auc gets when a feature is shuffled (mean ± standard deviation of 3 times, "
        "on a sample of the rows). Of features that say the same, each seems unimportant."
    )
    [svg] = tree.iter("svg")
    assert svg.get("aria-label") == "Importance"
    shown = bars(tree)
    # From -0.25 at 250 to 0.75 at 670.
    assert shown[:2] == [
        ("signal", 355, 565, 460, 670, "0.5"),
        ("noise", 250, 355, 250, 250, "-0.25"),
    ]
    # Of twenty features, one has no value.
    assert [name for name, *_ in shown[2:]] == [f"f{index}" for index in range(17)]


def test_without_importances_the_page_says_why() -> None:
    [section] = parts.importance(findings(YES_NO))
    assert section == (
        "<section><h2>Importance of the features</h2>"
        '<p class="note">Not computed for more than 150 features.</p></section>'
    )


def test_the_method_says_how_the_figures_came_about() -> None:
    assert parts.method(findings(YES_NO)) == (
        '<section><h2>Method</h2><p class="note">Intervals are from 200 bootstrap draws of the '
        "test set&#x27;s rows (100 in the slices). Chance is seeded: the same model and the same 2 "
        "rows give the same page.</p></section>"
    )


def test_two_classes_are_pictured_by_the_positive_one() -> None:
    judged = scored("nnyy", [0.1, 0.6, 0.4, 0.9])
    [section] = answers.two_classes(judged)
    assert text(parse(section).find("h2")) == "Answers"
    found = figures([section])
    assert list(found) == [
        "ROC",
        "Precision and recall",
        "Calibration",
        "Other thresholds",
        "Confusion",
    ]

    roc = found["ROC"]
    assert (roc.keys, roc.caption) == (["y (area 0.75)"], "")
    assert roc.drawing.title == "ROC curve"
    assert roc.drawing.labels == ["false positive rate", "true positive rate"]
    assert roc.drawing.ends == ["0", "1", "0", "1"]
    assert roc.drawing.lines == [
        ("guide c0", [(0, 0), (1, 1)]),
        ("line c0", [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)]),
    ]

    both = found["Precision and recall"]
    assert (both.keys, both.caption) == (["y"], "Dashed: what chance would reach.")
    assert both.drawing.title == "Precision-recall curve"
    assert both.drawing.labels == ["recall", "precision"]
    assert both.drawing.lines == [
        ("guide c0", [(0, 0.5), (1, 0.5)]),
        ("line c0", [(0, 1), (0.5, 1), (0.5, 0.5), (1, 0.67), (1, 0.5)]),
    ]

    # The mean of 0.01, 0.36, 0.36 and 0.01.
    calibration = found["Calibration"]
    assert calibration.caption == (
        "On the dashed line probabilities mean what they say. Brier score 0.185."
    )
    assert calibration.drawing.title == "Calibration"
    assert calibration.drawing.labels == ["probability of y", "how often it is true"]
    points = [(0.1, 0), (0.4, 1), (0.6, 0), (0.9, 1)]
    assert calibration.drawing.lines == [("guide c0", [(0, 0), (1, 1)]), ("line c0", points)]
    assert calibration.drawing.dots == [(3.5, points)]

    other = found["Other thresholds"]
    assert other.keys == ["precision", "recall", "f1"]
    assert other.caption == (
        "f1 would be largest, 0.8, at 0.4; on the rows that it is chosen on, a threshold looks "
        "better than it is."
    )
    assert other.drawing.title == "Thresholds"
    assert other.drawing.labels == ["threshold of the probability", "share"]
    assert other.drawing.lines == [
        ("line c0", [(0.1, 0.5), (0.4, 0.67), (0.6, 0.5), (0.9, 1)]),
        ("line c1", [(0.1, 1), (0.4, 1), (0.6, 0.5), (0.9, 0.5)]),
        ("line c2", [(0.1, 0.67), (0.4, 0.8), (0.6, 0.5), (0.9, 0.67)]),
    ]

    confusion = found["Confusion"]
    assert confusion.caption == "Rows: the class; columns: what the model says."
    assert rows(parse(section)) == [["", ">n", ">y"], ["n", "1", "1"], ["y", "1", "1"]]


def test_of_rows_of_one_class_there_are_no_curves() -> None:
    [section] = answers.two_classes(classes("yyy", "nyy"))
    assert list(figures([section])) == ["Calibration", "Confusion"]
    tree = parse(section)
    assert text(tree.find("h2")) == "Answers"
    assert note(tree) == "All rows are of one class, so there are no curves."


def test_the_positive_class_may_be_the_first_one() -> None:
    [section] = answers.two_classes(classes("yyn", "yyn", "yn"))
    found = figures([section])
    assert found["ROC"].keys == ["y (area 1)"]
    assert found["Calibration"].drawing.labels[0] == "probability of y"
    assert found["Calibration"].drawing.lines[1][1] == [(0, 0), (1, 1), (1, 1)]
    assert found["Precision and recall"].drawing.lines[0][1] == [(0, 0.67), (1, 0.67)]


def test_each_of_many_classes_has_its_curves() -> None:
    # Of d there are no rows; the most frequent class comes first.
    answered, table = answers.classes(classes("abbccc", "abbcca", "abcd", None))
    tree = parse(answered)
    assert text(tree.find("h2")) == "Answers"
    assert note(tree) == "Each class against the rest; of more than six classes, the most " + (
        "frequent ones."
    )
    found = figures([answered])
    assert list(found) == ["ROC", "Precision and recall", "Calibration"]
    # Of 5 rows that are not a, 1 is said to be: (1 * 4 + 0.5) / 5. Of 3 that are c, 2 are.
    assert found["ROC"].keys == ["c (area 0.8333)", "b (area 1)", "a (area 0.9)"]
    assert found["ROC"].drawing.lines[0] == ("guide c0", [(0, 0), (1, 1)])
    assert [name for name, _ in found["ROC"].drawing.lines[1:]] == ["line c0", "line c1", "line c2"]
    assert found["ROC"].drawing.lines[3][1] == [(0, 0), (0.2, 1), (1, 1)]
    chance = [one for one in found["Precision and recall"].drawing.lines if "guide" in one[0]]
    assert chance == [
        ("guide c0", [(0, 0.5), (1, 0.5)]),
        ("guide c1", [(0, 0.33), (1, 0.33)]),
        ("guide c2", [(0, 0.17), (1, 0.17)]),
    ]
    calibration = found["Calibration"]
    assert calibration.drawing.labels[0] == "probability of the likeliest class"
    assert calibration.drawing.lines[1][1] == [(1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 0)]
    assert text(parse(table).find("h2")) == "Confusion"
    assert note(parse(table)) == "Rows: the class; columns: what the model says."
    assert rows(parse(table)) == [
        ["", ">a", ">b", ">c", ">d"],
        ["a", "1", "0", "0", "0"],
        ["b", "0", "2", "0", "0"],
        ["c", "1", "0", "2", "0"],
        ["d", "0", "0", "0", "0"],
    ]


def test_the_surest_class_is_the_one_that_calibration_is_about() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.6, 0.0]])
    truth = np.array([0, 1, 1])
    judged = Judged(truth, probabilities.argmax(axis=1), ("a", "b", "c"), probabilities, None)
    drawn = figures(answers.classes(judged))["Calibration"].drawing
    assert drawn.dots == [(3.5, [(0.5, 1), (0.6, 1), (0.7, 0)])]


def test_of_more_than_six_classes_the_most_frequent_have_curves() -> None:
    found = figures(answers.classes(classes("aabbccddeeffg", "aabbccddeeffg", "gfedcba", None)))
    assert [one[0] for one in found["ROC"].keys] == ["f", "e", "d", "c", "b", "a"]


def test_of_many_classes_the_most_frequent_mistakes_are_told() -> None:
    names = "abcdefghijklmnop"
    _, table = answers.classes(classes("aaabbc" + names, "bbbcca" + names, names, None))
    tree = parse(table)
    assert text(tree.find("h2")) == "Most frequent mistakes"
    assert rows(tree) == [
        ["class", "said to be", ">rows"],
        ["a", "b", ">3"],
        ["b", "c", ">2"],
        ["c", "a", ">1"],
    ]
    _, table = answers.classes(classes(names[:15], names[:15], names[:15], None))
    assert text(parse(table).find("h2")) == "Confusion"
    # Of 21 mistakes, 20 are shown.
    said = "".join(one for name in names for one in (name, names[(names.index(name) + 1) % 16]))
    more = "".join(name * 2 for name in names) + "abcde"
    _, table = answers.classes(classes(more, said + "cdefg", names, None))
    assert len(rows(parse(table))) == 21


def test_predicted_numbers_are_pictured_by_what_they_miss() -> None:
    judged = numbers([0, 0, 15, 20, 8], [5, 0, 10, 10, 0])
    [section] = answers.numbers(judged, "price")
    assert text(parse(section).find("h2")) == "Answers"
    found = figures([section])
    assert list(found) == ["Predicted and actual", "Residuals", "Distribution of the residuals"]

    actual = found["Predicted and actual"]
    assert actual.caption == "On the line it is right."
    assert actual.drawing.title == "Predicted and actual"
    assert actual.drawing.labels == ["predicted price", "actual price"]
    assert actual.drawing.ends == ["0", "20", "0", "20"]
    points = [(0.25, 0), (0, 0), (0.5, 0.75), (0.5, 1), (0, 0.4)]
    assert actual.drawing.dots == [(2, points)]
    assert actual.drawing.lines == [("guide c0", [(0, 0), (1, 1)])]

    residuals = found["Residuals"]
    assert residuals.caption == "A pattern here is something that the model has not learnt."
    assert residuals.drawing.title == "Residuals"
    assert residuals.drawing.labels == ["predicted price", "actual less predicted"]
    assert residuals.drawing.ends == ["0", "10", "-10", "10"]
    points = [(0.5, 0.25), (0, 0.5), (1, 0.75), (1, 1), (0, 0.9)]
    assert residuals.drawing.dots == [(2, points)]
    assert residuals.drawing.lines == [("guide c0", [(0, 0.5), (1, 0.5)])]

    # -5, 0, 5, 10 and 8 in five bins from -5 to 10.
    spread = found["Distribution of the residuals"]
    assert spread.caption == (
        "Half of the rows are off by less than 5, nine in ten by less than 9.2; on average by +3.6."
    )
    assert spread.drawing.title == "Distribution of the residuals"
    assert spread.drawing.labels == ["actual less predicted", "rows"]
    assert spread.drawing.ends == ["-5", "10", "0", "2"]
    assert spread.drawing.columns == [
        (0, 0.2, 0.5),
        (0.2, 0.4, 0.5),
        (0.4, 0.6, 0),
        (0.6, 0.8, 0.5),
        (0.8, 1, 1),
    ]


@pytest.mark.parametrize(("count", "says"), [(1500, ""), (1501, " A sample of 1500 rows.")])
def test_of_many_rows_a_sample_is_drawn(count: int, says: str) -> None:
    truth = [float(row) for row in range(count)]
    found = figures(answers.numbers(numbers(truth, truth), "price"))
    assert found["Predicted and actual"].caption == f"On the line it is right.{says}"
    assert len(found["Predicted and actual"].drawing.dots[0][1]) == 1500
    assert len(found["Residuals"].drawing.dots[0][1]) == 1500
    # Without any residual, the axis has a length all the same.
    assert found["Residuals"].drawing.ends[2:] == ["-1", "1"]


def test_residuals_are_counted_in_thirty_bins() -> None:
    found = figures(answers.numbers(numbers([float(row) for row in range(90)], [0] * 90), "price"))
    columns = found["Distribution of the residuals"].drawing.columns
    assert len(columns) == 30
    assert {height for *_, height in columns} == {1}
