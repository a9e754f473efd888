"""Runs a command where the kernel refuses new namespaces, as in most containers; a script.

With `--opt-ml FOLDER` first, the machine has an `/opt/ml` already, which is that folder.
"""

import ctypes
import errno
import os
import platform
import sys

_UNSHARE = {"x86_64": 272, "aarch64": 97}[platform.machine()]
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction))]


def forbid_namespaces():
    """Have unshare(2) fail with EPERM in this process and in all that it starts: seccomp(2)."""
    instructions = (_Instruction * 4)(
        _Instruction(0x20, 0, 0, 0),  # load the number of the system call
        _Instruction(0x15, 0, 1, _UNSHARE),
        _Instruction(0x06, 0, 0, _ERROR | errno.EPERM),
        _Instruction(0x06, 0, 0, _ALLOW),
    )
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    program = _Program(len(instructions), instructions)
    assert libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0, ctypes.get_errno()


if __name__ == "__main__":
    command = sys.argv[1:]
    if command[0] == "--opt-ml":
        from sagemaker_local.processes.mounts import mount_privately

        mount_privately(command[1], "/opt/ml")
        command = command[2:]
    forbid_namespaces()
    os.execvp(command[0], command)
