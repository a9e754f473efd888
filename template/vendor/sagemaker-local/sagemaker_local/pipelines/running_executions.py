"""All executions that run: starts, stops and, after a crash, ends them."""

import logging
import threading

from sagemaker_local.api.actions import now
from sagemaker_local.api.errors import STOPPED_WITH_US
from sagemaker_local.pipelines.execution import Execution
from sagemaker_local.pipelines.resource_kinds import ACTIVE, EXECUTION, STEP
from sagemaker_local.storage.store import Resource, Store

_log = logging.getLogger(__name__)


class RunningExecutions:
    """All running executions.

    Parameters
    ----------
    store : where they and their steps are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: dict[str, Execution] = {}
        self._lock = threading.Lock()

    def start(self, resource: Resource, execution: Execution) -> None:
        """Run an execution, stored as Executing, in a thread of its own."""
        arn = resource.arn
        with self._lock:
            self._running[arn] = execution
        stored = self._store.by_arn(arn)
        if stored and stored.body["PipelineExecutionStatus"] == "Stopping":
            # The request to stop came before there was anything to stop.
            execution.stop()
        threading.Thread(
            target=self._run, args=(resource, execution), name=arn, daemon=True
        ).start()

    def stop(self, arn: str) -> None:
        """Ask an execution to stop."""
        with self._lock:
            found = self._running.get(arn)
        if found:
            found.stop()

    def recover(self) -> None:
        """End the executions that an earlier server left running."""
        for item in self._store.resources(EXECUTION.noun):
            if item.body["PipelineExecutionStatus"] in ACTIVE:
                self._fail(item, STOPPED_WITH_US)

    def _run(self, resource: Resource, execution: Execution) -> None:
        try:
            execution.run()
        except Exception as error:
            _log.exception("execution %s", resource.arn)
            self._fail(resource, f"InternalServerError: {type(error).__name__}: {error}")
        finally:
            with self._lock:
                del self._running[resource.arn]

    def _fail(self, resource: Resource, reason: str) -> None:
        """End an execution and its steps as failed."""
        for step in self._store.resources(STEP.noun, resource.region, prefix=f"{resource.name}/"):
            if step.body["StepStatus"] in ("Starting", "Executing", "Stopping"):
                ended = {"StepStatus": "Failed", "FailureReason": reason, "EndTime": now()}
                self._store.change(step.arn, ended)
        members = {
            "PipelineExecutionStatus": "Failed",
            "FailureReason": reason,
            "PipelineExecutionFailureReason": reason,
            "LastModifiedTime": now(),
        }
        self._store.change(resource.arn, members)
