"""Starts commands, each forked from the nursery, and ends them all with the server."""

import contextlib
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import sagemaker_local
from sagemaker_local.processes import nursery
from sagemaker_local.processes.child import Child
from sagemaker_local.processes.command import Command

_log = logging.getLogger(__name__)
_PACKAGE_FOLDER = str(Path(sagemaker_local.__file__).parents[1])
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from sagemaker_local.processes.nursery import main; main()"
)
_PATIENCE_SECONDS = 60
_ATTEMPTS = 3


class Workers:
    """All commands that run.

    Parameters
    ----------
    folder : where the nursery works; an existing folder.
    environment : its variables: those that every command has at least.
    warm : whether Python scripts run in a process that has imported what data science needs.
        macOS cannot fork such a process safely.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], warm: bool) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._packages = nursery.PACKAGES if warm and sys.platform == "linux" else ()
        self._nursery: _Nursery | None = None
        self._children: set[Child] = set()
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Start the nursery, so that the first command need not wait for it."""
        with self._lock:
            self._living_nursery()

    def start(self, command: Command) -> Child:
        """Start a command.

        Raises
        ------
        OSError : no process can be started.
        """
        for _ in range(_ATTEMPTS):
            ours, theirs = socket.socketpair()
            with theirs, self._lock:
                found = self._living_nursery()
                accepted = found.send(theirs)
            if accepted and _hand_over(command, ours):
                child = Child(ours, self._children.discard)
                self._children.add(child)
                return child
            ours.close()
            with self._lock:
                self._end(found)
        raise OSError("no process can be started; see the server's log")

    def close(self) -> None:
        """Kill every command that runs, and what they are forked from."""
        children = list(self._children)
        for child in children:
            child.doom()
        if self._nursery is not None:
            self._nursery.kill()
        for child in children:
            child.wait()

    def _living_nursery(self) -> "_Nursery":
        if self._nursery is None:
            self._nursery = _Nursery(self._folder, self._environment, self._packages)
        return self._nursery

    def _end(self, found: "_Nursery") -> None:
        if found is not self._nursery:
            return
        self._nursery = None
        code = found.end()
        # It ends by itself, with 0, when the packages that it has imported were replaced.
        if code != 0 and self._packages:
            _log.warning("the nursery ended with %d: from now on jobs start cold", code)
            self._packages = ()


class _Nursery:
    """The running process `nursery.py`."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], packages: tuple[str, ...]
    ) -> None:
        self._connection, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, _PACKAGE_FOLDER, str(number), *packages],
                stdin=subprocess.DEVNULL,
                cwd=folder,
                env=environment,
                pass_fds=[number],
                start_new_session=True,
            )

    def send(self, connection: socket.socket) -> bool:
        """Hand a connection over; returns False if the process is no more."""
        try:
            socket.send_fds(self._connection, [b"\n"], [connection.fileno()])
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End it at once: while it imports packages it notices nothing."""
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Return its exit code; a process that does not answer is killed."""
        self._connection.close()
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _hand_over(command: Command, guard: socket.socket) -> bool:
    """Send a command to its guard; returns False if there is none."""
    guard.settimeout(_PATIENCE_SECONDS)
    with contextlib.suppress(OSError):
        command.send(guard)
        if guard.recv(1):
            guard.settimeout(None)
            return True
    return False
