"""The commands that compile the pipeline and run it."""

from typing import Annotated

import typer

from project import console
from project.console import Local


def definition(local: Local = None) -> None:
    """Print the pipeline definition: the same sources give the same bytes.

    Example: ds definition > definition.json
    """
    from data_science.config.settings import load_settings
    from data_science.pipeline.bundle import read_bundle
    from data_science.pipeline.definition import definition
    from project.aws import connect

    connection = connect(console.target(local))
    settings = load_settings(connection.project.problem_type)
    print(definition(connection, settings, read_bundle()), end="")


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

    from data_science.cli.following import follow
    from data_science.config.declared import hyperparameter_problem
    from data_science.config.settings import load_settings
    from data_science.pipeline.bundle import read_bundle
    from data_science.pipeline.definition import definition
    from data_science.runs import execution, inputs
    from project.aws import connect

    parameters = _parameters(param or [])
    with console.timed("connect"):
        connection = connect(console.target(local))
    settings = load_settings(connection.project.problem_type)
    bundle = read_bundle()
    with console.timed("compile the pipeline"):
        text = definition(connection, settings, bundle)
    problem = execution.parameter_problem(json.loads(text), parameters)
    problem = problem or hyperparameter_problem(parameters)
    if problem:
        raise typer.BadParameter(problem, param_hint="--param")
    with console.timed("upload code and data, upsert the pipeline"):
        bundle.upload(connection)
        if "InputDataUrl" not in parameters:
            parameters["InputDataUrl"] = inputs.upload_input(connection, settings)
        execution.upsert(connection, text, connection.project.name)
    sources = {
        "GitCommit": inputs.git_commit(),
        "TemplateVersion": inputs.template_version(),
    }
    arn = execution.start(connection, sources | parameters, connection.project.name)
    print(
        f"run {execution.run_id(arn)} of pipeline {connection.project.name} in {connection.target}"
    )
    if wait:
        follow(connection, arn)


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{item!r} is not NAME=VALUE", param_hint="--param")
        pairs[name] = value
    return pairs
