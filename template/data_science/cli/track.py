"""The commands that log runs to MLflow and show them there."""

import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from data_science.cli.report import opened
from project import console
from project.console import AsJson, Local
from project.errors import InterruptedByUser, ProjectError

if TYPE_CHECKING:
    from data_science.config.tracking import Mlflow
    from project.aws import Connection

app = console.application("Log runs to MLflow, and look at them there.")


@app.command()
def sync(
    local: Local = None,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="At most N.")] = 20,
) -> None:
    """Log those of the newest runs to MLflow that have ended and are not there yet.

    `ds run` and `ds retry` log the run that they follow; this logs what they did not see.

    Example: ds track sync --limit 50
    """
    from data_science.runs import history, tracking
    from project.aws import connect

    wanted = _wanted()
    connection = connect(console.target(local))
    runs = history.earlier_runs(connection, limit)
    rows = [
        {"run": run.id, "status": run.status, "mlflow": what}
        for run, what in tracking.log(connection, wanted, runs)
    ]
    console.print_rows(rows, ["run", "status", "mlflow"], as_json)


@app.command()
def ui(
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Where it listens; 0: any.")
    ] = 0,
    open_it: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser.")
    ] = True,
    local: Local = None,
) -> None:
    """Show runs in MLflow's own pages: on this machine until Ctrl-C, or those of an MLflow App.

    Example: ds track ui
    """
    from data_science.runs.mlflow_server import serving
    from project.aws import connect
    from project.settings import load_project

    wanted = _wanted()
    if wanted.uri is not None:
        connection = connect(console.target(local))
        if connection.target == "aws":
            url = _presigned(connection, wanted.uri)
            print(f"{url}\nit opens once, within five minutes")
            if open_it:
                opened(url)
            return
    with serving(load_project().name, port) as (url, server):
        print(f"{url}\nCtrl-C ends it", flush=True)
        if open_it:
            opened(url)
        try:
            server.wait()
        except InterruptedByUser as interrupted:
            if interrupted.signal != signal.SIGINT:
                raise
            return
    raise ProjectError("MLflow's server has ended; start it again")


def follow_and_log(
    connection: "Connection", arn: str, tracking: "Mlflow | None", logs: bool = False
) -> None:
    """Follow a run as `follow` does and then log it, if the settings say so.

    How the run ended is what counts: what goes wrong with the logging is told, and no more.

    Parameters
    ----------
    arn : of the run.
    logs : whether what the jobs printed is shown as well.

    Raises
    ------
    ProjectError : the run failed or was stopped.
    """
    from data_science.cli.following import follow

    failure = None
    try:
        follow(connection, arn, logs)
    except ProjectError as error:
        failure = error
    if tracking is not None:
        _log(connection, arn, tracking)
    if failure is not None:
        raise failure


def _log(connection: "Connection", arn: str, tracking: "Mlflow") -> None:
    from data_science.runs import execution, history
    from data_science.runs.tracking import log

    left = "the run has ended, and `ds track sync` logs it"
    try:
        with console.leaving(left), console.timed("log the run to MLflow"):
            run = history.earlier_run(connection, execution.run_id(arn))
            for _ in log(connection, tracking, [run]):
                pass
    except Exception as error:
        # Also what nobody foresaw: `ds track sync` meets it again, and shows it whole.
        said = " ".join(str(error).split()) or type(error).__name__
        print(f"the run is not in MLflow: {said}; `ds track sync` logs it later", file=sys.stderr)


def _presigned(connection: "Connection", arn: str) -> str:
    # The App may be in another region than the project.
    client = connection.session.create_client("sagemaker", region_name=arn.split(":")[3])
    return str(client.create_presigned_mlflow_app_url(Arn=arn)["AuthorizedUrl"])


def _wanted() -> "Mlflow":
    from data_science.config.settings import load_settings
    from project.settings import load_project

    wanted = load_settings(load_project().problem_type).tracking
    if wanted is None:
        raise ProjectError(
            "data_science/settings.yaml logs runs to nothing; write `tracking: mlflow` there"
        )
    return wanted
