"""Status changes of executions and steps: recorded, and announced to EventBridge.

The events' form is in the developer guide, "Events that Amazon SageMaker AI sends to Amazon
EventBridge", "Pipeline execution state change" and "Pipeline step state change". That the first
event of each has no previous status is unconfirmed.
"""

from typing import Any

from sagemaker_local.api.actions import now
from sagemaker_local.api.events import Events, iso
from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.resource_kinds import ACTIVE
from sagemaker_local.pipelines.step import Step
from sagemaker_local.storage.store import Resource, Store

_EXECUTION = "SageMaker Model Building Pipeline Execution Status Change"
_STEP = "SageMaker Model Building Pipeline Execution Step Status Change"


def announce_execution(events: Events, execution: Resource, previous: str = "") -> None:
    """Announce the status of an execution.

    Parameters
    ----------
    events : where.
    execution : with its new status.
    previous : the status before, if there was one.
    """
    body = execution.body
    status = body["PipelineExecutionStatus"]
    detail = {
        "pipelineExecutionDisplayName": body["PipelineExecutionDisplayName"],
        "currentPipelineExecutionStatus": status,
        "previousPipelineExecutionStatus": previous,
        "executionStartTime": iso(body["StartTime"]),
        "executionEndTime": "" if status in ACTIVE else iso(body["LastModifiedTime"]),
        "pipelineExecutionDescription": body.get("PipelineExecutionDescription", ""),
        "pipelineArn": body["PipelineArn"],
        "pipelineExecutionArn": execution.arn,
    }
    _publish(events, _EXECUTION, execution, detail)


def announce_step(
    events: Events, execution: Resource, step: Step, body: Document, previous: str = ""
) -> None:
    """Announce the status of a step.

    Parameters
    ----------
    events : where.
    execution : which the step belongs to.
    step : the step.
    body : what is recorded of it, with its new status.
    previous : the status before, if there was one.
    """
    detail = {
        "metadata": _lowered(body.get("Metadata", {})),
        "cacheHitResult": _lowered(body.get("CacheHitResult", {})),
        "failureReason": body.get("FailureReason", ""),
        "stepStartTime": iso(body["StartTime"]),
        "stepEndTime": iso(body["EndTime"]) if "EndTime" in body else "",
        "stepName": step.name,
        "stepType": step.type.name,
        "previousStepStatus": previous,
        "currentStepStatus": body["StepStatus"],
        "pipelineArn": execution.body["PipelineArn"],
        "pipelineExecutionArn": execution.arn,
    }
    _publish(events, _STEP, execution, detail)


def end_execution(
    store: Store, events: Events, execution: Resource, status: str, reason: str | None = None
) -> None:
    """Record how an execution ended, and announce it.

    Parameters
    ----------
    store, events : where.
    execution : as it was created.
    status, reason : its new status, and its FailureReason if it has one.
    """
    before = store.by_arn(execution.arn)
    changed = store.change(
        execution.arn,
        {
            "PipelineExecutionStatus": status,
            "FailureReason": reason,
            "PipelineExecutionFailureReason": reason,
            "LastModifiedTime": now(),
        },
    )
    if before and changed:
        announce_execution(events, changed, before.body["PipelineExecutionStatus"])


def _publish(events: Events, kind: str, execution: Resource, detail: dict[str, Any]) -> None:
    present = {name: value for name, value in detail.items() if value not in ("", {})}
    about = [execution.body["PipelineArn"], execution.arn]
    events.publish(execution.region, kind, about, present)


def _lowered(value: Any) -> Any:
    """Return a value with the names of its members as events have them: `processingJob`."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _lowered(member) for name, member in value.items()}
    return [_lowered(member) for member in value] if isinstance(value, list) else value
