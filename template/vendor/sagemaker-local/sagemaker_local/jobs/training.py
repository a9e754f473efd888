"""Training jobs: the actions, and the kind of job."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import invalid, unsupported
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create
from sagemaker_local.jobs.cluster import training_cluster
from sagemaker_local.jobs.job import JobKind, Jobs, job_kind
from sagemaker_local.jobs.running import Job, JobError
from sagemaker_local.jobs.training_code import check_code, prepare_code, with_metrics
from sagemaker_local.processes.logs import last_values
from sagemaker_local.processes.opt_ml import PATH
from sagemaker_local.processes.settings import Settings
from sagemaker_local.storage.archives import pack
from sagemaker_local.storage.s3 import MissingObjectError
from sagemaker_local.storage.store import Body, Resource

_RESOURCE = ResourceKind(
    noun="TrainingJob",
    path="training-job",
    summaries="TrainingJobSummaries",
    # ACK's controller (generator.yaml, TrainingJob); other words than of the other jobs.
    missing="Requested resource not found.",
    # aws-samples, a note on Step Functions; the ARN in it is of the words for processing jobs.
    duplicate="Training job names must be unique within an AWS account and region, "
    "and a training job with this name already exists ({arn})",
    duplicate_code="ResourceInUse",
    status="TrainingJobStatus",
)


@action("CreateTrainingJob")
def create_training_job(call: Call) -> Body:
    """Start a training job."""
    check_training(call, call.request.get("HyperParameters", {}), call.request)
    return start_training(call).body


def check_training(call: Call, hyperparameters: Mapping[str, str], asked: Body) -> None:
    """Refuse training that we cannot do.

    Parameters
    ----------
    call : the request, which reaches the settings.
    hyperparameters : those that the script gets.
    asked : the other members, as in a CreateTrainingJob request.

    Raises
    ------
    AwsError : it cannot be told what to run, or a channel is from elsewhere than S3.
    """
    for member in ("AlgorithmSpecification", "ResourceConfig"):
        if member not in asked:
            # The model does not require them, since they are no part of serverless training.
            raise invalid(f"{member} is required")
    in_image = call.parts[Settings].in_images
    check_code(hyperparameters, asked["AlgorithmSpecification"], in_image)
    for channel in asked.get("InputDataConfig", []):
        if "S3DataSource" not in channel["DataSource"]:
            raise unsupported(f"a channel without S3DataSource ({channel['ChannelName']})")


def start_training(call: Call, **members: Any) -> Resource:
    """Start the training job of a CreateTrainingJob request that was checked.

    Parameters
    ----------
    call : the request.
    members : what is recorded beside it.
    """
    asked = call.request
    output = asked["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    job = create(
        call,
        _RESOURCE,
        TrainingJobStatus="InProgress",
        SecondaryStatus="Starting",
        AlgorithmSpecification=with_metrics(
            asked["AlgorithmSpecification"], asked.get("HyperParameters", {})
        ),
        StoppingCondition=asked.get("StoppingCondition", {"MaxRuntimeInSeconds": 86400}),
        ModelArtifacts={
            "S3ModelArtifacts": f"{output}/{asked['TrainingJobName']}/output/"
            + ("model/" if _is_plain(asked) else "model.tar.gz")
        },
        **members,
    )
    call.parts[Jobs].start(TRAINING_JOB, job)
    return job


def _train(job: Job) -> dict[str, Any]:
    asked, s3 = job.request, job.s3
    started = time.monotonic()
    job.note(TrainingStartTime=now(), SecondaryStatus="Downloading")
    for folder in ("model", "code", "output/data", "output/intermediate", "input/data"):
        (job.opt_ml / folder).mkdir(parents=True)
    cluster, channels = _write_configuration(job)
    for channel in asked.get("InputDataConfig", []):
        name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
        try:
            s3.download(source["S3Uri"], job.opt_ml / "input" / "data" / name, source["S3DataType"])
        except MissingObjectError as error:
            raise JobError(
                f"ClientError: Data download failed: no S3 objects found at {error}, channel {name}"
            ) from None
    code = prepare_code(job, channels, cluster)
    job.note(SecondaryStatus="Training")
    variables = {
        "TRAINING_JOB_NAME": job.resource.name,
        "TRAINING_JOB_ARN": job.resource.arn,
        **asked.get("Environment", {}),
    }
    with _checkpoints(job):
        end = code.run(variables)
    if end:
        failure = job.opt_ml / "output" / "failure"
        told = failure.read_text(errors="replace") if failure.is_file() else ""
        words, shown = code.failure(end)
        raise JobError(f"AlgorithmError: {told or words}, exit code: {shown}")
    job.note(SecondaryStatus="Uploading")
    _upload(job)
    seconds = max(1, round(time.monotonic() - started))
    members: dict[str, Any] = {
        "TrainingTimeInSeconds": seconds,
        "BillableTimeInSeconds": seconds,
        "FinalMetricDataList": _metrics(job),
    }
    if end is None and not job.stop.is_set():
        members |= {"Status": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded"}
    return members


@contextmanager
def _checkpoints(job: Job) -> Iterator[None]:
    """Take the checkpoints that are there, and keep those that are there in the end.

    API reference, CheckpointConfig. AWS copies them while the job runs; here that is done at its
    end, however it ends.
    """
    config = job.request.get("CheckpointConfig")
    if config is None:
        yield
        return
    folder = job.inside(config.get("LocalPath", f"{PATH}/checkpoints"))
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(MissingObjectError):
        job.s3.download(config["S3Uri"], folder)
    try:
        yield
    finally:
        job.s3.upload(folder, config["S3Uri"])


def _write_configuration(job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write what the container is told, and return what it says of the cluster and the channels."""
    config = job.opt_ml / "input" / "config"
    config.mkdir(parents=True, exist_ok=True)
    cluster = training_cluster(job.request["ResourceConfig"].get("InstanceType", "local"))
    mode = job.request["AlgorithmSpecification"]["TrainingInputMode"]
    channels = {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": "None",
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
        for channel in job.request.get("InputDataConfig", [])
    }
    for name, content in (
        ("resourceconfig", cluster),
        ("inputdataconfig", channels),
        ("hyperparameters", job.request.get("HyperParameters", {})),
    ):
        (config / f"{name}.json").write_text(json.dumps(content))
    return cluster, channels


def _is_plain(asked: Body) -> bool:
    """Return whether the model is to be stored file by file (API reference, OutputDataConfig)."""
    return bool(asked["OutputDataConfig"].get("CompressionType") == "NONE")


def _upload(job: Job) -> None:
    """Store the model, and what else there is, as archives or, below the same place, as files."""
    artifacts: str = job.request["ModelArtifacts"]["S3ModelArtifacts"]
    place = artifacts.removesuffix("model/").removesuffix("model.tar.gz")
    for folder, name in (("model", "model"), ("output/data", "output")):
        if not any((job.opt_ml / folder).iterdir()):
            continue
        if _is_plain(job.request):
            job.s3.upload(job.opt_ml / folder, f"{place}{name}/")
            continue
        archive = job.tree / "archive.tar.gz"
        pack(job.opt_ml / folder, archive)
        job.s3.upload_file(archive, f"{place}{name}.tar.gz")


def _metrics(job: Job) -> list[dict[str, Any]]:
    """Return the last value of each metric whose pattern is found in the log."""
    asked = job.request.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
    found = last_values(job.log, {metric["Name"]: metric["Regex"] for metric in asked})
    return [
        {"MetricName": name, "Value": found[name], "Timestamp": now()}
        for name in (metric["Name"] for metric in asked)
        if name in found
    ]


TRAINING_JOB = job_kind(
    JobKind(
        resource=_RESOURCE,
        work=_train,
        ended=lambda status: {"SecondaryStatus": status, "TrainingEndTime": now()},
        stopping={"SecondaryStatus": "Stopping"},
        event="SageMaker Training Job State Change",
    )
)
