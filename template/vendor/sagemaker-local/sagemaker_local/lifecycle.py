"""Starts, finds and ends the server of a state folder."""

import errno
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_local.environment import server_environment
from sagemaker_local.home import NO_LOOPBACK, Home, Running
from sagemaker_local.processes.settings import IN_IMAGES, WORKERS

_START_SECONDS = 60
_ANSWER_SECONDS = 10
_ASK_SECONDS = 5
_STOP_SECONDS = 15
_POLL_SECONDS = 0.01


class LifecycleError(Exception):
    """The server does not do what it is to do; the message says what to do about that."""


@dataclass(frozen=True)
class Up:
    """A server that is up.

    Attributes
    ----------
    running : how to reach it.
    was_started : whether it was not up before.
    is_outdated : whether a new one would run other code.
    """

    running: Running
    was_started: bool
    is_outdated: bool


def ensure_up(home: Home) -> Up:
    """Start the server of a state folder if it is not up.

    Raises
    ------
    LifecycleError : it does not start, or does not answer.
    OSError : its folder cannot be written to.
    """
    if home.path.exists() and not home.is_ours and any(home.path.iterdir()):
        raise LifecycleError(
            f"{home.path} is not empty and not ours; name another folder with --home"
        )
    home.prepare()
    with home.lock("up"):
        # The folder may have been deleted while somebody else held the lock.
        home.prepare()
        return _find(home) or _start(home)


def _find(home: Home) -> Up | None:
    """Return the server that is up, after waiting for one that has not said yet where it is."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    while True:
        running = home.read_running()
        if running and (answer := ask(running)):
            if os.environ.get(WORKERS) == IN_IMAGES and not answer.get("in_images"):
                raise LifecycleError(
                    "it is up without --docker; end it with `sagemaker-local down` when nothing "
                    "runs in it, then start it again"
                )
            return Up(running, was_started=False, is_outdated=is_outdated(answer))
        if home.server_pid() is None:
            return None
        if time.monotonic() > deadline:
            raise LifecycleError(
                "the server does not answer; run `sagemaker-local down`, then up again"
            )
        time.sleep(_POLL_SECONDS)


def _start(home: Home) -> Up:
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
        if running and running.pid == process.pid and ask(running):
            return Up(running, was_started=True, is_outdated=False)
        if time.monotonic() > deadline:
            process.kill()
            raise LifecycleError(f"the server did not start in {_START_SECONDS} s; see {home.log}")
        time.sleep(_POLL_SECONDS)
    # A `serve` may have come first.
    if other := _find(home):
        return other
    raise LifecycleError(f"the server did not start: {_last_error(home, begin)}")


def _last_error(home: Home, begin: int) -> str:
    """Return what the log says, from a position on, about why the server ended."""
    with home.log.open(errors="replace") as log:
        log.seek(begin)
        said = re.findall("^sagemaker-local: (.*)$", log.read(), re.MULTILINE)
    return said[-1] if said else f"see {home.log}"


def is_outdated(answer: Mapping[str, Any]) -> bool:
    """Return whether a server that answered so runs other code than one that started now."""
    # One that does not say so is older than the question.
    return bool(answer.get("outdated", True))


def stop(home: Home) -> bool:
    """Stop the server of a state folder; returns whether there was one.

    Raises
    ------
    LifecycleError : it goes on.
    OSError : its folder cannot be written to.
    """
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
    raise LifecycleError(f"the server did not stop; see {home.log}")


def ask(running: Running) -> dict[str, Any] | None:
    """Return what a server says of itself, see `wire.admin`; None if it is not there.

    Raises
    ------
    LifecycleError : nobody can be asked on this machine.
    """
    scope = f"Credential={running.access_key}/20000101/us-east-1/sagemaker-local/aws4_request"
    # Not through urllib: a proxy of the environment must not be asked for an address on loopback.
    address = running.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", "/", headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"})
        status: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) == errno.ENETUNREACH:
            raise LifecycleError(f"cannot reach {address}: {NO_LOOPBACK}") from None
        return None
    finally:
        connection.close()
    return status if status.get("pid") == running.pid else None
