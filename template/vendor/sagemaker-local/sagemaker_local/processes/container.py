"""What stands for the container: a private `/opt/ml`, our Python, and an environment of its own."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sagemaker_local.home import Home, Running

_OPT_ML = re.compile(r"(?<![\w.-])/opt/ml(?![\w.-])")


def container_path(text: str, tree: Path) -> str:
    """Return a text with every `/opt/ml` in it led to a private tree."""
    return _OPT_ML.sub(lambda _: str(tree / "opt" / "ml"), text)


def container_command(argv: Sequence[str], tree: Path) -> list[str]:
    """Return a container's command as it runs here: our Python, and a private `/opt/ml`."""
    moved = [container_path(argument, tree) for argument in argv]
    if moved[0] in ("python", "python3"):
        moved[0] = sys.executable
    return moved


def container_environment(
    running: Running, home: Home, region: str, wanted: Mapping[str, str], tree: Path
) -> dict[str, str]:
    """Return the environment of a job or model server.

    It is ours without anything that leads to a real AWS account, with the local endpoint and
    keys instead, and with what the request wants.

    Parameters
    ----------
    running, home : the server and its state folder.
    region : where the job runs.
    wanted : the request's own variables.
    tree : the folder that stands for the container's root.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    asked = {name: container_path(value, tree) for name, value in wanted.items()}
    return ours | running.environment(home, region) | {"PYTHONUNBUFFERED": "1"} | asked
