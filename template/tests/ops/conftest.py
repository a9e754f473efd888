"""The stages of the tests, and the command `ops` of a project of its own for each test."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ops.plan import make_plan
from ops.promote import promote
from ops.stage import Stage, StageSettings, VerifySettings
from project.aws import Connection
from project.settings import ROOT

LATENCY_MS = 20_000
"""Generous: these tests are not about the speed of the computer that they run on."""

FIRST = StageSettings(
    after=None,
    instance_type="ml.m5.large",
    instance_count=1,
    verify=VerifySettings(latency_ms=LATENCY_MS),
)
STAGES = {
    "staging": Stage("staging", FIRST),
    "production": Stage(
        "production", FIRST.model_copy(update={"after": "staging", "instance_count": 2})
    ),
}


def ship(connection: Connection, stage: str, number: int | None = None) -> None:
    """Do what `ops promote` does."""
    promote(connection, make_plan(connection, STAGES, STAGES[stage], number))


@dataclasses.dataclass(frozen=True)
class Ops:
    """A copy of the project's code under another name, and its command `ops`.

    Attributes
    ----------
    folder : holds the copy.
    connection : the same project, for calls from the test itself.
    """

    folder: Path
    connection: Connection

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of `ops`."""
        return [sys.executable, "-m", "ops.cli", *arguments]

    def environment(self) -> dict[str, str]:
        """Return the environment that the command runs in."""
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), *sys.path])}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(
        self, *arguments: str, stdout: int = subprocess.DEVNULL, stderr: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start the command and leave it running."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            stdout=stdout,
            stderr=stderr,
        )


@pytest.fixture
def ops(fresh: Connection, tmp_path: Path) -> Ops:
    """Return the command `ops` of a project that has nothing yet."""
    for package in ("project", "ops"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    (tmp_path / "project.yaml").write_text(yaml.safe_dump(fresh.project.model_dump()))
    folder = tmp_path / "ops" / "stages"
    shutil.rmtree(folder)
    folder.mkdir()
    for stage in STAGES.values():
        content = yaml.safe_dump(stage.settings.model_dump())
        (folder / f"{stage.name}.yaml").write_text(content)
    return Ops(tmp_path, fresh)
