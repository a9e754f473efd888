"""Guards one command: takes it, and all it started, along when the server goes.

A guard is a process of its own, forked from the nursery. It has one connection to the server: it
reads the command from it, then requests to stop, each of which is the seconds of grace; the end of
the connection, which a killed server causes too, kills the command at once. It writes an empty line
when it has the command, and exit code and how it had its `/opt/ml` when that has ended.
"""

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from sagemaker_local.processes import opt_ml
from sagemaker_local.processes.command import Command
from sagemaker_local.processes.opt_ml import OptMl

_NEVER = float("inf")
_CLEAR_UP_SECONDS = 10


def guard(server: socket.socket, become: Callable[[Command], None]) -> None:
    """Guard the command that comes over a connection; returns in the command's own process alone.

    Parameters
    ----------
    server : the connection.
    become : makes a process the command.
    """
    os.setsid()
    try:
        command = Command.receive(server)
        server.sendall(b"\n")
    except (EOFError, OSError):
        os._exit(0)
    log = os.open(command.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    _adopt_orphans()
    try:
        command, how = opt_ml.provide(command, lambda: _is_readable(server))
    except opt_ml.StoppedWaitingError:
        _tell_end(server, 128 + signal.SIGTERM, OptMl.LINKED)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write)
    guard_pid = os.getpid()
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in (wake_read, wake_write, server.detach()):
            os.close(number)
        _prepare(guard_pid)
        become(command)
        return
    code = _watch(server, child, wake_read)
    opt_ml.release(how)
    if command.after:
        _clear_up(command)
    _tell_end(server, code, how)


def _clear_up(command: Command) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        subprocess.run(
            command.after,
            env=command.environment,
            stdout=subprocess.DEVNULL,
            timeout=_CLEAR_UP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"[local SageMaker] not cleared up: {error}", file=sys.stderr, flush=True)


def _watch(server: socket.socket, child: int, wake: int) -> int:
    """Return the command's exit code, or 128 plus the signal it died of."""
    # Both sides set the group: whoever comes first, nothing is signalled before it exists.
    _quietly(os.setpgid, child, child)
    watched, deadline = [server.fileno(), wake], _NEVER
    while True:
        seconds = None if deadline == _NEVER else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select(watched, [], [], seconds)
        if wake in ready:
            os.read(wake, 512)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended == child:
                _quietly(os.killpg, child, signal.SIGKILL)
                _kill_orphans()
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        grace = server.recv(64) if server.fileno() in ready else b""
        if grace and deadline == _NEVER:
            _quietly(os.killpg, child, signal.SIGTERM)
            deadline = time.monotonic() + float(grace.split()[0])
        elif not ready or (server.fileno() in ready and not grace):
            _quietly(os.killpg, child, signal.SIGKILL)
            watched, deadline = [wake], _NEVER


def _tell_end(server: socket.socket, code: int, how: OptMl) -> NoReturn:
    _quietly(server.sendall, f"{code} {how.value}\n".encode())
    os._exit(0)


def _is_readable(server: socket.socket) -> bool:
    return bool(select.select([server], [], [], 0)[0])


def replace(command: Command) -> None:
    """Replace this process by a command's program."""
    # Python ignores these two; a program that is no Python must not inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.chdir(command.folder)
        os.execvpe(command.argv[0], list(command.argv), dict(command.environment))
    except OSError as error:
        print(f"cannot run {command.argv[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)


def _prepare(guard_pid: int) -> None:
    os.setpgid(0, 0)
    if sys.platform == "linux":
        # Should the guard itself be killed, the kernel kills the command (PR_SET_PDEATHSIG).
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != guard_pid:
            os._exit(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


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


def _quietly(call: Callable[..., object], *arguments: object) -> None:
    try:
        call(*arguments)
    except (ProcessLookupError, PermissionError, BrokenPipeError):
        return
