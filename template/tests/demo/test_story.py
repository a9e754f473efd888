"""The demo shows what each layout has, in commands that there are."""

import importlib
import subprocess
import sys
from typing import Any

import pytest
import typer

from demo.story import EXAMPLE_VERSION, scenes
from project.settings import ROOT

CLI = {"ds": "data_science.cli", "ops": "ops.cli", "project": "project.cli"}


def commands(name: str) -> set[str]:
    """Return the subcommands of one of the project's commands."""
    app: typer.Typer = importlib.import_module(CLI[name]).app
    named: list[Any] = [one.name or one.callback for one in app.registered_commands]
    return {one if isinstance(one, str) else one.__name__.replace("_", "-") for one in named}


def shown(has_data_science: bool, has_ops: bool) -> list[str]:
    return [" ".join(scene.command) for scene in scenes(has_data_science, has_ops)]


def test_each_half_shows_its_own_commands_and_both_the_whole_story() -> None:
    register = ["ds run --local", "ds versions", "ds approve $newest"]
    deploy = ["ops promote staging", "ops verify staging", "ops promote production"]
    deploy += ["ops invoke production"]
    example = [" ".join(EXAMPLE_VERSION)]
    assert shown(True, True) == [*register, *deploy, "project status"]
    assert shown(True, False) == [*register, "project status"]
    assert shown(False, True) == [*example, *deploy, "project status"]


@pytest.mark.parametrize("has_ops", [True, False])
@pytest.mark.parametrize("has_data_science", [True, False])
def test_every_command_is_there(has_data_science: bool, has_ops: bool) -> None:
    for scene in scenes(has_data_science, has_ops):
        name, command, *_ = scene.command
        half = {"ds": "data_science", "ops": "ops"}.get(name)
        if name in CLI and (half is None or (ROOT / half).is_dir()):
            assert command in commands(name)


@pytest.mark.parametrize("module", ["demo.story", "demo.example_version"])
def test_without_the_local_sagemaker_it_says_how_to_get_it(module: str) -> None:
    # The interpreter is told that the package is not there.
    code = (
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'sagemaker_local' else find(name, *a)\n"
        f"from {module} import main; main()"
    )
    environment = {"SAGEMAKER_LOCAL_HOME": "/nowhere", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: the local SageMaker is not installed; run `uv sync")
    assert len(done.stderr.splitlines()) == 1
