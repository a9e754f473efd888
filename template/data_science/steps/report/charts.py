"""Draws small charts as SVG whose colours come from the page, so that they fit light and dark."""

import math
from collections.abc import Iterable, Sequence
from html import escape

WIDTH, HEIGHT = 360, 270
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 44
COLOURS = 6
"""Series are told apart by so many colours, `.c0` and on in the page's style."""


class Chart:
    """A chart with two axes of numbers.

    Parameters
    ----------
    x, y : the ends of each axis; equal ones are moved apart.
    x_label, y_label : what the axes show.
    """

    def __init__(
        self, x: tuple[float, float], y: tuple[float, float], x_label: str, y_label: str
    ) -> None:
        self._x, self._y = _apart(*x), _apart(*y)
        self._labels = x_label, y_label
        self._marks: list[str] = []

    def line(
        self, x: Iterable[float], y: Iterable[float], colour: int = 0, kind: str = "line"
    ) -> None:
        """Join points; `kind` is the class of the page's style: `line`, or `guide` for a help."""
        points = " ".join(
            f"{self._across(a):.1f},{self._up(b):.1f}" for a, b in zip(x, y, strict=True)
        )
        self._marks.append(f'<polyline class="{kind} c{colour % COLOURS}" points="{points}"/>')

    def points(
        self, x: Sequence[float], y: Sequence[float], colour: int = 0, radius: float = 2.0
    ) -> None:
        """Draw a dot at each point, all of them as one shape: they may be many."""
        dots = "".join(
            f"M{self._across(a):.1f} {self._up(b):.1f}h0" for a, b in zip(x, y, strict=True)
        )
        self._marks.append(
            f'<path class="dots c{colour}" stroke-width="{2 * radius:g}" d="{dots}"/>'
        )

    def columns(self, edges: Sequence[float], heights: Sequence[float], colour: int = 0) -> None:
        """Draw a column from 0 between each two edges."""
        floor = self._up(0)
        for left, right, height in zip(edges[:-1], edges[1:], heights, strict=True):
            start, top = self._across(left), self._up(height)
            said = f"{number(left)} to {number(right)}: {number(height)}"
            self._marks.append(
                f'<rect class="bar c{colour}" x="{start:.1f}" y="{top:.1f}" '
                f'width="{max(0.5, self._across(right) - start - 1):.1f}" '
                f'height="{floor - top:.1f}"><title>{said}</title></rect>'
            )

    def svg(self, title: str) -> str:
        """Return the chart; `title` is read to those who do not see it."""
        x_label, y_label = self._labels
        middle = (TOP + HEIGHT - BOTTOM) / 2
        parts = [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
            *self._grid(),
            *self._marks,
            f'<text class="label" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}">'
            f"{escape(x_label)}</text>",
            f'<text class="label" transform="translate(12 {middle}) rotate(-90)">'
            f"{escape(y_label)}</text>",
            "</svg>",
        ]
        return "".join(parts)

    def _grid(self) -> Iterable[str]:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        for value in ticks(*self._x):
            at = self._across(value)
            yield f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{bottom}"/>'
            yield f'<text class="tick" x="{at:.1f}" y="{bottom + 16}">{number(value)}</text>'
        for value in ticks(*self._y):
            at = self._up(value)
            yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
            yield f'<text class="tick end" x="{LEFT - 6}" y="{at + 4:.1f}">{number(value)}</text>'

    def _across(self, value: float) -> float:
        low, high = self._x
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def _up(self, value: float) -> float:
        low, high = self._y
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def bars(rows: Sequence[tuple[str, float, float, float, str]], title: str) -> str:
    """Return horizontal bars, each with a whisker.

    Parameters
    ----------
    rows : name, length, the ends of the whisker, and what is said of the bar.
    title : read to those who do not see it.
    """
    height, left, width = 22, 250, 800
    ends = [end for row in rows for end in row[1:4]]
    low, high = _apart(min([0.0, *ends]), max([0.0, *ends]))

    def across(value: float) -> float:
        return left + (value - low) / (high - low) * (width - left - 130)

    parts = [
        f'<svg class="wide" viewBox="0 0 {width} {height * len(rows) + 4}" role="img" '
        f'aria-label="{escape(title)}">'
    ]
    for index, (name, value, start, stop, said) in enumerate(rows):
        y = index * height + 4
        left_end, right_end = sorted((across(0), across(value)))
        middle = y + height / 2 - 3
        shown = name if len(name) <= 40 else f"{name[:39]}…"
        parts += [
            f'<text class="tick end" x="{left - 8}" y="{middle + 4}">{escape(shown)}'
            f"<title>{escape(name)}</title></text>",
            f'<rect class="bar c0" x="{left_end:.1f}" y="{y}" '
            f'width="{max(0.5, right_end - left_end):.1f}" '
            f'height="{height - 6}"/>',
            f'<line class="whisker" x1="{across(start):.1f}" '
            f'x2="{across(stop):.1f}" y1="{middle}" y2="{middle}"/>',
            f'<text class="tick start" x="{across(max(value, stop, 0)) + 8:.1f}" '
            f'y="{middle + 4}">{escape(said)}</text>',
        ]
    return "".join([*parts, "</svg>"])


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two, about five of them."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def number(value: float) -> str:
    """Return a number in few digits."""
    return "n/a" if math.isnan(value) else f"{value:.4g}"


def _apart(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis, moved apart where they are the same."""
    return (low, high) if high > low else (low - 0.5, high + 0.5)
