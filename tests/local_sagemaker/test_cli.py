"""The command line: what a user types."""

import json
import os
import pty
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from kit import PACKAGE, Local, is_alive, wait_until

from sagemaker_local.home import find_home


@pytest.fixture
def home(tmp_path):
    local = Local(tmp_path / "state")
    yield local
    local.down()


def test_up_is_idempotent_and_status_and_down_tell_the_truth(home):
    assert home.command("status").returncode == 1
    first = home.command("up")
    assert first.returncode == 0
    assert "started" in first.stdout
    second = home.command("up")
    assert second.returncode == 0
    assert "already up" in second.stdout
    other = home.command("up", "--docker")
    assert (other.returncode, other.stderr) == (
        1,
        "sagemaker-local: it is up without --docker; end it with `sagemaker-local down` when "
        "nothing runs in it, then start it again\n",
    )
    shown = home.command("status")
    assert shown.returncode == 0
    assert f"pid {home.status['pid']}" in shown.stdout
    pid = home.status["pid"]
    assert home.command("down").stdout == "stopped\n"
    assert not is_alive(pid)
    # Who is in another folder than he thinks sees that here.
    assert home.command("down").stdout == f"not up (state in {home.home})\n"
    assert json.loads(home.command("status", "--json").stdout)["up"] is False


def test_two_ups_at_once_end_with_one_server(home):
    command = [sys.executable, "-m", "sagemaker_local", "up", "--json", "--home", str(home.home)]
    both = [
        subprocess.Popen(command, env=home.environment, stdout=subprocess.PIPE) for _ in range(2)
    ]
    printed = [json.loads(process.communicate(timeout=60)[0]) for process in both]
    assert printed[0] == printed[1]


def test_environment_is_complete_and_keeps_to_loopback(home):
    home.environment["AWS_DEFAULT_REGION"] = "eu-west-1"
    home.environment["NO_PROXY"] = "intranet"
    variables = json.loads(home.command("up", "--json").stdout)
    assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert variables["AWS_DEFAULT_REGION"] == variables["AWS_REGION"] == "eu-west-1"
    assert variables["SAGEMAKER_VALIDATE_ROLE"] == "false"
    assert "TelemetryOptOut: true" in Path(variables["SAGEMAKER_USER_CONFIG_OVERRIDE"]).read_text()
    assert variables["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    # Who reads the file needs no child process to find a server that is up.
    written = json.loads((home.home / "server.json").read_text())["environment"]
    region = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-1"}
    # The server knows nothing of the proxies of whoever asks.
    assert written | region | {k: variables[k] for k in ("NO_PROXY", "no_proxy")} == variables
    assert not written.keys() & region.keys()
    exported = home.command("env", "--region", "us-west-2").stdout
    shell = subprocess.run(
        ["sh", "-c", f"{exported}\necho $AWS_REGION $AWS_ACCESS_KEY_ID"],
        capture_output=True,
        text=True,
    )
    assert shell.stdout.split() == ["us-west-2", variables["AWS_ACCESS_KEY_ID"]]
    # What a project starts with its region, its user's shell finds in that region.
    assert "AWS_REGION=us-west-2" in home.command("env").stdout
    assert home.command("up", "--region", "moon").returncode == 2


def test_state_folder_is_private_ignored_by_git_and_has_fresh_keys_each_start(home):
    first = home.up().variables["AWS_ACCESS_KEY_ID"]
    file = home.home / "server.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (home.home / ".gitignore").read_text().splitlines()[-1] == "*"
    home.down()
    assert not file.exists()
    assert home.up().variables["AWS_ACCESS_KEY_ID"] != first


def test_up_does_not_believe_a_stale_server_json(home):
    home.up()
    stale = json.loads((home.home / "server.json").read_text())
    home.down()
    # The pid is that of a program that runs, and is not ours: it must survive `down`.
    other = subprocess.Popen(["sleep", "60"])
    (home.home / "server.json").write_text(json.dumps(stale | {"pid": other.pid}))
    assert home.command("status").returncode == 1
    assert home.command("down").stdout.startswith("not up")
    (home.home / "server.json").write_text(json.dumps(stale | {"pid": other.pid}))
    assert home.up().status["pid"] != other.pid
    assert other.poll() is None
    other.kill()
    other.wait()


def test_reset_deletes_the_state_and_nothing_that_is_not_its_own(home, tmp_path):
    home.up()
    home.sm.create_project(ProjectName="kept")
    assert home.command("reset", "--yes").returncode == 0
    assert not home.home.exists()
    assert home.up().sm.list_projects()["ProjectSummaryList"] == []
    foreign = Local(tmp_path / "photos")
    foreign.home.mkdir()
    (foreign.home / "cat.jpg").touch()
    for command in (["reset", "--yes"], ["up"]):
        refused = foreign.command(*command)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert str(foreign.home) in refused.stderr
    assert (foreign.home / "cat.jpg").exists()


def answer_to_reset(home, answer):
    """Type an answer to `reset` in a terminal; returns what it printed, and its exit code."""
    command = [sys.executable, "-m", "sagemaker_local", "reset", "--home", str(home.home)]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command,
        env=home.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.close(theirs)
    os.write(ours, answer)
    printed, _ = process.communicate(timeout=60)
    os.close(ours)
    return printed.decode(), process.returncode


def test_reset_asks_before_it_deletes(home):
    home.up()
    refused = home.command("reset", stdin=subprocess.DEVNULL)
    assert (refused.returncode, refused.stdout) == (2, "")
    (line,) = refused.stderr.splitlines()
    assert (str(home.home) in line, "--yes" in line) == (True, True)
    # Enter, and the end of what is typed, are no consent.
    for answer in (b"\n", b"no\n", b"\x04"):
        printed, code = answer_to_reset(home, answer)
        assert (code, printed.count(str(home.home)), "nothing was deleted" in printed) == (
            1,
            1,
            True,
        )
    assert home.status["up"]
    printed, code = answer_to_reset(home, b"y\n")
    assert code == 0, printed
    assert not home.home.exists()
    # What deletes nothing needs no consent.
    done = home.command("reset", stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, "nothing to delete\n")


def test_the_state_of_a_project_is_found_from_everywhere(tmp_path):
    project, other = tmp_path / "project", tmp_path / "other"
    for folder in (project / ".venv", project / "a" / "b", other / "deep"):
        folder.mkdir(parents=True)
    for folder in (project, project / "a", other):
        (folder / "pyproject.toml").touch()
    inside, elsewhere = str(project / ".venv"), str(tmp_path / "environments" / "one")
    state = ".sagemaker-local"
    # The project that this command is installed in comes first: so the project's own commands do.
    for folder in (project, project / "a" / "b", other / "deep", tmp_path):
        assert find_home(None, {}, folder, inside).path == project / state
    # An environment that lies in no project says nothing; then the working directory does.
    assert find_home(None, {}, other / "deep", elsewhere).path == other / state
    assert find_home(None, {}, tmp_path, elsewhere).path == tmp_path / state
    named = {"SAGEMAKER_LOCAL_HOME": str(tmp_path / "named")}
    assert find_home(None, named, project, inside).path == tmp_path / "named"
    assert find_home(str(tmp_path / "said"), named, project, inside).path == tmp_path / "said"


def test_commands_take_the_state_folder_that_a_variable_names(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sagemaker_local", "status"],
        env={**Local("unused").environment, "SAGEMAKER_LOCAL_HOME": str(tmp_path / "elsewhere")},
        capture_output=True,
        text=True,
    )
    assert str(tmp_path / "elsewhere") in done.stdout


def test_a_server_whose_code_was_replaced_says_so(home, tmp_path):
    shutil.copytree(PACKAGE / "sagemaker_local", tmp_path / "code" / "sagemaker_local")
    home.environment["PYTHONPATH"] = str(tmp_path / "code")
    home.up()
    assert home.status["outdated"] is False
    assert home.command("up").stderr == ""
    file = tmp_path / "code" / "sagemaker_local" / "wire" / "admin.py"
    old = file.read_text()
    file.write_text(old + "# Another version.\n")
    pid = home.status["pid"]
    for command in ("up", "env"):
        done = home.command(command)
        (line,) = done.stderr.splitlines()
        assert (done.returncode, "`sagemaker-local down`" in line) == (0, True)
    shown = home.command("status")
    assert (shown.returncode, "code was replaced" in shown.stdout) == (0, True)
    # Nothing that runs is ended unasked.
    assert (home.status["pid"], home.status["outdated"]) == (pid, True)
    # A file that is as it was, whatever its time, is no other version; one that went is.
    file.write_text(old)
    assert home.status["outdated"] is False
    file.unlink()
    # This very command needs the file.
    home.environment["PYTHONPATH"] = str(PACKAGE)
    assert home.status["outdated"] is True
    home.down()
    assert home.up().status["outdated"] is False


def test_serve_says_in_one_line_why_it_cannot(home):
    home.up()
    done = home.command("serve")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"sagemaker-local: a server already runs in {home.home}")
    assert "`sagemaker-local down`" in line
    home.down()
    home.environment["SAGEMAKER_LOCAL_WAIT_SCALE"] = "fast"
    for command in ("serve", "up"):
        done = home.command(command)
        (line,) = done.stderr.splitlines()
        assert done.returncode == 1
        assert line.startswith("sagemaker-local: ")
        assert "SAGEMAKER_LOCAL_WAIT_SCALE is 'fast'" in line


def test_the_log_of_a_server_that_stays_up_is_bounded(home):
    home.up()
    log = home.home / "logs" / "server.log"
    with log.open("a") as file:
        file.write("old\n" + "x" * 2_000_000)
    wait_until(lambda: log.stat().st_size, lambda size: size < 1_000_000)
    assert log.with_suffix(".log.1").read_text().startswith("started by")
    # It goes on in the same file.
    with log.open("a") as file:
        file.write("new\n")
    assert log.read_text() == "new\n"


def test_wrong_use_is_exit_code_two():
    assert Local("unused").command("fly").returncode == 2
