"""SageMaker Runtime: InvokeEndpointAsync."""

import json
import uuid

from werkzeug.wrappers import Request, Response

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.parts import Parts
from sagemaker_local.hosting.asynchronous import AsyncRequest, Queues, locations
from sagemaker_local.hosting.invoking import TO_CONTAINER
from sagemaker_local.wire.invoke import find_endpoint
from sagemaker_local.wire.runtime_members import read_members

_PREFIX = "X-Amzn-SageMaker-"
_MEMBERS = {
    *TO_CONTAINER,
    "InferenceId",
    "InputLocation",
    "S3OutputPathExtension",
    "Filename",
    "RequestTTLSeconds",
    "InvocationTimeoutSeconds",
}
_MAX_BODY = 128_000


def invoke_endpoint_async(parts: Parts, region: str, name: str, request: Request) -> Response:
    """Queue a request and tell where its answer will be.

    Parameters
    ----------
    parts : the running parts of the service.
    region, name : which endpoint.
    request : the HTTP request, by the API reference of SageMaker Runtime.

    Raises
    ------
    AwsError : `ValidationError` if there is no such endpoint, or the request is malformed. That an
        object that is not there is no such error, but a failed request, is unconfirmed.
    """
    members = read_members("InvokeEndpointAsync", request, _MEMBERS)
    endpoint = find_endpoint(parts, region, name)
    config = endpoint.body.get("AsyncInferenceConfig")
    if config is None:
        # The words are unconfirmed.
        raise AwsError("ValidationError", f"Endpoint {name} has no AsyncInferenceConfig.")
    body = request.get_data()
    if bool(body) == ("InputLocation" in members):
        raise AwsError("ValidationError", "exactly one of Body and InputLocation is required")
    if len(body) > _MAX_BODY:
        raise AwsError("ValidationError", f"Body must be at most {_MAX_BODY} bytes long.")
    if body:
        members["Body"] = body
    headers = {
        header: members[member] for member, header in TO_CONTAINER.items() if member in members
    }
    identity = members.get("InferenceId") or str(uuid.uuid4())
    output, failure = locations(config, members)
    parts[Queues].put(endpoint, AsyncRequest(members, headers, identity, output, failure))
    answer = Response(
        json.dumps({"InferenceId": identity}), status=202, content_type="application/json"
    )
    answer.headers[f"{_PREFIX}OutputLocation"] = output
    if failure:
        answer.headers[f"{_PREFIX}FailureLocation"] = failure
    return answer
