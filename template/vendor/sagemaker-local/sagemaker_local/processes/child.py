"""Child processes that never outlive the server."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sagemaker_local.processes import guard

GRACE_SECONDS = 5


class Child:
    """A running command, its output in a file, its standard input empty.

    Parameters
    ----------
    argv : the command.
    environment : its whole environment.
    folder : its working directory.
    log : the file that its output is appended to.
    """

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, *argv],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
            )
        _children.add(self)

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the exit code, or None if the command still runs after so many seconds."""
        try:
            code = self._guard.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        _children.discard(self)
        return code

    def ended(self) -> int | None:
        """Return the exit code, or None while the command runs."""
        return self._guard.poll()

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Ask the command to end, and kill it with all it started when the grace is over."""
        self._send(b"T")
        if self.wait(grace) is None:
            self.kill()

    def kill(self) -> None:
        """Kill the command and all it started."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self.wait()

    def _send(self, signal: bytes) -> None:
        try:
            if self._guard.stdin is not None:
                self._guard.stdin.write(signal)
                self._guard.stdin.flush()
        except (BrokenPipeError, ValueError):
            return


_children: set[Child] = set()


def kill_children() -> None:
    """Kill every command that runs."""
    for child in list(_children):
        child.kill()
