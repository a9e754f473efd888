"""The commands that look at runs, and stop them."""

from typing import Annotated

import typer

from data_science.cli.options import Run
from project import console
from project.console import AsJson, Local


def list_runs(
    local: Local = None,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="At most N.")] = 20,
) -> None:
    """List the newest runs of the pipeline.

    Example: ds runs
    """
    from data_science.runs import execution
    from project.aws import connect

    found = execution.recent(connect(console.target(local)), limit)
    rows = [
        {
            "run": execution.run_id(item["PipelineExecutionArn"]),
            "status": item["PipelineExecutionStatus"],
            "started": item["StartTime"].isoformat(timespec="seconds"),
        }
        for item in found
    ]
    console.print_rows(rows, ["run", "status", "started"], as_json)


def logs(
    step: Annotated[str | None, typer.Argument(help="Name of a step; all of them.")] = None,
    run: Run = None,
    local: Local = None,
) -> None:
    """Print what the jobs of a run printed.

    Example: ds logs Train
    """
    from data_science.runs import execution
    from data_science.runs.logs import job_log
    from project.aws import connect
    from project.errors import ProjectError

    connection = connect(console.target(local))
    arn = execution.find(connection, run)
    jobs = {item.name: item.job_arn for item in execution.steps(connection, arn) if item.job_arn}
    if step is not None and step not in jobs:
        raise typer.BadParameter(
            f"no job of step {step} in this run; it has {', '.join(jobs) or 'none'}"
        )
    printed = False
    for name in jobs if step is None else [step]:
        for line in job_log(connection, jobs[name]):
            printed = True
            print(f"{name}: {line}")
    if not printed:
        raise ProjectError(f"nothing was printed; {execution.outcome(connection, arn)}")


def stop(run: Run = None, local: Local = None) -> None:
    """Stop a run that is under way.

    Example: ds stop
    """
    from data_science.runs import execution
    from project.aws import connect
    from project.errors import ProjectError

    connection = connect(console.target(local))
    arn = execution.find(connection, run)
    state = execution.status(connection, arn)
    if state not in execution.RUNNING:
        raise ProjectError(f"run {execution.run_id(arn)} is not under way: it has {state.lower()}")
    execution.stop(connection, arn)
    print(f"run {execution.run_id(arn)}: {execution.status(connection, arn).lower()}")
