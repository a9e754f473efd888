"""The command line: `sagemaker-local up`, `env`, `status`, `down`, `reset` and `serve`."""

import argparse
import errno
import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sagemaker_local.environment import (
    client_environment,
    is_clean,
    misleading,
    server_environment,
)
from sagemaker_local.home import NO_LOOPBACK, Home, Running, find_home
from sagemaker_local.regions import partition_of

_START_SECONDS = 60
_ANSWER_SECONDS = 10
_ASK_SECONDS = 5
_STOP_SECONDS = 15
_POLL_SECONDS = 0.01
_OUTDATED = (
    "the server's code was replaced since it started, as an update does: end it with "
    "`sagemaker-local down` when nothing runs in it; its state stays"
)
_EXAMPLES = """\
example:
  eval "$(sagemaker-local env)"   start it and point AWS clients of this shell to it
  sagemaker-local status          see what runs
  sagemaker-local down            stop it; its state stays
"""


class CliError(Exception):
    """A command failed; the message says what is wrong and what to do.

    Parameters
    ----------
    message : in one line.
    code : the exit code.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed or down, 2 wrong use."""
    options = _parser().parse_args(arguments)
    home = find_home(options.home, os.environ, Path.cwd(), sys.prefix)
    try:
        code: int = options.run(home, options)
        return code
    except CliError as error:
        print(f"sagemaker-local: {error}", file=sys.stderr)
        return error.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sagemaker-local",
        description="SageMaker on this machine: real jobs, pipelines, a registry and endpoints.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, text in (
        ("up", _up, "start it in the background, if it is not up"),
        ("env", _env, "start it if need be, and print the exports for a shell"),
        ("status", _status, "show whether it is up, and what runs (exit code 1: it is down)"),
        ("down", _down, "stop it and everything it started"),
        ("reset", _reset, "stop it and delete all it remembers"),
        ("serve", _serve, "run it in the foreground"),
    ):
        command = commands.add_parser(
            name, help=text, description=text, epilog=f"example: sagemaker-local {name}"
        )
        command.set_defaults(run=run)
        command.add_argument(
            "--home",
            help="the state folder; default $SAGEMAKER_LOCAL_HOME, or the project's own",
        )
        if name in ("up", "env"):
            command.add_argument(
                "--region",
                type=_region_name,
                help="the AWS region; default the one named last, $AWS_DEFAULT_REGION, us-east-1",
            )
        if name == "serve":
            command.add_argument("--verbose", action="store_true", help="log what is refused")
        if name == "reset":
            command.add_argument("--yes", action="store_true", help="do not ask")
        if name in ("up", "status"):
            command.add_argument("--json", action="store_true", help="print JSON for a script")
    return parser


def _up(home: Home, options: argparse.Namespace) -> int:
    running, started = _ensure_up(home)
    if options.json:
        print(json.dumps(client_environment(home, running, _region(home, options))))
    else:
        print(f"{'started' if started else 'already up'}: local SageMaker at {running.url}")
        print(f"state in {home.path}")
        print('point AWS clients of this shell to it:  eval "$(sagemaker-local env)"')
    return 0


def _env(home: Home, options: argparse.Namespace) -> int:
    running, _ = _ensure_up(home)
    variables = client_environment(home, running, _region(home, options))
    if elsewhere := misleading(os.environ, variables):
        print(f"unset {' '.join(elsewhere)}")
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _status(home: Home, options: argparse.Namespace) -> int:
    running = home.read_running()
    answer = _ask(running) if running else None
    if options.json:
        print(json.dumps({"up": answer is not None, "home": str(home.path), **(answer or {})}))
    elif answer is None and (pid := home.server_pid()):
        print(f"pid {pid} does not answer; end it with `sagemaker-local down`")
    elif answer is None:
        print(f"down; start it with `sagemaker-local up` (state in {home.path})")
    else:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(answer["started"]))
        print(f"up at {answer['url']}, pid {answer['pid']}, since {since}, state in {home.path}")
        for item in answer["running"]:
            print(f"  {item['kind']} {item['name']}: {item['status']}")
        for item in answer["endpoints"]:
            pids = ", ".join(map(str, item["pids"])) or "none"
            print(f"  Endpoint {item['name']}: {item['status']}, {item['config']}, pids {pids}")
        if answer["outdated"]:
            print(_OUTDATED)
    return 0 if answer is not None else 1


def _down(home: Home, options: argparse.Namespace) -> int:
    print("stopped" if _stop(home) else f"not up (state in {home.path})")
    return 0


def _reset(home: Home, options: argparse.Namespace) -> int:
    if not home.path.exists():
        print("nothing to delete")
        return 0
    if not home.is_ours:
        raise CliError(f"{home.path} was not made by the local SageMaker; nothing was deleted")
    if not options.yes:
        _ask_to_delete(home)
    _stop(home)
    try:
        home.clear()
    except OSError as error:
        raise CliError(f"cannot delete {error.filename}: {error.strerror}") from None
    print(f"deleted {home.path}")
    return 0


def _ask_to_delete(home: Home) -> None:
    if not sys.stdin.isatty():
        raise CliError(f"nothing was deleted; `reset --yes` deletes all in {home.path}", code=2)
    print(f"This stops the local SageMaker and deletes all it remembers, in {home.path}")
    try:
        answer = input("Delete it? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise CliError("nothing was deleted")


def _serve(home: Home, options: argparse.Namespace) -> int:
    if not is_clean(os.environ):
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, server_environment(home, os.environ))
    from sagemaker_local.wire.server import ServeError, serve

    try:
        serve(home, options.verbose)
    except ServeError as error:
        raise CliError(str(error)) from None


def _region(home: Home, options: argparse.Namespace) -> str:
    if options.region:
        home.remember_region(options.region)
    default = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION")
    return home.remembered_region() or default or "us-east-1"


def _region_name(text: str) -> str:
    if not partition_of(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no AWS region, such as eu-central-1")
    return text


def _ensure_up(home: Home) -> tuple[Running, bool]:
    """Return the running server, and whether it was started for that."""
    try:
        if home.path.exists() and not home.is_ours and any(home.path.iterdir()):
            raise CliError(
                f"{home.path} is not empty and not ours; name another folder with --home"
            )
        home.prepare()
        with home.lock("up"):
            # The folder may have been deleted while somebody else held the lock.
            home.prepare()
            running = _find(home)
            return (running, False) if running else (_start(home), True)
    except OSError as error:
        advice = "mend that, or name another folder with --home"
        raise CliError(f"cannot write to {home.path}: {error.strerror}; {advice}") from None


def _find(home: Home) -> Running | None:
    """Return the server that is up, after waiting for one that has not said yet where it is."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    while True:
        running = home.read_running()
        if running and (answer := _ask(running)):
            if answer["outdated"]:
                print(f"sagemaker-local: {_OUTDATED}", file=sys.stderr)
            return running
        if home.server_pid() is None:
            return None
        if time.monotonic() > deadline:
            raise CliError("the server does not answer; run `sagemaker-local down`, then up again")
        time.sleep(_POLL_SECONDS)


def _start(home: Home) -> Running:
    with home.log.open("ab") as output:
        # On a full disk the server could not say why it does not start.
        output.write(b"started by `sagemaker-local up`\n")
        output.flush()
        begin = output.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "sagemaker_local", "serve", "--home", str(home.path)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=server_environment(home, os.environ),
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None:
        running = home.read_running()
        if running and running.pid == process.pid and _ask(running):
            return running
        if time.monotonic() > deadline:
            process.kill()
            raise CliError(f"the server did not start in {_START_SECONDS} s; see {home.log}")
        time.sleep(_POLL_SECONDS)
    # A `serve` may have come first.
    if other := _find(home):
        return other
    raise CliError(f"the server did not start: {_last_error(home, begin)}")


def _last_error(home: Home, begin: int) -> str:
    """Return what the log says, from a position on, about why the server ended."""
    with home.log.open(errors="replace") as log:
        log.seek(begin)
        said = re.findall("^sagemaker-local: (.*)$", log.read(), re.MULTILINE)
    return said[-1] if said else f"see {home.log}"


def _stop(home: Home) -> bool:
    """Stop the server; returns whether there was one."""
    if not home.is_ours:
        return False
    stopped = False
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _STOP_SECONDS
        seen, signalled = None, False
        while time.monotonic() < deadline:
            pid = home.server_pid()
            if pid is None:
                home.forget_running()
                return stopped
            # Seen twice it is not that of an earlier server, see `server_pid`.
            if pid and pid == seen and not signalled:
                os.kill(pid, number)
                stopped = signalled = True
            seen = pid
            time.sleep(_POLL_SECONDS)
    raise CliError(f"the server did not stop; see {home.log}")


def _ask(running: Running) -> dict[str, Any] | None:
    scope = f"Credential={running.access_key}/20000101/us-east-1/sagemaker-local/aws4_request"
    # Not through urllib: a proxy of the environment must not be asked for an address on loopback.
    address = running.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", "/", headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"})
        status: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) == errno.ENETUNREACH:
            raise CliError(f"cannot reach {address}: {NO_LOOPBACK}") from None
        return None
    finally:
        connection.close()
    return status if status.get("pid") == running.pid else None
