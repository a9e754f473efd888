"""Transform jobs: every object of a prefix goes through a model, and is stored with its answers."""

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create, find
from sagemaker_local.hosting.models import MODEL
from sagemaker_local.hosting.running_server import (
    ArtefactError,
    DeploymentError,
    ModelServer,
    ServerPlace,
)
from sagemaker_local.jobs.job import JobKind, Jobs, job_kind
from sagemaker_local.jobs.running import Job, JobError
from sagemaker_local.processes.logs import LogStream
from sagemaker_local.processes.workers import Workers
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.s3 import MissingObjectError
from sagemaker_local.storage.store import Body
from sagemaker_local.transform.association import read_association
from sagemaker_local.transform.transformation import (
    PAYLOAD_MB,
    WORDS,
    DataLog,
    Transformation,
)

_MOST_MB = 100
# What a model server is called in its own messages, none of which is shown.
_VARIANT = {"VariantName": "transform", "InitialVariantWeight": 1.0}

_RESOURCE = ResourceKind(
    noun="TransformJob",
    path="transform-job",
    summaries="TransformJobSummaries",
    # ACK's controller (generator.yaml, ProcessingJob and TransformJob).
    missing="Could not find requested job with name: {name}",
    # The words for processing jobs; that transform jobs have the same is unconfirmed.
    duplicate="Job name must be unique within an AWS account and region, "
    "and a job with this name already exists ({arn})",
    duplicate_code="ResourceInUse",
    status="TransformJobStatus",
    newest_first=True,
)


@action("CreateTransformJob")
def create_transform_job(call: Call) -> Body:
    """Start a transform job of a model that exists."""
    asked = call.request
    megabytes = asked.get("MaxPayloadInMB", PAYLOAD_MB)
    if max(1, asked.get("MaxConcurrentTransforms", 1)) * megabytes > _MOST_MB:
        # API reference, CreateTransformJob; the words are ours.
        raise invalid(f"MaxPayloadInMB times MaxConcurrentTransforms must be at most {_MOST_MB} MB")
    read_association(asked)
    model = find(call, MODEL, asked["ModelName"])
    # Describe answers these two also where they were left out (ACK's controller, generator.yaml).
    source = {"SplitType": "None", "CompressionType": "None", **asked["TransformInput"]}
    job = create(
        call,
        _RESOURCE,
        TransformJobStatus="InProgress",
        TransformInput=source,
        _Container=model.body["_Container"],
    )
    call.parts[Jobs].start(TRANSFORM_JOB, job)
    return job.body


def _transform(job: Job) -> Body:
    source = job.request["TransformInput"]["DataSource"]["S3DataSource"]
    try:
        objects = job.s3.find(source["S3Uri"], source["S3DataType"])
    except MissingObjectError as error:
        raise JobError(f"ClientError: no objects to transform are found at {error}") from None
    job.note(TransformStartTime=now())
    name, stream = job.resource.name, f"{job.resource.name}/local-{int(now())}"
    server = _start_server(job, stream)
    job.on_stop(server.stop)
    # Developer guide, "Log groups and streams that Amazon SageMaker AI sends to CloudWatch Logs".
    data_log = DataLog(job.log.with_name(f"{name}.data-log"))
    region, clients = job.resource.region, job.call.parts[Clients]
    copy = LogStream(clients, region, data_log.path, job.log_group, f"{stream}/data-log")
    work = Transformation(job.request, job.s3, server, data_log, job.tree, job.stop)
    try:
        failures = work.run({uri: str(path) for uri, path in objects.items()})
    finally:
        server.stop()
        copy.close()
    if failures and not job.stop.is_set():
        kind = (
            "ClientError" if all(failure.is_clients for failure in failures) else "AlgorithmError"
        )
        # AWS's words end before the colon (aws/deep-learning-containers, issue 586); that its code
        # depends on the status of the model's answer is unconfirmed.
        raise JobError(f"{kind}: See job logs for more information: {failures[0]}")
    return {}


def _start_server(job: Job, stream: str) -> ModelServer:
    asked, parts = job.request, job.call.parts
    # Developer guide, "Use Your Own Inference Code with Batch Transform": what was not asked for is
    # not passed either.
    told = {
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": asked.get("MaxPayloadInMB"),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": asked.get("MaxConcurrentTransforms"),
        "SAGEMAKER_BATCH_STRATEGY": WORDS.get(asked.get("BatchStrategy", "")),
    }
    environment = {
        **asked["_Container"]["Environment"],
        **{variable: str(value) for variable, value in told.items() if value is not None},
        **asked.get("Environment", {}),
        "SAGEMAKER_BATCH": "true",
    }
    place = ServerPlace(job.resource.region, job.tree / "server", job.log, job.log_group, stream)
    container = asked["_Container"] | {"Environment": environment}
    try:
        return ModelServer(
            parts[Clients], job.s3, job.home, parts[Workers], place, _VARIANT, container
        )
    except ArtefactError as error:
        raise JobError(f"ClientError: Failed to download model data from {error.cause}") from None
    except DeploymentError as error:
        # AWS's words end before the colon (seen by a user of batch transform).
        raise JobError(
            f"AlgorithmError: Model container failed to respond to ping: {error.cause}"
        ) from None


TRANSFORM_JOB = job_kind(
    JobKind(
        resource=_RESOURCE,
        work=_transform,
        ended=lambda status: {"TransformEndTime": now()},
        event="SageMaker Transform Job State Change",
    )
)
