"""What processing and training jobs have in common: a thread, a child process, an end."""

import shutil
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.actions import now
from sagemaker_local.kinds import Kind
from sagemaker_local.logs import LogStream, last_line
from sagemaker_local.processes import Child, container_environment
from sagemaker_local.store import Resource

if TYPE_CHECKING:
    from sagemaker_local.service import SageMaker

STOPPED_WITH_US = "the local SageMaker was stopped while it ran"
_REASON = 1024


class JobError(Exception):
    """A job failed; the message is its FailureReason."""


@dataclass
class Job:
    """One job while it runs.

    Attributes
    ----------
    sagemaker : the service that runs it.
    kind : ProcessingJob or TrainingJob.
    resource : the job as it was created.
    tree : the folder that stands for the container's root.
    log : the file with its output.
    stop : set when the job is to stop.
    """

    sagemaker: "SageMaker"
    kind: Kind
    resource: Resource
    tree: Path
    log: Path
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def request(self) -> dict[str, Any]:
        """The members of the request that created it."""
        return self.resource.body

    @property
    def opt_ml(self) -> Path:
        """The private `/opt/ml`."""
        return self.tree / "opt" / "ml"

    def note(self, **members: Any) -> None:
        """Record progress."""
        self.sagemaker.store.change(self.resource.arn, {**members, "LastModifiedTime": now()})

    def run(self, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> int | None:
        """Run the job's command to its end, its time limit, or a request to stop.

        Parameters
        ----------
        argv : the command, as it runs here.
        environment : the job's own variables.
        folder : the working directory.

        Returns
        -------
        The exit code, or None when it was stopped or out of time.
        """
        sagemaker, region = self.sagemaker, self.resource.region
        whole = container_environment(
            sagemaker.aws.running, sagemaker.home, region, environment, self.tree
        )
        limit = self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400)
        if self.stop.is_set():
            return None
        self.log.touch()
        stream = LogStream(
            sagemaker.aws,
            region,
            self.log,
            f"/aws/sagemaker/{self.kind.noun}s",
            f"{self.resource.name}/algo-1-{int(now())}",
        )
        try:
            child = Child(argv, whole, folder, self.log)
            deadline = now() + limit
            while (code := child.wait(0.1)) is None:
                if self.stop.is_set() or now() > deadline:
                    child.stop()
                    return None
            return code
        finally:
            stream.close()

    def failure(self, code: int) -> str:
        """Return the FailureReason of a command that exited with a code."""
        return f"AlgorithmError: {last_line(self.log)}, exit code: {code}"


class Jobs:
    """All running jobs.

    Parameters
    ----------
    sagemaker : the service they belong to.
    """

    def __init__(self, sagemaker: "SageMaker") -> None:
        self._sagemaker = sagemaker
        self._running: dict[str, tuple[Job, threading.Thread]] = {}
        self._lock = threading.Lock()

    def start(self, kind: Kind, resource: Resource, work: Callable[[Job], dict[str, Any]]) -> None:
        """Run a job in a thread of its own.

        Parameters
        ----------
        kind : what it is.
        resource : the job, stored as InProgress.
        work : does it and returns the members to record; raises JobError when it failed.
        """
        home = self._sagemaker.home
        tree = home.jobs / resource.name
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        log = home.logs / f"{kind.noun}s" / f"{resource.name}.log"
        log.parent.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        job = Job(self._sagemaker, kind, resource, tree, log)
        thread = threading.Thread(
            target=self._run, args=(job, work), name=resource.name, daemon=True
        )
        with self._lock:
            self._running[resource.arn] = (job, thread)
        thread.start()

    def stop(self, arn: str) -> None:
        """Ask a job to stop; it does so a little later."""
        with self._lock:
            found = self._running.get(arn)
        if found:
            found[0].stop.set()

    def wait(self, arn: str) -> None:
        """Return when a job has ended."""
        with self._lock:
            found = self._running.get(arn)
        if found:
            found[1].join()

    def recover(self) -> None:
        """End the jobs that an earlier server left running."""
        for noun in ("ProcessingJob", "TrainingJob"):
            for item in self._sagemaker.store.resources(noun):
                status = item.body[f"{noun}Status"]
                if status in ("InProgress", "Stopping"):
                    self._sagemaker.store.change(
                        item.arn, _ended(noun, "Failed", FailureReason=STOPPED_WITH_US)
                    )

    def _run(self, job: Job, work: Callable[[Job], dict[str, Any]]) -> None:
        noun = job.kind.noun
        try:
            members = work(job)
            status = "Stopped" if job.stop.is_set() else members.pop("Status", "Completed")
            end = _ended(noun, status, **members)
        except JobError as error:
            end = _ended(noun, "Failed", FailureReason=str(error)[:_REASON])
        except (Boto3Error, BotoCoreError, ClientError) as error:
            end = _ended(noun, "Failed", FailureReason=f"ClientError: {error}"[:_REASON])
        except Exception as error:
            traceback.print_exc()
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            end = _ended(noun, "Failed", FailureReason=reason[:_REASON])
        shutil.rmtree(job.tree, ignore_errors=True)
        self._sagemaker.store.change(job.resource.arn, end)
        with self._lock:
            del self._running[job.resource.arn]


def _ended(noun: str, status: str, **members: Any) -> dict[str, Any]:
    if noun == "TrainingJob":
        members = {"SecondaryStatus": status} | members
        members["TrainingEndTime"] = now()
    else:
        members["ProcessingEndTime"] = now()
    return {f"{noun}Status": status, "LastModifiedTime": now(), **members}
