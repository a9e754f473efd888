"""The report as one HTML page that needs nothing else: no script, no file, no network."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from statistics import mean

from report import answers, parts
from report.charts import number
from report.elements import section, table
from report.findings import Findings

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #fff; --line: #dde2e8;
  --good: #1f7a4d; --bad: #b3261e; --c0: #2f6fb2; --c1: #c7621b; --c2: #2d8a5b; --c3: #8a4fb5;
  --c4: #c23b4b; --c5: #15858f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --paper: #14181e;
  --line: #323a45; --good: #62c492; --bad: #ff8a80; --c0: #6aaef0; --c1: #f0a35e; --c2: #62c492;
  --c3: #c492ea; --c4: #f27d8a; --c5: #56c4cf; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 70rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; } h2 { margin: 2.2rem 0 0.4rem; font-size: 1.15rem; }
h3 { margin: 0; font-size: 0.95rem; } p { margin: 0.3rem 0;
  overflow-wrap: anywhere; } .note { color: var(--soft); }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
.charts { display: flex; flex-wrap: wrap; gap: 1.2rem; }
figure { margin: 0.6rem 0 0; width: 21rem; }
figcaption { color: var(--soft); font-size: 0.85rem; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.5rem 0; } td, th { padding: 0.25rem 0.9rem 0.25rem 0;
  border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 500; } td.n, th.n { text-align: right; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (max-width: 32rem) { body { padding: 1rem; } table { font-size: 0.8rem; }
  td, th { padding-right: 0.5rem; } }
td.cell { text-align: right; padding: 0.3rem 0.7rem; border: 1px solid var(--paper);
  background: color-mix(in srgb, var(--c0) calc(var(--share) * 65%), transparent); }
svg { width: 100%; height: auto; display: block; } svg.wide { max-width: 52rem; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; text-anchor: middle; }
svg text.end { text-anchor: end; } svg text.start { text-anchor: start; }
.grid { stroke: var(--line); } .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.guide { fill: none; stroke-width: 1.2; stroke-dasharray: 4 4; opacity: 0.8; }
.dots { fill: none; stroke-linecap: round; stroke-opacity: 0.45; }
.whisker { stroke: var(--ink); stroke-width: 1.2; } .bar { fill-opacity: 0.75; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
.c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
.bar { stroke: none; fill: var(--c0); } .bar.c1 { fill: var(--c1); }
.guide.c0 { stroke: var(--soft); }
.name { white-space: nowrap; margin-right: 0.8rem; }
.key { display: inline-block; width: 0.9rem; height: 0.2rem; margin: 0 0.35rem 0.2rem 0;
  border-top: 3px solid; } .key.c0 { border-color: var(--c0); } .key.c1 { border-color: var(--c1); }
.key.c2 { border-color: var(--c2); } .key.c3 { border-color: var(--c3); }
.key.c4 { border-color: var(--c4); } .key.c5 { border-color: var(--c5); }
"""


def page(findings: Findings, about: str) -> str:
    """Return the page.

    Parameters
    ----------
    findings : what it tells.
    about : a sentence about the test set.
    """
    judged = findings.judged
    if judged.classes:
        shown = (
            answers.two_classes(judged) if judged.positive is not None else answers.classes(judged)
        )
    else:
        shown = answers.numbers(judged, findings.target)
    body = [
        _head(findings, about),
        _rules(findings),
        _metrics(findings),
        *shown,
        *parts.by_slice(findings),
        *parts.bias(findings),
        *parts.importance(findings),
        parts.method(findings),
    ]
    title = f"Evaluation of {findings.target}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _head(findings: Findings, about: str) -> str:
    broken = [verdict.says for verdict in findings.verdicts if verdict.kept is False]
    judged = sum(verdict.kept is not None for verdict in findings.verdicts)
    if broken:
        colour, outcome = " bad", f"Not good enough: {'; '.join(broken)}."
    elif judged == len(findings.verdicts):
        colour, outcome = " good", "Good enough: it keeps every rule."
    elif judged:
        count = f"{judged} of {len(findings.verdicts)}"
        colour = " good"
        outcome = f"Good enough: it keeps every rule that was judged ({count})."
    else:
        colour, outcome = "", "No rule was judged."
    return (
        f"<header><h1>Evaluation of the model of {escape(findings.target)}</h1>"
        f'<p class="verdict{colour}">{escape(outcome)}</p>'
        f'<p class="note">{escape(about)}</p></header>'
    )


def _rules(findings: Findings) -> str:
    words = {True: "kept", False: "broken", None: "not judged"}
    rows = [
        [verdict.rule, number(verdict.value), number(verdict.limit), words[verdict.kept]]
        for verdict in findings.verdicts
    ]
    why = "; ".join(verdict.says for verdict in findings.verdicts if verdict.kept is None)
    return section(
        "Quality rules", table(["rule", "value", "limit", "outcome"], rows, numbers={1, 2}), why
    )


def _metrics(findings: Findings) -> str:
    head = ["metric", "value", "95 % interval"]
    if findings.champion:
        head += ["champion", "difference", "95 % interval"]
    if findings.folds:
        head += ["cross-validation", "smallest to largest fold"]
    rows = []
    for name, one in findings.metrics.items():
        row = [name, number(one.value), interval(one.low, one.high)]
        if findings.champion:
            other = findings.difference[name]
            row += [number(findings.champion[name]), f"{other.value:+.3g}"]
            row += [interval(other.low, other.high)]
        if findings.folds:
            row += folds(findings.folds[name])
        rows.append(row)
    note = "How far a value may be off by the chance of which rows are in the test set."
    if findings.champion:
        note += (
            f" The champion is {findings.champion_name}; it may have learnt from some of these "
            "rows, which makes it look better than it is."
        )
    if findings.folds:
        count = len(next(iter(findings.folds.values())))
        note += (
            f" Cross-validation: the training set in {count} parts, the model trained anew without "
            "each and judged on it; mean ± standard deviation."
        )
    metrics = table(head, rows, numbers=set(range(1, len(head))))
    return section("Metrics", _outside(findings) + metrics, note)


def _outside(findings: Findings) -> str:
    """Return a paragraph on the metrics that lie outside what all folds have; empty if none do.

    One in three does so by chance of five folds; where the mean of the folds is not in the
    interval either, there is more to it.
    """
    said = []
    for name, values in findings.folds.items():
        if name not in findings.metrics or any(math.isnan(one) for one in values):
            continue
        metric, low, high = findings.metrics[name], min(values), max(values)
        value = metric.value
        likely = metric.low <= mean(values) <= metric.high
        if math.isnan(value) or low <= value <= high or likely:
            continue
        side = "below" if value < low else "above"
        ends = interval(low, high)
        said.append(f"{name} {number(value)} lies {side} every fold ({ends})")
    if not said:
        return ""
    text = f"On the test set {'; '.join(said)}. The split may be lucky or unlucky: trust the folds."
    return f"<p>{escape(text)}</p>"


def interval(low: float, high: float) -> str:
    """Return the ends of an interval in words."""
    return f"{number(low)} to {number(high)}" if low == low else "n/a"


def folds(values: Sequence[float]) -> Iterable[str]:
    """Return the mean of a metric's folds with its deviation, and its range."""
    mean = sum(values) / len(values)
    deviation = (sum((one - mean) ** 2 for one in values) / (len(values) - 1)) ** 0.5
    return f"{number(mean)} ± {deviation:.2g}", f"{number(min(values))} to {number(max(values))}"
