"""One job while it runs: its files, its command, its end."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sagemaker_local.api.actions import Call, now
from sagemaker_local.home import Home
from sagemaker_local.processes.child import Child
from sagemaker_local.processes.command import Command
from sagemaker_local.processes.container import container_command, container_environment, inside
from sagemaker_local.processes.images import ImageError, check_image, image_command, take_over
from sagemaker_local.processes.logs import LogStream, last_line
from sagemaker_local.processes.opt_ml import PATH, OptMl, names_opt_ml
from sagemaker_local.processes.settings import Settings
from sagemaker_local.processes.workers import Workers
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.s3 import S3
from sagemaker_local.storage.store import Resource


class JobError(Exception):
    """A job failed; the message is its FailureReason."""


@dataclass
class Job:
    """One job while it runs.

    Attributes
    ----------
    call : makes calls to the service, and reaches its parts.
    home : the server's state folder.
    resource : the job as it was created.
    tree : the folder that stands for the container's root.
    log : the file with its output.
    log_group : where its log goes in CloudWatch Logs.
    grace : how long a command that is asked to stop may go on, in seconds.
    stop : set when the job is to stop.
    """

    call: Call
    home: Home
    resource: Resource
    tree: Path
    log: Path
    log_group: str
    grace: float
    stop: threading.Event = field(default_factory=threading.Event)
    _on_stop: Callable[[], object] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def s3(self) -> S3:
        """Where its data comes from and goes to."""
        return self.call.parts[S3]

    @property
    def request(self) -> dict[str, Any]:
        """The members of the request that created it."""
        return self.resource.body

    @property
    def in_image(self) -> bool:
        """Whether it runs in its image, and not in our Python's environment."""
        return self.call.parts[Settings].in_images

    @property
    def opt_ml(self) -> Path:
        """The private `/opt/ml`."""
        return self.inside(PATH)

    def inside(self, path: str) -> Path:
        """Return where a path of the container lies on this machine.

        Raises
        ------
        JobError : the container would not find it there.
        """
        try:
            return inside(self.tree, path)
        except ValueError as error:
            raise JobError(f"ClientError: {error}") from None

    def note(self, **members: Any) -> None:
        """Record progress."""
        self.call.store.change(self.resource.arn, {**members, "LastModifiedTime": now()})

    def ask_to_stop(self) -> None:
        """Have the job stop; its command gets the grace for it."""
        self.stop.set()
        with self._lock:
            act = self._on_stop
        if act:
            act()

    def on_stop(self, act: Callable[[], object]) -> None:
        """Have something done when the job is asked to stop; at once if it has been."""
        with self._lock:
            self._on_stop = act
        # A stop that came before the lines above has not seen what to do.
        if self.stop.is_set():
            act()

    def run(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        folder: str,
        outputs: Mapping[str, str],
    ) -> int | None:
        """Run the job's command to its end, its time limit, or a request to stop.

        Parameters
        ----------
        argv : the container's command.
        environment : the job's own variables.
        folder : the working directory, a path of the container or of this machine.
        outputs : the folders that it is expected to fill, by what they are called.

        Returns
        -------
        The exit code, or None when it was stopped or out of time.

        Raises
        ------
        JobError : it succeeded, but wrote somewhere else.
        """
        running, region = self.call.parts[Clients].running, self.resource.region
        whole = container_environment(running, self.home, region, environment, self.tree)
        command = Command(
            argv=container_command(argv),
            environment=whole,
            folder=folder,
            log=str(self.log),
            opt_ml=str(self.opt_ml),
            ends=True,
        )
        return self._run(command, outputs)

    def run_image(
        self,
        image: str,
        entrypoint: Sequence[str],
        arguments: Sequence[str],
        environment: Mapping[str, str],
        outputs: Mapping[str, str],
    ) -> int | None:
        """Run the job's image to its end, its time limit, or a request to stop.

        Parameters
        ----------
        image : the image.
        entrypoint : the request's entry point; empty for the image's own.
        arguments : what the entry point gets.
        environment, outputs : as of `run`.

        Returns
        -------
        The exit code, or None when it was stopped or out of time.

        Raises
        ------
        JobError : the image is not on this machine, or no engine answers.
        """
        try:
            check_image(image)
        except ImageError as error:
            raise JobError(f"ClientError: {error}") from None
        running, region = self.call.parts[Clients].running, self.resource.region
        what = (image, entrypoint, arguments, environment)
        command = image_command(running, self.home, region, *what, self.tree, self.log)
        try:
            return self._run(command, outputs)
        finally:
            take_over(image, self.tree)

    def _run(self, command: Command, outputs: Mapping[str, str]) -> int | None:
        if self.stop.is_set():
            return None
        self.log.touch()
        stream = LogStream(
            self.call.parts[Clients],
            self.resource.region,
            self.log,
            self.log_group,
            f"{self.resource.name}/algo-1-{int(now())}",
        )
        try:
            child = self.call.parts[Workers].start(command)
            code = self._wait(child)
            if code == 0:
                self._look_at(outputs, child.opt_ml)
            return code
        finally:
            stream.close()

    def failure(self, code: int) -> str:
        """Return the FailureReason of a command that exited with a code."""
        return f"AlgorithmError: {last_line(self.log)}, exit code: {code}"

    def _wait(self, child: Child) -> int | None:
        limit = self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400)
        self.on_stop(lambda: child.stop(self.grace))
        code = child.wait(limit)
        if code is None:
            child.stop(self.grace)
            child.wait()
        return None if self.stop.is_set() else code

    def _look_at(self, outputs: Mapping[str, str], how: OptMl) -> None:
        """Say it when nothing was written to an output; refuse what was written elsewhere."""
        for name, path in outputs.items():
            if any(file.is_file() for file in self.inside(path).rglob("*")):
                continue
            nothing = f"nothing was written to {path} ({name})"
            if how is OptMl.MOVED and names_opt_ml(self.opt_ml):
                raise JobError(
                    f"ClientError: {nothing}: the code names {PATH} itself, and this machine lets "
                    "the local SageMaker give a job no such folder of its own; take the path from "
                    "an argument or a variable, which are led to the job's folder"
                )
            with self.log.open("a") as log:
                log.write(f"[local SageMaker] {nothing}, so nothing is uploaded for it\n")
