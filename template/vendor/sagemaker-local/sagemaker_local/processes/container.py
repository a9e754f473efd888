"""What stands for the container: a private root, our Python, and an environment of its own."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sagemaker_local.environment import client_environment, program_environment
from sagemaker_local.home import Home, Running
from sagemaker_local.processes import pip
from sagemaker_local.processes.opt_ml import PATH


def basic_environment() -> dict[str, str]:
    """Return the variables that every job and model server has: none leads to an account."""
    return program_environment(os.environ) | {"PYTHONUNBUFFERED": "1"}


def container_command(argv: Sequence[str]) -> list[str]:
    """Return a container's command as it runs here: with our Python."""
    return [sys.executable if argv[0] in ("python", "python3") else argv[0], *argv[1:]]


def container_environment(
    running: Running, home: Home, region: str, wanted: Mapping[str, str], tree: Path
) -> dict[str, str]:
    """Return the environment of a job or model server.

    Parameters
    ----------
    running, home : the server, whose endpoint and keys it gets, and its state folder.
    region : where the job runs.
    wanted : the request's own variables.
    tree : the folder that stands for the container's root.
    """
    # A shell script that says `python` means ours as well.
    folders = (str(tree / "bin"), os.path.dirname(sys.executable))
    path = os.pathsep.join((*folders, os.environ.get("PATH", os.defpath)))
    own = {"HOME": str(tree / "root"), "PATH": path}
    whole = basic_environment() | client_environment(home, running, region) | own | dict(wanted)
    modules = (whole.get("PYTHONPATH"), str(tree / pip.FOLDER))
    return whole | {"PYTHONPATH": os.pathsep.join(filter(None, modules))}


def python_path(folder: str) -> str:
    """Return the PYTHONPATH of a command whose modules lie in a folder of the container."""
    return os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))


def make_root(tree: Path) -> Path:
    """Make the folder that stands for a container's root; return the `/opt/ml` in it."""
    (tree / "root").mkdir(parents=True)
    pip.write_shim(tree)
    opt_ml = inside(tree, PATH)
    opt_ml.mkdir(parents=True)
    return opt_ml


def inside(tree: Path, path: str) -> Path:
    """Return where a path of the container lies on this machine.

    Raises
    ------
    ValueError : it is not below `/opt/ml`, so that the container would not find it there.
    """
    moved = tree / path.lstrip("/")
    if not moved.resolve().is_relative_to((tree / PATH.lstrip("/")).resolve()):
        raise ValueError(f"the local SageMaker has no {path}, only paths in {PATH}")
    return moved
