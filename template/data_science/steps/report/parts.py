"""The parts of the report about slices, bias, and what the model goes by."""

import math

from report.charts import bars, number
from report.elements import section, table
from report.findings import Findings
from report.importance import MOST_FEATURES, REPEATS
from report.resampling import DRAWS
from report.slices import FEWEST

MOST_BARS = 20


def by_slice(findings: Findings) -> list[str]:
    """Return the metric in each part of the test set."""
    if not findings.slices:
        return []
    name = findings.rules.metric
    shown = []
    for part in findings.slices:
        value = part.metric.value if part.is_judged else math.nan
        ends = [value if math.isnan(end) else end for end in (part.metric.low, part.metric.high)]
        drawn = [0.0 if math.isnan(value) else end for end in (value, *ends)]
        said = f"{number(value)} ({len(part.rows)} rows)"
        shown.append((f"{part.column} = {part.part}", drawn[0], drawn[1], drawn[2], said))
    note = (
        f"{name} where a column has a value, or lies in a quarter of the test set's values, with "
        f"95 % intervals. Parts of fewer than {FEWEST} rows, or without a value, are not judged."
    )
    return [section(f"{name} by slice", bars(shown, f"{name} by slice"), note)]


def bias(findings: Findings) -> list[str]:
    """Return how differently the parts of each column are treated."""
    if not findings.disparities:
        return []
    head = [
        "column",
        "demographic parity difference",
        "demographic parity ratio",
        "equal opportunity difference",
        "equalized odds difference",
    ]
    rows = [[one.column, *map(number, one[1:])] for one in findings.disparities]
    name = findings.judged.classes[findings.judged.positive or 0]
    note = (
        f"Between the parts of a column, who is said to be {name}: how different the shares are "
        "(demographic parity: all rows; equal opportunity: rows that are; equalized odds: rows "
        "that are, and rows that are not). A difference of 0 and a ratio of 1 are alike. Whether "
        "a column is one that people must be treated alike by, no figure can tell."
    )
    return [section("Bias", table(head, rows, numbers={1, 2, 3, 4}), note)]


def importance(findings: Findings) -> list[str]:
    """Return what the model goes by."""
    name = findings.rules.metric
    if not findings.importances:
        note = f"Not computed for more than {MOST_FEATURES} features."
        return [section("Importance of the features", "", note)]
    shown = [
        (
            one.feature,
            one.loss,
            one.loss - one.deviation,
            one.loss + one.deviation,
            number(one.loss),
        )
        for one in findings.importances[:MOST_BARS]
        if not math.isnan(one.loss)
    ]
    note = (
        f"How much worse {name} gets when a feature is shuffled (mean ± standard deviation of "
        f"{REPEATS} times, on a sample of the rows). Of features that say the same, each seems "
        "unimportant."
    )
    return [section("Importance of the features", bars(shown, "Importance"), note)]


def method(findings: Findings) -> str:
    """Return how the figures came about."""
    text = (
        f"Intervals are from {DRAWS} bootstrap draws of the test set's rows (100 in the slices). "
        f"Chance is seeded: the same model and the same {len(findings.judged)} rows give the same "
        "page."
    )
    return section("Method", "", text)
