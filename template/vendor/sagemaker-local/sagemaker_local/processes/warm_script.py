"""Runs a Python script in a process that has packages imported, as if `python` had just started it.

Whatever would make a difference is left to a fresh `python`: see `WarmScripts.can_run`.
"""

import atexit
import builtins
import ctypes
import importlib
import importlib.machinery
import os
import re
import sys
import threading
import types
from collections.abc import Iterable, Mapping
from pathlib import Path

from sagemaker_local.processes.command import Command

_LIBRARIES = (
    "ACC|ARROW|BLIS|GFORTRAN|GOMP|GOTO|JE_ARROW|JOBLIB|KMP|LOKY|MKL|NPY|NUMEXPR|NUMPY|OMP|OPENBLAS"
    "|PANDAS|PSUTIL|SCIPY|SKLEARN"
)
# Read once, when the interpreter or one of the packages starts.
_READ_AT_START = re.compile(
    rf"({_LIBRARIES}|GLIBC|LC|LD|MALLOC|OPENSSL)_\w+|_?PYTHON\w+"
    r"|LANG|LANGUAGE|SOURCE_DATE_EPOCH|TEMP|TMP|TMPDIR|TZ|TZDIR"
)
_SET_IN_CODE = re.compile(rf"\b({_LIBRARIES})_[A-Z]\w+".encode())
_NOT_LOADED_BUT_READ_AT_START = {"sitecustomize", "usercustomize"}


class WarmScripts:
    """What must be known of a process's own start to make it pass for a fresh `python`.

    To be made before the packages are imported.
    """

    def __init__(self) -> None:
        self._environment = dict(os.environ)
        own = _python_path(self._environment, os.getcwd())
        self._path = [entry for entry in sys.path if entry and entry not in own]
        self._installed = self._list_installed()
        self._modules: dict[str, types.ModuleType] = {}
        self._variables: dict[str, str] = {}
        # What is registered first comes last, after whatever the packages do at an end.
        atexit.register(self._leave_packages_alone)

    def packages_are_imported(self) -> None:
        """Note what they brought with them."""
        self._modules = {
            name: module
            for name, module in sys.modules.items()
            if name.partition(".")[0] not in sys.stdlib_module_names
        }
        self._variables = {
            name: value for name, value in os.environ.items() if name not in self._environment
        }
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._modules))

    def are_stale(self) -> bool:
        """Return whether packages were installed, replaced or removed since."""
        return self._list_installed() != self._installed

    def can_run(self, command: Command) -> bool:
        """Return whether a command does the same here as in a `python` of its own.

        It must be a script for this very interpreter. It must have the variables that are read at
        a start as this process had them, and not set those of the packages itself. And none of its
        modules may have the name of one that is imported already.
        """
        if len(command.argv) < 2 or command.argv[0] != sys.executable:
            return False
        script = Path(command.folder, command.argv[1])
        if script.suffix != ".py" or not script.is_file():
            return False
        for name in self._environment.keys() | command.environment.keys():
            same = self._environment.get(name) == command.environment.get(name)
            if not same and name != "PYTHONPATH" and _READ_AT_START.fullmatch(name):
                return False
        here = _python_path(self._environment, command.folder)
        there = _python_path(command.environment, command.folder)
        if not set(here) <= set(there):
            return False
        folders = {os.path.dirname(os.path.realpath(script)), *there} - set(here)
        return not any(_shadows(folder) or _sets_variables(folder) for folder in folders)

    def run(self, command: Command) -> None:
        """Run a script in this process; returns, or raises SystemExit, when it has ended."""
        os.environ.clear()
        os.environ.update(self._variables | dict(command.environment))
        os.chdir(command.folder)
        script = command.argv[1]
        sys.argv = list(command.argv[1:])
        sys.orig_argv = list(command.argv)
        python_path = _python_path(command.environment, command.folder)
        sys.path[:] = dict.fromkeys([*python_path, *self._path])
        if not sys.flags.safe_path:
            sys.path.insert(0, os.path.dirname(os.path.realpath(script)))
        importlib.invalidate_caches()
        for name in [name for name in sys.modules if name.partition(".")[0] == "sagemaker_local"]:
            del sys.modules[name]
        _draw_anew()
        # Python updates all of the main thread after a fork but this.
        threading.main_thread()._set_native_id()  # type: ignore[attr-defined]
        _run_as_main(os.path.join(command.folder, script.removeprefix("./")))

    def _leave_packages_alone(self) -> None:
        """Keep the interpreter's end from taking the packages apart, object by object.

        It would have to copy most of the memory for it. What the script brought is taken apart.
        """
        for name in self._modules.keys() - {"__main__"}:
            sys.modules.pop(name, None)

    def _list_installed(self) -> list[str]:
        return sorted(
            os.path.join(folder, name)
            for folder in filter(os.path.isdir, self._path)
            for name in os.listdir(folder)
            if name.endswith((".dist-info", ".egg-info", ".pth"))
        )


def _python_path(environment: Mapping[str, str], folder: str) -> list[str]:
    """Return the entries of PYTHONPATH, absolute, as `site` makes them."""
    text = environment.get("PYTHONPATH", "")
    return [os.path.abspath(os.path.join(folder, part)) for part in text.split(os.pathsep) if text]


def _shadows(folder: str) -> bool:
    """Return whether a folder has a module of the name of one that is imported."""
    loaded = {name.partition(".")[0] for name in sys.modules} | _NOT_LOADED_BUT_READ_AT_START
    suffixes = tuple(importlib.machinery.all_suffixes())
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return False
    return any(
        entry.name.partition(".")[0] in loaded
        and (
            entry.name.endswith(suffixes)
            or any(os.path.exists(f"{entry.path}/__init__{suffix}") for suffix in suffixes)
        )
        for entry in entries
    )


def _sets_variables(folder: str) -> bool:
    """Return whether code in a folder names variables that the packages have read already."""
    scripts: Iterable[Path] = Path(folder).rglob("*.py")
    return any(_SET_IN_CODE.search(script.read_bytes()) for script in scripts if script.is_file())


def _draw_anew() -> None:
    """Draw again what the packages drew when they were imported, and what no two jobs may share.

    The module `random` does so itself after a fork.
    """
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    if "multiprocessing" in sys.modules:
        sys.modules["multiprocessing"].current_process().authkey = os.urandom(32)


def _run_as_main(path: str) -> None:
    """Run a file with the interpreter's own means, tracebacks and exit codes being its own too."""
    main = types.ModuleType("__main__")
    vars(main).update(__builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    name = os.fsencode(path)
    file = ctypes.c_void_p(libc.fopen(name, b"rb"))
    failed = ctypes.pythonapi.PyRun_SimpleFileExFlags(file, name, 1, None)
    # After a KeyboardInterrupt the interpreter kills itself with SIGINT, once it comes to its end.
    if failed and getattr(sys, "last_type", None) is not KeyboardInterrupt:
        sys.exit(1)
