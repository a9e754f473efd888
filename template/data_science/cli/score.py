"""The command that answers files with a registered version: batch scoring."""

from pathlib import Path
from typing import Annotated

import typer

from project import console
from project.console import Local


def score(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE_OR_URI", help="A CSV or Parquet file, or an s3:// prefix of CSV files."
        ),
    ],
    version: Annotated[
        int | None,
        typer.Option(min=1, help="Number of the version; the newest that is approved."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Copy the answers here.")
    ] = None,
    local: Local = None,
) -> None:
    """Answer each row of the files, and keep the answers beside it, as a run in SageMaker.

    A row that the model refuses has no prediction, and an error that says why. The answers of a
    file of this machine are copied to data/scores/.

    Example: ds score customers.csv --version 3
    """
    from data_science.cli.following import follow
    from data_science.config.settings import load_settings
    from data_science.pipeline.bundle import read_bundle
    from data_science.pipeline.definition import read_schema, scoring_definition, scoring_name
    from data_science.runs import execution, scoring
    from project.aws import connect
    from project.settings import ROOT

    scoring.check_source(source)
    if output is not None:
        scoring.check_output(output)
    connection = connect(console.target(local))
    settings, bundle = load_settings(connection.project.problem_type), read_bundle()
    asked = scoring.version_to_ask(connection, version)
    with console.timed("compile the pipeline"):
        text = scoring_definition(connection, settings, bundle)
    pipeline = scoring_name(connection)
    with console.timed("upload code and data, upsert the pipeline"):
        bundle.upload(connection)
        columns = read_schema(bundle, connection.project.problem_type)["columns"]
        parameters = {
            "InputDataUrl": scoring.input_uri(connection, source, columns),
            "ModelDataUrl": str(asked.container["ModelDataUrl"]),
            "ModelPackageVersion": str(asked.number),
        }
        execution.upsert(connection, text, pipeline)
    unapproved = f" (not approved: {asked.approval})" if asked.approval != "Approved" else ""
    arn = execution.start(connection, parameters, pipeline)
    goes_on = f"the run goes on, and writes its answers to {connection.prefix}/runs/"
    goes_on += f"{execution.run_id(arn)}/score/{scoring.SCORES}"
    with console.leaving(goes_on):
        print(
            f"run {execution.run_id(arn)} of pipeline {pipeline}: {asked.name} answers{unapproved}"
        )
        follow(connection, arn, leaves=goes_on)
        uri = scoring.scores_uri(connection, arn)
    print(f"answers: {uri}")
    if output is None and not source.startswith("s3://"):
        output = ROOT / "data" / "scores"
    if output is not None:
        for path in scoring.fetch(connection, uri, output):
            print(path)
