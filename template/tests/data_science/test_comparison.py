"""What runs are compared by, and the page that shows it."""

import re
from typing import Any
from xml.etree import ElementTree

from data_science.runs.comparison import in_words, lines
from data_science.runs.comparison_page import page


def run(name: str, f1: float | None, rounds: str, seconds: float, cached: bool) -> dict[str, Any]:
    step = {"status": "Succeeded", "seconds": seconds, "cached": cached, "instance": "1 x ml.m5.4"}
    return {
        "run": name,
        "status": "Succeeded",
        "started": "2026-11-24T12:00:00+00:00",
        "seconds": seconds,
        "version": None,
        "parameters": {"rounds": rounds, "GitCommit": "<b>"},
        "metrics": {} if f1 is None else {"f1": f1, "r2": -f1},
        "steps": {"Train": step, "Gate": step | {"instance": ""}},
    }


RUNS = [
    run("a", 0.8, "5", 40.0, False),
    run("b", 0.4, "6", 10.0, True),
    run("c", None, "5", 0, False),
]


def test_the_lines_name_what_one_run_has_and_another_has_not() -> None:
    found = dict(lines(RUNS))
    assert found["rounds"] == ["5", "6", "5"]
    assert found["f1"] == [0.8, 0.4, None]
    assert found["Train: seconds"] == ["40.0", "cached", "0.0"]
    assert found["Train: instance"] == ["1 x ml.m5.4"] * 3
    assert "Gate: instance" not in found


def test_parameters_in_words_are_those_that_change_something() -> None:
    values = {"InputDataVersion": "1", "rounds": "5", "QualityThreshold": 0.5, "GitCommit": "x"}
    values |= {"ChampionModelUrl": "s3://a/b", "ChampionName": "version 1 of group a"}
    assert in_words(values) == "rounds 5, QualityThreshold 0.5"


def test_the_page_is_well_formed_needs_nothing_else_and_draws_to_scale() -> None:
    text = page(RUNS, "Runs <of> demo")
    assert "<b>" not in text and "Runs &lt;of&gt; demo" in text
    assert not re.search(r"(src|href)=|https?://|@import|<script", text)
    body = text[text.index("<body>") : text.index("</html>")].replace("&nbsp;", " ")
    drawings = ElementTree.fromstring(body).findall(".//svg")
    widths = [
        [float(bar.attrib["width"]) for bar in drawing.findall("rect")] for drawing in drawings
    ]
    f1, r2, durations = widths
    assert f1 == [300.0, 150.0]
    assert r2 == [300.0, 150.0]
    # A cached step took no time of its own.
    assert durations == [150.0, 150.0, 0.0, 0.0, 0.0, 0.0]
    negative = [float(bar.attrib["x"]) for bar in drawings[1].findall("rect")]
    assert negative == [110.0, 260.0]


def test_what_differs_is_marked() -> None:
    text = page(RUNS, "Runs")
    rows = re.findall(r"<tr( class=\"differs\")?><th>(\w+)</th>", text)
    marked = {name for mark, name in rows if mark}
    assert {"rounds", "f1", "seconds"} <= marked
    assert "status" not in marked
