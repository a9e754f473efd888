"""Processing jobs: a command between inputs from S3 and outputs to S3."""

import json
from pathlib import Path
from typing import Any

from sagemaker_local.actions import Call, action, now
from sagemaker_local.aws import MissingObjectError
from sagemaker_local.errors import invalid, unsupported
from sagemaker_local.jobs import Job, JobError
from sagemaker_local.kinds import Kind, create, find, offer
from sagemaker_local.processes import container_command, container_path
from sagemaker_local.store import Body

PROCESSING_JOB = Kind(
    noun="ProcessingJob",
    path="processing-job",
    summaries="ProcessingJobSummaries",
    missing="Could not find requested job with name: {name}",
    duplicate="Job name must be unique within an AWS account and region, "
    "and a job with this name already exists ({arn})",
    duplicate_code="ResourceInUse",
    status="ProcessingJobStatus",
)
offer(PROCESSING_JOB, "Describe", "List")

_EXIT_MESSAGE = 1024


@action("CreateProcessingJob")
def create_processing_job(call: Call) -> Body:
    """Start a processing job."""
    if "ContainerEntrypoint" not in call.request["AppSpecification"]:
        raise unsupported("AppSpecification without ContainerEntrypoint: it runs no images")
    for part in call.request.get("ProcessingInputs", []):
        if "LocalPath" not in part.get("S3Input", {}):
            raise invalid(f"ProcessingInput {part['InputName']}: S3Input.LocalPath is required")
    for part in call.request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "LocalPath" not in part.get("S3Output", {}):
            raise invalid(f"ProcessingOutput {part['OutputName']}: S3Output.LocalPath is required")
    job = create(call, PROCESSING_JOB, ProcessingJobStatus="InProgress")
    call.sagemaker.jobs.start(PROCESSING_JOB, job, _process)
    return job.body


@action("StopProcessingJob")
def stop_processing_job(call: Call) -> None:
    """Ask a processing job to stop."""
    with call.store.transaction():
        job = find(call, PROCESSING_JOB)
        if job.body["ProcessingJobStatus"] != "InProgress":
            return
        call.store.change(job.arn, {"ProcessingJobStatus": "Stopping"})
    call.sagemaker.jobs.stop(job.arn)


def _process(job: Job) -> dict[str, Any]:
    """Run a job by the contract of the developer guide, "Build Your Own Processing Container"."""
    asked, aws, region = job.request, job.sagemaker.aws, job.resource.region
    write_resource_config(job)
    (job.opt_ml / "config" / "processingjobconfig.json").write_text(json.dumps(_config(job)))
    (job.opt_ml / "output").mkdir()
    for part in asked.get("ProcessingInputs", []):
        source = part["S3Input"]
        try:
            aws.download(region, source["S3Uri"], _inside(job, source["LocalPath"]))
        except MissingObjectError as error:
            raise JobError(
                f"ClientError: Data download failed: no S3 objects found at {error}, "
                f"input {part['InputName']}"
            ) from None
    outputs = asked.get("ProcessingOutputConfig", {}).get("Outputs", [])
    for part in outputs:
        _inside(job, part["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
    job.note(ProcessingStartTime=now())
    application = asked["AppSpecification"]
    argv = application["ContainerEntrypoint"] + application.get("ContainerArguments", [])
    code = job.run(container_command(argv, job.tree), asked.get("Environment", {}), job.tree)
    message = job.opt_ml / "output" / "message"
    said = message.read_text(errors="replace")[:_EXIT_MESSAGE] if message.is_file() else None
    if code is None:
        return {"Status": "Stopped", "ExitMessage": said}
    if code != 0:
        job.note(ExitMessage=said)
        raise JobError(job.failure(code))
    for part in outputs:
        target = part["S3Output"]
        aws.upload(region, _inside(job, target["LocalPath"]), target["S3Uri"])
    return {"ExitMessage": said}


def write_resource_config(job: Job, folder: str = "config") -> None:
    """Write `resourceconfig.json`, which tells a container about the cluster it is in."""
    config = job.opt_ml / folder
    config.mkdir(parents=True, exist_ok=True)
    cluster = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
    (config / "resourceconfig.json").write_text(json.dumps(cluster))


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


def _inside(job: Job, path: str) -> Path:
    moved = Path(container_path(path, job.tree))
    if not moved.resolve().is_relative_to(job.tree.resolve()):
        raise JobError(f"ClientError: the local SageMaker has no {path}, only paths in /opt/ml")
    return moved
