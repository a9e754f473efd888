"""All executions that run: starts, stops and, after a crash, ends them."""

import logging
import threading
from typing import Any

from sagemaker_local.api.actions import now
from sagemaker_local.api.errors import STOPPED_WITH_US
from sagemaker_local.pipelines.execution import Execution
from sagemaker_local.pipelines.resource_kinds import ACTIVE, EXECUTION, STEP
from sagemaker_local.storage.store import Store

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

    def start(self, arn: str, execution: Execution) -> None:
        """Run an execution in a thread of its own."""
        with self._lock:
            self._running[arn] = execution
        stored = self._store.by_arn(arn)
        if stored and stored.body["PipelineExecutionStatus"] == "Stopping":
            # The request to stop came before there was anything to stop.
            execution.stop()
        threading.Thread(target=self._run, args=(arn, execution), name=arn, daemon=True).start()

    def stop(self, arn: str) -> None:
        """Ask an execution to stop."""
        with self._lock:
            found = self._running.get(arn)
        if found:
            found.stop()

    def recover(self) -> None:
        """End the executions that an earlier server left running."""
        store = self._store
        for item in store.resources(EXECUTION.noun):
            if item.body["PipelineExecutionStatus"] in ACTIVE:
                store.change(item.arn, _failed(STOPPED_WITH_US))
                for step in store.resources(STEP.noun, item.region, prefix=f"{item.name}/"):
                    if step.body["StepStatus"] in ("Starting", "Executing", "Stopping"):
                        ended = {"StepStatus": "Failed", "FailureReason": STOPPED_WITH_US}
                        store.change(step.arn, ended | {"EndTime": now()})

    def _run(self, arn: str, execution: Execution) -> None:
        try:
            execution.run()
        except Exception as error:
            _log.exception("execution %s", arn)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            self._store.change(arn, _failed(reason))
        with self._lock:
            del self._running[arn]


def _failed(reason: str) -> dict[str, Any]:
    return {
        "PipelineExecutionStatus": "Failed",
        "FailureReason": reason,
        "PipelineExecutionFailureReason": reason,
        "LastModifiedTime": now(),
    }
