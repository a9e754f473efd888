"""What all jobs have in common: a thread, a child process, an end."""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.api.actions import ACTIONS, Call, now
from sagemaker_local.api.errors import STOPPED_WITH_US
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import find, offer
from sagemaker_local.home import Home
from sagemaker_local.processes.child import Child
from sagemaker_local.processes.container import container_environment
from sagemaker_local.processes.logs import LogStream, last_line
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.s3 import S3
from sagemaker_local.storage.store import Body, Resource, Store

_REASON = 1024
_log = logging.getLogger(__name__)


class JobError(Exception):
    """A job failed; the message is its FailureReason."""


@dataclass
class Job:
    """One job while it runs.

    Attributes
    ----------
    store : where its resource is.
    clients : of the server that it may call.
    home : the server's state folder.
    kind : what it is.
    resource : the job as it was created.
    tree : the folder that stands for the container's root.
    log : the file with its output.
    stop : set when the job is to stop.
    """

    store: Store
    clients: Clients
    home: Home
    kind: "JobKind"
    resource: Resource
    tree: Path
    log: Path
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def s3(self) -> S3:
        """Where its data comes from and goes to."""
        return S3(self.clients)

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
        self.store.change(self.resource.arn, {**members, "LastModifiedTime": now()})

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
        region = self.resource.region
        whole = container_environment(
            self.clients.running, self.home, region, environment, self.tree
        )
        limit = self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400)
        if self.stop.is_set():
            return None
        self.log.touch()
        stream = LogStream(
            self.clients,
            region,
            self.log,
            self.kind.log_group,
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


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    Attributes
    ----------
    resource : how it appears in the API; its noun is also the member names' stem.
    work : does a job and returns the members to record; raises JobError when it failed.
    stopping : the members to set, beside the status, when it is asked to stop.
    ended : the members to set, beside the status, when it ends in a status.
    """

    resource: ResourceKind
    work: Callable[[Job], Body]
    ended: Callable[[str], Body]
    stopping: Mapping[str, Any] = field(default_factory=dict)

    @property
    def log_group(self) -> str:
        """The group of its logs in CloudWatch Logs."""
        return f"/aws/sagemaker/{self.resource.noun}s"


JOB_KINDS: dict[str, JobKind] = {}


def job_kind(kind: JobKind) -> JobKind:
    """Add a kind of job to the table, with its Describe, List and Stop actions."""
    noun = kind.resource.noun

    def stop(call: Call) -> None:
        with call.store.transaction():
            job = find(call, kind.resource)
            if job.body[kind.resource.status] != "InProgress":
                return
            call.store.change(job.arn, {kind.resource.status: "Stopping", **kind.stopping})
        call.parts[Jobs].stop(job.arn)

    JOB_KINDS[noun] = kind
    offer(kind.resource, "Describe", "List")
    ACTIONS[f"Stop{noun}"] = stop
    return kind


class Jobs:
    """All running jobs.

    Parameters
    ----------
    store : where their resources are.
    clients : of the server that they may call.
    home : the state folder, in which each has a folder while it runs.
    """

    def __init__(self, store: Store, clients: Clients, home: Home) -> None:
        self._store = store
        self._clients = clients
        self._home = home
        self._running: dict[str, tuple[Job, threading.Thread]] = {}
        self._lock = threading.Lock()

    def start(self, kind: JobKind, resource: Resource) -> None:
        """Run a job, stored as InProgress, in a thread of its own."""
        tree = self._home.jobs / resource.name
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        log = self._home.logs / f"{kind.resource.noun}s" / f"{resource.name}.log"
        log.parent.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        job = Job(self._store, self._clients, self._home, kind, resource, tree, log)
        thread = threading.Thread(target=self._run, args=(job,), name=resource.name, daemon=True)
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
        for kind in JOB_KINDS.values():
            for item in self._store.resources(kind.resource.noun):
                if item.body[kind.resource.status] in ("InProgress", "Stopping"):
                    self._end(kind, item.arn, "Failed", FailureReason=STOPPED_WITH_US)

    def _run(self, job: Job) -> None:
        try:
            members = job.kind.work(job)
            status = "Stopped" if job.stop.is_set() else members.pop("Status", "Completed")
        except JobError as error:
            status, members = "Failed", {"FailureReason": str(error)}
        except (Boto3Error, BotoCoreError, ClientError) as error:
            status, members = "Failed", {"FailureReason": f"ClientError: {error}"}
        except Exception as error:
            _log.exception("job %s", job.resource.name)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            status, members = "Failed", {"FailureReason": reason}
        shutil.rmtree(job.tree, ignore_errors=True)
        self._end(job.kind, job.resource.arn, status, **members)
        with self._lock:
            del self._running[job.resource.arn]

    def _end(self, kind: JobKind, arn: str, status: str, **members: Any) -> None:
        if "FailureReason" in members:
            members["FailureReason"] = members["FailureReason"][:_REASON]
        end = {kind.resource.status: status, "LastModifiedTime": now()}
        self._store.change(arn, end | kind.ended(status) | members)
