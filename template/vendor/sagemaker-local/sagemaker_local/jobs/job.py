"""The kinds of jobs, and all jobs that run."""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.api.actions import ACTIONS, Call, now
from sagemaker_local.api.errors import STOPPED_WITH_US
from sagemaker_local.api.events import Events
from sagemaker_local.api.parts import Parts
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import find, offer
from sagemaker_local.api.tags import read_tags
from sagemaker_local.home import Home
from sagemaker_local.jobs.running import Job, JobError
from sagemaker_local.processes.container import make_root
from sagemaker_local.processes.settings import Settings
from sagemaker_local.storage.s3 import UploadError
from sagemaker_local.storage.store import Body, Resource, Store, failure

# A container gets SIGTERM and has so many seconds until SIGKILL (API reference, StopTrainingJob and
# StopProcessingJob).
_GRACE_SECONDS = 120
_REASON = 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    Attributes
    ----------
    resource : how it appears in the API; its noun is also the member names' stem.
    work : does a job and returns the members to record; raises JobError when it failed.
    stopping : the members to set, beside the status, when it is asked to stop.
    ended : the members to set, beside the status, when it ends in a status.
    event : the `detail-type` of the events about its status; nothing if it has none.
    """

    resource: ResourceKind
    work: Callable[[Job], Body]
    ended: Callable[[str], Body]
    stopping: Mapping[str, Any] = field(default_factory=dict)
    event: str = ""

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
        _announce(call, kind, job)
        call.parts[Jobs].stop(job.arn)

    JOB_KINDS[noun] = kind
    offer(kind.resource, "Describe", "List")
    ACTIONS[f"Stop{noun}"] = stop
    return kind


class Jobs:
    """All running jobs.

    Parameters
    ----------
    parts : the other parts of the service, which they work with.
    home : the state folder, in which each has a folder while it runs.
    settings : scale how long a job may take to stop.
    """

    def __init__(self, parts: Parts, home: Home, settings: Settings) -> None:
        self._parts = parts
        self._store = parts[Store]
        self._home = home
        self._grace = settings.scaled(_GRACE_SECONDS)
        self._running: dict[str, tuple[Job, threading.Thread]] = {}
        self._lock = threading.Lock()

    def start(self, kind: JobKind, resource: Resource) -> None:
        """Run a job, stored as InProgress, in a thread of its own."""
        # Names are unique within one kind and region only.
        noun, region, name = kind.resource.noun, resource.region, resource.name
        tree = self._home.jobs / region / noun / name
        shutil.rmtree(tree, ignore_errors=True)
        make_root(tree)
        log = self._home.logs / region / f"{noun}s" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        call = Call(self._parts, region, {})
        job = Job(call, self._home, resource, tree, log, kind.log_group, self._grace)
        thread = threading.Thread(target=self._run, args=(kind, job), name=name, daemon=True)
        with self._lock:
            self._running[resource.arn] = (job, thread)
        _announce(call, kind, resource)
        thread.start()

    def stop(self, arn: str) -> None:
        """Ask a job to stop; it does so a little later."""
        with self._lock:
            found = self._running.get(arn)
        if found:
            found[0].ask_to_stop()

    def wait(self, arn: str) -> None:
        """Return when a job has ended."""
        with self._lock:
            found = self._running.get(arn)
        if found:
            found[1].join()

    def recover(self) -> None:
        """End the jobs that an earlier server left running."""
        for kind in JOB_KINDS.values():
            for item in self._store.at_work(kind.resource.noun):
                self._end(kind, item, "Failed", FailureReason=STOPPED_WITH_US)

    def _run(self, kind: JobKind, job: Job) -> None:
        try:
            members = kind.work(job)
            status = "Stopped" if job.stop.is_set() else members.pop("Status", "Completed")
        except JobError as error:
            status, members = "Failed", {"FailureReason": str(error)}
        except UploadError as error:
            status, members = "Failed", {"FailureReason": f"ClientError: {error}"}
        except Exception as error:
            _log.exception("job %s", job.resource.name)
            why = failure(error) or f"{type(error).__name__}: {error}"
            reason = f"InternalServerError: {why}"
            status, members = "Failed", {"FailureReason": reason}
        shutil.rmtree(job.tree, ignore_errors=True)
        self._end(kind, job.resource, status, **members)
        with self._lock:
            del self._running[job.resource.arn]

    def _end(self, kind: JobKind, resource: Resource, status: str, **members: Any) -> None:
        if "FailureReason" in members:
            members["FailureReason"] = members["FailureReason"][:_REASON]
        end = {kind.resource.status: status, "LastModifiedTime": now()}
        self._store.change(resource.arn, end | kind.ended(status) | members)
        _announce(Call(self._parts, resource.region, {}), kind, resource)


def _announce(call: Call, kind: JobKind, resource: Resource) -> None:
    """Announce the status of a job.

    The events' form is in the developer guide, "Events that Amazon SageMaker AI sends to Amazon
    EventBridge": what Describe answers, its times in milliseconds as text, and tags by their keys.
    That there is one for each status, and none for the secondary ones, is unconfirmed.
    """
    if not kind.event:
        return
    member = kind.resource.name_member
    detail = call.perform(f"Describe{kind.resource.noun}", {member: resource.name})
    for name in [name for name in detail if name.endswith("Time")]:
        detail[name] = str(round(detail[name] * 1000))
    detail["Tags"] = {tag["Key"]: tag["Value"] for tag in read_tags(call.store, resource.arn)}
    call.parts[Events].publish(call.region, kind.event, resource.arn, detail)
