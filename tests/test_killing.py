"""A local SageMaker that is killed takes all its processes along, and nothing is lost."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from projects import Runner, copy

PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(template, tmp_path_factory.mktemp("killing") / "project")


def wait_for(what: Callable[[], bool], meanwhile: "subprocess.Popen[str]") -> None:
    """Wait until something is so, as long as a command runs."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert meanwhile.poll() is None, f"the command ended too early: {meanwhile.communicate()}"
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of the processes that work in a folder or below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = os.readlink(process / "cwd")
        except OSError:
            continue
        if str(folder) in command or where.startswith(str(folder)):
            found.append(command)
    return found


def kill_server(project: Path) -> None:
    """Kill the local SageMaker, and see that nothing of it is left a moment later."""
    home = project / ".sagemaker-local"
    os.kill(json.loads((home / "server.json").read_text())["pid"], signal.SIGKILL)
    end = time.monotonic() + 10
    while processes_in(home) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes_in(home) == []


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="finds orphans in /proc")
def test_killed_while_training_and_while_promoting(project: Path, run: Runner) -> None:
    logs = project / ".sagemaker-local" / "logs"

    training = run.start(project, "ds", "run", "--local")
    wait_for(lambda: any((logs / "TrainingJobs").glob("*.log")), training)
    kill_server(project)
    said, complaint = training.communicate(timeout=PATIENCE_SECONDS)
    assert training.returncode == 1, said
    assert complaint.splitlines()[-1].startswith("error: the local SageMaker stopped answering")

    said = run.ok(project, "ds", "run", "--local")
    assert "Preprocess     Succeeded  cached" in said
    assert said.splitlines()[-1].startswith("registered version 1: ")
    run.ok(project, "ds", "approve", "1")

    promotion = run.start(project, "ops", "promote", "staging")
    wait_for(lambda: any((logs / "Endpoints").glob("*")), promotion)
    kill_server(project)
    promotion.communicate(timeout=PATIENCE_SECONDS)
    assert promotion.returncode == 1

    assert "version 1 serves staging" in run.ok(project, "ops", "promote", "staging")
    kill_server(project)
    # What was in service before is in service again after the next start.
    run.ok(project, "ops", "verify", "staging")
    run.ok(project, "sagemaker-local", "down")
    assert processes_in(project / ".sagemaker-local") == []
