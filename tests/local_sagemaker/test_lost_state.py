"""What is deleted or broken in the state folder is said in one line, and nothing is left over."""

import json
import shutil

import pytest
from kit import Local, is_alive, wait_until


@pytest.fixture
def home(tmp_path):
    local = Local(tmp_path / "state")
    yield local
    local.down()


def test_a_server_whose_folder_is_gone_ends(home):
    home.up()
    pid = home.status["pid"]
    shutil.rmtree(home.home)
    assert home.command("down").stdout == "not up\n"
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
    assert home.command("reset").returncode == 0
    home.up()


def test_a_state_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "state").write_text("")
    said = one_line(Local(tmp_path / "state").command("up"))
    assert str(tmp_path / "state") in said
