"""The actions on executions of pipelines."""

import secrets

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError, invalid
from sagemaker_local.api.events import Events
from sagemaker_local.api.listing import listing
from sagemaker_local.api.page_token import read_token, write_token
from sagemaker_local.api.resources import create, find
from sagemaker_local.pipelines.announcing import announce_execution
from sagemaker_local.pipelines.before import Before
from sagemaker_local.pipelines.definition import read_definition
from sagemaker_local.pipelines.execution import Execution
from sagemaker_local.pipelines.expressions import as_text
from sagemaker_local.pipelines.parameters import parameter_values
from sagemaker_local.pipelines.resource_kinds import ACTIVE, EXECUTION, PIPELINE, STEP
from sagemaker_local.pipelines.running_executions import RunningExecutions, launch
from sagemaker_local.pipelines.selecting import adopt, select
from sagemaker_local.pipelines.versions import version_text
from sagemaker_local.storage.store import Body, Resource

_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@action("StartPipelineExecution")
def start_execution(call: Call) -> Body:
    """Start an execution."""
    with call.store.transaction():
        pipeline = find(call, PIPELINE)
        version = call.request.get("PipelineVersionId") or pipeline.body["_Version"]
        definition = read_definition(version_text(call, pipeline.name, version))
        asked = call.request.get("PipelineParameters", [])
        values = parameter_values(
            definition.parameters, {item["Name"]: item["Value"] for item in asked}
        )
        selective = "SelectiveExecutionConfig" in call.request
        found = select(call, definition, pipeline.name) if selective else {}
        identifier = "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))
        parallelism = pipeline.body.get("ParallelismConfiguration")
        time = now()
        execution = create(
            call,
            EXECUTION,
            name=f"{pipeline.name}/execution/{identifier}",
            PipelineArn=pipeline.arn,
            PipelineExecutionDisplayName=call.request.get(
                "PipelineExecutionDisplayName", f"execution-{int(time * 1000)}"
            ),
            PipelineExecutionStatus="Executing",
            PipelineVersionId=version,
            ParallelismConfiguration=call.request.get("ParallelismConfiguration", parallelism)
            or {},
            StartTime=time,
            _Values=values,
        )
        call.store.change(pipeline.arn, {"LastRunTime": time, "LastExecutionTime": time})
        before = Before(definition.steps)
        if selective:
            before = adopt(call, execution, definition, found)
    running = Execution(call, execution, definition, values, before)
    call.store.after_commit(lambda: launch(call, execution, running))
    return {"PipelineExecutionArn": execution.arn}


@action("DescribePipelineExecution")
def describe_execution(call: Call) -> Body:
    """Return an execution."""
    return _execution(call).body


@action("ListPipelineExecutions")
def list_executions(call: Call) -> Body:
    """List the executions of a pipeline."""
    pipeline = find(call, PIPELINE)
    return listing(call.without("PipelineName"), EXECUTION, f"{pipeline.name}/execution")


@action("ListPipelineExecutionSteps")
def list_steps(call: Call) -> Body:
    """List the steps of an execution that were started, the latest first unless asked."""
    if "PipelineExecutionArn" not in call.request:
        raise invalid("PipelineExecutionArn is required")
    execution = _execution(call)
    return listing(call.without("PipelineExecutionArn"), STEP, execution.name)


@action("ListPipelineParametersForExecution")
def list_parameters(call: Call) -> Body:
    """List the parameters of an execution with the values it runs with."""
    values = _execution(call).body["_Values"]
    scope, token = call.request["PipelineExecutionArn"], call.request.get("NextToken")
    first: int = read_token(scope, token) if token is not None else 0
    last = first + call.request.get("MaxResults", 100)
    shown = [{"Name": name, "Value": as_text(value)} for name, value in values.items()]
    more = {"NextToken": write_token(scope, last)} if last < len(shown) else {}
    return {"PipelineParameters": shown[first:last], **more}


@action("DescribePipelineDefinitionForExecution")
def describe_definition(call: Call) -> Body:
    """Return the definition that an execution runs."""
    execution = _execution(call)
    pipeline, version = execution.name.split("/")[0], execution.body["PipelineVersionId"]
    text = version_text(call, pipeline, version)
    return {"PipelineDefinition": text, "CreationTime": execution.body["CreationTime"]}


@action("StopPipelineExecution")
def stop_execution(call: Call) -> Body:
    """Ask an execution to stop: its jobs are stopped, further steps are not started."""
    with call.store.transaction():
        execution = _execution(call)
        status = execution.body["PipelineExecutionStatus"]
        if status not in ACTIVE:
            raise AwsError(
                "ConflictException",
                f"Pipeline execution {execution.arn} cannot be stopped: it is {status}.",
            )
        changed = call.store.change(
            execution.arn, {"PipelineExecutionStatus": "Stopping", "LastModifiedTime": now()}
        )

    def stop() -> None:
        if changed:
            announce_execution(call.parts[Events], changed, status)
        call.parts[RunningExecutions].stop(execution.arn)

    call.store.after_commit(stop)
    return {"PipelineExecutionArn": execution.arn}


def _execution(call: Call) -> Resource:
    return find(call, EXECUTION, call.request["PipelineExecutionArn"])
