"""The commands that compile the pipeline and run it."""

from typing import Annotated, Any

import typer

from data_science.cli.options import Parameters, choice, name_values
from project import console
from project.console import Local
from project.errors import UsageError


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
    param: Parameters = None,
    wait: Annotated[bool, typer.Option(help="Follow the steps until the run has ended.")] = True,
    logs: Annotated[bool, typer.Option("--logs", help="Print what each job printed.")] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Start it even if an earlier run did the same; its steps may still be cached.",
        ),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="STEP",
            help="Run this step alone, or take it from the cache; may be repeated.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="RUN", help="Run to take the rest from; the newest that succeeded."
        ),
    ] = None,
) -> None:
    """Upsert the pipeline, start it and follow its steps.

    Nothing is started when an earlier run did the same and its version is still there; a run that
    is at the same is followed instead. Exits with 1 when the run failed; the last line then says
    why.

    Example: ds run --local --param QualityThreshold=0.95
    """
    import json

    from data_science.cli.following import in_words
    from data_science.cli.track import follow_and_log
    from data_science.config.settings import load_settings
    from data_science.pipeline.bundle import read_bundle
    from data_science.pipeline.definition import definition
    from data_science.runs import execution, history, inputs, mlflow_store, notices, triggers
    from data_science.runs.parameters import CHAMPION, parameter_problem
    from data_science.runs.versions import metrics
    from project.aws import connect

    parameters = name_values(param or [])
    if source is not None and not only:
        raise UsageError("--from goes with --only")
    with console.leaving("no run was started"):
        with console.timed("connect"):
            connection = connect(console.target(local))
        pipeline = connection.project.name
        settings = load_settings(connection.project.problem_type)
        if settings.tracking:
            mlflow_store.check_installed()
        bundle = read_bundle()
        with console.timed("compile the pipeline"):
            text = definition(connection, settings, bundle)
        document = json.loads(text)
        problem = parameter_problem(document, settings, parameters)
        if problem:
            raise UsageError(f"--param: {problem}")
        for name in only or []:
            _check_step(document, name)
        taken_from = history.source_of(connection, source) if only else ""
        with console.timed("upload code and data, upsert the pipeline"):
            bundle.upload(connection)
            parameters, usual = inputs.with_usual(
                connection, settings, document, parameters, inputs.upload_input
            )
            execution.upsert(connection, text, pipeline)
            said = triggers.set_up(connection, settings.triggers, inputs.provenance() | usual)
            said += notices.set_up(connection, settings.notices)
        for line in said:
            print(line)
        decided_on = execution.decided_on(connection, text, pipeline)
        same = None
        if not force and not only:
            same = history.same_work(connection, document, parameters, settings.cache_days)
        earlier, registered = same or (None, None)
        if earlier is not None and registered is not None:
            own = parameters.get(CHAMPION) == registered.container["ModelDataUrl"]
            why = ", and its model is the champion" if own else ""
            print(f"nothing to do: run {earlier.id} did the same{why}; --force starts it again")
            print(f"{registered.name} is there: {in_words(metrics(connection, registered))}")
            return
        parameters = inputs.provenance() | parameters
    if earlier is not None:
        arn = earlier.arn
        print(f"run {earlier.id} is at the same; --force starts it again")
    else:
        arn = execution.start(
            connection, parameters, pipeline, only or [], taken_from, decided_on=decided_on
        )
        print(f"run {execution.run_id(arn)} of pipeline {pipeline} in {connection.target}")
    if only and settings.cache_days:
        print(
            "a step that did the same before is cached, also with --only; `cache_days: 0` runs it"
        )
    if wait:
        follow_and_log(connection, arn, settings.tracking, logs)


def _check_step(document: dict[str, Any], name: str) -> None:
    names = [step["Name"] for step in document["Steps"]]
    if name not in names:
        raise UsageError(f"--only: the pipeline has no step {name}; {choice(name, names)}")
