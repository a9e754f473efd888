"""The process that every command is forked from, with what data science imports already imported.

It has a single thread and does nothing but fork guards, one for each connection that it is sent.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence

from sagemaker_local.processes import mounts, opt_ml
from sagemaker_local.processes.command import Command
from sagemaker_local.processes.guard import guard, replace
from sagemaker_local.processes.warm_script import WarmScripts

UNSAFE = 3
"""The exit code of a nursery that must not be forked, having threads that nobody looks after."""

PACKAGES = (
    "numpy",
    "pandas",
    "joblib",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "werkzeug.wrappers",
)
"""What scripts and model servers import is imported beforehand, as far as it is installed."""

# jemalloc, which pyarrow brings, stops and restarts its thread around a fork itself; so does
# OpenBLAS, whose threads are gone after the first fork.
_FORK_SAFE_THREADS = {"jemalloc_bg_thd"}


def main() -> None:
    """Fork a guard for each connection from the server, until the server goes.

    The arguments: the folder that was put on `sys.path` to find this package, the number of the
    socket to the server, and the packages to import.
    """
    package, number, *packages = sys.argv[1:]
    sys.path.remove(package)
    server = socket.socket(fileno=int(number))
    _hear_signals()
    mounts.can_mount(opt_ml.PATH)
    scripts = _warm_up(server, packages) if packages else None
    # Guards are not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    def become(command: Command) -> None:
        if scripts is not None and scripts.can_run(command):
            scripts.run(command)
        else:
            replace(command)

    while True:
        asked, numbers, _, _ = socket.recv_fds(server, 1, 1)
        if not asked or (scripts is not None and scripts.are_stale()):
            return
        connection = socket.socket(fileno=numbers[0])
        connection.set_inheritable(False)
        try:
            child = os.fork()
        except OSError:
            # The server notices that nobody has taken the connection.
            child = -1
        if child == 0:
            server.close()
            guard(connection, become)
            return
        connection.close()


def _hear_signals() -> None:
    """Undo what a shell ignores for a server in its background: a job starts with all signals."""
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _warm_up(server: socket.socket, packages: Sequence[str]) -> WarmScripts:
    scripts = WarmScripts()
    for package in packages:
        if select.select([server], [], [], 0)[0] and not server.recv(1, socket.MSG_PEEK):
            sys.exit(0)
        with contextlib.suppress(ImportError):
            importlib.import_module(package)
    scripts.packages_are_imported()
    _end_threads()
    # What is here now is everybody's: no collection needs to look at it, or copies it by doing so.
    gc.collect()
    gc.freeze()
    return scripts


def _end_threads() -> None:
    """Have libraries end the threads that they end before a fork; go if others remain."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    threads = []
    for thread in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{thread}/comm") as file:
            threads.append((int(thread), file.read().strip()))
    strange = {
        name for thread, name in threads if thread != os.getpid() and name not in _FORK_SAFE_THREADS
    }
    if strange:
        print(f"jobs start cold: an import started threads ({', '.join(strange)})", file=sys.stderr)
        sys.exit(UNSAFE)
