"""The `project` command: who this project is, and what there is of it."""

from typing import Annotated

import typer

from project import console
from project.console import AsJson, Local

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


def main() -> None:
    """Run the command line."""
    console.run(app)
