"""The commands that look at runs, compare them, stop them and let them go on."""

from pathlib import Path
from typing import Annotated

import typer

from data_science.cli.options import Parameters, Run, choice, name_values
from project import console
from project.console import AsJson, Local
from project.errors import ProjectError, UsageError

_WIDTH = 32


def list_runs(
    local: Local = None,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="At most N.")] = 20,
) -> None:
    """List the newest runs of the pipeline, the newest first: how long they took, and with what.

    What starts the pipeline by itself, and who is told of a run that fails, is named below.

    Example: ds runs --limit 5
    """
    from data_science.runs import comparison, history, notices, triggers
    from project.aws import connect

    connection = connect(console.target(local))
    rows = [comparison.described(run) for run in history.earlier_runs(connection, limit)]
    if not as_json:
        for row in rows:
            row["parameters"] = comparison.in_words(row["parameters"])
    head = ["run", "status", "started", "seconds", "parameters"]
    console.print_rows(rows, head, as_json)
    if not as_json:
        for line in triggers.there(connection) + notices.there(connection):
            print(line)


def compare(
    run: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Runs' ids, as `ds runs` shows them.")
    ],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with plots.")
    ] = None,
    local: Local = None,
    as_json: AsJson = False,
) -> None:
    """Show runs side by side: parameters, metrics, durations, instances.

    Example: ds compare 3fz8 k1q0 --html compare.html
    """
    from data_science.runs import comparison, history
    from data_science.runs.comparison_page import page, shown
    from project.aws import connect

    if html is not None and html.exists() and not html.is_file():
        raise UsageError(f"--html: {html} is there and is no file; name another")
    connection = connect(console.target(local))
    runs = [comparison.compared(history.earlier_run(connection, one)) for one in run]
    if html is not None:
        title = f"Runs of {connection.project.name}"
        unfinished = html.with_name(f".{html.name}.part")
        unfinished.write_text(page(runs, title), "utf-8")
        unfinished.replace(html)
    if as_json:
        console.print_json(runs)
        return
    rows = [
        {"": name} | {one["run"]: _short(shown(values[index])) for index, one in enumerate(runs)}
        for name, values in comparison.lines(runs)
    ]
    console.print_rows(rows, ["", *(one["run"] for one in runs)], as_json=False)
    if html is not None:
        print(f"\nwritten: {html}")


def trials(run: Run = None, local: Local = None, as_json: AsJson = False) -> None:
    """List the trials of a run that searched for hyperparameters, the best first.

    Example: ds trials
    """
    from data_science.runs import comparison, execution
    from data_science.runs.trials import trials
    from project.aws import connect

    connection = connect(console.target(local))
    rows = trials(connection, execution.find(connection, run))
    if not as_json:
        for row in rows:
            row["hyperparameters"] = comparison.in_words(row["hyperparameters"])
            row["value"] = "" if row["value"] is None else f"{row['value']:.6g}"
    console.print_rows(rows, ["job", "status", "value", "hyperparameters", "reason"], as_json)


def _short(text: str) -> str:
    # URIs differ at their ends.
    return text if len(text) <= _WIDTH else f"…{text[1 - _WIDTH :]}"


def explain_cache(param: Parameters = None, local: Local = None, as_json: AsJson = False) -> None:
    """Say for each step whether `ds run` would take its result from an earlier run, or why not.

    Nothing is started or uploaded.

    Example: ds explain-cache --param QualityThreshold=0.95
    """
    import json
    from datetime import UTC, datetime

    from data_science.config.settings import load_settings
    from data_science.pipeline.bundle import read_bundle
    from data_science.pipeline.definition import definition
    from data_science.runs import history, inputs, step_cache
    from data_science.runs.parameters import parameter_problem, values
    from project.aws import connect

    given = name_values(param or [])
    connection = connect(console.target(local))
    settings = load_settings(connection.project.problem_type)
    document = json.loads(definition(connection, settings, read_bundle()))
    problem = parameter_problem(document, settings, given)
    if problem:
        raise UsageError(f"--param: {problem}")
    given, _ = inputs.with_usual(connection, settings, document, given, inputs.input_uri)
    verdicts = step_cache.explain(
        document, values(document, given), history.with_sources(connection), datetime.now(UTC)
    )
    rows = [
        {
            "step": one.step,
            "becomes": (f"cached, from run {one.reused_from}" if one.reused_from else "runs")
            + (f" if {one.chosen_by} chooses it" if one.chosen_by else ""),
            "reason": one.reason,
        }
        for one in verdicts
    ]
    console.print_rows(rows, ["step", "becomes", "reason"], as_json)


def logs(
    step: Annotated[str | None, typer.Argument(help="Name of a step; all of them.")] = None,
    run: Run = None,
    local: Local = None,
) -> None:
    """Print what the jobs of a run printed; of a search each trial, the best first.

    Why a run failed is said at the end.

    Example: ds logs Train
    """
    from data_science.runs import execution
    from data_science.runs.failure import failure
    from data_science.runs.logs import job_log
    from data_science.runs.trials import jobs_of
    from project.aws import connect

    connection = connect(console.target(local))
    arn = execution.find(connection, run)
    every = execution.steps(connection, arn)
    steps = {one.name: one for one in every if one.has_jobs}
    if step is not None and step not in steps:
        raise UsageError(f"no job of step {step} in this run; {choice(step, steps)}")
    printed = False
    for name in steps if step is None else [step]:
        for beginning, job in jobs_of(connection, steps[name]):
            for line in job_log(connection, job):
                printed = True
                print(f"{beginning}: {line}")
    failed = failure(connection, every) if step is None else None
    if failed is not None:
        print(f"{failed.step} failed: {failed.cause}")
    elif not printed:
        raise ProjectError(f"nothing was printed; {execution.outcome(connection, arn)}")


def retry(
    run: Run = None,
    wait: Annotated[bool, typer.Option(help="Follow the steps until the run has ended.")] = True,
    local: Local = None,
) -> None:
    """Let a run that failed or was stopped go on: what succeeded is not run again.

    It goes on with the definition and the code that it was started with.

    Example: ds retry
    """
    from data_science.cli.track import follow_and_log
    from data_science.config.settings import load_settings
    from data_science.runs import execution
    from project.aws import connect

    connection = connect(console.target(local))
    tracking = load_settings(connection.project.problem_type).tracking
    arn = execution.find(connection, run)
    execution.retry(connection, arn)
    print(f"run {execution.run_id(arn)} goes on")
    if wait:
        follow_and_log(connection, arn, tracking)


def stop(run: Run = None, local: Local = None) -> None:
    """Stop a run that is under way.

    Example: ds stop
    """
    from data_science.runs import execution
    from project.aws import connect

    connection = connect(console.target(local))
    arn = execution.find(connection, run)
    state = execution.status(connection, arn)
    if state not in execution.RUNNING:
        raise ProjectError(f"run {execution.run_id(arn)} is not under way: it has {state.lower()}")
    execution.stop(connection, arn)
    print(f"run {execution.run_id(arn)}: {execution.status(connection, arn).lower()}")
