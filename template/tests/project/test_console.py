"""Whatever ends a command, it ends in one line and with an honest exit code."""

import os
import subprocess
import sys

import pytest

from project.settings import ROOT

COMMAND = """
import botocore.exceptions
from project import console
from project.errors import ProjectError

app = console.application("Test.")

@app.command()
def act() -> None:
    {what}

console.run(app)
"""


def act(what: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND.format(what=what)],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("raise ProjectError('a\\nb')", b"error: a b\n"),
        ("open('/no/such/file')", b"error: [Errno 2] No such file or directory: '/no/such/file'\n"),
        (
            "raise botocore.exceptions.NoCredentialsError()",
            b"error: AWS: Unable to locate credentials\n",
        ),
        (
            "raise botocore.exceptions.EndpointConnectionError(endpoint_url='http://127.0.0.1:9/')",
            b"error: the local SageMaker stopped answering; "
            b"run the same command again to restart it\n",
        ),
    ],
)
def test_an_error_is_one_line(what: str, said: bytes) -> None:
    done = act(what)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", said)


def test_a_fault_of_our_own_keeps_its_traceback() -> None:
    done = act("raise KeyError('a')")
    assert done.returncode == 1
    assert b"Traceback" in done.stderr


def test_a_terminal_that_does_not_know_a_character_shows_another() -> None:
    done = act("print('waiting …')", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, b"waiting ?\n")


def test_whoever_reads_on_no_longer_is_no_fault() -> None:
    command = COMMAND.format(what="[print('x' * 999) for _ in range(9999)]")
    child = subprocess.Popen(
        [sys.executable, "-c", command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None and child.stderr is not None
    child.stdout.read(10)
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait() == 1
