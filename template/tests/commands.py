"""Runs the project's commands as a user does: each in a process of its own."""

import subprocess
import sys

from project.settings import ROOT


def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project and return how it ended and what it printed.

    Parameters
    ----------
    command : `ds`, `ops` or `project`.
    arguments : what follows on the command line.
    """
    package = {"ds": "data_science"}.get(command, command)
    return subprocess.run(
        [sys.executable, "-c", f"from {package}.cli import main; main()", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
