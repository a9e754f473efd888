"""What becomes, after a restart, of the executions that ran when the server ended."""

import logging

from sagemaker_local.api.actions import Call, now
from sagemaker_local.api.errors import STOPPED_WITH_US, AwsError
from sagemaker_local.api.events import Events
from sagemaker_local.api.parts import Parts
from sagemaker_local.pipelines.announcing import announce_step, end_execution
from sagemaker_local.pipelines.before import Before, children_of, ended_before, steps_of
from sagemaker_local.pipelines.definition import Definition
from sagemaker_local.pipelines.execution import Execution
from sagemaker_local.pipelines.iterations import child_of
from sagemaker_local.pipelines.resource_kinds import EXECUTION
from sagemaker_local.pipelines.running_executions import RunningExecutions
from sagemaker_local.pipelines.selecting import selected_of
from sagemaker_local.pipelines.step import Step
from sagemaker_local.pipelines.versions import definition_of
from sagemaker_local.storage.store import Resource, Store

_log = logging.getLogger(__name__)


def recover_executions(parts: Parts) -> None:
    """Go on with the executions that wait for somebody else, and end the others as failed."""
    for item in parts[Store].at_work(EXECUTION.noun):
        call = Call(parts, item.region, {})
        try:
            _recover(call, item, definition_of(call, item))
        except AwsError as error:
            # The definition is one that this version refuses.
            _log.warning("%s: %s", item.arn, error.message)
            end_execution(call.store, parts[Events], item, "Failed", STOPPED_WITH_US)


def _recover(call: Call, execution: Resource, definition: Definition) -> None:
    events, records = call.parts[Events], steps_of(call.store, execution)
    waiting = {}
    for item in children_of(call.store, execution):
        if item.body["StepStatus"] == "Executing":
            _fail(call, execution, child_of(item.body, definition.steps), item)
    for name, item in list(records.items()):
        if item.body["StepStatus"] != "Executing":
            continue
        step = definition.steps[name]
        if step.type.resume is not None and "Metadata" in item.body:
            waiting[name] = records.pop(name)
            continue
        records[name] = _fail(call, execution, step, item)
    if not waiting:
        end_execution(call.store, events, execution, "Failed", STOPPED_WITH_US)
        return
    done = ended_before(definition, records)
    selected = selected_of(execution, definition)
    before = Before(selected, done.ended, done.properties, waiting)
    running = Execution(call, execution, definition, execution.body["_Values"], before)
    call.parts[RunningExecutions].start(execution, running)


def _fail(call: Call, execution: Resource, step: Step, record: Resource) -> Resource:
    end = {"StepStatus": "Failed", "FailureReason": STOPPED_WITH_US, "EndTime": now()}
    changed = call.store.change(record.arn, end)
    if changed:
        announce_step(call.parts[Events], execution, step, changed.body, "Executing")
    return changed or record
