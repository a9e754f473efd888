"""Reads the evaluation report as a person does: its sections, tables, and what the charts show."""

import math
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from gate import Rules
from judged import Judged
from report.findings import Findings
from report.resampling import Estimate

# Where the axes of a chart begin, and their lengths, as `report/charts.py` draws them.
LEFT, BOTTOM, ACROSS, UP = 52, 226, 294, 214

Point = tuple[float, float]


def findings(judged: Judged, **more: Any) -> Findings:
    """Return findings of which nothing is known but what is given."""
    known: dict[str, Any] = {"judged": judged, "target": "bought", "rules": Rules("f1", {}, {})}
    empty: dict[str, Any] = {name: () for name in ("verdicts", "slices", "disparities")}
    empty |= {"importances": (), "metrics": {}, "champion": {}, "difference": {}, "folds": {}}
    known["champion_name"] = ""
    return Findings(**{**known, **empty, **more})


def estimate(value: float, low: float = math.nan, high: float = math.nan) -> Estimate:
    """Return a value with its interval."""
    return Estimate(value, math.nan, low, high)


def parse(html: str) -> Element:
    """Return the tree of a piece of a page, which must be closed and escaped."""
    return ElementTree.fromstring(html.replace("<br>", "<br/>"))


def text(element: Element | None) -> str:
    """Return what is written in an element; nothing in none."""
    return "" if element is None else "".join(element.itertext())


def rows(element: Element) -> list[list[str]]:
    """Return the cells of the tables in an element; one that is aligned right begins with `>`."""
    return [
        [(">" if cell.get("class") == "n" else "") + text(cell) for cell in row]
        for row in element.iter("tr")
    ]


class Drawing(NamedTuple):
    """What a chart shows; points are in shares of the axes, so from 0 to 1.

    Attributes
    ----------
    title : what is read to those who do not see it.
    labels : of the axis across, and of the one up.
    ends : the numbers at the first and the last tick across, and up.
    lines : each with its classes and its points.
    dots : the radius and the points.
    columns : from where to where across, and how high.
    """

    title: str
    labels: list[str]
    ends: list[str]
    lines: list[tuple[str, list[Point]]]
    dots: list[tuple[float, list[Point]]]
    columns: list[tuple[float, float, float]]


class Figure(NamedTuple):
    """A chart with its title, the names of its series, and its caption."""

    title: str
    keys: list[str]
    caption: str
    drawing: Drawing


def figure(element: Element) -> Figure:
    """Return a figure of a page."""
    caption = element.find("figcaption")
    assert caption is not None
    keys = [text(name) for name in caption.findall("span")]
    svg = element.find("svg")
    said = (caption.text or "") + "".join(one.tail or "" for one in caption)
    return Figure(
        text(element.find("h3")),
        keys,
        said.strip(),
        drawing(svg) if svg is not None else Drawing("", [], [], [], [], []),
    )


def drawing(svg: Element) -> Drawing:
    """Return what a chart shows."""
    words = list(svg.iter("text"))
    ticks = [text(one) for one in words if one.get("class") == "tick"]
    up = [text(one) for one in words if one.get("class") == "tick end"]
    return Drawing(
        str(svg.get("aria-label")),
        [text(one) for one in words if one.get("class") == "label"],
        [ticks[0], ticks[-1], up[0], up[-1]],
        [
            (str(line.get("class")), [_point(*one.split(",")) for one in _words(line, "points")])
            for line in svg.iter("polyline")
        ],
        [
            (
                float(str(path.get("stroke-width"))) / 2,
                [_point(*one.split()) for one in str(path.get("d"))[1:-2].split("h0M")],
            )
            for path in svg.iter("path")
        ],
        [
            (
                _across(bar["x"]),
                # A column ends 1 before the next one begins.
                _across(float(bar["x"]) + float(bar["width"]) + 1),
                round(float(bar["height"]) / UP, 2),
            )
            for bar in (one.attrib for one in svg.iter("rect"))
        ],
    )


def _words(element: Element, attribute: str) -> list[str]:
    return str(element.get(attribute)).split()


def _point(x: str, y: str) -> Point:
    return _across(x), round((BOTTOM - float(y)) / UP, 2)


def _across(x: str | float) -> float:
    return round((float(x) - LEFT) / ACROSS, 2)
