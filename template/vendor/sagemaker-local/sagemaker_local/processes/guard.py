"""Runs one command and takes it, and all it started, along when the server goes; a script.

Its standard input is a pipe from the server. A byte on it asks the command to end (SIGTERM); its
end, which a killed server causes too, kills the command's whole process group at once. Only the
standard library is used, so that it starts in milliseconds.
"""

import ctypes
import os
import select
import signal
import sys
from collections.abc import Callable


def run(argv: list[str]) -> int:
    """Run a command under guard and return its exit code, or 128 plus the signal it died of."""
    _adopt_orphans()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write)
    child = os.fork()
    if child == 0:
        _become(argv)
    # Both sides set the group: whoever comes first, nothing is signalled before it exists.
    _quietly(os.setpgid, child, child)
    watched = [0, wake_read]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if wake_read in ready:
            os.read(wake_read, 512)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended == child:
                _quietly(os.killpg, child, signal.SIGKILL)
                _kill_orphans()
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        if 0 in ready:
            if os.read(0, 1):
                _quietly(os.killpg, child, signal.SIGTERM)
            else:
                _quietly(os.killpg, child, signal.SIGKILL)
                watched = [wake_read]


def _adopt_orphans() -> None:
    """Become the parent of whatever the command leaves behind (PR_SET_CHILD_SUBREAPER)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)


def _kill_orphans() -> None:
    """Kill what left the command's process group, as a daemon does."""
    children = f"/proc/self/task/{os.getpid()}/children"
    while os.path.exists(children):
        with open(children) as file:
            orphans = [int(pid) for pid in file.read().split()]
        if not orphans:
            return
        for pid in orphans:
            _quietly(os.kill, pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _become(argv: list[str]) -> None:
    guard = os.getppid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setpgid(0, 0)
    if sys.platform == "linux":
        # Should the guard itself be killed, the kernel kills the command (PR_SET_PDEATHSIG).
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != guard:
            os._exit(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        print(f"cannot run {argv[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)


def _quietly(call: Callable[[int, int], object], pid: int, number: int) -> None:
    try:
        call(pid, number)
    except (ProcessLookupError, PermissionError):
        return


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
