"""Runs the project's commands as a user does."""

import contextlib
import importlib
import io
import signal
import subprocess
import sys

from project.settings import ROOT


def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project in a process of its own; return its end and what it printed.

    Parameters
    ----------
    command : `ds`, `ops` or `project`.
    arguments : what follows on the command line.
    """
    return subprocess.run(
        [sys.executable, "-c", f"from {_module(command)} import main; main()", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def call(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Do the same as `run` in this process: that takes a fraction of the time.

    Parameters
    ----------
    command, arguments : as in `run`.
    """
    main = importlib.import_module(_module(command)).main
    out, error = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    before, interrupt, code = sys.argv, signal.getsignal(signal.SIGINT), 0
    sys.argv = [command, *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
        signal.signal(signal.SIGINT, interrupt)
    texts = []
    for stream in (out, error):
        stream.seek(0)
        texts.append(stream.read())
    return subprocess.CompletedProcess([command, *arguments], code, *texts)


def _module(command: str) -> str:
    package = {"ds": "data_science"}.get(command, command)
    return f"{package}.cli"
