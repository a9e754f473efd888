"""Processing jobs: a command between inputs from S3 and outputs to S3."""

import json
from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import invalid, unsupported
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create
from sagemaker_local.jobs.cluster import write_resource_config
from sagemaker_local.jobs.job import JobKind, Jobs, job_kind
from sagemaker_local.jobs.running import Job, JobError
from sagemaker_local.processes.settings import Settings
from sagemaker_local.storage.s3 import MissingObjectError
from sagemaker_local.storage.store import Body

_RESOURCE = ResourceKind(
    noun="ProcessingJob",
    path="processing-job",
    summaries="ProcessingJobSummaries",
    # ACK's controller (generator.yaml, ProcessingJob and TransformJob).
    missing="Could not find requested job with name: {name}",
    # Reported word for word, with code and ARN, by users of CreateProcessingJob.
    duplicate="Job name must be unique within an AWS account and region, "
    "and a job with this name already exists ({arn})",
    duplicate_code="ResourceInUse",
    status="ProcessingJobStatus",
)

_EXIT_MESSAGE = 1024


@action("CreateProcessingJob")
def create_processing_job(call: Call) -> Body:
    """Start a processing job."""
    in_image = call.parts[Settings].in_images
    if "ContainerEntrypoint" not in call.request["AppSpecification"] and not in_image:
        raise unsupported(
            "AppSpecification without ContainerEntrypoint: without `--docker` it runs no images"
        )
    for part in call.request.get("ProcessingInputs", []):
        if "LocalPath" not in part.get("S3Input", {}):
            raise invalid(f"ProcessingInput {part['InputName']}: S3Input.LocalPath is required")
    for part in call.request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "LocalPath" not in part.get("S3Output", {}):
            raise invalid(f"ProcessingOutput {part['OutputName']}: S3Output.LocalPath is required")
    job = create(call, _RESOURCE, ProcessingJobStatus="InProgress")
    call.parts[Jobs].start(PROCESSING_JOB, job)
    return job.body


def _process(job: Job) -> dict[str, Any]:
    """Run a job by the contract of the developer guide, "Build Your Own Processing Container"."""
    asked, s3 = job.request, job.s3
    write_resource_config(job)
    (job.opt_ml / "config" / "processingjobconfig.json").write_text(json.dumps(_config(job)))
    (job.opt_ml / "output").mkdir()
    for part in asked.get("ProcessingInputs", []):
        source = part["S3Input"]
        try:
            s3.download(
                source["S3Uri"],
                job.inside(source["LocalPath"]),
                source.get("S3DataType", "S3Prefix"),
            )
        except MissingObjectError as error:
            raise JobError(
                f"ClientError: Data download failed: no S3 objects found at {error}, "
                f"input {part['InputName']}"
            ) from None
    outputs = asked.get("ProcessingOutputConfig", {}).get("Outputs", [])
    folders = {part["OutputName"]: part["S3Output"]["LocalPath"] for part in outputs}
    for path in folders.values():
        job.inside(path).mkdir(parents=True, exist_ok=True)
    job.note(ProcessingStartTime=now())
    application = asked["AppSpecification"]
    entrypoint, arguments = (
        application.get(member, []) for member in ("ContainerEntrypoint", "ContainerArguments")
    )
    environment = asked.get("Environment", {})
    if job.in_image:
        image = application["ImageUri"]
        code = job.run_image(image, entrypoint, arguments, environment, folders)
    else:
        code = job.run([*entrypoint, *arguments], environment, str(job.tree), folders)
    message = job.opt_ml / "output" / "message"
    said = message.read_text(errors="replace")[:_EXIT_MESSAGE] if message.is_file() else None
    if code is None:
        return {"Status": "Stopped", "ExitMessage": said}
    if code != 0:
        job.note(ExitMessage=said)
        raise JobError(job.failure(code))
    for part in outputs:
        target = part["S3Output"]
        s3.upload(job.inside(target["LocalPath"]), target["S3Uri"])
    return {"ExitMessage": said}


def _config(job: Job) -> dict[str, Any]:
    members = (
        "ProcessingInputs",
        "ProcessingOutputConfig",
        "ProcessingResources",
        "AppSpecification",
        "Environment",
        "StoppingCondition",
        "RoleArn",
    )
    config = {name: job.request[name] for name in members if name in job.request}
    name, arn = job.request["ProcessingJobName"], job.resource.arn
    return config | {"ProcessingJobArn": arn, "ProcessingJobName": name}


PROCESSING_JOB = job_kind(
    JobKind(
        resource=_RESOURCE,
        work=_process,
        ended=lambda status: {"ProcessingEndTime": now()},
        event="SageMaker Processing Job State Change",
    )
)
