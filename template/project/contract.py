"""What a registered model version must carry: the contract between the two halves.

Data science checks it before it registers, ops before it deploys; the registry is the only
thing the halves share.
"""

import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from project.errors import ProjectError

MODEL_FILE = "model.joblib"
CODE_FOLDER = "code"
PROGRAM = "inference.py"
SUBMIT_DIRECTORY = "/opt/ml/model/code"
CONTENT_TYPES = ["text/csv", "application/json"]
RESPONSE_TYPES = ["application/json"]
INFERENCE_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": PROGRAM,
    "SAGEMAKER_SUBMIT_DIRECTORY": SUBMIT_DIRECTORY,
    # The container installs the code with pip. Without this, which pip reads the other way round,
    # pip fetches the tools for it, so an endpoint without a package index could not start.
    "PIP_NO_BUILD_ISOLATION": "false",
}
"""Tells the container where in the artefact the inference code lies, and how to install it."""

EXPECTED_ANSWERS = "expected_answers"
METADATA = {
    "git_commit": "the git commit of the training code",
    "data_hash": "the SHA-256 of the training data",
    "pipeline_execution": "the ARN of the pipeline execution that made it",
    "template_version": "the version of the project template",
    "project_id": "the id of the SageMaker Project",
    EXPECTED_ANSWERS: "the S3 URI of the answers to the sample payload",
}
"""Keys of `CustomerMetadataProperties`, each with what its value says."""

ARTEFACT_PIN = "model_data_sha256"
PAYLOAD_PIN = "sample_payload_sha256"
ANSWERS_PIN = "expected_answers_sha256"
PINS = {
    ARTEFACT_PIN: "the SHA-256 of the model artefact that was evaluated",
    PAYLOAD_PIN: "the SHA-256 of the sample payload",
    ANSWERS_PIN: "the SHA-256 of the expected answers",
}
"""More such keys, which a version need not have: those of release 0.2.0 do not."""

_MEMBERS = {
    "ModelMetrics.ModelQuality.Statistics.S3Uri": "the metrics of the model (S3 URI)",
    "DriftCheckBaselines.ModelDataQuality.Statistics.S3Uri": "the drift baseline's statistics",
    "DriftCheckBaselines.ModelDataQuality.Constraints.S3Uri": "the drift baseline's constraints",
    "SamplePayloadUrl": "a sample payload (S3 URI)",
    "ModelCard.ModelCardContent": "a model card",
    "InferenceSpecification.SupportedContentTypes": "the content types it takes",
    "InferenceSpecification.SupportedResponseMIMETypes": "the content types it answers in",
}

_CONTAINER_MEMBERS = {
    "Image": "the image it runs in",
    "ModelDataUrl": "the model artefact (S3 URI)",
    "Environment.SAGEMAKER_PROGRAM": "the inference program in the container's environment",
    "Environment.SAGEMAKER_SUBMIT_DIRECTORY": "where that program lies in the artefact",
}


MimeType = Annotated[str, Field(pattern=r"^[!-~][ -~]{0,1023}$")]
"""A header that `InvokeEndpoint` takes (SageMaker API reference)."""


class ExpectedAnswers(BaseModel):
    """The JSON document of expected answers that a version names.

    A key that is not listed here is left alone, so that a newer data-science half does not lock
    out an older ops half.

    Attributes
    ----------
    content_type, accept : what the payload is sent as, and what the answers are asked as.
    payload : the name of the payload's file in the sample payload.
    answers : the JSON document that the inference code answered when it was evaluated.
    tolerance : how far a number may be off, absolute or relative to the number.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    content_type: MimeType
    accept: MimeType
    payload: str
    answers: Any
    tolerance: float = Field(ge=0)


BROKEN_ARCHIVE = (tarfile.TarError, EOFError, OSError, zlib.error)
"""What reading a tar archive raises that is none, or was cut off, or changed on its way."""


class ContractError(ProjectError):
    """A version breaks the contract; the message lists what is missing."""


def missing(package: Mapping[str, Any]) -> list[str]:
    """Return what a version lacks, a phrase each; empty when it keeps the contract.

    Parameters
    ----------
    package : a `CreateModelPackage` request, the arguments of a RegisterModel step, or a
        `DescribeModelPackage` response: the members have the same names in all three.
        Values that a pipeline fills in at run time count as present.
    """
    lacks = [
        f"{member}: {meaning}"
        for member, meaning in _MEMBERS.items()
        if not _value(package, member)
    ]
    containers = _value(package, "InferenceSpecification.Containers") or []
    if len(containers) != 1:
        return [*lacks, f"InferenceSpecification.Containers: one container, not {len(containers)}"]
    lacks += [
        f"InferenceSpecification.Containers[0].{member}: {meaning}"
        for member, meaning in _CONTAINER_MEMBERS.items()
        if not _value(containers[0], member)
    ]
    metadata = package.get("CustomerMetadataProperties") or {}
    lacks += [
        f"CustomerMetadataProperties.{key}: {meaning}"
        for key, meaning in METADATA.items()
        if not metadata.get(key)
    ]
    return lacks


def check(package: Mapping[str, Any], name: str, project_id: str) -> None:
    """Refuse a version that breaks the contract or belongs to another project.

    Parameters
    ----------
    package : as in `missing`.
    name : how messages call the version.
    project_id : the id of the SageMaker Project that the version must come from.

    Raises
    ------
    ContractError : names what is missing.
    """
    lacks = missing(package)
    if lacks:
        raise ContractError(
            f"{name} breaks the model contract; it lacks {'; '.join(lacks)}; "
            "register a version that has all of it"
        )
    owner = package["CustomerMetadataProperties"]["project_id"]
    if owner != project_id:
        raise ContractError(
            f"{name} belongs to the project {owner}, not to {project_id}; link both halves to the "
            "same SageMaker Project, or name a model package group of this one in project.yaml"
        )


def check_artifact(archive: Path, name: str) -> None:
    """Refuse a model artefact that does not hold the model and its inference code.

    Parameters
    ----------
    archive : a `model.tar.gz`.
    name : how messages call the version.

    Raises
    ------
    ContractError : names the missing member, or says that the file is no archive.
    """
    try:
        with tarfile.open(archive) as tar:
            members = {member.removeprefix("./") for member in tar.getnames()}
    except BROKEN_ARCHIVE:
        raise ContractError(
            f"the artefact of {name} is no tar archive, or not whole; register the model anew"
        ) from None
    for needed in (MODEL_FILE, f"{CODE_FOLDER}/{PROGRAM}"):
        if needed not in members:
            raise ContractError(f"the artefact of {name} lacks {needed}; register the model anew")


def _value(mapping: Mapping[str, Any], path: str) -> Any:
    value: Any = mapping
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value
