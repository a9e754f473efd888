"""The command that takes a data scientist's own table into the project."""

import shlex
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from project import console
from project.console import AsJson

if TYPE_CHECKING:
    # Both bring pandas and scikit-learn along, and a user who asks for `--help` waits for them.
    from data_science.adopt.plan import Plan
    from data_science.adopt.profile import Profile

SHOWN = 20


def adopt(
    file: Annotated[
        Path,
        typer.Argument(help="A CSV or Parquet file, packed or not, or a folder of them."),
    ],
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column to predict; that of schema.json."),
    ] = None,
    problem_type: Annotated[
        Literal["classification", "regression"] | None,
        typer.Option(help="What predicting it is, if the column itself does not tell."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV file, if it is not found out, such as cp1250.")
    ] = None,
    day_first: Annotated[
        bool | None,
        typer.Option(
            "--day-first/--month-first",
            help="How to read dates such as 01/02/2026, if no date of the column tells.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take your own data into the project: read them, say what they hold, write it down.

    Writes a CSV file and a report under data/adopted/, schema.json, and what has to fit in
    settings.yaml and project.yaml. Then `ds run` trains on them.

    Example: ds adopt penguins.csv --target species
    """
    from data_science.adopt import taking_over
    from data_science.adopt.plan import make_plan, problem_type_of
    from data_science.adopt.profile import profile, read_columns
    from data_science.adopt.source import read_source
    from project.errors import UsageError
    from project.settings import load_project

    project = load_project()
    source = read_source(file, encoding)
    columns = read_columns(source, day_first)
    if target is not None and target not in columns:
        raise UsageError(_no_column(target, columns))
    usual = taking_over.current_target()
    target = target or (usual if usual in columns else None)
    name = file.resolve().name.partition(".")[0]
    plan = None
    if target is None:
        found = profile(source, columns, None, False)
    else:
        kind = problem_type_of(target, columns[target], problem_type, project.problem_type)
        found = profile(source, columns, target, kind == "classification")
    if not as_json:
        _say(name, found, target)
    if target is None:
        written = taking_over.report_only(name, found)
    else:
        plan = make_plan(found, target, kind, taking_over.current_quality())
        written = taking_over.files(name, found, plan, project.problem_type)
    if not dry_run:
        taking_over.write(written)
    report = f"{taking_over.FOLDER}/{name}.html"
    if as_json:
        console.print_json(_document(found, plan, list(written), None if dry_run else report))
    else:
        _say_end(plan, list(written), report, dry_run)
    if plan is None:
        raise UsageError(
            f"name the column to predict: ds adopt {shlex.quote(str(file))} --target COLUMN; the "
            f"last one is {list(source.table)[-1]!r}"
        )


def _no_column(wanted: str, columns: Iterable[str]) -> str:
    folded = {name.casefold(): name for name in columns}
    alike = get_close_matches(wanted.casefold(), folded, n=1)
    if alike:
        return f"there is no column {wanted!r}; did you mean {folded[alike[0]]}?"
    return f"there is no column {wanted!r}; there are {', '.join(columns)}"


def _say(name: str, found: "Profile", target: str | None) -> None:
    source = found.source
    files = f" in {source.files} files" if source.files > 1 else ""
    rows, width = source.table.shape
    print(f"{name}: {source.form}, {rows:,} rows, {width:,} columns{files}\n")
    described = [_described(found, one, target) for one in found.columns]
    head = ["column", "kind", "values", "empty", "use"]
    console.print_rows(
        [{**one, "empty": f"{one['empty']:.1%}"} for one in described[:SHOWN]], head, False
    )
    if width > SHOWN:
        print(f"… and {width - SHOWN} more columns; the report shows them")
    if found.findings:
        print()
    for one in found.findings[:SHOWN]:
        about = f"{one.column}: " if one.column is not None else ""
        print(f"{one.what}: {about}{one.message}{' (left out)' if one.left_out else ''}")
    if len(found.findings) > SHOWN:
        print(f"… and {len(found.findings) - SHOWN} more findings; the report shows them")


def _described(found: "Profile", name: str, target: str | None) -> dict[str, Any]:
    column = found.columns[name]
    use = "target" if name == target else "left out" if name in found.left_out else "feature"
    return {
        "column": name,
        "kind": column.kind,
        "values": int(column.texts.nunique()),
        "empty": float(column.texts.isna().mean()),
        "use": use,
    }


def _say_end(plan: "Plan | None", written: list[str], report: str, dry_run: bool) -> None:
    print()
    for note in plan.notes if plan is not None else []:
        print(note)
    if plan is not None:
        quality = {key: value for (part, key), value in plan.settings.items() if part == "quality"}
        about = f" of {quality['positive']!r}" if quality["positive"] is not None else ""
        print(
            f"{plan.problem_type} of {plan.schema['target']}, judged by {quality['metric']}{about}"
        )
    for path in written:
        print(f"{'would write' if dry_run else 'wrote'} {path}")
    if not written:
        print("nothing has changed")
    if not dry_run:
        print(f"look at {report}")
    if plan is not None:
        print(
            "then: uv run ds run --local; and say under model_card in settings.yaml what it is for"
        )


def _document(
    found: "Profile", plan: "Plan | None", written: list[str], report: str | None
) -> dict[str, Any]:
    target = plan.schema["target"] if plan is not None else None
    return {
        "form": found.source.form,
        "rows": len(found.source.table),
        "columns": [_described(found, name, target) for name in found.columns],
        "findings": [
            {"column": one.column, "what": one.what, "message": one.message}
            for one in found.findings
        ],
        "target": target,
        "problem_type": plan.problem_type if plan is not None else None,
        "notes": plan.notes if plan is not None else [],
        "written": written,
        "report": report,
    }
