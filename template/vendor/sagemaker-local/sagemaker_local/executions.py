"""All running pipeline executions of the service."""

import threading
import traceback
from typing import TYPE_CHECKING, Any

from sagemaker_local.actions import now
from sagemaker_local.interpreter import Execution
from sagemaker_local.jobs import STOPPED_WITH_US

if TYPE_CHECKING:
    from sagemaker_local.service import SageMaker

ACTIVE = ("Executing", "Stopping")


class Executions:
    """All running executions.

    Parameters
    ----------
    sagemaker : the service they belong to.
    """

    def __init__(self, sagemaker: "SageMaker") -> None:
        self._sagemaker = sagemaker
        self._running: dict[str, Execution] = {}
        self._lock = threading.Lock()

    def start(self, arn: str, execution: Execution) -> None:
        """Run an execution in a thread of its own."""
        with self._lock:
            self._running[arn] = execution
        stored = self._sagemaker.store.by_arn(arn)
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
        store = self._sagemaker.store
        for item in store.resources("PipelineExecution"):
            if item.body["PipelineExecutionStatus"] in ACTIVE:
                store.change(item.arn, _failed(STOPPED_WITH_US))
                for step in store.resources("Step", item.region, prefix=f"{item.name}/"):
                    if step.body["StepStatus"] in ("Starting", "Executing", "Stopping"):
                        ended = {"StepStatus": "Failed", "FailureReason": STOPPED_WITH_US}
                        store.change(step.arn, ended | {"EndTime": now()})

    def _run(self, arn: str, execution: Execution) -> None:
        try:
            execution.run()
        except Exception as error:
            traceback.print_exc()
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            self._sagemaker.store.change(arn, _failed(reason))
        with self._lock:
            del self._running[arn]


def _failed(reason: str) -> dict[str, Any]:
    return {
        "PipelineExecutionStatus": "Failed",
        "FailureReason": reason,
        "PipelineExecutionFailureReason": reason,
        "LastModifiedTime": now(),
    }
