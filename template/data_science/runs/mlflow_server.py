"""Runs MLflow's own server, with its pages, on this machine's store."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

from data_science.runs.mlflow_store import VARIABLES, check_installed, database, folder
from project.errors import ProjectError

_HOST = "127.0.0.1"
_START_SECONDS = 90
_STOP_SECONDS = 10


@contextmanager
def serving(experiment: str, port: int) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Start the server on loopback, and end it on the way out.

    Parameters
    ----------
    experiment : its name.
    port : where it listens; 0 for any port that is free.

    Yields
    ------
    The URL of the experiment's page, and the server's process.

    Raises
    ------
    ProjectError : nothing is logged yet, the port is taken, or the server does not start.
    """
    check_installed()
    if not (folder() / "mlflow.db").exists():
        raise ProjectError(
            "no run is logged yet; `ds run` logs its own, `ds track sync` those before"
        )
    port = _free_port(port)
    log = folder() / "server.log"
    # MLflow asks nobody for a password, and its assistant runs commands: only who knows the address
    # may come in. As a variable, because everybody on this machine can list the options.
    key = f"/{secrets.token_urlsafe()}"
    options = ["--backend-store-uri", database(), "--host", _HOST, "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *options, "--workers", "1"],
            env={**os.environ, **VARIABLES, "MLFLOW_STATIC_PREFIX": key},
            # Artefacts that somebody uploads on its pages land below it.
            cwd=folder(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        yield _page(experiment, port, key, process, log), process
    finally:
        _end(process)


def _free_port(wanted: int) -> int:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, wanted))
        except OSError as error:
            raise ProjectError(
                f"--port: {wanted} cannot be had: {error.strerror}; name another, or none"
            ) from None
        return int(listener.getsockname()[1])


def _page(
    experiment: str, port: int, key: str, process: "subprocess.Popen[bytes]", log: Path
) -> str:
    """Wait until the server answers; return the URL of the experiment's page."""
    deadline = time.monotonic() + _START_SECONDS
    path = f"{key}/api/2.0/mlflow/experiments/get-by-name?experiment_name={quote(experiment)}"
    while process.poll() is None and time.monotonic() < deadline:
        # Not urllib, which would ask a proxy.
        connection = HTTPConnection(_HOST, port, timeout=_START_SECONDS)
        try:
            connection.request("GET", path)
            number = json.loads(connection.getresponse().read())["experiment"]["experiment_id"]
        except (OSError, HTTPException, ValueError, KeyError):
            time.sleep(0.2)
            continue
        finally:
            connection.close()
        # Without the last part MLflow shows what it has for language models.
        return (
            f"http://{_HOST}:{port}{key}/#/experiments/{number}/runs?workflowType=machine_learning"
        )
    said = log.read_text("utf-8", "replace").split("\n")
    last = next((line for line in reversed(said) if line.strip()), "nothing")
    raise ProjectError(f"MLflow's server does not start; {log} ends with: {last}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    # It hands that on to its own child and waits for it.
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
