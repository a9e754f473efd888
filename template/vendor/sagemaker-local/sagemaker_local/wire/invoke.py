"""SageMaker Runtime: InvokeEndpoint."""

import time

from werkzeug.wrappers import Request, Response

from sagemaker_local.api.arns import make_arn
from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.parts import Parts
from sagemaker_local.cloudwatch.metrics import Metrics
from sagemaker_local.hosting.capture import Capture
from sagemaker_local.hosting.fleet import Fleet
from sagemaker_local.hosting.invoking import (
    CUSTOM_ATTRIBUTES,
    TO_CONTAINER,
    Invocation,
    ask,
    choose,
)
from sagemaker_local.hosting.kinds import is_asynchronous
from sagemaker_local.hosting.metrics import record_invocation
from sagemaker_local.hosting.running_server import ModelServer
from sagemaker_local.hosting.serverless import Concurrency
from sagemaker_local.hosting.shadows import Shadows
from sagemaker_local.places import account_of
from sagemaker_local.storage.store import Resource, Store
from sagemaker_local.wire.runtime_members import read_members

_MEMBERS = {*TO_CONTAINER, "InferenceId", "TargetVariant"}
_MAX_BODY = 6_291_456


def invoke_endpoint(parts: Parts, region: str, name: str, request: Request) -> Response:
    """Answer InvokeEndpoint with what the model says.

    Parameters
    ----------
    parts : the running parts of the service.
    region, name : which endpoint.
    request : the HTTP request, by the API reference of SageMaker Runtime.

    Raises
    ------
    AwsError : `ValidationError` if there is no such endpoint or variant, `ModelError` if the
        model did not answer with a status of 2xx.
    """
    came = time.perf_counter()
    members = read_members("InvokeEndpoint", request, _MEMBERS)
    endpoint = find_endpoint(parts, region, name)
    if is_asynchronous(endpoint.body):
        # Developer guide, "Asynchronous inference": such an endpoint "can only receive
        # asynchronous invocations". The words are unconfirmed.
        raise AwsError("ValidationError", f"Endpoint {name} is asynchronous: InvokeEndpointAsync")
    body = request.get_data()
    if len(body) > _MAX_BODY:
        raise AwsError("ValidationError", f"Body must be at most {_MAX_BODY} bytes long.")
    headers = {
        header: members[member] for member, header in TO_CONTAINER.items() if member in members
    }
    invocation = Invocation(body, headers, members.get("InferenceId", ""))
    wanted = members.get("TargetVariant")
    with parts[Fleet].use(endpoint.arn, wanted) as servers:
        server = choose(servers, wanted)
        with parts[Concurrency].taken(endpoint.arn, server):
            parts[Shadows].copy(endpoint, servers, invocation)
            asked = time.perf_counter()
            answer = ask(parts[Capture], name, server, invocation)
    answered = time.perf_counter()
    seconds = (answered - asked, answered - came)
    record_invocation(parts[Metrics], region, name, server, answer, seconds)
    if not answer.is_good:
        said = answer.content.decode(errors="replace")
        raise _model_error(server, region, name, answer.status, said)
    response = Response(answer.content, content_type=answer.kind)
    response.headers["x-Amzn-Invoked-Production-Variant"] = server.name
    if answer.custom_attributes:
        response.headers[CUSTOM_ATTRIBUTES] = answer.custom_attributes
    return response


def find_endpoint(parts: Parts, region: str, name: str) -> Resource:
    """Return the endpoint that is to be invoked.

    Raises
    ------
    AwsError : `ValidationError`; there is none.
    """
    endpoint = parts[Store].get("Endpoint", region, name)
    if endpoint is None:
        raise AwsError(
            "ValidationError", f"Endpoint {name} of account {account_of(region)} not found."
        )
    return endpoint


def _model_error(
    server: ModelServer, region: str, endpoint: str, status: int, said: str
) -> AwsError:
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    return AwsError(
        "ModelError",
        f'Received error ({status}) from model with message "{said}". '
        f"See {group} in account {account_of(region)}, or {server.log}, for more information.",
        424,
        OriginalStatusCode=status,
        OriginalMessage=said,
        LogStreamArn=make_arn("logs", region, f"log-group:{group}:log-stream:{server.stream}"),
    )
