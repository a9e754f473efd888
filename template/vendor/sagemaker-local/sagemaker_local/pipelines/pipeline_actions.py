"""The actions on pipelines."""

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError, invalid, unsupported
from sagemaker_local.api.resources import create, find, offer
from sagemaker_local.pipelines.definition import read_definition
from sagemaker_local.pipelines.resource_kinds import ACTIVE, EXECUTION, PIPELINE, STEP, VERSION
from sagemaker_local.pipelines.versions import add_version, version_text
from sagemaker_local.storage.s3 import S3, MissingObjectError
from sagemaker_local.storage.store import Body

offer(PIPELINE, "List")
_DEFINITION = ("PipelineDefinition", "PipelineDefinitionS3Location")


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
        add_version(call, pipeline.name, text)
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
            number = add_version(call, pipeline.name, text)
        call.store.change(pipeline.arn, members | {"LastModifiedTime": now()})
    return {"PipelineArn": pipeline.arn, "PipelineVersionId": number}


@action("DescribePipeline")
def describe_pipeline(call: Call) -> Body:
    """Return a pipeline, with the definition of the version that is asked for."""
    pipeline = find(call, PIPELINE)
    version = call.request.get("PipelineVersionId") or pipeline.body["_Version"]
    text = version_text(call, pipeline.name, version)
    return pipeline.body | {"PipelineDefinition": text}


@action("DeletePipeline")
def delete_pipeline(call: Call) -> Body:
    """Delete a pipeline with its versions and executions, none of which may run."""
    with call.store.transaction():
        pipeline = find(call, PIPELINE)
        executions = call.store.resources(
            EXECUTION.noun, call.region, prefix=f"{pipeline.name}/execution/"
        )
        if any(item.body["PipelineExecutionStatus"] in ACTIVE for item in executions):
            raise AwsError("ConflictException", f"Pipeline {pipeline.arn} has a running execution.")
        for noun in (EXECUTION.noun, STEP.noun, VERSION.noun):
            for item in call.store.resources(noun, call.region, prefix=f"{pipeline.name}/"):
                call.store.delete(item.arn)
        call.store.delete(pipeline.arn)
    return {"PipelineArn": pipeline.arn}


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
        return call.parts[S3].read(uri).decode()
    except (MissingObjectError, UnicodeDecodeError) as error:
        raise invalid(f"Unable to read the pipeline definition: {error}") from None
