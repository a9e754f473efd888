"""The `demo` command: the whole story on the local SageMaker, command by command."""

import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from project import console, local
from project.errors import InterruptedByUser, ProjectError
from project.settings import ROOT

app = console.application("Play the whole story on the local SageMaker.")

HOME = ROOT / ".sagemaker-local-demo"
"""The demo's own state folder: what it approves and deploys must not take the place of models that
somebody works with, in this project's local SageMaker or in one that two repositories share."""

UP = ["sagemaker-local", "up"]
DOWN = ["sagemaker-local", "down"]
EXAMPLE_VERSION = ["python", "-m", "demo.example_version"]


@dataclass(frozen=True)
class Scene:
    """A command of the demo and what it is for."""

    title: str
    command: list[str]


def scenes(has_data_science: bool, has_ops: bool) -> list[Scene]:
    """Return what the demo shows between starting and stopping the local SageMaker.

    Parameters
    ----------
    has_data_science, has_ops : which halves there are. Without data science, an
        example stands in for the version that the other repository would register.
    """
    newest = "$newest"
    shown = []
    if has_data_science:
        shown += [
            Scene("Train, evaluate and register a model", ["ds", "run", "--local"]),
            Scene("Look at the registered version and its metrics", ["ds", "versions"]),
            Scene("Approve it", ["ds", "approve", newest]),
        ]
    else:
        shown.append(
            Scene("Register an example version in place of the other half's", EXAMPLE_VERSION)
        )
    if has_ops:
        shown += [
            Scene("Deploy it to staging", ["ops", "promote", "staging"]),
            Scene("Verify staging once more", ["ops", "verify", "staging"]),
            Scene("Deploy the verified version to production", ["ops", "promote", "production"]),
            Scene("Ask production for a prediction", ["ops", "invoke", "production"]),
        ]
    shown.append(Scene("See what there is of the project", ["project", "status"]))
    return shown


@app.command()
def play() -> None:
    """Play the whole story on a local SageMaker of its own, whatever project.yaml names.

    It is apart from the one that the other commands act on. Exits with 1 when a step fails; the
    last line then says which.

    Example: demo
    """
    local.check_installed()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # Whatever project.yaml says, a demo never touches AWS.
    place = {"PROJECT_TARGET": "local", local.HOME: str(HOME)}
    os.environ.update(place)
    named = " ".join(f"{name}={shlex.quote(value)}" for name, value in place.items())
    print(f"A local SageMaker apart from the project's own\n$ export {named}")
    story = [Scene("Start the local SageMaker", UP)]
    story += scenes((ROOT / "data_science").is_dir(), (ROOT / "ops").is_dir())
    story.append(Scene("Stop the local SageMaker; its state is kept", DOWN))
    started = time.monotonic()
    try:
        for number, scene in enumerate(story, 1):
            _play(f"[{number}/{len(story)}]", scene)
    except (ProjectError, InterruptedByUser) as error:
        _run(DOWN, quiet=True)
        if isinstance(error, InterruptedByUser):
            raise
        raise ProjectError(f"the demo failed: {error}; above it says why") from None
    print(f"\nThe whole story: {len(story)} steps in {time.monotonic() - started:.1f} s")


def _play(number: str, scene: Scene) -> None:
    command = [_newest_version() if part == "$newest" else part for part in scene.command]
    shown = shlex.join(["uv", "run", *command])
    print(f"\n{number} {scene.title}\n$ {shown}")
    started = time.monotonic()
    code = _run(command)
    if code != 0:
        raise ProjectError(f"`{shown}` exited with {code}")
    print(f"({time.monotonic() - started:.1f} s)")


def _run(command: list[str], quiet: bool = False) -> int:
    # Console scripts lie beside the interpreter, wherever the demo was started from.
    program = Path(sys.executable).with_name(command[0])
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(
        [str(program), *command[1:]], cwd=ROOT, stdout=output, stderr=output, check=False
    ).returncode


def _newest_version() -> str:
    from project import registry
    from project.aws import connect

    newest = next(registry.summaries(connect("local"), page=1), None)
    if newest is None:
        raise ProjectError("`ds run` registered no version")
    return str(newest.number)


def main() -> None:
    """Run the command line."""
    console.run(app)
