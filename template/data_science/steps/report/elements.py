"""The few pieces of HTML that the report is made of; every text that goes in is escaped here."""

from collections.abc import Collection, Sequence
from html import escape

from report.charts import COLOURS


def section(title: str, body: str, note: str = "") -> str:
    """Return a section with a heading, and a note below it."""
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{said}{body}</section>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> str:
    """Return a table; `numbers` are the columns to align right."""

    def row(cells: Sequence[str], tag: str) -> str:
        marks = [' class="n"' if index in numbers else "" for index in range(len(cells))]
        return "".join(
            f"<{tag}{mark}>{escape(cell)}</{tag}>" for mark, cell in zip(marks, cells, strict=True)
        )

    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in rows)
    return f'<div class="scroll"><table><tr>{row(head, "th")}</tr>{body}</table></div>'


def figure(title: str, svg: str, caption: str = "", keys: Sequence[str] = ()) -> str:
    """Return a chart with its title, the names of its series, and a caption."""
    legend = "".join(
        f'<span class="name"><span class="key c{index % COLOURS}"></span>{escape(name)}</span> '
        for index, name in enumerate(keys)
    )
    return (
        f"<figure><h3>{escape(title)}</h3>{svg}"
        f"<figcaption>{legend}{'<br>' if legend and caption else ''}{escape(caption)}</figcaption>"
        "</figure>"
    )


def charts(*figures: str) -> str:
    """Return charts beside each other."""
    return f'<div class="charts">{"".join(figures)}</div>'


def matrix(names: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Return a table of counts, the darker the larger the share of the row."""
    head = "".join(f'<th class="n">{escape(name)}</th>' for name in names)
    body = ""
    for name, row in zip(names, counts, strict=True):
        total = sum(row) or 1
        cells = "".join(
            f'<td class="cell" style="--share:{count / total:.3f}">{count}</td>' for count in row
        )
        body += f"<tr><th>{escape(name)}</th>{cells}</tr>"
    return f'<div class="scroll"><table><tr><th></th>{head}</tr>{body}</table></div>'
