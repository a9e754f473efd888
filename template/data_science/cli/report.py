"""The command that shows how good a model is: the report of its evaluation."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from project import console
from project.console import Local
from project.errors import ProjectError, UsageError

_LONGEST_SECONDS = 1.0


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
    from data_science.runs import comparison, history, identity
    from project import registry, s3
    from project.aws import connect
    from project.settings import ROOT

    if version is not None and run is not None:
        raise UsageError("name a version or a run, not both")
    connection = connect(console.target(local))
    if run is not None:
        what = f"run {run}"
        earlier = history.earlier_run(connection, run)
        uri = comparison.evaluation_uri(earlier)
        facts = identity.of_run(connection.project.name, earlier)
    else:
        found = (
            registry.newest(connection)
            if version is None
            else registry.version(connection, version)
        )
        if found is None:
            raise ProjectError("no version is registered yet; `ds report --run ID` shows a run's")
        what, uri = found.name, found.metrics_uri
        facts = identity.of_version(connection.project.name, found)
    if not uri:
        raise ProjectError(f"{what} was not evaluated; `ds runs` shows the runs there are")
    folder = ROOT / "data" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{what.replace(' ', '-')}.html"
    unfinished = path.with_name(f".{path.name}.part")
    s3.download(connection, f"{uri.rpartition('/')[0]}/report.html", unfinished)
    page = identity.written_into(unfinished.read_text("utf-8"), facts)
    unfinished.write_text(page, "utf-8")
    unfinished.replace(path)
    print(path)
    if open_it and not opened(path.as_uri()):
        note = "note: no browser could be started here; open the file in one of yours"
        print(note, file=sys.stderr)


def opened(url: str) -> bool:
    """Open a page in the browser, and return whether there is one.

    The browser is started by a process apart: what it prints is nobody's business, and a script
    that reads the path need not wait until the window is closed.
    """
    code = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"
    starting = subprocess.Popen(
        [sys.executable, "-c", code, url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # With it a browser of the terminal would do, whose page nobody sees.
        env={name: value for name, value in os.environ.items() if name != "TERM"},
    )
    try:
        return starting.wait(_LONGEST_SECONDS) == 0
    except subprocess.TimeoutExpired:
        # Some browsers are not left before they are closed.
        return True
