"""A local SageMaker that is killed takes all its processes along, and nothing is lost."""

import contextlib
import json
import os
import re
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
    project = copy(template, tmp_path_factory.mktemp("killing") / "project")
    # What is tested is not the speed of the computer that an endpoint comes back to life on.
    for stage in (project / "ops" / "stages").glob("*.yaml"):
        stage.write_text(re.sub(r"latency_ms: \d+", "latency_ms: 60000", stage.read_text()))
    return project


def wait_for(what: Callable[[], bool], meanwhile: "subprocess.Popen[str]") -> None:
    """Wait until something is so, as long as a command runs."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert meanwhile.poll() is None, f"the command ended too early: {meanwhile.communicate()}"
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def family(pid: int) -> set[int]:
    """Return a process and all that descend from it."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name, in parentheses, may hold anything; then come the state and the parent.
            _, _, after_name = (process / "stat").read_text().rpartition(")")
            parents[int(process.name)] = int(after_name.split()[1])
    found, before = {pid}, set[int]()
    while found != before:
        before = set(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found


def alive(pids: set[int]) -> list[str]:
    """Return the command lines of those processes that still run."""
    lines = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if line := Path(f"/proc/{pid}/cmdline").read_bytes():
                lines.append(line.replace(b"\0", b" ").decode())
    return lines


def kill_server(project: Path) -> None:
    """Kill the local SageMaker, and see that nothing that it started is left a moment later."""
    server = server_of(project)
    pids = family(server)
    os.kill(server, signal.SIGKILL)
    end = time.monotonic() + 10
    while alive(pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert alive(pids) == []


def server_of(project: Path) -> int:
    """Return the process of a project's local SageMaker."""
    return int(json.loads((project / ".sagemaker-local" / "server.json").read_text())["pid"])


def hold_steps(project: Path, while_exists: Path) -> None:
    """Have the training script at its end, and the inference code at its start, wait."""
    for name in ("train.py", "inference.py"):
        with (project / "data_science" / "steps" / name).open("a") as script:
            script.write(
                "import time\n"
                "print('is held', flush=True)\n"
                f"while Path({str(while_exists)!r}).exists():\n"
                "    time.sleep(0.05)\n"
            )


def is_held(project: Path, logs: str) -> bool:
    """Return whether a log says that its process waits."""
    files = (project / ".sagemaker-local" / "logs").glob(logs)
    return any("is held" in file.read_text() for file in files)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds orphans in /proc")
def test_killed_while_training_and_while_promoting(
    project: Path, run: Runner, tmp_path: Path
) -> None:
    hold = tmp_path / "hold"
    hold_steps(project, hold)

    hold.touch()
    training = run.start(project, "ds", "run", "--local")
    wait_for(lambda: is_held(project, "*/TrainingJobs/*.log"), training)
    # The server, what it forks its commands from, a guard, and the script.
    assert len(alive(family(server_of(project)))) == 4
    kill_server(project)
    said, complaint = training.communicate(timeout=PATIENCE_SECONDS)
    assert training.returncode == 1, said
    assert complaint.splitlines()[-1].startswith("error: the local SageMaker stopped answering")

    hold.unlink()
    said = run.ok(project, "ds", "run", "--local")
    assert "Preprocess     Succeeded  cached" in said
    assert said.splitlines()[-1].startswith("registered version 1: ")
    run.ok(project, "ds", "approve", "1")

    hold.touch()
    promotion = run.start(project, "ops", "promote", "staging")
    wait_for(lambda: is_held(project, "*/Endpoints/*.log"), promotion)
    kill_server(project)
    promotion.communicate(timeout=PATIENCE_SECONDS)
    assert promotion.returncode == 1

    hold.unlink()
    assert "version 1 serves staging" in run.ok(project, "ops", "promote", "staging")
    kill_server(project)
    # What was in service before is in service again after the next start.
    run.ok(project, "ops", "verify", "staging")
    pids = family(server_of(project))
    run.ok(project, "sagemaker-local", "down")
    assert alive(pids) == []
