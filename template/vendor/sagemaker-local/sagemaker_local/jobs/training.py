"""Training jobs in script mode, by the contract of the SageMaker training toolkit."""

import json
import os
import tarfile
import time
from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import unsupported
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create
from sagemaker_local.jobs.cluster import write_resource_config
from sagemaker_local.jobs.job import JobKind, Jobs, job_kind
from sagemaker_local.jobs.running import Job, JobError
from sagemaker_local.processes.container import python_path
from sagemaker_local.processes.logs import last_values
from sagemaker_local.processes.opt_ml import PATH
from sagemaker_local.storage.archives import pack
from sagemaker_local.storage.s3 import MissingObjectError
from sagemaker_local.storage.store import Body

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

_PROGRAM, _SUBMIT = "sagemaker_program", "sagemaker_submit_directory"


@action("CreateTrainingJob")
def create_training_job(call: Call) -> Body:
    """Start a training job."""
    asked = call.request
    missing = [name for name in (_PROGRAM, _SUBMIT) if name not in asked.get("HyperParameters", {})]
    if missing:
        raise unsupported(
            f"training outside script mode: the hyperparameter {missing[0]} is missing"
        )
    for channel in asked.get("InputDataConfig", []):
        if "S3DataSource" not in channel["DataSource"]:
            raise unsupported(f"a channel without S3DataSource ({channel['ChannelName']})")
    output = asked["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    job = create(
        call,
        _RESOURCE,
        TrainingJobStatus="InProgress",
        SecondaryStatus="Starting",
        StoppingCondition=asked.get("StoppingCondition", {"MaxRuntimeInSeconds": 86400}),
        ModelArtifacts={
            "S3ModelArtifacts": f"{output}/{asked['TrainingJobName']}/output/model.tar.gz"
        },
    )
    call.parts[Jobs].start(TRAINING_JOB, job)
    return job.body


def _train(job: Job) -> dict[str, Any]:
    asked, s3, region = job.request, job.s3, job.resource.region
    started = time.monotonic()
    job.note(TrainingStartTime=now(), SecondaryStatus="Downloading")
    for folder in ("model", "code", "output/data", "output/intermediate", "input/data"):
        (job.opt_ml / folder).mkdir(parents=True)
    _write_configuration(job)
    for channel in asked.get("InputDataConfig", []):
        name, uri = channel["ChannelName"], channel["DataSource"]["S3DataSource"]["S3Uri"]
        try:
            s3.download(region, uri, job.opt_ml / "input" / "data" / name)
        except MissingObjectError as error:
            raise JobError(
                f"ClientError: Data download failed: no S3 objects found at {error}, channel {name}"
            ) from None
    hyperparameters = {name: _decode(text) for name, text in asked["HyperParameters"].items()}
    try:
        s3.unpack(region, str(hyperparameters[_SUBMIT]), job.opt_ml / "code")
    except (MissingObjectError, tarfile.TarError) as error:
        raise JobError(f"ClientError: {_SUBMIT} cannot be read: {error}") from None
    job.note(SecondaryStatus="Training")
    arguments = _arguments(hyperparameters)
    code = job.run(
        ["python", str(hyperparameters[_PROGRAM]), *arguments],
        _environment(job, hyperparameters, arguments) | asked.get("Environment", {}),
        f"{PATH}/code",
        {"model": f"{PATH}/model"},
    )
    failure = job.opt_ml / "output" / "failure"
    if code:
        told = failure.read_text(errors="replace") if failure.is_file() else ""
        reason = f"AlgorithmError: {told}, exit code: {code}" if told else job.failure(code)
        raise JobError(reason)
    job.note(SecondaryStatus="Uploading")
    _upload(job)
    seconds = max(1, round(time.monotonic() - started))
    members: dict[str, Any] = {
        "TrainingTimeInSeconds": seconds,
        "BillableTimeInSeconds": seconds,
        "FinalMetricDataList": _metrics(job),
    }
    if code is None and not job.stop.is_set():
        members |= {"Status": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded"}
    return members


def _write_configuration(job: Job) -> None:
    config = job.opt_ml / "input" / "config"
    write_resource_config(job, "input/config")
    channels = {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", "File"),
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
        for channel in job.request.get("InputDataConfig", [])
    }
    (config / "inputdataconfig.json").write_text(json.dumps(channels))
    (config / "hyperparameters.json").write_text(json.dumps(job.request["HyperParameters"]))


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _arguments(hyperparameters: dict[str, Any]) -> list[str]:
    """Return the script's arguments; the toolkit gives a one-letter name a single dash."""
    own = {k: v for k, v in hyperparameters.items() if not k.startswith("sagemaker_")}
    return [
        argument
        for name, value in sorted(own.items())
        for argument in (f"{'-' if len(name) == 1 else '--'}{name}", _text(value))
    ]


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _environment(job: Job, hyperparameters: dict[str, Any], arguments: list[str]) -> dict[str, str]:
    own = {k: v for k, v in hyperparameters.items() if not k.startswith("sagemaker_")}
    channels = sorted(c["ChannelName"] for c in job.request.get("InputDataConfig", []))
    module = str(hyperparameters[_PROGRAM]).removesuffix(".py").replace("/", ".")
    values: dict[str, Any] = {
        "SM_MODEL_DIR": f"{PATH}/model",
        "SM_INPUT_DIR": f"{PATH}/input",
        "SM_INPUT_CONFIG_DIR": f"{PATH}/input/config",
        "SM_OUTPUT_DIR": f"{PATH}/output",
        "SM_OUTPUT_DATA_DIR": f"{PATH}/output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{PATH}/output/intermediate",
        "SM_CHANNELS": channels,
        "SM_HPS": own,
        "SM_USER_ENTRY_POINT": hyperparameters[_PROGRAM],
        "SM_USER_ARGS": arguments,
        "SM_MODULE_NAME": module,
        "SM_MODULE_DIR": hyperparameters[_SUBMIT],
        "SM_HOSTS": ["algo-1"],
        "SM_CURRENT_HOST": "algo-1",
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_NUM_CPUS": os.cpu_count() or 1,
        "SM_NUM_GPUS": 0,
        "SM_NUM_NEURONS": 0,
        "SM_LOG_LEVEL": 20,
        "SM_FRAMEWORK_MODULE": "",
        "SM_RESOURCE_CONFIG": {"current_host": "algo-1", "hosts": ["algo-1"]},
        "SM_FRAMEWORK_PARAMS": {
            k: v for k, v in hyperparameters.items() if k.startswith("sagemaker_")
        },
        "TRAINING_JOB_NAME": job.resource.name,
        "TRAINING_JOB_ARN": job.resource.arn,
        "PYTHONPATH": python_path(f"{PATH}/code"),
    }
    values |= {f"SM_CHANNEL_{name.upper()}": f"{PATH}/input/data/{name}" for name in channels}
    values |= {f"SM_HP_{name.upper()}": value for name, value in own.items()}
    return {name: _text(value) for name, value in values.items()}


def _upload(job: Job) -> None:
    s3, region = job.s3, job.resource.region
    artifacts = job.request["ModelArtifacts"]["S3ModelArtifacts"]
    folders = {"model": artifacts, "output/data": artifacts.replace("model.tar", "output.tar")}
    for folder, uri in folders.items():
        if any((job.opt_ml / folder).iterdir()):
            archive = job.tree / "archive.tar.gz"
            pack(job.opt_ml / folder, archive)
            s3.upload_file(region, archive, uri)


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
    )
)
