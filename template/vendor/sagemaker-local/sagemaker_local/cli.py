"""The command line: `sagemaker-local up`, `env`, `status`, `down`, `reset` and `serve`."""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from sagemaker_local.home import Home, Running, find_home
from sagemaker_local.regions import partition_of

_START_SECONDS = 60
_STOP_SECONDS = 15
_EXAMPLES = """\
example:
  eval "$(sagemaker-local env)"   start it and point AWS clients of this shell to it
  sagemaker-local status          see what runs
  sagemaker-local down            stop it; its state stays
"""


class CliError(Exception):
    """A command failed; the message says what is wrong and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed or down, 2 wrong use."""
    options = _parser().parse_args(arguments)
    home = find_home(options.home)
    try:
        code: int = options.run(home, options)
        return code
    except CliError as error:
        print(f"sagemaker-local: {error}", file=sys.stderr)
        return 1


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
            "--home", help="the state folder; default $SAGEMAKER_LOCAL_HOME, or .sagemaker-local"
        )
        if name in ("up", "env"):
            command.add_argument(
                "--region",
                type=_region_name,
                help="the AWS region; default the one named last, $AWS_DEFAULT_REGION, us-east-1",
            )
        if name in ("up", "status"):
            command.add_argument("--json", action="store_true", help="print JSON for a script")
    return parser


def _up(home: Home, options: argparse.Namespace) -> int:
    running, started = _ensure_up(home)
    if options.json:
        print(json.dumps(running.environment(home, _region(home, options))))
    else:
        print(f"{'started' if started else 'already up'}: local SageMaker at {running.url}")
        print(f"state in {home.path}")
        print('point AWS clients of this shell to it:  eval "$(sagemaker-local env)"')
    return 0


def _env(home: Home, options: argparse.Namespace) -> int:
    running, _ = _ensure_up(home)
    for name, value in running.environment(home, _region(home, options)).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _status(home: Home, options: argparse.Namespace) -> int:
    running = home.read_running()
    answer = _ask(running) if running else None
    if options.json:
        print(json.dumps({"up": answer is not None, "home": str(home.path), **(answer or {})}))
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
    return 0 if answer is not None else 1


def _down(home: Home, options: argparse.Namespace) -> int:
    print("stopped" if _stop(home) else "not up")
    return 0


def _reset(home: Home, options: argparse.Namespace) -> int:
    if not home.path.exists():
        print("nothing to delete")
        return 0
    if not home.is_ours:
        raise CliError(f"{home.path} was not made by the local SageMaker; nothing was deleted")
    _stop(home)
    home.clear()
    print(f"deleted {home.path}")
    return 0


def _serve(home: Home, options: argparse.Namespace) -> int:
    from sagemaker_local.wire.server import serve

    return serve(home)


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
    try:
        if home.path.exists() and not home.is_ours and any(home.path.iterdir()):
            raise CliError(
                f"{home.path} is not empty and not ours; name another folder with --home"
            )
        home.prepare()
    except OSError as error:
        raise CliError(f"cannot write to {home.path}: {error.strerror}") from None
    with home.lock("up"):
        running = home.read_running()
        if running and _ask(running):
            return running, False
        # What holds the lock without answering is hung, or a `serve` that is just starting.
        return _start(home), True


def _start(home: Home) -> Running:
    log = home.logs / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sagemaker_local", "serve", "--home", str(home.path)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        running = home.read_running()
        if running and _ask(running):
            return running
        if process.poll() is not None and process.returncode != 0:
            break
        time.sleep(0.02)
    raise CliError(f"the server did not start; see {log}, or run `sagemaker-local down` first")


def _stop(home: Home) -> bool:
    """Stop the server; returns whether there was one."""
    if not home.is_ours:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _STOP_SECONDS
        signalled = False
        while time.monotonic() < deadline:
            # Who holds this lock is the server, so the recorded pid is nobody else's.
            with home.lock("server", wait=False) as free:
                if free:
                    home.forget_running()
                    return signalled or number == signal.SIGKILL
            running = home.read_running()
            if running and not signalled:
                os.kill(running.pid, number)
                signalled = True
            time.sleep(0.02)
    raise CliError(f"the server did not stop; see {home.logs / 'server.log'}")


def _ask(running: Running) -> dict[str, Any] | None:
    scope = f"Credential={running.access_key}/20000101/us-east-1/sagemaker-local/aws4_request"
    request = urllib.request.Request(
        f"{running.url}/", headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"}
    )
    try:
        # A proxy of the environment must not be asked for an address on loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as answer:
            status: dict[str, Any] = json.loads(answer.read())
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return status if status.get("pid") == running.pid else None
