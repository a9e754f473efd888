"""Answers the rows of input files with a model, beside what each row held: a processing job.

It asks any model that keeps the contract: rows go to its inference code as `application/json`,
each value by the name of its column.
"""

import csv
import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from artefact import opened
from failure import Parser, StepError, reported
from table import DataError, csv_rows, not_utf8

BATCH = 5000
"""Rows that the model is asked about at once."""

ERROR = "error"
VERSION = "model_version"
Cells = list[str]
Answer = dict[str, Any]
"""What is added to a row, by column: `prediction` and for a classifier `probability_<class>`, or
`error`."""


class Asked(NamedTuple):
    """A model, the inference code that it came with, and its version."""

    inference: ModuleType
    model: Any
    version: str


class Counts(NamedTuple):
    """How many rows were read, how many of them have no answer, and why the first has none."""

    rows: int
    refused: int
    first_error: str = ""


def score(model: Path, data: Path, output: Path, version: str) -> Counts:
    """Write each CSV file of a folder again, with the model's answers beside its columns.

    Parameters
    ----------
    model : folder with `model.tar.gz`.
    data : folder with CSV files in UTF-8 that have a header, also below other folders. Columns
        that the model does not take, such as an identifier, stay as they are.
    output : gets a file for each, of the same name. A row that the model refuses has no
        `prediction`, and an `error` that says why.
    version : of the model; it stands in each row as `model_version`.

    Raises
    ------
    StepError : there is no file, one cannot be read, or no row of any has an answer.
    """
    files = sorted(path for path in data.rglob("*.csv") if path.is_file())
    if not files:
        raise StepError("the input holds no file that ends in .csv")
    counts = []
    with opened(model / "model.tar.gz") as found:
        for path in files:
            name = path.relative_to(data)
            try:
                counts.append(_score_file(Asked(*found, version), path, output / name))
            except UnicodeDecodeError:
                raise StepError(str(not_utf8(path))) from None
            except DataError as error:
                raise StepError(f"{name}: {error}") from None
            rows, refused, _ = counts[-1]
            print(f"{name}: {rows} rows, {refused} of them without an answer")
    rows, refused = sum(one.rows for one in counts), sum(one.refused for one in counts)
    first_error = next((one.first_error for one in counts if one.first_error), "")
    if rows == refused:
        raise StepError(f"none of the {rows} rows has an answer: {first_error or 'no rows'}")
    return Counts(rows, refused, first_error)


def _score_file(asked: Asked, path: Path, written: Path) -> Counts:
    rows, errors, first_error = 0, 0, ""
    written.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open(encoding="utf-8-sig", newline="") as source,
        written.open("w", encoding="utf-8", newline="") as target,
    ):
        lines = csv_rows(source)
        header = next(lines, [])
        answered = _answered(asked, header, lines)
        # Only an answer tells what columns it has.
        waiting: list[tuple[Cells, Answer]] = []
        for pair in answered:
            waiting.append(pair)
            if ERROR not in pair[1]:
                break
        added = (
            [*sorted(name for name in waiting[-1][1] if name != ERROR), ERROR, VERSION]
            if waiting
            else []
        )
        twice = set(header) & set(added)
        if twice:
            raise StepError(f"{path.name} has a column {min(twice)!r} already; rename it")
        writer = csv.writer(target)
        writer.writerow([*header, *added])
        for cells, answer in chain(waiting, answered):
            said = {**answer, VERSION: asked.version}
            writer.writerow([*cells, *(said.get(name, "") for name in added)])
            rows, errors = rows + 1, errors + (ERROR in answer)
            first_error = first_error or answer.get(ERROR, "")
    return Counts(rows, errors, first_error)


def _answered(
    asked: Asked, header: Cells, lines: Iterator[Cells]
) -> Iterator[tuple[Cells, Answer]]:
    while batch := list(islice(lines, BATCH)):
        whole = [cells for cells in batch if len(cells) == len(header)]
        answers = iter(_answers(asked, [dict(zip(header, cells, strict=True)) for cells in whole]))
        for cells in batch:
            if len(cells) == len(header):
                yield cells, next(answers)
            else:
                # Cut or filled up, so that the answer stands below its header.
                shown = (cells + [""] * len(header))[: len(header)]
                yield shown, {ERROR: f"it has {len(cells)} values, not {len(header)}"}


def _answers(asked: Asked, rows: list[dict[str, str]]) -> list[Answer]:
    """Return an answer for each row, also where some of them make the model refuse them all."""
    if not rows:
        return []
    body = json.dumps({"instances": rows})
    said = asked.inference.transform_fn(asked.model, body, "application/json", "application/json")
    if not isinstance(said, tuple):
        if len(rows) > 1:
            half = len(rows) // 2
            return _answers(asked, rows[:half]) + _answers(asked, rows[half:])
        return [{ERROR: _reason(json.loads(said.get_data(as_text=True)))}]
    answer = json.loads(said[0])
    reasons = {one["row"] - 1: _reason(one) for one in answer.get("refused", [])}
    found: list[Answer] = []
    for row, prediction in enumerate(answer["predictions"]):
        if row in reasons:
            found.append({ERROR: reasons[row]})
            continue
        probabilities = answer.get("probabilities", [{}] * len(rows))[row]
        found.append(
            {"prediction": prediction}
            | {f"probability_{name}": value for name, value in probabilities.items()}
        )
    return found


def _reason(refusal: dict[str, Any]) -> str:
    column = refusal.get("column")
    return f"column {column!r}: {refusal['reason']}" if column else str(refusal["reason"])


def main() -> None:
    """Run the step with the paths that SageMaker mounts."""
    parser = Parser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--version", required=True)
    arguments = parser.parse_args()
    score(arguments.model, arguments.data, arguments.output, arguments.version)


if __name__ == "__main__":
    with reported():
        main()
