"""RetryPipelineExecution: an execution goes on from where it failed or was stopped."""

from graphlib import TopologicalSorter

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.resources import find
from sagemaker_local.api.support import declare
from sagemaker_local.pipelines.before import Before, children_of, ended_before, steps_of
from sagemaker_local.pipelines.definition import Definition
from sagemaker_local.pipelines.execution import Execution
from sagemaker_local.pipelines.resource_kinds import ACTIVE, EXECUTION
from sagemaker_local.pipelines.running_executions import launch
from sagemaker_local.pipelines.selecting import selected_of
from sagemaker_local.pipelines.versions import definition_of
from sagemaker_local.storage.store import Body, Resource

declare(
    "RetryPipelineExecution",
    acted="PipelineExecutionArn ClientRequestToken ParallelismConfiguration",
)


@action("RetryPipelineExecution")
def retry_execution(call: Call) -> Body:
    """Run an execution again, with the definition and the values that it had.

    Which statuses AWS does so for, and its words for others, are unconfirmed.
    """
    with call.store.transaction():
        execution = find(call, EXECUTION, call.request["PipelineExecutionArn"])
        status = execution.body["PipelineExecutionStatus"]
        if status in (*ACTIVE, "Succeeded"):
            raise AwsError(
                "ConflictException",
                f"Pipeline execution {execution.arn} cannot be retried: it is {status}.",
            )
        definition = definition_of(call, execution)
        before = _take_back(call, execution, definition)
        changes = {
            "PipelineExecutionStatus": "Executing",
            "FailureReason": None,
            "PipelineExecutionFailureReason": None,
            "LastModifiedTime": now(),
        }
        if "ParallelismConfiguration" in call.request:
            changes["ParallelismConfiguration"] = call.request["ParallelismConfiguration"]
        execution.body.update(changes)
        call.store.change(execution.arn, changes)
    running = Execution(call, execution, definition, execution.body["_Values"], before)
    call.store.after_commit(lambda: launch(call, execution, running, status))
    return {"PipelineExecutionArn": execution.arn}


def _take_back(call: Call, execution: Resource, definition: Definition) -> Before:
    """Delete the records of the steps that are to run again, and return what is done.

    Those are the steps that did not succeed, and what depends on how they ended. Steps of another
    execution, of which a selective one has copies, do not run.
    """
    records, steps = steps_of(call.store, execution), definition.steps
    own = {name for name, item in records.items() if "SelectiveExecutionResult" not in item.body}
    again = {name for name in own if records[name].body["StepStatus"] != "Succeeded"}
    for name in TopologicalSorter(
        {name: step.requires for name, step in steps.items()}
    ).static_order():
        if name in own and again & steps[name].requires.keys():
            again.add(name)
    for name in again:
        call.store.delete(records.pop(name).arn)
    for child in children_of(call.store, execution):
        if child.body["IterationContext"]["ParentStepName"] in again:
            call.store.delete(child.arn)
    done = ended_before(definition, records)
    return Before(selected_of(execution, definition), done.ended, done.properties)
