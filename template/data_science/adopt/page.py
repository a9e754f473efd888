"""Draws the data report: one HTML page that needs nothing beside it."""

from collections.abc import Iterable, Mapping
from html import escape

import pandas as pd

from data_science.adopt.kinds import Column
from data_science.adopt.plan import Plan
from data_science.adopt.profile import LEAK, Profile
from data_science.config.declared import rules

MOST_COLUMNS = 150
"""Of a wider table these are drawn, so that the page stays under 300 kB."""

_BINS = 24
_BARS = 6
_WIDTH, _HEIGHT = 240, 56
_LONGEST = 28

_STYLE = """
:root { color-scheme: light; --ink: #1b2430; --dim: #64707d; --line: #dfe4ea; --fill: #3a6ea5 }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); margin: 2rem auto; padding: 0 1rem;
  max-width: 62rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.dim { color: var(--dim) } .facts { display: flex; flex-wrap: wrap; gap: 2rem; margin: 1.2rem 0 }
.facts b { display: block; font-size: 1.35rem; font-weight: 600 }
ul { margin: 0; padding-left: 1.2rem } li { margin: .2rem 0 }
.grave::marker { content: "⚠ "; color: #b3261e }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 600; color: var(--dim); font-size: .85rem }
td, th { border-bottom: 1px solid var(--line); padding: .5rem .6rem .5rem 0; vertical-align: top }
td.name { max-width: 15rem; overflow-wrap: anywhere } tr.out td { opacity: .55 }
svg { display: block } svg text { font: 11px system-ui, sans-serif; fill: var(--dim) }
svg rect { fill: var(--fill) } svg rect.back { fill: #eef1f5 } svg rect.grave { fill: #b3261e }
.tag { background: #eef1f5; border-radius: .6rem; padding: 0 .5rem; font-size: .85rem;
  white-space: nowrap }
.tag.target { background: #3a6ea5; color: #fff }
"""


def page(name: str, found: Profile, plan: Plan | None) -> str:
    """Return the report on a table.

    Parameters
    ----------
    name : of the file or folder.
    found : what it holds.
    plan : how it becomes the project's; None if no target is known.
    """
    target = plan.schema["target"] if plan is not None else None
    rows, columns = len(found.source.table), found.columns
    cells = sum(int(column.texts.isna().sum()) for column in columns.values())
    facts = {
        "rows": f"{rows:,}",
        "columns": f"{len(columns):,}",
        "empty cells": f"{cells / (rows * len(columns)):.1%}",
    }
    if plan is not None:
        facts |= {
            "target": str(target),
            "problem": plan.problem_type,
            "rows that are used": f"{len(plan.table):,}",
        }
    shown = sorted(columns, key=lambda name: name != target)[:MOST_COLUMNS]
    parts = [
        f"<h1>{escape(name)}</h1><div class=dim>{escape(found.source.form)}</div>",
        "<div class=facts>"
        + "".join(f"<div>{escape(key)}<b>{escape(text)}</b></div>" for key, text in facts.items())
        + "</div>",
        "<h2>What was found</h2>",
        _list(_sentences(found)),
    ]
    if plan is not None:
        decided = [*plan.notes, *_rule(plan)]
        parts += [
            "<h2>What was decided</h2>",
            _list([(one[0].upper() + one[1:], False) for one in decided]),
        ]
    parts += ["<h2>Columns</h2>", _columns(found, shown, target)]
    if len(shown) < len(columns):
        parts.append(f"<p class=dim>{len(columns) - len(shown)} more columns are not drawn.</p>")
    return (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{escape(name)}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>\n"
        + "\n".join(parts)
        + "</html>\n"
    )


def _sentences(found: Profile) -> list[tuple[str, bool]]:
    said = []
    for one in found.findings[:MOST_COLUMNS]:
        message = one.message + (" (left out)" if one.left_out else "")
        about = f"{one.column}: {message}" if one.column is not None else message
        said.append((about, one.what == "leak"))
    return said or [("Nothing that asks for attention.", False)]


def _rule(plan: Plan) -> Iterable[str]:
    quality = {key: value for (part, key), value in plan.settings.items() if part == "quality"}
    if quality:
        about = f", about {quality['positive']!r}" if quality["positive"] is not None else ""
        yield (
            f"A model is registered if its {quality['metric']}{about} is no worse than "
            f"{quality['threshold']:g}, what guessing reaches: raise it in settings.yaml."
        )


def _list(sentences: Iterable[tuple[str, bool]]) -> str:
    items = [
        f"<li{' class=grave' if grave else ''}>{escape(sentence)}" for sentence, grave in sentences
    ]
    return f"<ul>{''.join(items)}</ul>"


def _columns(found: Profile, names: Iterable[str], target: str | None) -> str:
    tells = found.tells
    head = ["column", "values", "empty", *([f"tells {target}"] if tells else [])]
    lines = ["<table><tr>" + "".join(f"<th>{escape(one)}" for one in head)]
    for name in names:
        column = found.columns[name]
        tags = f"<span class=tag>{column.kind}</span>"
        if name == target:
            tags = "<span class='tag target'>target</span> " + tags
        cells = [
            f"<td class=name><b>{escape(name)}</b><br>{tags}",
            f"<td>{_drawing(column)}",
            f"<td>{column.texts.isna().mean():.1%}",
        ]
        if tells:
            cells.append(f"<td>{_meter(tells[name]) if name in tells else ''}")
        left_out = " class=out" if name in found.left_out else ""
        lines.append(f"<tr{left_out}>{''.join(cells)}")
    return "\n".join([*lines, "</table>"])


def _meter(share: float) -> str:
    grave = " class=grave" if share >= LEAK else ""
    return (
        "<svg width=90 height=16 role=img><rect class=back width=50 height=10 y=3 />"
        f"<rect{grave} width={50 * share:.1f} height=10 y=3 /><text x=56 y=12>{share:.2f}</text>"
        "</svg>"
    )


def _drawing(column: Column) -> str:
    present = column.values.dropna()
    if present.empty:
        return "<span class=dim>no values</span>"
    if column.kind in ("number", "date"):
        return _histogram(present, column.kind)
    counts = present.value_counts()
    if column.kind == "text" or len(counts) == len(present):
        text = f"{len(counts):,} texts, such as “{_cut(str(present.iloc[0]), 60)}”"
        return f"<span class=dim>{escape(text)}</span>"
    return _bars(counts)


def _histogram(present: pd.Series, kind: str) -> str:
    numbers = present.astype("int64") if kind == "date" else present
    counts, _ = rules("histogram").histogram(numbers, _BINS)
    step, tallest = _WIDTH / len(counts), counts.max()
    bars = "".join(
        f"<rect x={at * step:.0f} y={_HEIGHT - height:.0f} width={step - 1:.0f} "
        f"height={height:.0f} />"
        for at, count in enumerate(counts)
        if (height := max(1.0, _HEIGHT * count / tallest)) and count
    )
    low, high = (_value(edge, kind) for edge in (present.min(), present.max()))
    middle = f"median {_value(present.median(), kind)}"
    return (
        f"<svg width={_WIDTH} height={_HEIGHT + 30} role=img>{bars}"
        f"<text x=0 y={_HEIGHT + 13}>{low}</text>"
        f"<text x={_WIDTH / 2:.0f} y={_HEIGHT + 26} text-anchor=middle>{middle}</text>"
        f"<text x={_WIDTH} y={_HEIGHT + 13} text-anchor=end>{high}</text></svg>"
    )


def _value(value: float | pd.Timestamp, kind: str) -> str:
    return f"{value:%Y-%m-%d}" if kind == "date" else f"{value:.4g}"


def _bars(counts: "pd.Series[int]") -> str:
    shown: Mapping[str, int] = {str(name): int(count) for name, count in counts[:_BARS].items()}
    if len(counts) > _BARS:
        shown = {**shown, f"{len(counts) - _BARS:,} others": int(counts[_BARS:].sum())}
    most, of, lines = max(shown.values()), counts.sum(), []
    for at, (name, count) in enumerate(shown.items()):
        length, y = 110 * count / most, 15 * at
        lines.append(
            f"<rect x=150 y={y + 3} width={length:.0f} height=9 />"
            f"<text x=145 y={y + 11} text-anchor=end>{escape(_cut(name, _LONGEST))}</text>"
            f"<text x={154 + length:.0f} y={y + 11}>{count / of:.1%}</text>"
        )
    return f"<svg width=310 height={15 * len(shown)} role=img>{''.join(lines)}</svg>"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
