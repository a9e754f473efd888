"""The versions of a pipeline, each with a definition."""

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.listing import listing
from sagemaker_local.api.resources import find
from sagemaker_local.pipelines.definition import Definition, read_definition
from sagemaker_local.pipelines.resource_kinds import PIPELINE, VERSION
from sagemaker_local.storage.store import Body, Resource


@action("ListPipelineVersions")
def list_versions(call: Call) -> Body:
    """List the versions of a pipeline."""
    pipeline = find(call, PIPELINE)
    return listing(call.without("PipelineName"), VERSION, f"{pipeline.name}/version")


def add_version(call: Call, pipeline: str, text: str) -> int:
    """Give a pipeline its next version and return the version's number."""
    arn = call.arn(f"pipeline/{pipeline}")
    number = call.store.count(VERSION.noun, call.region, f"{pipeline}/version") + 1
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


def version_text(call: Call, pipeline: str, number: int) -> str:
    """Return the definition of a version."""
    text: str = find(call, VERSION, f"{pipeline}/version/{number}").body["_Definition"]
    return text


def definition_of(call: Call, execution: Resource) -> Definition:
    """Return the definition that an execution runs."""
    pipeline = execution.name.split("/")[0]
    return read_definition(version_text(call, pipeline, execution.body["PipelineVersionId"]))
