"""The command line: `sagemaker-local up`, `env`, `status`, `down`, `reset` and `serve`."""

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sagemaker_local.environment import (
    client_environment,
    is_clean,
    misleading,
    server_environment,
)
from sagemaker_local.home import Home, find_home
from sagemaker_local.lifecycle import LifecycleError, Up, ask, ensure_up, is_outdated, stop
from sagemaker_local.processes.settings import IN_IMAGES, WORKERS
from sagemaker_local.regions import partition_of

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
    if getattr(options, "docker", False):
        os.environ[WORKERS] = IN_IMAGES
    try:
        home = _home(options)
        try:
            code: int = options.run(home, options)
            return code
        except OSError as error:
            what = f"cannot use {error.filename or home.path}: {error.strerror}"
            raise CliError(f"{what}; mend that, or name another folder with --home") from None
    except (CliError, LifecycleError) as error:
        print(f"sagemaker-local: {error}", file=sys.stderr)
        return getattr(error, "code", 1)


def _home(options: argparse.Namespace) -> Home:
    try:
        here = Path.cwd()
    except OSError as error:
        raise CliError(f"the working directory: {error.strerror}; change into another") from None
    return find_home(options.home, os.environ, here, sys.prefix)


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
        if name in ("up", "env", "serve"):
            command.add_argument(
                "--docker",
                action="store_true",
                help="run training and processing jobs in their images, by the command `docker`",
            )
        if name == "serve":
            command.add_argument("--verbose", action="store_true", help="log what is refused")
        if name == "reset":
            command.add_argument("--yes", action="store_true", help="do not ask")
        if name in ("up", "status"):
            command.add_argument("--json", action="store_true", help="print JSON for a script")
    return parser


def _up(home: Home, options: argparse.Namespace) -> int:
    found = _ensure_up(home)
    if options.json:
        print(json.dumps(client_environment(home, found.running, _region(home, options))))
    else:
        how = "started" if found.was_started else "already up"
        print(f"{how}: local SageMaker at {found.running.url}")
        print(f"state in {home.path}")
        if answer := ask(found.running):
            print(_clock(answer))
        print('point AWS clients of this shell to it:  eval "$(sagemaker-local env)"')
    return 0


def _env(home: Home, options: argparse.Namespace) -> int:
    variables = client_environment(home, _ensure_up(home).running, _region(home, options))
    if elsewhere := misleading(os.environ, variables):
        print(f"unset {' '.join(elsewhere)}")
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _ensure_up(home: Home) -> Up:
    found = ensure_up(home)
    if found.is_outdated:
        print(f"sagemaker-local: {_OUTDATED}", file=sys.stderr)
    return found


def _status(home: Home, options: argparse.Namespace) -> int:
    running = home.read_running()
    answer = ask(running) if running else None
    if options.json:
        print(json.dumps({"up": answer is not None, "home": str(home.path), **(answer or {})}))
    elif answer is None and (pid := home.server_pid()):
        print(f"pid {pid} does not answer; end it with `sagemaker-local down`")
    elif answer is None:
        print(f"down; start it with `sagemaker-local up` (state in {home.path})")
    else:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(answer["started"]))
        print(f"up at {answer['url']}, pid {answer['pid']}, since {since}, state in {home.path}")
        print(f"  {_clock(answer)}")
        for item in answer["running"]:
            print(f"  {item['kind']} {item['name']}: {item['status']}")
        for item in answer["endpoints"]:
            pids = ", ".join(map(str, item["pids"])) or "none"
            print(f"  Endpoint {item['name']}: {item['status']}, {item['config']}, pids {pids}")
        if is_outdated(answer):
            print(_OUTDATED)
    return 0 if answer is not None else 1


def _clock(answer: Mapping[str, Any]) -> str:
    return f"clock: a second here is {answer['clock']:g} of a deployment's or an alarm's"


def _down(home: Home, options: argparse.Namespace) -> int:
    print("stopped" if stop(home) else f"not up (state in {home.path})")
    return 0


def _reset(home: Home, options: argparse.Namespace) -> int:
    if not home.path.exists():
        print("nothing to delete")
        return 0
    if not home.is_ours:
        raise CliError(f"{home.path} was not made by the local SageMaker; nothing was deleted")
    if not options.yes:
        _ask_to_delete(home)
    stop(home)
    home.clear()
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
