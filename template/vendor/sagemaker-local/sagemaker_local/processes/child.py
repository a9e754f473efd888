"""A running command, seen from the server."""

import contextlib
import select
import socket
import threading
from collections.abc import Callable

from sagemaker_local.processes.opt_ml import OptMl

_KILLED = 128 + 9


class Child:
    """A command that runs under guard.

    Parameters
    ----------
    guard : the connection to its guard.
    on_end : is called once with this object when its end is noticed.

    Attributes
    ----------
    opt_ml : how it has its `/opt/ml`; known when it has ended.
    """

    def __init__(self, guard: socket.socket, on_end: Callable[["Child"], None]) -> None:
        self._guard = guard
        self._on_end = on_end
        self._code: int | None = None
        self._lock = threading.Lock()
        self.opt_ml = OptMl.MOVED

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the exit code, or None if the command still runs after so many seconds."""
        poll = select.poll()
        poll.register(self._guard, select.POLLIN)
        if not poll.poll(None if seconds is None else seconds * 1000):
            return None
        with self._lock:
            if self._code is None:
                self._code = self._read_end()
                self._on_end(self)
        return self._code

    def stop(self, grace: float) -> None:
        """Ask the command to end, and have it killed with all it started after a grace.

        Parameters
        ----------
        grace : in seconds; it counts from the first request on.
        """
        with contextlib.suppress(OSError):
            self._guard.sendall(f"{grace}\n".encode())

    def kill(self) -> None:
        """Kill the command and all it started."""
        self.doom()
        self.wait()

    def doom(self) -> None:
        """Have the command killed with all it started, without waiting for it."""
        with contextlib.suppress(OSError):
            self._guard.shutdown(socket.SHUT_WR)

    def _read_end(self) -> int:
        # The connection stays readable, so that everybody who waits learns of the end.
        said = self._guard.recv(64, socket.MSG_PEEK).split()
        if len(said) < 2:
            return _KILLED
        self.opt_ml = OptMl(said[1].decode())
        return int(said[0])
