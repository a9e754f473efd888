"""The `project` command: who this project is, and what there is of it."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from project import console
from project.console import AsJson, Local
from project.errors import ProjectError, UsageError

app = console.application("Link this project to its SageMaker Project and see what there is of it.")


@app.command()
def link(
    name: Annotated[
        str | None, typer.Option(help="Name of the SageMaker Project; the project's own name.")
    ] = None,
) -> None:
    """Find the SageMaker Project in AWS and write its id into project.yaml.

    Example: project link --name churn
    """
    from project.link import find_project_id, write_project_id
    from project.names import is_project_name
    from project.settings import load_project

    if name is not None and not is_project_name(name):
        said = f"{name!r} is no name of a SageMaker Project"
        raise typer.BadParameter(
            f"{said}: 1 to 32 letters, digits and hyphens, with no hyphen at either end",
            param_hint="--name",
        )

    project = load_project()
    sagemaker_name = name or project.name
    project_id = find_project_id(project, sagemaker_name)
    write_project_id(project_id)
    print(f"project.yaml: id is {project_id}, of the SageMaker Project {sagemaker_name}")
    if project.target == "local":
        print("commands still go to the local SageMaker: `--aws`, or `target: aws` in project.yaml")


@app.command()
def status(local: Local = None, as_json: AsJson = False) -> None:
    """Show the last run, the registered versions and what each endpoint serves.

    Example: project status --json
    """
    from project.aws import connect
    from project.status import gather

    state = gather(connect(console.target(local)))
    if as_json:
        console.print_json(state)
        return
    who, run = state["project"], state["last_run"]
    print(
        f"{who['name']} ({who['id']}) in {who['target']}, account {who['account']}, "
        f"{who['region']}, bucket {who['bucket']}"
    )
    print(f"last run: {run['run']} {run['status']}, {run['started']}" if run else "no run yet")
    if state["versions"]:
        console.print_rows(state["versions"], ["version", "approval", "registered"], False)
    else:
        print("no version registered")
    if state["endpoints"]:
        console.print_rows(state["endpoints"], ["stage", "endpoint", "status", "version"], False)
    else:
        print("no endpoint")


@app.command()
def doctor(local: Local = None, as_json: AsJson = False) -> None:
    """Look for what would stop the project in its account, and say how to mend it.

    Nothing is created or changed. Exits with 1 when something is wrong; what may not be looked at
    is unknown, and no reason to fail.

    Example: project doctor --aws
    """
    from project.doctor.examination import examination

    found = []
    for one in examination(console.target(local)):
        found.append(one)
        if not as_json:
            print(f"{one.state:<9}{one.what}: {one.seen}", flush=True)
            if one.todo:
                print(f"         → {one.todo}", flush=True)
    if as_json:
        console.print_json([one.as_json() for one in found])
    bad = sum(one.state == "wrong" for one in found)
    if bad:
        raise ProjectError(f"{bad} of {len(found)} things are wrong; mend them as it says above")


@app.command()
def teardown(
    stage: Annotated[
        str | None, typer.Option(metavar="STAGE", help="Only what serves this stage.")
    ] = None,
    data: Annotated[
        bool,
        typer.Option("--data", help="Also the registered versions and the objects in S3."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
    local: Local = None,
    as_json: AsJson = False,
) -> None:
    """Show what the project created in its account, and remove it once that is agreed to.

    Only what carries the project's id is found. Jobs and runs cannot be deleted and cost nothing;
    buckets, roles and the SageMaker Project are the administrator's. Again, it goes on with what
    is left.

    Example: project teardown --stage staging
    """
    from project import teardown as down
    from project.aws import connect

    connection = connect(console.target(local))
    found = down.find(connection, stage, data)
    if not found and not as_json:
        print(f"nothing carries the project's id {connection.project_id}")
    elif not as_json:
        console.print_rows([asdict(one) for one in found], ["kind", "name", "stage"], False)
    elif not yes:
        console.print_json([asdict(one) for one in found])
    if not yes and found:
        if as_json or not sys.stdin.isatty():
            raise UsageError("nothing was removed; remove what is listed with --yes")
        name = connection.project.name
        if typer.prompt(f"to remove these {len(found)}, type {name}", err=True) != name:
            raise ProjectError("nothing was removed; run it again and type the project's name")
    outcomes = []
    for one, problem in down.remove(connection, found):
        outcomes.append({**asdict(one), "problem": problem})
        if not as_json:
            print(
                f"{'FAILED' if problem else 'removed':<9}{one.kind} {one.name} {problem}".rstrip()
            )
    if as_json and yes:
        console.print_json(outcomes)
    bad = sum(bool(one["problem"]) for one in outcomes)
    if bad:
        raise ProjectError(f"{bad} of {len(found)} are still there; run the same command again")


def main() -> None:
    """Run the command line."""
    console.run(app)
