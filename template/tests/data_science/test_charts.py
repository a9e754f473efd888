"""What the pieces of the report look like: charts, curves, tables."""

import math

import numpy as np
import pytest
from report import charts, curves
from report.elements import charts as beside
from report.elements import figure, matrix, section, table
from sklearn.metrics import roc_curve

from tests.data_science.answers import scored


def test_the_ticks_of_an_axis_are_round() -> None:
    assert charts.ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert charts.ticks(-7, 13) == pytest.approx([-5, 0, 5, 10])
    assert charts.ticks(0, 30000) == pytest.approx([0, 10000, 20000, 30000])
    assert charts.ticks(0.001, 0.0023) == pytest.approx([0.001, 0.0015, 0.002])
    # Of 1 there are five steps of 0.2, also where computers make a little more of it.
    assert charts.ticks(1.1, 2.1) == pytest.approx([1.2, 1.4, 1.6, 1.8, 2.0])
    assert charts.ticks(0, 5) == [0, 1, 2, 3, 4, 5]
    assert charts.ticks(0, 45) == pytest.approx([0, 10, 20, 30, 40])
    assert (charts.number(0.123456), charts.number(math.nan)) == ("0.1235", "n/a")


def test_a_chart_has_a_grid_ticks_and_labels() -> None:
    svg = charts.Chart((0, 10), (0, 2), "<x>", "y & z").svg('a "title"')
    # The axes go from 52 to 346 across, and from 226 up to 12.
    across = zip((52, 110.8, 169.6, 228.4, 287.2, 346), (0, 2, 4, 6, 8, 10), strict=True)
    up = zip((226, 172.5, 119, 65.5, 12), (0, 0.5, 1, 1.5, 2), strict=True)
    assert svg == "".join(
        [
            '<svg viewBox="0 0 360 270" role="img" aria-label="a &quot;title&quot;">',
            *(
                f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="12" y2="226"/>'
                f'<text class="tick" x="{x:.1f}" y="242">{value}</text>'
                for x, value in across
            ),
            *(
                f'<line class="grid" x1="52" x2="346" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text class="tick end" x="46" y="{y + 4:.1f}">{value}</text>'
                for y, value in up
            ),
            '<text class="label" x="199.0" y="262">&lt;x&gt;</text>'
            '<text class="label" transform="translate(12 119.0) rotate(-90)">y &amp; z</text>'
            "</svg>",
        ]
    )


def test_a_chart_puts_points_where_they_belong() -> None:
    chart = charts.Chart((0, 10), (0, 100), "", "")
    chart.line((0, 10), (0, 100), colour=7)
    chart.line((0, 10), (50, 50), kind="guide")
    chart.points([5, 10], [50, 0], colour=2, radius=3)
    chart.points([0], [0])
    chart.columns([0, 5, 10], [100, 50], colour=1)
    chart.columns([0, 0.01], [50])
    svg = chart.svg("")
    assert '<polyline class="line c1" points="52.0,226.0 346.0,12.0"/>' in svg
    assert '<polyline class="guide c0" points="52.0,119.0 346.0,119.0"/>' in svg
    assert '<path class="dots c2" stroke-width="6" d="M199.0 119.0h0M346.0 226.0h0"/>' in svg
    assert '<path class="dots c0" stroke-width="4" d="M52.0 226.0h0"/>' in svg
    assert (
        '<rect class="bar c1" x="52.0" y="12.0" width="146.0" height="214.0">'
        "<title>0 to 5: 100</title></rect>" in svg
    )
    assert (
        '<rect class="bar c1" x="199.0" y="119.0" width="146.0" height="107.0">'
        "<title>5 to 10: 50</title></rect>" in svg
    )
    # However narrow it is, a column can be seen.
    assert '<rect class="bar c0" x="52.0" y="119.0" width="0.5" height="107.0">' in svg
    # An axis whose ends are the same has a length all the same.
    flat = charts.Chart((2, 2), (3, 3), "", "")
    flat.points([2, 2.5], [3, 2.5])
    assert "M199.0 119.0h0M346.0 226.0h0" in flat.svg("")


def test_bars_begin_at_zero_and_have_whiskers() -> None:
    svg = charts.bars([("<a>", 2, 1, 4, "2 <b>"), ("x" * 41, -1, -2, -1.5, "-1")], '"title"')
    # From -2 to 4 on 250 to 670: 70 a unit, and zero at 390.
    assert svg == (
        '<svg class="wide" viewBox="0 0 800 48" role="img" aria-label="&quot;title&quot;">'
        '<text class="tick end" x="242" y="16.0">&lt;a&gt;<title>&lt;a&gt;</title></text>'
        '<rect class="bar c0" x="390.0" y="4" width="140.0" height="16"/>'
        '<line class="whisker" x1="460.0" x2="670.0" y1="12.0" y2="12.0"/>'
        '<text class="tick start" x="678.0" y="16.0">2 &lt;b&gt;</text>'
        f'<text class="tick end" x="242" y="38.0">{"x" * 39}…<title>{"x" * 41}</title></text>'
        '<rect class="bar c0" x="320.0" y="26" width="70.0" height="16"/>'
        '<line class="whisker" x1="250.0" x2="285.0" y1="34.0" y2="34.0"/>'
        '<text class="tick start" x="398.0" y="38.0">-1</text>'
        "</svg>"
    )
    # All of them from 5 to 7, and still from zero: 60 a unit.
    svg = charts.bars([("x" * 40, 6, 5, 7, "")], "")
    assert '<rect class="bar c0" x="250.0" y="4" width="360.0" height="16"/>' in svg
    assert f">{'x' * 40}<title>" in svg
    # A value may lie beside its interval; and one of 0 can be seen.
    svg = charts.bars([("a", 7, 5, 6, ""), ("b", 0, 0, 0, "")], "")
    assert '<rect class="bar c0" x="250.0" y="4" width="420.0" height="16"/>' in svg
    assert '<rect class="bar c0" x="250.0" y="26" width="0.5" height="16"/>' in svg
    # And below zero, to where it is.
    svg = charts.bars([("a", -6, -7, -5, "")], "")
    assert '<rect class="bar c0" x="310.0" y="4" width="360.0" height="16"/>' in svg
    assert '<line class="whisker" x1="250.0" x2="370.0"' in svg


def test_tables_and_sections_escape_every_text() -> None:
    assert section("<a>", "<b>", "<c>") == (
        '<section><h2>&lt;a&gt;</h2><p class="note">&lt;c&gt;</p><b></section>'
    )
    assert section("a", "b") == "<section><h2>a</h2>b</section>"
    assert table(["<h>", "n"], [["<a>", "1"], ["b", "2"]], {1}) == (
        '<div class="scroll"><table>'
        '<tr><th>&lt;h&gt;</th><th class="n">n</th></tr>'
        '<tr><td>&lt;a&gt;</td><td class="n">1</td></tr>'
        '<tr><td>b</td><td class="n">2</td></tr>'
        "</table></div>"
    )
    assert table(["h"], [["a"]]).count('class="n"') == 0


def test_a_figure_names_its_series_and_has_a_caption() -> None:
    assert figure("<t>", "<svg/>", "<c>", ["<k>", "l"]) == (
        "<figure><h3>&lt;t&gt;</h3><svg/><figcaption>"
        '<span class="name"><span class="key c0"></span>&lt;k&gt;</span> '
        '<span class="name"><span class="key c1"></span>l</span> '
        "<br>&lt;c&gt;</figcaption></figure>"
    )
    # The colours begin anew, as they do in the chart.
    assert '<span class="key c0"></span>g</span>' in figure("", "", "", "abcdefg")
    assert "<br>" not in figure("", "", "", ["k"])
    assert figure("t", "<svg/>", "c") == (
        "<figure><h3>t</h3><svg/><figcaption>c</figcaption></figure>"
    )
    assert figure("t", "") == "<figure><h3>t</h3><figcaption></figcaption></figure>"
    assert beside("<a/>", "<b/>") == '<div class="charts"><a/><b/></div>'


def test_the_cells_of_a_matrix_are_shares_of_their_row() -> None:
    assert matrix(["<a>", "b"], [[3, 1], [0, 0]]) == (
        '<div class="scroll"><table>'
        '<tr><th></th><th class="n">&lt;a&gt;</th><th class="n">b</th></tr>'
        '<tr><th>&lt;a&gt;</th><td class="cell" style="--share:0.750">3</td>'
        '<td class="cell" style="--share:0.250">1</td></tr>'
        '<tr><th>b</th><td class="cell" style="--share:0.000">0</td>'
        '<td class="cell" style="--share:0.000">0</td></tr>'
        "</table></div>"
    )


def test_curves_are_those_of_a_hand() -> None:
    judged = scored("nnyy", [0.1, 0.6, 0.4, 0.9])
    roc = curves.roc(judged, 1)
    assert (roc.x.tolist(), roc.y.tolist()) == ([0, 0, 0.5, 0.5, 1], [0, 0.5, 0.5, 1, 1])
    both = curves.precision_recall(judged, 1)
    assert both.x.tolist() == [0, 0.5, 0.5, 1, 1]
    assert both.y.tolist() == [1, 1, 0.5, pytest.approx(2 / 3), 0.5]
    choice = curves.thresholds(judged, 1)
    assert choice.threshold.tolist() == [0.1, 0.4, 0.6, 0.9]
    assert choice.recall.tolist() == [1, 1, 0.5, 0.5]
    assert choice.precision.tolist() == [0.5, pytest.approx(2 / 3), 0.5, 1]
    assert choice.f1.tolist() == [pytest.approx(value) for value in (2 / 3, 0.8, 0.5, 2 / 3)]
    assert choice.best == pytest.approx((0.4, 0.8))
    # The same of the other class, whose probabilities are what is left of 1.
    other = curves.roc(judged, 0)
    assert (other.x.tolist(), other.y.tolist()) == ([0, 0, 0.5, 0.5, 1], [0, 0.5, 0.5, 1, 1])
    assert curves.thresholds(judged, 0).threshold.tolist() == pytest.approx([0.1, 0.4, 0.6, 0.9])


def test_where_nothing_is_right_f1_is_0() -> None:
    choice = curves.thresholds(scored("ynn", [0.1, 0.2, 0.3]), 1)
    assert choice.threshold.tolist() == [0.1, 0.2, 0.3]
    assert choice.f1.tolist() == [0.5, 0, 0]


def test_calibration_compares_what_was_said_with_how_often_it_was_true() -> None:
    # Ten groups of two: the largest probabilities of the first, and how often they were true.
    probability = np.array([0.2, 0.4, 0.1, 0.3, *np.linspace(0.5, 0.99, 16)])
    truth = np.array([True, False, False, False] + [True] * 16)
    found = curves.calibration(truth, probability)
    assert found.x[:2] == pytest.approx([0.15, 0.35])
    assert found.y.tolist() == [0.5, 0, *[1] * 8]
    few = curves.calibration(np.array([True, False]), np.array([0.9, 0.2]))
    assert (few.x.tolist(), few.y.tolist()) == ([0.2, 0.9], [0, 1])
    # Rows of the same probability stay in their order.
    same = curves.calibration(np.array([True, False] * 10), np.full(20, 0.5))
    assert same.y.tolist() == [0.5] * 10


def test_a_curve_of_many_points_is_thinned_and_keeps_its_ends() -> None:
    random = np.random.default_rng(0)
    truth = "".join("ny"[one] for one in random.integers(0, 2, 3000))
    judged = scored(truth, random.random(3000).tolist())
    roc = curves.roc(judged, 1)
    full, _, _ = roc_curve(judged.truth == 1, judged.probabilities[:, 1])
    assert len(full) > 400 and len(roc.x) == 200
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    assert len(curves.precision_recall(judged, 1).x) == 200
    # Every one of 200 is shown, and of 3,000 also the best one, which lies between.
    rare = scored("n" * 1500 + "y" + "n" * 1499, np.linspace(0, 1, 3000).tolist())
    choice = curves.thresholds(rare, 1)
    assert len(choice.f1) == 201
    assert choice.best == pytest.approx((1500 / 2999, 2 / 1501))
    assert choice.threshold.tolist() == sorted(choice.threshold)
    assert (choice.threshold[0], choice.threshold[-1]) == (0, 1)
    assert choice.threshold[1] == pytest.approx(15 / 2999)


def test_a_sample_is_drawn_at_random_and_in_order() -> None:
    assert curves.sample(5, 10).tolist() == [0, 1, 2, 3, 4]
    some = curves.sample(100, 10)
    assert len(set(some.tolist())) == 10 and sorted(some.tolist()) == some.tolist()
    assert max(some) - min(some) > 20
    assert some.tolist() == curves.sample(100, 10).tolist()
