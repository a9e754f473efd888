"""One invocation of a Lambda function: its process, its log, and what it answers."""

import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sagemaker_local.home import Home
from sagemaker_local.processes.child import Child
from sagemaker_local.processes.command import Command
from sagemaker_local.processes.container import container_environment, make_root
from sagemaker_local.processes.logs import LogStream
from sagemaker_local.processes.workers import Workers
from sagemaker_local.storage.clients import Clients

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
# How long a function may take to load its code, beside its timeout (developer guide, "Lambda
# execution environment lifecycle").
_INIT_SECONDS = 10.0
_MOST_ANSWERED = 6_291_556
_TAIL = 4096
_TIMED_OUT = "Sandbox.Timedout"


@dataclass(frozen=True)
class Answer:
    """What an invocation comes to.

    Attributes
    ----------
    payload : what the handler returned, or the error, as JSON.
    failed : whether it is an error, which Lambda calls `Unhandled`.
    timed_out : whether it was out of time.
    version : the version that ran.
    log : the end of its log, at most 4 KB.
    """

    payload: bytes
    failed: bool
    timed_out: bool
    version: str
    log: bytes


@dataclass
class Invocation:
    """One invocation.

    Attributes
    ----------
    home, clients, workers : of the server.
    region : where the function is.
    configuration : the function's, as GetFunctionConfiguration answers it.
    code : the folder with its code.
    request_id : of the invocation.
    """

    home: Home
    clients: Clients
    workers: Workers
    region: str
    configuration: Mapping[str, Any]
    code: Path
    request_id: str
    _log_end: str = field(default_factory=lambda: secrets.token_hex(16))
    _day: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y/%m/%d}")

    def run(self, event: bytes, client_context: str | None = None) -> Answer:
        """Run the handler to its end, or until it is out of time.

        Parameters
        ----------
        event : the payload, JSON.
        client_context : the JSON that the caller gave for the context, if any.

        Raises
        ------
        OSError : no process can be started.
        """
        folder = self.home.jobs / self.region / "Function" / self.request_id
        opt_ml = make_root(folder)
        asked = {
            "request_id": self.request_id,
            "arn": self.configuration["FunctionArn"],
            "timeout": self.timeout,
            "client_context": client_context,
        }
        (folder / "invocation.json").write_text(json.dumps(asked))
        (folder / "event").write_bytes(event)
        log = folder / "log"
        log.touch()
        group, stream = self._log_group, self._log_stream
        copy = LogStream(self.clients, self.region, log, group, stream)
        try:
            self._say(log, f"START RequestId: {self.request_id} Version: {self._version}")
            started = time.monotonic()
            child = self.workers.start(
                Command(
                    # `-P` keeps our own modules out of the function's sight.
                    argv=[sys.executable, "-P", str(_BOOTSTRAP), str(folder)],
                    environment=self._environment(folder),
                    folder=str(self.code),
                    log=str(log),
                    opt_ml=str(opt_ml),
                    ends=True,
                )
            )
            error = self._wait(child, folder / "begun")
            payload, failed = self._read(folder, error)
            self._report(log, time.monotonic() - started)
        finally:
            copy.close()
        said = log.read_bytes()
        self._keep(said)
        shutil.rmtree(folder, ignore_errors=True)
        timed_out = error is not None and error["errorType"] == _TIMED_OUT
        return Answer(payload, failed, timed_out, self._version, said[-_TAIL:])

    @property
    def timeout(self) -> float:
        """How long the handler may take, in seconds."""
        return float(self.configuration["Timeout"])

    @property
    def _version(self) -> str:
        return str(self.configuration["Version"])

    @property
    def _name(self) -> str:
        return str(self.configuration["FunctionName"])

    @property
    def _log_group(self) -> str:
        return f"/aws/lambda/{self._name}"

    @property
    def _log_stream(self) -> str:
        return f"{self._day}/[{self._version}]{self._log_end}"

    def _environment(self, tree: Path) -> dict[str, str]:
        """Return the variables that Lambda sets, and the function's own.

        Developer guide, "Using Lambda environment variables", "Defined runtime environment
        variables".
        """
        own = self.configuration.get("Environment", {}).get("Variables", {})
        variables = {
            "_HANDLER": self.configuration["Handler"],
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.configuration['Runtime']}",
            "AWS_LAMBDA_FUNCTION_NAME": self._name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.configuration["MemorySize"]),
            "AWS_LAMBDA_FUNCTION_VERSION": self._version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self._log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._log_stream,
            "LAMBDA_TASK_ROOT": str(self.code),
            "PYTHONPATH": str(self.code),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TZ": ":UTC",
        }
        running = self.clients.running
        return container_environment(running, self.home, self.region, own | variables, tree)

    def _wait(self, child: Child, begun: Path) -> dict[str, str] | None:
        """Return the error of a process that did not come to its own end."""
        started = time.time()
        while True:
            first = begun.stat().st_mtime if begun.exists() else started + _INIT_SECONDS
            left = first + self.timeout - time.time()
            code = child.wait(max(0.0, min(left, self.timeout)))
            if code is not None:
                return None if code == 0 else self._error("Runtime.ExitError", _exit(code))
            if left <= 0:
                child.kill()
                late = f"Task timed out after {self.timeout:.2f} seconds"
                return self._error(_TIMED_OUT, late)

    def _error(self, kind: str, message: str) -> dict[str, str]:
        """Return an error that Lambda itself tells, not the function's runtime.

        The types and words are those of AWS's runtime interface emulator, and of users' reports.
        """
        told = f"RequestId: {self.request_id} Error: {message}"
        return {"errorType": kind, "errorMessage": told}

    def _read(self, folder: Path, error: dict[str, str] | None) -> tuple[bytes, bool]:
        """Return the payload of the answer, and whether it is an error."""
        if error is None:
            if (folder / "error.json").exists():
                return (folder / "error.json").read_bytes(), True
            if not (folder / "answer").exists():
                error = self._error(
                    "Runtime.ExitError", "Runtime exited without providing a reason"
                )
            elif (folder / "answer").stat().st_size > _MOST_ANSWERED:
                error = {
                    "errorType": "Function.ResponseSizeTooLarge",
                    "errorMessage": "Response payload size exceeded maximum allowed payload size "
                    f"({_MOST_ANSWERED} bytes).",
                }
            else:
                return (folder / "answer").read_bytes(), False
        self._say(folder / "log", f"{error['errorType']} {error['errorMessage']}")
        return json.dumps(error).encode(), True

    def _report(self, log: Path, seconds: float) -> None:
        milliseconds = seconds * 1000
        self._say(log, f"END RequestId: {self.request_id}")
        self._say(
            log,
            f"REPORT RequestId: {self.request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\t"
            f"Memory Size: {self.configuration['MemorySize']} MB",
        )

    def _say(self, log: Path, line: str) -> None:
        with log.open("a") as file:
            file.write(f"{line}\n")

    def _keep(self, said: bytes) -> None:
        """Append to the log of all invocations, in one write, so that no two are mixed."""
        path = self.home.logs / self.region / "Functions" / f"{self._name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            os.write(number, said)
        finally:
            os.close(number)


def _exit(code: int) -> str:
    if code == 128 + 9:
        return "Runtime exited with error: signal: killed"
    return f"Runtime exited with error: exit status {code}"
