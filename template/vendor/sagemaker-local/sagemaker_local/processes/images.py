"""Commands in container images: what a container engine is told, by the command `docker`."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from sagemaker_local.environment import client_environment, engine_environment
from sagemaker_local.home import Home, Running
from sagemaker_local.processes.command import Command
from sagemaker_local.processes.opt_ml import PATH

HOST = "host.docker.internal"
"""The machine as containers call it that share no network with it, as on macOS."""

_ON_LINUX = sys.platform == "linux"
_LABEL = "sagemaker-local.home"
# An engine that is asked for little answers at once, or not at all.
_SECONDS = 30


class ImageError(Exception):
    """A command cannot run in its image; the message says why and what to do."""


def check_engine() -> None:
    """Refuse to go on without a container engine.

    Raises
    ------
    ImageError : there is none, or it does not answer.
    """
    if shutil.which("docker") is None:
        raise ImageError("--docker needs the command `docker`; install a container engine")
    done = _docker("version", "--format", "{{.Server.Version}}")
    if done.returncode:
        raise ImageError(f"the container engine does not answer: {_said(done)}; start it")


def check_image(image: str) -> None:
    """Refuse an image that is not on this machine: none is pulled.

    Raises
    ------
    ImageError : it is not there, or the engine does not answer.
    """
    done = _docker("image", "inspect", "--format", "{{.Id}}", image)
    if done.returncode:
        check_engine()
        login = ", after `docker login` to its registry" if ".dkr.ecr." in image else ""
        raise ImageError(
            f"the image {image} is not on this machine; get it with `docker pull {image}`{login}"
        )


def image_command(
    running: Running,
    home: Home,
    region: str,
    image: str,
    entrypoint: Sequence[str],
    arguments: Sequence[str],
    wanted: Mapping[str, str],
    tree: Path,
    log: Path,
) -> Command:
    """Return the command that runs a container to its end, and leaves nothing of it.

    Parameters
    ----------
    running, home : the server, whose endpoint and keys the container gets, and its state folder.
    region : where the job runs.
    image : what it runs.
    entrypoint : what it runs in the place of the image's own entry point; empty for that.
    arguments : what the entry point gets.
    wanted : the request's own variables.
    tree : the folder that stands for the container's root, with its `/opt/ml` in it.
    log : the file that its output is appended to.
    """
    own = engine_environment(os.environ)
    variables = {**_client_environment(home, running, region), **wanted}
    name = f"sagemaker-local-{uuid.uuid4().hex[:12]}"
    opt_ml = tree / PATH.lstrip("/")
    return Command(
        argv=[
            *("docker", "run", "--name", name, "--label", f"{_LABEL}={home.path}", "--pull=never"),
            *("--stop-signal=SIGTERM", "--hostname=algo-1", "--add-host=algo-1:127.0.0.1"),
            *(("--network=host",) if _ON_LINUX else (f"--add-host={HOST}:host-gateway",)),
            *("--mount", _mount(opt_ml, PATH)),
            *("--mount", f"{_mount(home.aws_models, str(home.aws_models))},readonly"),
            *("--mount", f"{_mount(home.sdk_config, str(home.sdk_config))},readonly"),
            # By their names alone, since other users see the arguments of a process, and the key
            # is among them. The engine's own command must not read those that it would heed.
            *(f"--env={key}" for key in variables if key not in own),
            *(f"--env={key}={variables[key]}" for key in variables if key in own),
            *((f"--entrypoint={entrypoint[0]}",) if entrypoint else ()),
            *(image, *entrypoint[1:], *arguments),
        ],
        environment={**variables, **own},
        folder=str(tree),
        log=str(log),
        opt_ml="",
        ends=True,
        after=("docker", "rm", "--force", "--volumes", name),
    )


def take_over(image: str, tree: Path) -> None:
    """Make what a container wrote ours, where its user is another one: we have to delete it.

    Parameters
    ----------
    image : what the container ran; its `chown` is used.
    tree : the folder that stood for its root.
    """
    opt_ml, user = tree / PATH.lstrip("/"), os.geteuid()
    if all(path.lstat().st_uid == user for path in opt_ml.rglob("*")):
        return
    owner = f"{user}:{os.getegid()}"
    mount = ("--mount", _mount(opt_ml, PATH))
    options = ("--rm", "--pull=never", "--network=none", "--user=0:0", *mount)
    _docker("run", *options, "--entrypoint=chown", image, "-R", owner, PATH)


def remove_containers(home: Home) -> None:
    """Remove the containers that an earlier server of a state folder left behind."""
    found = _docker("ps", "--all", "--quiet", "--filter", f"label={_LABEL}={home.path}")
    if names := found.stdout.split():
        _docker("rm", "--force", "--volumes", *names)


def _client_environment(home: Home, running: Running, region: str) -> dict[str, str]:
    variables = client_environment(home, running, region)
    if _ON_LINUX:
        return variables
    spared = f"{variables['no_proxy']},{HOST}"
    url = running.url.replace("127.0.0.1", HOST)
    return variables | {"AWS_ENDPOINT_URL": url, "NO_PROXY": spared, "no_proxy": spared}


def _mount(source: Path, target: str) -> str:
    # The option is a line of CSV.
    return f'type=bind,"source={source}","target={target}"'


def _docker(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["docker", *arguments]
    try:
        return subprocess.run(
            command,
            env=engine_environment(os.environ),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _said(done: "subprocess.CompletedProcess[str]") -> str:
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
