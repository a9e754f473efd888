"""The local target: found without a child process when it is up, and nothing leads away from it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from project import local
from project.aws import Connection, connect
from project.errors import ProjectError
from project.settings import ROOT, load_project
from tests.commands import run

STARTED = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "started"}


@pytest.fixture
def environment() -> Iterator[None]:
    """Put the variables of this process back after the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def record(connection: Connection) -> dict[str, Any]:
    """Return what the running server says of itself."""
    written: dict[str, Any] = json.loads(Path(os.environ[local.HOME], "server.json").read_text())
    return written


def home_with(folder: Path, content: str) -> None:
    (folder / "server.json").write_text(content)
    os.environ[local.HOME] = str(folder)


def refuse_to_start(home: Path, region: str) -> dict[str, str]:
    raise AssertionError("a child process was started")


def test_a_server_that_is_up_is_found_without_a_child_process(
    environment: None, record: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_start", refuse_to_start)
    home_with(tmp_path, json.dumps(record))
    local.point_to_local_sagemaker("eu-west-1")
    assert os.environ["AWS_ENDPOINT_URL"] == record["url"]
    assert os.environ["AWS_ACCESS_KEY_ID"] == record["access_key"]
    assert (os.environ["AWS_REGION"], os.environ["AWS_DEFAULT_REGION"]) == ("eu-west-1",) * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://127.0.0.1:9"},
        {"url": "http://203.0.113.1:80"},
        {"url": "http://127.0.0.1:port"},
        {"pid": 1},
        {"access_key": "another"},
        {"environment": None},
        {"environment": ["AWS_ENDPOINT_URL"]},
    ],
)
def test_a_record_that_is_not_true_is_not_believed(
    environment: None,
    record: dict[str, Any],
    changes: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "_start", lambda home, region: STARTED)
    home_with(tmp_path, json.dumps({**record, **changes}))
    local.point_to_local_sagemaker("eu-west-1")
    assert os.environ["AWS_ACCESS_KEY_ID"] == "started"


def test_of_a_server_whose_code_was_replaced_its_own_command_tells(
    environment: None,
    record: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(local, "_status", lambda *_: {"pid": record["pid"], "outdated": True})
    up = tmp_path / "up"
    up.write_text('#!/bin/sh\necho \'{"AWS_ACCESS_KEY_ID": "found"}\'\necho replaced >&2\n')
    up.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(up))
    home_with(tmp_path, json.dumps(record))
    local.point_to_local_sagemaker("eu-west-1")
    assert os.environ["AWS_ACCESS_KEY_ID"] == "found"
    assert capsys.readouterr().err == "replaced\n"


def test_why_it_cannot_be_used_is_said_in_one_line(
    environment: None,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(local.HOME, str(tmp_path / "file"))
    with pytest.raises(ProjectError, match=r"cannot be used: .*file.*--home$") as raised:
        local.point_to_local_sagemaker("eu-west-1")
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"pid": 1}', "\udcff"])
def test_a_record_that_is_none_is_not_believed(
    environment: None, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_start", lambda home, region: STARTED)
    (tmp_path / "server.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    monkeypatch.setenv(local.HOME, str(tmp_path))
    local.point_to_local_sagemaker("eu-west-1")
    assert os.environ["AWS_ACCESS_KEY_ID"] == "started"


def test_what_leads_to_a_real_account_does_not_lead_away(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        "[default]\nignore_configured_endpoint_urls = true\nuse_fips_endpoint = true\n"
        "services = elsewhere\n[services elsewhere]\ns3 =\n  endpoint_url = http://127.0.0.1:9\n"
    )
    (tmp_path / ".aws" / "credentials").write_text("no configuration at all")
    hostile = {
        "HOME": str(tmp_path),
        "AWS_PROFILE": "no-such-profile",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_SAGEMAKER": "http://127.0.0.1:9",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_CONFIG_FILE": str(tmp_path / ".aws" / "config"),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "no_proxy": "example.com",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    done = run("project", "status")
    assert done.returncode == 0, done.stderr
    # The bucket is read as well, not the registry alone.
    code = "from project.aws import connect; print(connect('local').s3.list_buckets()['Buckets'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert connection.bucket in done.stdout, done.stderr


@pytest.mark.parametrize("command", [("status", "--aws"), ("link",), ("link", "--name", "other")])
def test_a_shell_for_the_local_sagemaker_is_refused_against_aws(
    connection: Connection, command: tuple[str, ...]
) -> None:
    before = (ROOT / "project.yaml").read_bytes()
    done = run("project", *command)
    assert done.returncode == 1
    assert done.stderr.startswith("error: this shell points AWS clients to the local SageMaker (")
    assert done.stderr.endswith("); open another shell for AWS\n")
    assert len(done.stderr.splitlines()) == 1
    assert (ROOT / "project.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, None),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL_SAGEMAKER": "http://localhost:4566"}, "AWS_ENDPOINT_URL_SAGEMAKER"),
        ({"AWS_ENDPOINT_URL": "https://vpce-1.api.sagemaker.us-east-1.vpce.amazonaws.com"}, None),
        ({"AWS_ENDPOINT_URL": "no address"}, None),
    ],
)
def test_a_private_endpoint_of_aws_is_none_of_this_machine(
    environment: None, variables: dict[str, str], found: str | None
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(variables)
    assert local.loopback_endpoint() == found


def test_a_command_that_only_asks_imports_no_more_than_it_needs(connection: Connection) -> None:
    # Each of these takes longer to import than the answer takes to come.
    slow = {"boto3", "numpy", "pandas", "requests", "rich", "s3transfer", "sagemaker", "sklearn"}
    code = (
        "import sys; from project.cli import main; sys.argv = ['project', 'status']\n"
        "try: main()\n"
        f"finally: print(sorted({slow} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == "[]\n"
    assert connection.project.name in done.stdout


def test_commands_that_connect_at_the_same_time_agree(connection: Connection) -> None:
    code = "from project.aws import connect; c = connect('local'); c.s3; print(c.project_id)"
    children = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {child.communicate()[0].strip() for child in children}
    assert said == {connection.project_id}


def test_an_account_and_an_id_are_known_however_the_project_is_linked(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, environment: None
) -> None:
    linked = load_project().model_copy(update={"id": "p-linked"})
    monkeypatch.setattr("project.aws.load_project", lambda: linked)
    assert connect("local").project_id == "p-linked"
    assert connect("local").account == connection.account


def test_ctrl_c_is_no_error_that_anybody_handles() -> None:
    code = """
import os, signal
from project import console

app = console.application("Test.")

@app.command()
def wait() -> None:
    try:
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    except Exception:
        print("handled")

console.run(app)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == ""
    assert done.stderr == "error: interrupted\n"
    assert done.returncode == 130
    assert signal.getsignal(signal.SIGINT) is not None
