"""The `ds` command: what a data scientist does with the pipeline and its models."""

from typing import Annotated, Any

import typer

from project import console
from project.console import AsJson, Local

app = console.application("Run the SageMaker pipeline and judge the models it registers.")

Run = Annotated[
    str | None, typer.Option("--run", help="A run's id, as `ds runs` shows it; the newest.")
]
Number = Annotated[
    int, typer.Argument(min=1, help="Number of the version, as `ds versions` shows it.")
]
Limit = Annotated[int, typer.Option(metavar="N", min=1, help="At most the newest N.")]
Reason = Annotated[str, typer.Option(help="Kept with the version.")]


@app.command()
def definition(local: Local = None) -> None:
    """Print the pipeline definition: the same sources give the same bytes.

    Example: ds definition > definition.json
    """
    from data_science.bundle import read_bundle
    from data_science.definition import definition
    from data_science.settings import load_settings
    from project.aws import connect

    connection = connect(console.target(local))
    settings = load_settings(connection.project.problem_type)
    print(definition(connection, settings, read_bundle()), end="")


@app.command()
def run(
    local: Local = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="Set a pipeline parameter."),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Follow the steps until the run has ended.")] = True,
) -> None:
    """Upsert the pipeline, start it and follow its steps.

    Exits with 1 when the run failed; the last line then says why.

    Example: ds run --local --param QualityThreshold=0.95
    """
    import json

    from data_science import inputs, runs
    from data_science.bundle import read_bundle
    from data_science.declared import hyperparameter_problem
    from data_science.definition import definition
    from data_science.settings import load_settings
    from project.aws import connect

    parameters = _parameters(param or [])
    with console.timed("connect"):
        connection = connect(console.target(local))
    settings = load_settings(connection.project.problem_type)
    bundle = read_bundle()
    with console.timed("compile the pipeline"):
        text = definition(connection, settings, bundle)
    problem = runs.parameter_problem(json.loads(text), parameters)
    problem = problem or hyperparameter_problem(parameters)
    if problem:
        raise typer.BadParameter(problem, param_hint="--param")
    with console.timed("upload code and data, upsert the pipeline"):
        bundle.upload(connection)
        if "InputDataUrl" not in parameters:
            parameters["InputDataUrl"] = inputs.upload_input(connection, settings)
        runs.upsert(connection, text)
    sources = {
        "GitCommit": inputs.git_commit(),
        "TemplateVersion": inputs.template_version(),
    }
    arn = runs.start(connection, sources | parameters)
    print(f"run {runs.run_id(arn)} of pipeline {connection.project.name} in {connection.target}")
    if wait:
        _follow(connection, arn)


@app.command(name="runs")
def list_runs(
    local: Local = None,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="At most N.")] = 20,
) -> None:
    """List the newest runs of the pipeline.

    Example: ds runs
    """
    from data_science import runs
    from project.aws import connect

    found = runs.recent(connect(console.target(local)), limit)
    rows = [
        {
            "run": runs.run_id(item["PipelineExecutionArn"]),
            "status": item["PipelineExecutionStatus"],
            "started": item["StartTime"].isoformat(timespec="seconds"),
        }
        for item in found
    ]
    console.print_rows(rows, ["run", "status", "started"], as_json)


@app.command()
def logs(
    step: Annotated[str | None, typer.Argument(help="Name of a step; all of them.")] = None,
    run: Run = None,
    local: Local = None,
) -> None:
    """Print what the jobs of a run printed.

    Example: ds logs Train
    """
    from data_science import runs
    from data_science.logs import job_log
    from project.aws import connect
    from project.errors import ProjectError

    connection = connect(console.target(local))
    arn = runs.find(connection, run)
    jobs = {item.name: item.job_arn for item in runs.steps(connection, arn) if item.job_arn}
    if step is not None and step not in jobs:
        raise ProjectError(f"no job of step {step} in this run; it has {', '.join(jobs) or 'none'}")
    printed = False
    for name in jobs if step is None else [step]:
        for line in job_log(connection, jobs[name]):
            printed = True
            print(f"{name}: {line}")
    if not printed:
        raise ProjectError(f"nothing was printed; {runs.outcome(connection, arn)}")


@app.command()
def stop(run: Run = None, local: Local = None) -> None:
    """Stop a run that is under way.

    Example: ds stop
    """
    from data_science import runs
    from project.aws import connect
    from project.errors import ProjectError

    connection = connect(console.target(local))
    arn = runs.find(connection, run)
    state = runs.status(connection, arn)
    if state not in runs.RUNNING:
        raise ProjectError(f"run {runs.run_id(arn)} is not under way: it has {state.lower()}")
    runs.stop(connection, arn)
    print(f"run {runs.run_id(arn)}: {runs.status(connection, arn).lower()}")


@app.command()
def versions(local: Local = None, as_json: AsJson = False, limit: Limit = 20) -> None:
    """List the newest registered model versions with their metrics.

    Example: ds versions --limit 5
    """
    from itertools import islice

    from data_science.versions import metrics
    from project import registry
    from project.aws import connect
    from project.errors import ProjectError

    connection = connect(console.target(local))
    newest = islice(registry.summaries(connection, page=min(limit, registry.LARGEST_PAGE)), limit)
    rows: list[dict[str, Any]] = []
    for summary in newest:
        version = registry.version(connection, summary.number)
        row: dict[str, Any] = {
            "version": version.number,
            "approval": version.approval,
            "registered": version.created.isoformat(timespec="seconds"),
            "commit": version.metadata.get("git_commit", ""),
        }
        try:
            values, problem = metrics(connection, version), ""
        except ProjectError as error:
            values, problem = {}, str(error)
        rows.append({**row, "metrics": values if as_json else problem or _words(values)})
    if not as_json:
        for row in rows:
            commit, dash, dirty = row["commit"].partition("-")
            row["commit"] = commit[:12] + dash + dirty
    console.print_rows(rows, ["version", "approval", "registered", "commit", "metrics"], as_json)


@app.command()
def approve(version: Number, reason: Reason = "", local: Local = None) -> None:
    """Approve a version for deployment, which is the event that the ops half acts on.

    Example: ds approve 3 --reason "better on the new data"
    """
    _decide(version, "Approved", reason, local)


@app.command()
def reject(version: Number, reason: Reason = "", local: Local = None) -> None:
    """Reject a version; ops will refuse to promote it.

    Example: ds reject 3 --reason "trained on the wrong month"
    """
    _decide(version, "Rejected", reason, local)


def _decide(number: int, approval: str, reason: str, local: bool | None) -> None:
    from project import contract, registry
    from project.aws import connect

    connection = connect(console.target(local))
    if approval == "Approved":
        found = registry.version(connection, number)
        contract.check(found.package, found.name, connection.project_id)
    registry.set_approval(connection, number, approval, reason)
    print(f"version {number}: {approval}")


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{item!r} is not NAME=VALUE", param_hint="--param")
        pairs[name] = value
    return pairs


def _follow(connection: Any, arn: str) -> None:
    from data_science import runs
    from data_science.logs import job_log
    from data_science.versions import metrics
    from project.errors import InterruptedByUser, ProjectError
    from project.registry import version

    shown: set[str] = set()
    steps: list[runs.Step] = []
    try:
        for steps in runs.follow(connection, arn):
            for step in steps:
                if step.name not in shown and step.status not in ("Starting", "Executing"):
                    shown.add(step.name)
                    print(f"  {step.name:<14} {step.status:<10} {_how(step)}", flush=True)
    except InterruptedByUser:
        raise ProjectError("no longer followed; the run goes on, `ds stop` stops it") from None
    state = runs.status(connection, arn)
    if state != "Succeeded":
        for step in steps:
            if step.status == "Failed":
                printed = job_log(connection, step.job_arn) if step.job_arn else []
                lines = [line for line in printed if line.strip()]
                cause = runs.cause(connection, step) or (lines[-1] if lines else step.reason)
                for line in lines[-10:]:
                    if line != cause:
                        print(f"    {line}")
                raise ProjectError(f"{step.name}: {cause}")
        raise ProjectError(f"run {runs.run_id(arn)}: {state.lower()}")
    for step in steps:
        if "RegisterModel" in step.metadata:
            number = int(step.metadata["RegisterModel"]["Arn"].rpartition("/")[2])
            values = metrics(connection, version(connection, number))
            print(f"registered version {number}: {_words(values)}")


def _how(step: Any) -> str:
    if step.cached:
        return "cached"
    # A Fail step has no job that took its time, and no log that says more.
    return step.reason if step.reason and not step.job_arn else f"{step.seconds:.1f} s"


def _words(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())


def main() -> None:
    """Run the command line."""
    console.run(app)
