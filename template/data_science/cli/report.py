"""The command that shows how good a model is: the report of its evaluation."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from project import console
from project.console import Local
from project.errors import ProjectError, UsageError


def report(
    version: Annotated[
        int | None, typer.Argument(min=1, help="Number of a version; the newest one.")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", help="A run's id instead, also of one that registered nothing."),
    ] = None,
    open_it: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser.")
    ] = True,
    local: Local = None,
) -> None:
    """Copy the evaluation report of a version or a run to data/reports/, and open it.

    Example: ds report 3
    """
    from data_science.runs import comparison, history
    from project import registry, s3
    from project.aws import connect
    from project.settings import ROOT

    if version is not None and run is not None:
        raise UsageError("name a version or a run, not both")
    connection = connect(console.target(local))
    if run is not None:
        what = f"run {run}"
        uri = comparison.evaluation_uri(history.earlier_run(connection, run))
    else:
        found = (
            registry.newest(connection)
            if version is None
            else registry.version(connection, version)
        )
        if found is None:
            raise ProjectError("no version is registered yet; `ds report --run ID` shows a run's")
        what, uri = found.name, found.metrics_uri
    if not uri:
        raise ProjectError(f"{what} was not evaluated; `ds runs` shows the runs there are")
    folder = ROOT / "data" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{what.replace(' ', '-')}.html"
    unfinished = path.with_name(f".{path.name}.part")
    s3.download(connection, f"{uri.rpartition('/')[0]}/report.html", unfinished)
    unfinished.replace(path)
    print(path)
    if open_it:
        with _silent():
            typer.launch(str(path))


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what is started from writing to standard error, as each browser that is not there."""
    before, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nothing)
