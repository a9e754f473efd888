"""Reads the members of requests to SageMaker Runtime, which come as headers."""

from collections.abc import Set
from typing import Any

from werkzeug.wrappers import Request

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.serialization import join
from sagemaker_local.api.service_model import load_model
from sagemaker_local.api.validation import check_values

_PREFIX = "x-amzn-sagemaker-"


def read_members(operation: str, request: Request, supported: Set[str]) -> dict[str, Any]:
    """Return the members of a request that are in its headers.

    Parameters
    ----------
    operation : which operation of SageMaker Runtime it is for.
    request : the request.
    supported : the members that are supported.

    Raises
    ------
    AwsError : `ValidationError`; a member is not supported or has a value that the service's model
        does not allow.
    """
    shape = load_model("sagemaker-runtime").operation_model(operation).input_shape
    names = {
        member.serialization["name"].lower(): name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    }
    members: dict[str, Any] = {}
    for header, value in request.headers:
        name = names.get(header.lower(), "")
        if header.lower().startswith(_PREFIX) and name not in supported:
            raise AwsError("ValidationError", f"the local SageMaker does not support {header}")
        if name in supported:
            value = members[name] = _read(shape.members[name].type_name, header, value)
            try:
                check_values(shape.members[name], value, join("", name))
            except AwsError as error:
                raise AwsError("ValidationError", error.message) from None
    return members


def _read(kind: str, header: str, text: str) -> Any:
    if kind != "integer":
        return text
    try:
        return int(text)
    except ValueError:
        raise AwsError("ValidationError", f"{header} must be a whole number") from None
