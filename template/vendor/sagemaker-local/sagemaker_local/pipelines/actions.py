"""Pipelines and their executions: the actions."""

import secrets

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError, invalid, unsupported
from sagemaker_local.api.listing import listing
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create, find, offer
from sagemaker_local.pipelines.definition import parameter_values, read_definition
from sagemaker_local.pipelines.executions import ACTIVE, EXECUTION, STEP, Executions
from sagemaker_local.pipelines.interpreter import Execution
from sagemaker_local.storage.s3 import S3, MissingObjectError
from sagemaker_local.storage.store import Body, Resource

PIPELINE = ResourceKind(
    noun="Pipeline",
    path="pipeline",
    summaries="PipelineSummaries",
    missing="Pipeline '{arn}' does not exist.",
    missing_code="ResourceNotFound",
    duplicate="Pipeline names must be unique within an AWS account and region. "
    "Pipeline with name ({name}) already exists.",
    newest_first=True,
)
VERSION = ResourceKind(
    noun="PipelineVersion",
    path="pipeline",
    summaries="PipelineVersionSummaries",
    missing="Pipeline version '{arn}' does not exist.",
    missing_code="ResourceNotFound",
    newest_first=True,
)
offer(PIPELINE, "List")
_DEFINITION = ("PipelineDefinition", "PipelineDefinitionS3Location")
_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@action("CreatePipeline")
def create_pipeline(call: Call) -> Body:
    """Store a pipeline whose definition can run."""
    text = _definition_text(call)
    if text is None:
        raise invalid("PipelineDefinition or PipelineDefinitionS3Location is required")
    read_definition(text)
    with call.store.transaction():
        pipeline = create(
            call,
            PIPELINE,
            PipelineStatus="Active",
            PipelineDefinition=None,
            PipelineDefinitionS3Location=None,
            PipelineDisplayName=call.request.get(
                "PipelineDisplayName", call.request["PipelineName"]
            ),
        )
        _add_version(call, pipeline.name, text)
    return pipeline.body


@action("UpdatePipeline")
def update_pipeline(call: Call) -> Body:
    """Change a pipeline; a new definition is a new version."""
    text = _definition_text(call)
    if text is not None:
        read_definition(text)
    with call.store.transaction():
        pipeline = find(call, PIPELINE)
        skipped = (*_DEFINITION, "PipelineName")
        members = {name: value for name, value in call.request.items() if name not in skipped}
        number = pipeline.body["_Version"]
        if text is not None:
            number = _add_version(call, pipeline.name, text)
        call.store.change(pipeline.arn, members | {"LastModifiedTime": now()})
    return {"PipelineArn": pipeline.arn, "PipelineVersionId": number}


@action("DescribePipeline")
def describe_pipeline(call: Call) -> Body:
    """Return a pipeline, with the definition of the version that is asked for."""
    pipeline = find(call, PIPELINE)
    version = call.request.get("PipelineVersionId") or pipeline.body["_Version"]
    text = _version_text(call, pipeline.name, version)
    return pipeline.body | {"PipelineDefinition": text}


@action("DeletePipeline")
def delete_pipeline(call: Call) -> Body:
    """Delete a pipeline with its versions and executions, none of which may run."""
    with call.store.transaction():
        pipeline = find(call, PIPELINE)
        executions = _executions(call, pipeline)
        if any(item.body["PipelineExecutionStatus"] in ACTIVE for item in executions):
            raise AwsError("ConflictException", f"Pipeline {pipeline.arn} has a running execution.")
        for noun in (EXECUTION.noun, STEP.noun, VERSION.noun):
            for item in call.store.resources(noun, call.region, prefix=f"{pipeline.name}/"):
                call.store.delete(item.arn)
        call.store.delete(pipeline.arn)
    return {"PipelineArn": pipeline.arn}


@action("ListPipelineVersions")
def list_versions(call: Call) -> Body:
    """List the versions of a pipeline."""
    pipeline = find(call, PIPELINE)
    versions = call.store.resources(VERSION.noun, call.region, prefix=f"{pipeline.name}/version/")
    return listing(call.without("PipelineName"), VERSION, versions)


@action("StartPipelineExecution")
def start_execution(call: Call) -> Body:
    """Start an execution; the same ClientRequestToken starts only one."""
    token = call.request["ClientRequestToken"]
    with call.store.transaction():
        pipeline = find(call, PIPELINE)
        for earlier in _executions(call, pipeline):
            if earlier.body["_Token"] == token:
                return {"PipelineExecutionArn": earlier.arn}
        version = call.request.get("PipelineVersionId") or pipeline.body["_Version"]
        definition = read_definition(_version_text(call, pipeline.name, version))
        asked = call.request.get("PipelineParameters", [])
        values = parameter_values(definition, {item["Name"]: item["Value"] for item in asked})
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
            _Token=token,
            _Values=values,
        )
        call.store.change(pipeline.arn, {"LastRunTime": time, "LastExecutionTime": time})
    call.parts[Executions].start(
        execution.arn, Execution(call, execution, pipeline.name, definition, values)
    )
    return {"PipelineExecutionArn": execution.arn}


@action("DescribePipelineExecution")
def describe_execution(call: Call) -> Body:
    """Return an execution."""
    return _execution(call).body


@action("ListPipelineExecutions")
def list_executions(call: Call) -> Body:
    """List the executions of a pipeline."""
    executions = _executions(call, find(call, PIPELINE))
    return listing(call.without("PipelineName"), EXECUTION, executions)


@action("ListPipelineExecutionSteps")
def list_steps(call: Call) -> Body:
    """List the steps of an execution that were started, the latest first unless asked."""
    if "PipelineExecutionArn" not in call.request:
        raise invalid("PipelineExecutionArn is required")
    execution = _execution(call)
    steps = call.store.resources(STEP.noun, call.region, prefix=f"{execution.name}/")
    return listing(call.without("PipelineExecutionArn"), STEP, steps)


@action("ListPipelineParametersForExecution")
def list_parameters(call: Call) -> Body:
    """List the parameters of an execution with the values it runs with."""
    values = _execution(call).body["_Values"]
    first = int(call.request.get("NextToken", 0))
    last = first + call.request.get("MaxResults", 100)
    shown = [
        {"Name": name, "Value": value if isinstance(value, str) else str(value).lower()}
        for name, value in values.items()
    ]
    more = {"NextToken": str(last)} if last < len(shown) else {}
    return {"PipelineParameters": shown[first:last], **more}


@action("DescribePipelineDefinitionForExecution")
def describe_definition(call: Call) -> Body:
    """Return the definition that an execution runs."""
    execution = _execution(call)
    pipeline, version = execution.name.split("/")[0], execution.body["PipelineVersionId"]
    text = _version_text(call, pipeline, version)
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
        call.store.change(
            execution.arn, {"PipelineExecutionStatus": "Stopping", "LastModifiedTime": now()}
        )
    call.parts[Executions].stop(execution.arn)
    return {"PipelineExecutionArn": execution.arn}


def _execution(call: Call) -> Resource:
    return find(call, EXECUTION, call.request["PipelineExecutionArn"])


def _executions(call: Call, pipeline: Resource) -> list[Resource]:
    return call.store.resources(EXECUTION.noun, call.region, prefix=f"{pipeline.name}/execution/")


def _definition_text(call: Call) -> str | None:
    place = call.request.get("PipelineDefinitionS3Location")
    if place is None:
        text: str | None = call.request.get("PipelineDefinition")
        return text
    if "PipelineDefinition" in call.request:
        raise invalid(f"only one of {' and '.join(_DEFINITION)} can be given")
    if "VersionId" in place:
        raise unsupported("PipelineDefinitionS3Location.VersionId")
    try:
        uri = f"s3://{place['Bucket']}/{place['ObjectKey']}"
        return call.parts[S3].read(call.region, uri).decode()
    except (MissingObjectError, UnicodeDecodeError) as error:
        raise invalid(f"Unable to read the pipeline definition: {error}") from None


def _add_version(call: Call, pipeline: str, text: str) -> int:
    arn = call.arn(f"pipeline/{pipeline}")
    number = len(call.store.resources(VERSION.noun, call.region, prefix=f"{pipeline}/version/")) + 1
    name = f"{pipeline}/version/{number}"
    body = {
        "PipelineArn": arn,
        "PipelineVersionId": number,
        "PipelineVersionName": name,
        "CreationTime": now(),
        "_Definition": text,
    }
    call.store.create(Resource(VERSION.noun, call.region, name, f"{arn}/version/{number}", body))
    call.store.change(arn, {"_Version": number})
    return number


def _version_text(call: Call, pipeline: str, number: int) -> str:
    text: str = find(call, VERSION, f"{pipeline}/version/{number}").body["_Definition"]
    return text
