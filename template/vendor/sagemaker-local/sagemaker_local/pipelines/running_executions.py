"""All executions that run: starts and stops them."""

import logging
import threading

from sagemaker_local.api.actions import Call
from sagemaker_local.api.events import Events
from sagemaker_local.pipelines.announcing import announce_execution, end_execution
from sagemaker_local.pipelines.execution import Execution
from sagemaker_local.storage.store import Resource, Store

_log = logging.getLogger(__name__)


class RunningExecutions:
    """All running executions.

    Parameters
    ----------
    store : where they and their steps are.
    events : announce how they end.
    """

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events
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

    def _run(self, resource: Resource, execution: Execution) -> None:
        try:
            execution.run()
        except Exception as error:
            _log.exception("execution %s", resource.arn)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            end_execution(self._store, self._events, resource, "Failed", reason)
        finally:
            with self._lock:
                # A retry may have begun before this.
                if self._running.get(resource.arn) is execution:
                    del self._running[resource.arn]


def launch(call: Call, resource: Resource, execution: Execution, previous: str = "") -> None:
    """Announce that an execution starts, and start it.

    Parameters
    ----------
    call : the request for it.
    resource : the execution, stored as Executing.
    execution : runs it.
    previous : its status before, if it had one.
    """
    announce_execution(call.parts[Events], resource, previous)
    call.parts[RunningExecutions].start(resource, execution)
