"""Whatever ends a command, it ends in one line and with an honest exit code."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import botocore.exceptions
import pytest
import typer

from project import console
from project.errors import InterruptedByUser, ProjectError
from project.settings import ROOT

COMMAND = """
import sys
import contextlib, os, pathlib, signal
import botocore.exceptions
from project import console
from project.errors import ProjectError, UsageError

@contextlib.contextmanager
def handled(then):
    try:
        yield
    finally:
        then()

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


def test_wrong_use_has_an_exit_code_of_its_own() -> None:
    done = act("raise UsageError('there is no stage')")
    assert (done.returncode, done.stderr) == (2, b"error: there is no stage\n")


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize(
    ("within", "said"),
    [
        ("console.timed('waiting')", b"error: interrupted\n"),
        ("console.leaving('it goes on')", b"error: interrupted; it goes on\n"),
        (
            "console.leaving('more is known inside'), console.leaving('it goes on')",
            b"error: interrupted; it goes on\n",
        ),
    ],
)
def test_a_signal_ends_a_command_with_what_it_leaves_behind(
    number: str, code: int, within: str, said: bytes
) -> None:
    done = act(f"with {within}: os.kill(os.getpid(), signal.{number}); signal.pause()")
    assert (done.returncode, done.stderr) == (code, said)


def test_the_second_signal_ends_a_command_at_once() -> None:
    again = "os.kill(os.getpid(), signal.SIGTERM)"
    done = act(f"with console.timed('a'), handled(lambda: {again}): {again}; signal.pause()")
    assert (done.returncode, done.stderr) == (-15, b"")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_command_goes_on_when_nobody_reads_it_any_more(stream: str, tmp_path: Path) -> None:
    print_much = "[print('x' * 999, file=__import__('sys').STREAM) for _ in range(999)]"
    done = tmp_path / "done"
    what = f"{print_much.replace('STREAM', stream)}; pathlib.Path({str(done)!r}).touch()"
    reader, writer = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-c", COMMAND.format(what=what)],
        cwd=ROOT,
        stdout=writer if stream == "stdout" else subprocess.PIPE,
        stderr=writer if stream == "stderr" else subprocess.PIPE,
    )
    os.close(writer)
    os.read(reader, 10)
    os.close(reader)
    said = child.communicate()

    assert (child.returncode, done.exists()) == (0, True)
    assert not any(said)


def test_a_failure_that_nobody_reads_keeps_its_exit_code() -> None:
    command = [sys.executable, "-c", COMMAND.format(what="raise UsageError('unheard')")]
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    assert child.stderr is not None
    child.stderr.close()
    assert child.wait() == 2


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_an_output_that_could_not_be_written_is_a_failure(stream: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs a device that is always full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND.format(what=f"print('x', file=sys.{stream})")],
            cwd=ROOT,
            stdout=full if stream == "stdout" else subprocess.PIPE,
            stderr=full if stream == "stderr" else subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    # Where errors cannot be written, the exit code alone tells of one.
    assert done.stdout in (None, b"")
    assert done.stderr in (
        None,
        b"error: it is done, but its output could not be written: No space left on device\n",
    )


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_unbuffered_output_is_there_at_once(stream: str) -> None:
    what = f"print('x', file=sys.{stream}); os._exit(0)"
    done = act(what, PYTHONUNBUFFERED="1")
    assert getattr(done, stream) == b"x\n"


def test_a_standard_output_that_is_not_open_is_no_fault() -> None:
    command = [sys.executable, "-c", COMMAND.format(what="print('x')")]
    shell = ["sh", "-c", '"$@" >&-', "sh", *command]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_rows_stand_in_columns_under_a_head(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "a", "n": 10, "more": "x"}, {"name": "longer", "n": 2, "more": "y"}]
    console.print_rows(rows, ["name", "n"], as_json=False)
    assert capsys.readouterr().out == "name    n\na       10\nlonger  2\n"
    console.print_rows([], ["name", "n"], as_json=False)
    assert capsys.readouterr().out == "name  n\n"


def test_rows_for_a_script_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "a", "when": datetime.date(2026, 11, 24)}]
    console.print_rows(rows, ["name"], as_json=True)
    assert capsys.readouterr().out == (
        '[\n  {\n    "name": "a",\n    "when": "2026-11-24"\n  }\n]\n'
    )


@pytest.mark.parametrize(
    ("named", "target"),
    [(None, None), ([], None), ([True], "local"), ([False], "aws"), ([True, True], "local")],
)
def test_the_option_names_a_target(named: list[bool] | None, target: str | None) -> None:
    assert console.target(named) == target


def test_how_long_something_took_is_told_once_it_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([100.0, 102.34])
    monkeypatch.setattr("project.console.time.monotonic", lambda: next(times))
    with console.timed("work"):
        assert capsys.readouterr().out == "work … "
    assert capsys.readouterr().out == "2.3 s\n"


@pytest.mark.parametrize(
    ("error", "said"), [(ProjectError("a"), "failed"), (InterruptedByUser(2), "interrupted")]
)
def test_what_ends_early_says_so(
    error: BaseException, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(type(error)), console.timed("work"):
        raise error
    assert capsys.readouterr().out == f"work … {said}\n"


def module(name: str) -> type[Exception]:
    """Return a kind of error that comes from a module."""
    return type("Refusal", (Exception,), {"__module__": name})


@pytest.mark.parametrize("named", [None, [], [True], [False, False]])
def test_one_place_may_be_named(named: list[bool] | None) -> None:
    assert console._one_of_both(named) == named


@pytest.mark.parametrize("named", [[True, False], [False, True, False]])
def test_two_places_may_not(named: list[bool]) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        console._one_of_both(named)
    assert refused.value.message == "--local and --aws exclude each other"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("a"), None),
        (OSError("a message alone"), "a message alone"),
        (FileNotFoundError(2, "Not there", "file"), "file: Not there"),
        (OSError(28, "No space left"), "[Errno 28] No space left"),
        (OSError(None, None, "file"), "[Errno None] None: 'file'"),
        (module("boto3.exceptions")("a.."), "AWS: a.."),
        (module("botocore.retries.bucket")("a"), "AWS: a"),
        (module("botocoreless")("a"), None),
        (
            botocore.exceptions.ProfileNotFound(profile="a"),
            "AWS: The config profile (a) could not be found; " + SIGN_IN.decode().strip(),
        ),
        (
            botocore.exceptions.HTTPClientError(error="X. X.."),
            "AWS: An HTTP Client raised an unhandled exception: X. X; look at the network, and at "
            "`region` in project.yaml",
        ),
        (
            botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:9/"),
            "the local SageMaker stopped answering; run the same command again to restart it",
        ),
        (botocore.exceptions.DataNotFoundError(data_path="a."), "AWS: Unable to load data for: a."),
    ],
)
def test_what_is_said_of_an_error(error: Exception, said: str | None) -> None:
    assert console._about(error) == said


def test_a_failure_comes_after_what_was_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        console.fail("a\n  b", 3)
    assert end.value.code == 3
    assert capsys.readouterr().err == "error: a b\n"
    with pytest.raises(SystemExit) as end:
        console.fail("a")
    assert end.value.code == 1
