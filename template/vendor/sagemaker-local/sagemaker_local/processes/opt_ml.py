"""Gives a command the `/opt/ml` that a container would have, in the best way the machine allows."""

import enum
import fcntl
import os
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sagemaker_local.processes import mounts
from sagemaker_local.processes.command import Command

PATH = "/opt/ml"
_IN_TEXT = re.compile(r"(?<![\w.-])/opt/ml(?![\w.-])")
_SCRIPTS = ("*.py", "*.sh")
_held: list[int] = []


class OptMl(enum.Enum):
    """How a command has its `/opt/ml`."""

    PRIVATE = "private"
    """Mounted for it alone, as in a container, or by one."""
    LINKED = "linked"
    """The machine's own `/opt/ml` is a link to it while the command runs, one at a time."""
    MOVED = "moved"
    """Paths in arguments and variables are led to its folder; those in its code are not."""


class StoppedWaitingError(Exception):
    """The server lost interest in a command before its turn came."""


def provide(command: Command, is_over: Callable[[], bool]) -> tuple[Command, OptMl]:
    """Make `/opt/ml` what a command should find, for this process and all it starts.

    Parameters
    ----------
    command : what is to run next.
    is_over : tells whether to stop waiting for other commands to give `/opt/ml` back.

    Returns
    -------
    The command as it must be run, and how it has its `/opt/ml`.

    Raises
    ------
    StoppedWaitingError : `is_over` said so.
    """
    if not command.opt_ml:
        return command, OptMl.PRIVATE
    if mounts.can_mount(PATH):
        mounts.mount_privately(command.opt_ml, PATH)
        return command, OptMl.PRIVATE
    if command.ends and names_opt_ml(Path(command.opt_ml)) and _can_link(Path(PATH)):
        _link(Path(PATH), command.opt_ml, is_over)
        return command, OptMl.LINKED
    return _moved(command), OptMl.MOVED


def release(how: OptMl) -> None:
    """Give back what a command had, once it has ended."""
    if how is OptMl.LINKED:
        os.unlink(PATH)
        os.close(_held.pop())


def moved(text: str, opt_ml: str) -> str:
    """Return a text with every `/opt/ml` in it led to another folder."""
    return _IN_TEXT.sub(lambda _: opt_ml, text)


def names_opt_ml(folder: Path) -> bool:
    """Return whether a script below a folder has `/opt/ml` written into its code."""
    scripts = (path for pattern in _SCRIPTS for path in folder.rglob(pattern) if path.is_file())
    return any(PATH.encode() in path.read_bytes() for path in scripts)


def _moved(command: Command) -> Command:
    target = command.opt_ml
    return replace(
        command,
        argv=[moved(argument, target) for argument in command.argv],
        environment={name: moved(text, target) for name, text in command.environment.items()},
        folder=moved(command.folder, target),
    )


def _can_link(path: Path) -> bool:
    # Only a link that one of us left behind is ours to replace.
    free = not os.path.lexists(path) or (path.is_symlink() and os.readlink(path).endswith(PATH))
    return free and os.access(path.parent, os.W_OK)


def _link(path: Path, target: str, is_over: Callable[[], bool]) -> None:
    # The lock goes with the process that holds it, so that a killed one stops nobody.
    lock = os.open(
        Path(tempfile.gettempdir()) / "sagemaker-local.opt-ml.lock", os.O_RDWR | os.O_CREAT
    )
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if is_over():
                raise StoppedWaitingError from None
            time.sleep(0.05)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    _held.append(lock)
