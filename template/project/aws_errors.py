"""Tells the error answers of AWS apart that the project acts on, each with where it was seen.

SageMaker answers most refusals with the one code `ValidationException`, so the text has to be
looked at. The texts below were seen by clients that talk to AWS every day:

* not found: hashicorp/terraform-provider-aws, `internal/service/sagemaker/find.go`: "Could not find
  endpoint", "Could not find endpoint configuration", a SageMaker Project that "does not exist";
  `model.go`: "Could not find model"; `model_package_group.go`: "does not exist"; `pipeline.go`:
  the code `ResourceNotFound`. aws-controllers-k8s/sagemaker-controller, `generator.yaml`, has the
  same, "Requested resource not found" for a training job, and for a model package a message that
  ends in "does not exist."; the text for a group that `ListModelPackages` does not find is
  unconfirmed.
* already exists: aws/sagemaker-python-sdk, `sagemaker.core.common_utils` and `session_helper`:
  "Cannot create already existing model" (and endpoint, and endpoint configuration), "already
  exists" of a model package group, "must be unique within an AWS account" of a pipeline.
* in progress: aws/amazon-sagemaker-operator-for-k8s,
  `controllers/sdkutil/clientwrapper/sagemaker_client.go`: "Cannot update in-progress endpoint" from
  `DeleteEndpoint`; that `UpdateEndpoint` says the same is in public logs only: unconfirmed.

S3, ECR, IAM and CloudWatch Logs have codes for what is not there, see their API references; what a
caller may not do has the codes of "Common errors" in that of SageMaker, and of S3's.

A refused value is answered with all that would be allowed, "failed to satisfy constraint: Member
must satisfy enum value set: [ml.a, ml.b, …]", some kilobytes of it for an instance type.
"""

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

_NOT_FOUND_CODES = {
    "404",
    "ImageNotFoundException",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchEntity",
    "NoSuchTagSet",
    "RepositoryNotFoundException",
    "ResourceNotFound",
    "ResourceNotFoundException",
}
_NOT_FOUND_TEXTS = ("Could not find", "does not exist", "Requested resource not found")
_EXISTING_CODES = {"BucketAlreadyOwnedByYou"}
_EXISTING_TEXTS = (
    "Cannot create already existing",
    "already exists",
    "must be unique within an AWS account",
)
_DENIED_CODES = {"403", "AccessDenied", "AccessDeniedException"}
_IN_PROGRESS_TEXT = "Cannot update in-progress"
_LONGEST = 500
"""Characters of a message that somebody still reads."""
_LONGEST_LIST = 120


def is_not_found(error: ClientError) -> bool:
    """Say whether AWS refused a call because something that it names is not there."""
    code = error.response["Error"]["Code"]
    return code in _NOT_FOUND_CODES or _is_refused_with(error, *_NOT_FOUND_TEXTS)


def already_exists(error: ClientError) -> bool:
    """Say whether AWS refused to create something because there is one of that name."""
    code = error.response["Error"]["Code"]
    return code in _EXISTING_CODES or _is_refused_with(error, *_EXISTING_TEXTS)


def is_in_progress(error: ClientError) -> bool:
    """Say whether AWS refused to change an endpoint because it is being changed already."""
    return _is_refused_with(error, _IN_PROGRESS_TEXT)


def is_denied(error: ClientError) -> bool:
    """Say whether AWS refused a call because the caller may not make it."""
    return error.response["Error"]["Code"] in _DENIED_CODES


def brief(said: object) -> str:
    """Return what AWS said in one line that can be read: a long list only begins there."""
    line = re.sub(r"\[[^][]*\]", _begun, " ".join(str(said).split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def found(call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Return what a call answers, None when AWS says that what it names is not there.

    Raises
    ------
    ClientError : AWS refused it for another reason.
    """
    try:
        return call()
    except ClientError as error:
        if is_not_found(error):
            return None
        raise


def _is_refused_with(error: ClientError, *texts: str) -> bool:
    refusal = error.response["Error"]
    # ResourceInUse is the code that SageMaker's API reference gives a name that is taken.
    known = refusal["Code"] in ("ValidationException", "ResourceInUse")
    return known and any(text in refusal["Message"] for text in texts)


def _begun(found: re.Match[str]) -> str:
    text = found[0]
    if len(text) <= _LONGEST_LIST:
        return text
    return f"{text[: text.rfind(',', 0, _LONGEST_LIST) + 1] or text[:_LONGEST_LIST]} …]"
