"""Draws a comparison of runs as one HTML page that needs nothing else."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from data_science.runs.comparison import took

Run = Mapping[str, Any]
"""A run as `comparison.compared` returns it."""

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem;
       color: #1c2733; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #dde3ea;
         white-space: nowrap; font-variant-numeric: tabular-nums; }
td { max-width: 14rem; overflow: hidden; text-overflow: ellipsis; }
tr.differs td, tr.differs th { background: #fff6dc; }
.plots { margin-top: 1rem; display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg text { font: 12px system-ui, sans-serif; fill: #1c2733; }
"""
_COLOURS = ("#2f6db3", "#d98324", "#3f9a63", "#a8509f", "#7a7f87", "#c23b3b", "#4a4e9e", "#8b8a2e")
_WIDTH, _ROW, _LABEL, _VALUE = 300, 22, 110, 70


def page(runs: Sequence[Run], title: str) -> str:
    """Return the HTML page.

    Parameters
    ----------
    runs : each as `comparison.compared` returns it, in the order to show them.
    title : what was compared.
    """
    metrics = _names(runs, "metrics")
    steps = _names(runs, "steps")
    plots = "".join(
        _figure(name, _bars([(run["run"], run["metrics"].get(name)) for run in runs]))
        for name in metrics
    )
    parts = [
        f"<h1>{escape(title)}</h1>",
        "<h2>Runs</h2>",
        _table(runs, ["status", "started", "seconds", "version"], lambda run, name: run[name]),
        "<h2>Parameters</h2>",
        _table(runs, _names(runs, "parameters"), lambda run, name: run["parameters"].get(name)),
        "<h2>Metrics</h2>",
        _table(runs, metrics, lambda run, name: run["metrics"].get(name)),
        f'<div class="plots">{plots}</div>',
        "<h2>Durations in seconds</h2>",
        _table(runs, steps, lambda run, name: (step := run["steps"].get(name)) and took(step)),
        _durations(runs, steps),
        "<h2>Instances</h2>",
        _table(runs, steps, lambda run, name: run["steps"].get(name, {}).get("instance")),
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<head>{head}</head><body>{''.join(parts)}</body>"
    return f'<!doctype html>\n<html lang="en">{body}</html>\n'


def shown(value: Any) -> str:
    """Return a value as a person reads it; empty when there is none."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _names(runs: Sequence[Run], part: str) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in run[part]))


def _table(runs: Sequence[Run], names: Sequence[str], value: Callable[[Run, str], Any]) -> str:
    head = "".join(f"<th>{escape(run['run'])}</th>" for run in runs)
    rows = []
    for name in names:
        values = [shown(value(run, name)) for run in runs]
        kind = ' class="differs"' if len(set(values)) > 1 else ""
        cells = "".join(f'<td title="{escape(text)}">{escape(text)}</td>' for text in values)
        rows.append(f"<tr{kind}><th>{escape(name)}</th>{cells}</tr>")
    return f'<div class="wide"><table><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'


def _figure(caption: str, drawing: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{drawing}</figure>"


def _bars(values: Sequence[tuple[str, float | None]]) -> str:
    """Draw a bar for each value from zero, to the left where it is negative."""
    there = [value for _, value in values if value is not None]
    low, high = min([0.0, *there]), max([0.0, *there])
    scale = _WIDTH / ((high - low) or 1.0)
    drawn = []
    for row, (label, value) in enumerate(values):
        y = row * _ROW
        drawn.append(_text(0, y, label))
        if value is not None:
            x, width = _LABEL + (min(value, 0.0) - low) * scale, abs(value) * scale
            drawn.append(_rectangle(x, y, width, _COLOURS[row % len(_COLOURS)]))
        drawn.append(_text(_LABEL + _WIDTH + 6, y, "none" if value is None else f"{value:.4g}"))
    return _svg("".join(drawn), len(values))


def _durations(runs: Sequence[Run], steps: Sequence[str]) -> str:
    """Draw a bar for each run, made of its steps one after the other."""
    seconds = [
        [
            0.0 if (step := run["steps"].get(name)) is None or step["cached"] else step["seconds"]
            for name in steps
        ]
        for run in runs
    ]
    scale = _WIDTH / (max(map(sum, seconds), default=0.0) or 1.0)
    drawn = []
    for row, (run, parts) in enumerate(zip(runs, seconds, strict=True)):
        x, y = float(_LABEL), row * _ROW
        drawn.append(_text(0, y, run["run"]))
        for index, part in enumerate(parts):
            colour = _COLOURS[index % len(_COLOURS)]
            drawn.append(_rectangle(x, y, part * scale, colour, f"{steps[index]} {part:.1f} s"))
            x += part * scale
        drawn.append(_text(_LABEL + _WIDTH + 6, y, f"{sum(parts):.1f} s"))
    legend = "".join(
        f'<span style="color:{_COLOURS[index % len(_COLOURS)]}">■</span> {escape(name)} &nbsp;'
        for index, name in enumerate(steps)
    )
    return f"<p>{legend}</p>{_svg(''.join(drawn), len(runs))}"


def _svg(content: str, rows: int) -> str:
    width, height = _LABEL + _WIDTH + _VALUE, rows * _ROW
    return f'<svg width="{width}" height="{height}" role="img">{content}</svg>'


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y + 15:.1f}">{escape(text)}</text>'


def _rectangle(x: float, y: float, width: float, colour: str, title: str = "") -> str:
    said = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect x="{x:.1f}" y="{y + 3:.1f}" width="{max(width, 0.0):.1f}" height="{_ROW - 6}" '
        f'fill="{colour}">{said}</rect>'
    )
