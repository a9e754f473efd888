"""One running model server: started from an artefact, asked, and stopped."""

import http.client
import secrets
import shutil
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sagemaker_local.api.actions import now
from sagemaker_local.home import Home
from sagemaker_local.hosting import model_server
from sagemaker_local.hosting.models import MODEL_DIR, SUBMIT_DIRECTORY
from sagemaker_local.processes.command import Command
from sagemaker_local.processes.container import (
    container_command,
    container_environment,
    inside,
    make_root,
    python_path,
)
from sagemaker_local.processes.logs import LogStream, last_line
from sagemaker_local.processes.workers import Workers
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.s3 import S3, MissingObjectError

_STARTUP_SECONDS = 600
_MOST_BYTES_OF_LOG = 10_000_000
INVOCATION_SECONDS = 60
"""How long a model may take to answer; InvokeEndpoint in the API reference of SageMaker Runtime."""


class DeploymentError(Exception):
    """A deployment cannot serve; the message is the endpoint's FailureReason.

    Parameters
    ----------
    reason : the FailureReason.
    cause : what is wrong with the model, wherever it was to serve.
    """

    def __init__(self, reason: str, cause: str) -> None:
        super().__init__(reason)
        self.cause = cause


class ArtefactError(DeploymentError):
    """The model's artefact is missing or broken."""


class _NotUpError(Exception):
    """A model server did not come up; the message says why."""


@dataclass(frozen=True)
class ServerPlace:
    """Where a model server works.

    Attributes
    ----------
    region : where it serves.
    tree : a folder of its own, which stands for the container's root.
    log : the file with its output.
    group, stream : where its log goes in CloudWatch Logs.
    """

    region: str
    tree: Path
    log: Path
    group: str
    stream: str


def place_in_endpoint(home: Home, region: str, endpoint: str, variant: str) -> ServerPlace:
    """Return the place of a new server of an endpoint's variant."""
    unique = secrets.token_hex(4)
    return ServerPlace(
        region=region,
        tree=home.endpoints / f"{endpoint}-{variant}-{unique}",
        log=home.logs / region / "Endpoints" / f"{endpoint}.log",
        group=f"/aws/sagemaker/Endpoints/{endpoint}",
        stream=f"{variant}/local-{int(now())}-{unique}",
    )


@dataclass(frozen=True)
class Answer:
    """What a model server answered.

    Attributes
    ----------
    status, content, kind : the HTTP status, the body and its content type.
    custom_attributes : the header of that name, which goes back to the caller; empty if none.
    """

    status: int
    content: bytes
    kind: str = ""
    custom_attributes: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class ModelServer:
    """One running model server, which is process `pid`.

    Parameters
    ----------
    clients, home : of the server it belongs to.
    s3 : where the artefact is.
    workers : start it.
    place : where it works.
    variant : the production variant it serves, as in the endpoint configuration.
    container : the artefact and environment of its model.
    config : the endpoint configuration that it is part of; empty if none.

    Attributes
    ----------
    has_answered : whether it has answered a request since it came up.

    Raises
    ------
    ArtefactError : the artefact is missing or broken.
    DeploymentError : the model does not load.
    """

    def __init__(
        self,
        clients: Clients,
        s3: S3,
        home: Home,
        workers: Workers,
        place: ServerPlace,
        variant: dict[str, Any],
        container: Mapping[str, Any],
        config: Mapping[str, Any] | None = None,
    ) -> None:
        name = variant["VariantName"]
        self.name: str = name
        self.config = config or {}
        self.variant = variant
        self.log, self.stream = place.log, place.stream
        self._key = secrets.token_urlsafe(24)
        self._tree = place.tree
        opt_ml = make_root(self._tree)
        try:
            s3.unpack(container["ModelDataUrl"], inside(self._tree, MODEL_DIR))
        except (MissingObjectError, tarfile.TarError) as error:
            shutil.rmtree(self._tree, ignore_errors=True)
            cause = f"{container['ModelDataUrl']}: {error}"
            raise ArtefactError(
                f"Failed to download model data for variant {name} from {cause}", cause
            ) from None
        wanted = {
            "SAGEMAKER_SUBMIT_DIRECTORY": SUBMIT_DIRECTORY,
            "PYTHONPATH": python_path(SUBMIT_DIRECTORY),
            **container["Environment"],
            "SM_MODEL_DIR": MODEL_DIR,
            model_server.KEY_VARIABLE: self._key,
        }
        port_file = self._tree / "port"
        command = Command(
            argv=container_command(["python", model_server.__file__, MODEL_DIR, str(port_file)]),
            environment=container_environment(
                clients.running, home, place.region, wanted, self._tree
            ),
            folder=MODEL_DIR,
            log=str(self.log),
            opt_ml=str(opt_ml),
            ends=False,
        )
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        names = (place.group, place.stream)
        self._copy = LogStream(clients, place.region, self.log, *names, most=_MOST_BYTES_OF_LOG)
        self._install_requirements(workers, command)
        self._child = workers.start(command)
        limit = variant.get("ContainerStartupHealthCheckTimeoutInSeconds", _STARTUP_SECONDS)
        try:
            self._port, self.pid = self._wait_for_port(port_file, limit)
            self.ask("GET", "/ping", b"", {})
        except (_NotUpError, OSError, http.client.HTTPException) as error:
            self.stop()
            cause = f"{error}. The log is in {self.log}"
            raise DeploymentError(
                f"The primary container for production variant {name} did not pass the ping "
                f"health check: {cause}",
                cause,
            ) from None
        self.has_answered = False

    @property
    def weight(self) -> float:
        """How much of the traffic it gets, against the other variants'."""
        return float(self.variant["InitialVariantWeight"])

    @property
    def is_shadow(self) -> bool:
        """Whether it gets only copies of what the others are asked."""
        shadows = self.config.get("ShadowProductionVariants", [])
        return self.name in [variant["VariantName"] for variant in shadows]

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the exit code, or None if the server still runs after so many seconds."""
        return self._child.wait(seconds)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        seconds: float = INVOCATION_SECONDS,
    ) -> Answer:
        """Make a request and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=seconds)
        try:
            ours = {**headers, model_server.KEY_HEADER: self._key}
            connection.request(method, path, body=body, headers=ours)
            answer = connection.getresponse()
            content = answer.read()
            self.has_answered = True
            kind, attributes = (
                answer.headers.get(name, "")
                for name in ("Content-Type", "X-Amzn-SageMaker-Custom-Attributes")
            )
            return Answer(answer.status, content, kind, attributes)
        finally:
            connection.close()

    def stop(self) -> None:
        """Stop the server and delete its copy of the model."""
        self._child.kill()
        self._copy.close()
        shutil.rmtree(self._tree, ignore_errors=True)

    def _install_requirements(self, workers: Workers, serve: Command) -> None:
        """Install what the code's `requirements.txt` names, as the serving toolkit does."""
        if not (inside(self._tree, SUBMIT_DIRECTORY) / "requirements.txt").is_file():
            return
        argv = [str(self._tree / "bin" / "pip"), "install", "-r", "requirements.txt"]
        command = replace(serve, argv=argv, folder=SUBMIT_DIRECTORY, ends=True)
        self._child = workers.start(command)
        if self._child.wait(_STARTUP_SECONDS) != 0:
            self.stop()
            cause = f"{last_line(self.log)}. The log is in {self.log}"
            raise DeploymentError(
                f"The primary container for production variant {self.name} did not pass the ping "
                f"health check: {cause}",
                cause,
            )

    def _wait_for_port(self, port_file: Path, limit: float) -> tuple[int, int]:
        deadline = time.monotonic() + limit
        while not port_file.exists():
            code = self._child.wait(0)
            if code is not None:
                failure = port_file.with_name("failure")
                cause = failure.read_text() if failure.is_file() else last_line(self.log)
                raise _NotUpError(f"the model server ended with code {code}: {cause}")
            if time.monotonic() > deadline:
                raise _NotUpError(f"it was not up after {limit} seconds")
            time.sleep(0.02)
        port, pid = port_file.read_text().split()
        return int(port), int(pid)
