"""Whatever ends a command, it ends in one line and with an honest exit code."""

import os
import subprocess
import sys

import pytest

from project.settings import ROOT

COMMAND = """
import botocore.exceptions
from project import console
from project.errors import ProjectError, UsageError

app = console.application("Test.")

@app.command()
def act() -> None:
    {what}

console.run(app)
"""


SIGN_IN = b"sign in to AWS, such as with `aws sso login` or by a profile in AWS_PROFILE\n"


def refused(code: str, message: str) -> str:
    answer = {"Error": {"Code": code, "Message": message}}
    return f"raise botocore.exceptions.ClientError({answer}, 'Do')"


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
        ("open('/no/such/file')", b"error: /no/such/file: No such file or directory\n"),
        (
            "raise OSError('a message alone')",
            b"error: a message alone\n",
        ),
        (
            "raise botocore.exceptions.NoCredentialsError()",
            b"error: AWS: Unable to locate credentials; " + SIGN_IN,
        ),
        (
            "raise botocore.exceptions.ProfileNotFound(profile='a')",
            b"error: AWS: The config profile (a) could not be found; " + SIGN_IN,
        ),
        (
            "raise botocore.exceptions.UnauthorizedSSOTokenError()",
            b"error: AWS: The SSO session associated with this profile has expired or is otherwise "
            b"invalid. To refresh this SSO session run aws sso login with the corresponding "
            b"profile; " + SIGN_IN,
        ),
        (
            refused("ExpiredTokenException", "The security token is expired."),
            b"error: AWS: An error occurred (ExpiredTokenException) when calling the Do operation: "
            b"The security token is expired; " + SIGN_IN,
        ),
        (
            refused("AccessDenied", "Access Denied"),
            b"error: AWS: An error occurred (AccessDenied) when calling the Do operation: "
            b"Access Denied; ask an administrator of the account for that permission\n",
        ),
        (
            refused("ValidationException", "Unheard of."),
            b"error: AWS: An error occurred (ValidationException) when calling the Do operation: "
            b"Unheard of.\n",
        ),
        (
            "raise botocore.exceptions.ConnectTimeoutError(endpoint_url='https://sts.aws/')",
            b'error: AWS: Connect timeout on endpoint URL: "https://sts.aws/"; '
            b"look at the network, and at `region` in project.yaml\n",
        ),
        (
            "raise botocore.exceptions.ReadTimeoutError(endpoint_url='http://127.0.0.1:9/')",
            b"error: the local SageMaker stopped answering; "
            b"run the same command again to restart it\n",
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


def test_wrong_use_of_a_command_exits_with_2() -> None:
    done = act("raise UsageError('a')")
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"error: a\n")


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
