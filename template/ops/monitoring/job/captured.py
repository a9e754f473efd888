"""Reads captured traffic: what was asked and answered, as rows of the baseline's columns.

Source of a line's form: "Capture data from real-time endpoint" in the SageMaker developer guide.
Payloads are those that the template's inference code takes: CSV without a header, and
`{"instances": [{"feature": value, …}, …]}`.
"""

import base64
import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class UnreadableError(Exception):
    """A captured line is not of the documented form, or its payload is of another kind."""


@dataclass
class Traffic:
    """Rows that a model was asked, in the order of their capture.

    Attributes
    ----------
    cells : of each column the cells as they were sent, None where a row had none.
    predictions : of each row, None where it was refused or not captured.
    probabilities : of each row by class, None where there are none.
    keys : of each row the id that its label comes by, and its place in the request.
    requests : how many were read.
    problems : what could not be read, with how often: `lines`, and rows with `fewer` or `more`
        values than there are columns.
    first, last : when the requests were made; None where there are none.
    """

    cells: dict[str, list[Any]]
    predictions: list[Any] = field(default_factory=list)
    probabilities: list[dict[str, float] | None] = field(default_factory=list)
    keys: list[tuple[str, int]] = field(default_factory=list)
    requests: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

    def __len__(self) -> int:
        return len(self.keys)


def read_traffic(folder: Path, columns: Sequence[str], since: datetime, until: datetime) -> Traffic:
    """Read the captured lines of a window.

    Parameters
    ----------
    folder : holds JSON lines, in files below folders that end in `yyyy/mm/dd/hh`.
    columns : the model's features, in their order.
    since, until : the window; the end is no part of it.
    """
    traffic = Traffic({name: [] for name in columns})
    for path in sorted(folder.rglob("*.jsonl")):
        if _is_outside(path.relative_to(folder), since, until):
            continue
        for line in path.read_text("utf-8", errors="replace").splitlines():
            if line.strip():
                _take(traffic, line, since, until)
    return traffic


def _is_outside(path: Path, since: datetime, until: datetime) -> bool:
    """Say whether the hour in a file's path is not in the window; one without an hour may be."""
    try:
        hour = datetime(*map(int, path.parts[-5:-1]), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except (ValueError, TypeError):
        return False
    begin = since.replace(minute=0, second=0, microsecond=0)
    return not begin <= hour < until


def _take(traffic: Traffic, line: str, since: datetime, until: datetime) -> None:
    try:
        event = json.loads(line)
        about, data = event["eventMetadata"], event["captureData"]
        time = datetime.fromisoformat(about["inferenceTime"])
        key = str(about.get("inferenceId") or about["eventId"])
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        if not since <= time < until:
            return
        columns = list(traffic.cells)
        rows = [] if "endpointInput" not in data else list(_rows(data["endpointInput"], columns))
        answer = _answer(data["endpointOutput"]) if "endpointOutput" in data else {}
    except (UnreadableError, KeyError, TypeError, ValueError, AttributeError):
        traffic.problems["lines"] += 1
        return
    traffic.requests += 1
    traffic.first = min(traffic.first or time, time)
    traffic.last = max(traffic.last or time, time)
    answers = {name: answer.get(name) for name in ("predictions", "probabilities")}
    # Where only answers are captured, they are rows without cells.
    for place in range(len(rows) or len(answers["predictions"] or [])):
        cells, problem = rows[place] if rows else ([None] * len(columns), "")
        if problem:
            traffic.problems[problem] += 1
        for name, cell in zip(columns, cells, strict=True):
            traffic.cells[name].append(cell)
        traffic.predictions.append(_at(answers["predictions"], place))
        traffic.probabilities.append(_at(answers["probabilities"], place))
        traffic.keys.append((key, place))


def _rows(side: Mapping[str, Any], columns: list[str]) -> Iterator[tuple[list[Any], str]]:
    """Yield the cells of each row of a request, and what is wrong with their number."""
    text, kind = payload(side)
    if kind == "text/csv":
        for row in csv.reader(io.StringIO(text, newline="")):
            if row:
                problem = "fewer" if len(row) < len(columns) else "more"
                padded: list[Any] = [*row, *[None] * len(columns)][: len(columns)]
                yield padded, "" if len(row) == len(columns) else problem
        return
    for instance in json.loads(text)["instances"]:
        whole = all(name in instance for name in columns)
        yield [instance.get(name) for name in columns], "" if whole else "fewer"


def _answer(side: Mapping[str, Any]) -> dict[str, Any]:
    text, kind = payload(side)
    if kind == "text/csv":
        return {"predictions": [row[0] for row in csv.reader(io.StringIO(text)) if row]}
    document = json.loads(text)
    if not isinstance(document, dict):
        raise UnreadableError
    return document


def payload(side: Mapping[str, Any]) -> tuple[str, str]:
    """Return a captured side's body as text, and its content type without parameters.

    Raises
    ------
    UnreadableError : it is neither CSV nor JSON.
    """
    text, encoding = str(side["data"]), side.get("encoding")
    kind = str(side.get("observedContentType", "")).partition(";")[0].strip().lower()
    if encoding == "BASE64":
        text = base64.b64decode(text).decode()
    elif not kind:
        kind = {"CSV": "text/csv", "JSON": "application/json"}.get(str(encoding), "")
    if kind not in ("text/csv", "application/json"):
        raise UnreadableError
    return text, kind


def read_labels(folder: Path) -> dict[tuple[str, int], str]:
    """Read the truth of requests, by the id of each and the place of a row in it.

    Source of a line's form: "Ingest Ground Truth labels and merge them with predictions" in the
    developer guide. Of a request of several rows there is a label in each line of `data`.
    """
    labels = {}
    for path in sorted(folder.rglob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            if not line.strip():
                continue
            record = json.loads(line)
            rows = csv.reader(io.StringIO(str(record["groundTruthData"]["data"])))
            for place, row in enumerate(row for row in rows if row):
                labels[str(record["eventMetadata"]["eventId"]), place] = row[0].strip()
    return labels


def _at(values: Any, place: int) -> Any:
    return values[place] if isinstance(values, list) and place < len(values) else None
