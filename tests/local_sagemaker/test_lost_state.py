"""What is deleted or broken in the state folder is said in one line, and nothing is left over."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest
from kit import Local, is_alive, wait_until

from sagemaker_local import cli, lifecycle


@pytest.fixture
def home(tmp_path):
    local = Local(tmp_path / "state")
    yield local
    local.down()


def test_a_server_whose_folder_is_gone_ends(home):
    home.up()
    pid = home.status["pid"]
    shutil.rmtree(home.home)
    assert home.command("down").stdout.startswith("not up")
    wait_until(lambda: is_alive(pid), lambda alive: not alive)
    # A new one has nothing to do with it.
    assert home.up().status["pid"] != pid


def test_a_folder_that_is_made_anew_meanwhile_is_another_servers(home):
    home.up()
    first = home.status["pid"]
    shutil.rmtree(home.home)
    second = home.up().status["pid"]
    wait_until(lambda: is_alive(first), lambda alive: not alive)
    assert (home.status["up"], home.status["pid"]) == (True, second)


def test_a_lost_server_json_is_written_again(home):
    home.up()
    pid = home.status["pid"]
    (home.home / "server.json").unlink()
    assert home.up().status["pid"] == pid
    (home.home / "server.json").unlink()
    assert home.command("down").stdout == "stopped\n"
    assert not is_alive(pid)


def test_a_spoilt_server_json_is_written_again(home):
    home.up()
    pid = home.status["pid"]
    (home.home / "server.json").write_text("{")
    wait_until(lambda: json.loads(home.command("status", "--json").stdout), lambda now: now["up"])
    assert home.status["pid"] == pid


def one_line(done):
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_a_broken_database_is_told_with_what_to_do(home):
    home.up()
    home.down()
    for file in home.home.glob("state.db*"):
        file.write_bytes(b"broken" * 1000)
    said = one_line(home.command("up"))
    assert said.startswith("sagemaker-local: the server did not start: ")
    assert "state.db cannot be used: file is not a database" in said
    assert said.endswith("`sagemaker-local reset` deletes it, with all that it remembers")
    assert home.command("reset", "--yes").returncode == 0
    home.up()


def test_a_state_folder_that_cannot_be_written_is_told(home):
    home.up()
    home.down()
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    readonly = Local(
        home.home, inside=("unshare", "--mount", "sh", "-c", script, "-", str(home.home))
    )
    if subprocess.run([*readonly.inside, "true"], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    for command in (["up"], ["serve"], ["down"], ["reset", "--yes"]):
        said = one_line(readonly.command(*command))
        assert f"{home.home}" in said
        assert said.endswith("mend that, or name another folder with --home"), said


def test_a_machine_without_loopback_is_told_at_once(home):
    alone = Local(home.home, inside=("unshare", "--net"))
    if subprocess.run([*alone.inside, "true"], capture_output=True).returncode:
        pytest.skip("no network of its own can be had here")
    began = time.monotonic()
    for command in ("up", "serve"):
        assert "`ip link set lo up` starts it" in one_line(alone.command(command))
    assert home.command("status").returncode == 1
    # One that is up is there, but not for a command in there.
    home.up()
    for command in ("up", "env", "status"):
        assert "cannot reach 127.0.0.1:" in one_line(alone.command(command))
    assert time.monotonic() - began < 20
    assert alone.command("down").stdout == "stopped\n"


def test_what_is_in_the_way_is_named(home):
    home.up()
    home.down()
    shutil.rmtree(home.home / "jobs")
    (home.home / "jobs").touch()
    assert f"{home.home / 'jobs'}: File exists; " in one_line(home.command("up"))
    (home.home / "jobs").unlink()
    (home.home / "server.json").mkdir()
    for command in ("up", "down"):
        assert f"{home.home / 'server.json'}: Is a directory; " in one_line(home.command(command))
    (home.home / "server.json").rmdir()


def test_a_state_folder_of_somebody_else_is_told(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    script = 'chmod 0 "$1" && shift && exec setpriv --reuid 65534 --clear-groups "$@"'
    other = Local(folder / "state", inside=("sh", "-c", script, "-", str(folder)))
    if subprocess.run([*other.inside, "true"], capture_output=True).returncode:
        pytest.skip("the tests cannot become another user here")
    for command in (["up"], ["down"], ["reset", "--yes"]):
        assert "Permission denied; mend that" in one_line(other.command(*command))


def test_a_working_directory_that_is_gone_is_told(tmp_path):
    (tmp_path / "gone").mkdir()
    command = f'cd "$1" && rmdir "$1" && {sys.executable} -m sagemaker_local status'
    done = subprocess.run(
        ["sh", "-c", command, "-", str(tmp_path / "gone")],
        env=Local("unused").environment,
        capture_output=True,
        text=True,
    )
    assert "working directory" in one_line(done)


def test_a_state_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "state").write_text("")
    said = one_line(Local(tmp_path / "state").command("up"))
    assert str(tmp_path / "state") in said


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("most_bytes", [0, 4000, 20_000])
def test_a_disk_that_is_full_is_told(home, most_bytes, used):
    if used:
        home.up()
        home.down()
    # A file that may not grow any more is refused like one that finds no room.
    limit = (most_bytes, most_bytes)
    said = one_line(
        home.command("up", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    )
    assert str(home.home) in said
    assert "reset" not in said.partition("make room on its disk")[0]
    home.up()


def test_the_number_of_a_dead_server_is_believed_by_nobody(home):
    home.up()
    home.kill()
    other = subprocess.Popen(["sleep", "60"])
    for file in ("server.lock", "server.json"):
        text = (home.home / file).read_text()
        (home.home / file).write_text(text.replace(str(home.pid), str(other.pid)))
    assert home.command("status").returncode == 1
    assert home.command("down").stdout.startswith("not up")
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_server_that_hangs_is_told_and_can_be_ended(home, monkeypatch, capsys):
    monkeypatch.setattr(lifecycle, "_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(lifecycle, "_ASK_SECONDS", 0.1)
    monkeypatch.setattr(lifecycle, "_STOP_SECONDS", 0.5)
    home.up()
    os.kill(home.pid, signal.SIGSTOP)
    assert cli.main(["up", "--home", str(home.home)]) == 1
    assert "does not answer; run `sagemaker-local down`" in capsys.readouterr().err
    assert cli.main(["status", "--home", str(home.home)]) == 1
    assert "does not answer" in capsys.readouterr().out
    assert cli.main(["down", "--home", str(home.home)]) == 0
    assert capsys.readouterr().out == "stopped\n"
    assert not is_alive(home.pid)


def test_ups_downs_and_resets_at_once_end_in_order(home):
    commands = ["up", "down", "up", "reset --yes", "up", "down"] * 2
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "sagemaker_local", *command.split(), "--home", str(home.home)],
            env=home.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    for command, process in zip(commands, running, strict=True):
        _, said = process.communicate(timeout=60)
        assert len(said.splitlines()) == process.returncode, (command, said)
        assert process.returncode in (0, 1)
    home.up()
    assert home.status["up"]
