"""Mounts a folder so that one process and its children alone see it (Linux namespaces)."""

import ctypes
import functools
import os
import sys
import tempfile
from pathlib import Path

_NEWNS, _NEWUSER = 0x00020000, 0x10000000
_BIND, _REC, _PRIVATE = 4096, 16384, 1 << 18
_CAPABILITY_VERSION = 0x20080522


@functools.cache
def can_mount(target: str) -> bool:
    """Return whether the machine lets us mount at a path; a process of its own tries it."""
    if sys.platform != "linux":
        return False
    child = os.fork()
    if child == 0:
        try:
            mount_privately(tempfile.gettempdir(), target)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def mount_privately(folder: str, target: str) -> None:
    """Make a folder appear at a path for this process, and for those it starts from now on.

    Nothing changes for anybody else. The path need not exist; its parent must. Source of the rules:
    mount_namespaces(7) and user_namespaces(7) of the Linux manual.

    Parameters
    ----------
    folder : what to show.
    target : where; an absolute path.

    Raises
    ------
    OSError : the machine does not allow it; this process may be half-way then.
    """
    if not os.path.isdir(os.path.dirname(target)):
        raise FileNotFoundError(os.path.dirname(target))
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    as_root = libc.unshare(_NEWNS) == 0
    if not as_root:
        _check(libc.unshare(_NEWNS | _NEWUSER))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _mount(libc, None, "/", None, _REC | _PRIVATE)
    # Through a link, the folder would appear where the link leads, and be called so.
    if os.path.islink(target) or not os.path.isdir(target):
        _cover(libc, target)
        os.mkdir(target)
    _mount(libc, folder, target, None, _BIND | _REC)
    if not as_root:
        _drop_capabilities(libc)


def _cover(libc: ctypes.CDLL, target: str) -> None:
    """Put a folder in memory in the place of a path's parent, with all its other entries in it."""
    parent, missing = os.path.split(target)
    others = [entry for entry in os.scandir(parent) if entry.name != missing]
    entries = {
        entry.name: os.readlink(entry.path)
        if entry.is_symlink()
        else os.open(entry.path, os.O_PATH | os.O_CLOEXEC)
        for entry in others
    }
    folders = {entry.name for entry in others if entry.is_dir(follow_symlinks=False)}
    _mount(libc, "none", parent, "tmpfs", 0)
    for name, original in entries.items():
        place = os.path.join(parent, name)
        if isinstance(original, str):
            os.symlink(original, place)
            continue
        if name in folders:
            os.mkdir(place)
        else:
            os.close(os.open(place, os.O_CREAT))
        _mount(libc, f"/proc/self/fd/{original}", place, None, _BIND | _REC)
        os.close(original)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up the powers that the maker of a namespace has in it: the command had none before."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()))


def _mount(
    libc: ctypes.CDLL, source: str | None, target: str, kind: str | None, flags: int
) -> None:
    encoded = [text and os.fsencode(text) for text in (source, target, kind)]
    _check(libc.mount(*encoded, ctypes.c_ulong(flags), None))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
