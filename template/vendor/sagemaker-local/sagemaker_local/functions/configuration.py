"""What a function may be: the members of requests that are acted upon, kept, or refused by name."""

import re
from collections.abc import Mapping
from typing import Any

from sagemaker_local.api.errors import AwsError

_RUNTIME = re.compile(r"python3\.[0-9]+")
_ACTED = (
    *("FunctionName", "Code", "Handler", "Runtime", "Timeout", "MemorySize", "Environment"),
    *("ZipFile", "S3Bucket", "S3Key", "DryRun", "Publish", "Description", "Tags", "RevisionId"),
)
# Of no effect on a run on one machine; GetFunction answers them back.
_KEPT = (
    *("Role", "VpcConfig", "KMSKeyArn", "TracingConfig", "Architectures", "EphemeralStorage"),
    *("CodeSigningConfigArn", "SnapStart", "SourceKMSKeyArn", "TenancyConfig"),
)
# What is refused unless it is empty, which is what the SageMaker SDK sends.
_REFUSED_UNLESS_EMPTY = ("Layers", "FileSystemConfigs", "DeadLetterConfig", "ImageConfig")
# Developer guide of Lambda, "Defined runtime environment variables": those that are reserved.
_RESERVED = re.compile(
    r"_HANDLER|_X_AMZN_TRACE_ID|AWS_REGION|AWS_DEFAULT_REGION|AWS_EXECUTION_ENV"
    r"|AWS_LAMBDA_(FUNCTION_(NAME|MEMORY_SIZE|VERSION)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME)"
    r"|AWS_ACCESS_KEY|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN"
    r"|AWS_LAMBDA_RUNTIME_API|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR"
)
# API reference of Lambda, CreateFunction.
_RANGES = {"Timeout": (1, 900), "MemorySize": (128, 10240)}


def check_request(action: str, body: Mapping[str, Any]) -> None:
    """Refuse a request for a function that could not run here as it does in AWS.

    Parameters
    ----------
    action : CreateFunction, UpdateFunctionCode or UpdateFunctionConfiguration.
    body : the request, without members that are null.

    Raises
    ------
    AwsError : it cannot.
    """
    for name, value in body.items():
        if name in _ACTED or name in _KEPT:
            continue
        if name not in _REFUSED_UNLESS_EMPTY or value not in ([], {}):
            _check_packaging(name, value)
    runtime = body.get("Runtime", "" if action == "CreateFunction" else "python3.12")
    if not _RUNTIME.fullmatch(str(runtime)):
        raise refused(
            f"the local SageMaker does not support the runtime {runtime or 'of a function without'}"
            ": it runs functions in its own Python, whichever python3 they name"
        )
    for name, (least, most) in _RANGES.items():
        if name in body and not least <= body[name] <= most:
            # The form is that of all services of AWS; which constraint is named is unconfirmed.
            lowered = name[0].lower() + name[1:]
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{body[name]}' at '{lowered}' failed to "
                f"satisfy constraint: Member must have value between {least} and {most}",
            )
    variables = (body.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(name for name in variables if _RESERVED.fullmatch(name))
    if reserved:
        # Users report these words.
        raise refused(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(reserved)}"
        )


def refused(message: str) -> AwsError:
    """Return the error that Lambda gives for most things that are wrong with a request."""
    return AwsError("InvalidParameterValueException", message, Type="User")


def _check_packaging(name: str, value: object) -> None:
    is_zip = (name, value) == ("PackageType", "Zip")
    is_text_log = name == "LoggingConfig" and value in ({}, {"LogFormat": "Text"})
    if not is_zip and not is_text_log:
        raise refused(f"the local SageMaker does not support {name} of a function")
