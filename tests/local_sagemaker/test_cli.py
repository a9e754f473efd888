"""The command line: what a user types."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from kit import Local, is_alive


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
    shown = home.command("status")
    assert shown.returncode == 0
    assert f"pid {home.status['pid']}" in shown.stdout
    pid = home.status["pid"]
    assert home.command("down").stdout == "stopped\n"
    assert not is_alive(pid)
    assert home.command("down").stdout == "not up\n"
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
    assert home.command("down").stdout == "not up\n"
    (home.home / "server.json").write_text(json.dumps(stale | {"pid": other.pid}))
    assert home.up().status["pid"] != other.pid
    assert other.poll() is None
    other.kill()
    other.wait()


def test_reset_deletes_the_state_and_nothing_that_is_not_its_own(home, tmp_path):
    home.up()
    home.sm.create_project(ProjectName="kept")
    assert home.command("reset").returncode == 0
    assert not home.home.exists()
    assert home.up().sm.list_projects()["ProjectSummaryList"] == []
    foreign = Local(tmp_path / "photos")
    foreign.home.mkdir()
    (foreign.home / "cat.jpg").touch()
    for command in ("reset", "up"):
        refused = foreign.command(command)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert str(foreign.home) in refused.stderr
    assert (foreign.home / "cat.jpg").exists()


def test_default_home_is_beside_the_nearest_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    local = Local("unused")
    done = subprocess.run(
        [sys.executable, "-m", "sagemaker_local", "status"],
        env=local.environment,
        cwd=deep,
        capture_output=True,
        text=True,
    )
    assert str(tmp_path / ".sagemaker-local") in done.stdout
    done = subprocess.run(
        [sys.executable, "-m", "sagemaker_local", "status"],
        env={**local.environment, "SAGEMAKER_LOCAL_HOME": str(tmp_path / "elsewhere")},
        capture_output=True,
        text=True,
    )
    assert str(tmp_path / "elsewhere") in done.stdout


def test_wrong_use_is_exit_code_two():
    assert Local("unused").command("fly").returncode == 2
