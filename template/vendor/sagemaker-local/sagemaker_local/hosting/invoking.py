"""Asks a model server once, and says what stands for an answer that did not come."""

import http.client
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sagemaker_local.api.errors import AwsError
from sagemaker_local.hosting.capture import Capture, Event, Side
from sagemaker_local.hosting.running_server import INVOCATION_SECONDS, Answer, ModelServer

CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
TO_CONTAINER = {
    "ContentType": "Content-Type",
    "Accept": "Accept",
    "CustomAttributes": CUSTOM_ATTRIBUTES,
}
"""The members of a request that its container gets, and in which header."""
_END_SECONDS = 2


@dataclass(frozen=True)
class Invocation:
    """What a model is asked.

    Attributes
    ----------
    body : the payload.
    headers : those that the container gets.
    inference_id : what the caller calls it; empty if nothing.
    event_id : what we call it.
    """

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    inference_id: str = ""
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def choose(servers: Sequence[ModelServer], wanted: str | None = None) -> ModelServer:
    """Return the production variant's server that gets a request, by the variants' weights.

    Parameters
    ----------
    servers : those of an endpoint.
    wanted : the name of the variant that the caller wants, if any.

    Raises
    ------
    AwsError : `ValidationError`; there is no variant of that name.
    """
    production = [server for server in servers if not server.is_shadow]
    if wanted is None:
        weights = [server.weight for server in production]
        return random.choices(production, weights if any(weights) else None)[0]
    for server in production:
        if server.name == wanted:
            return server
    raise AwsError("ValidationError", f"Variant {wanted} not found in the endpoint.")


def ask(
    capture: Capture,
    endpoint: str,
    server: ModelServer,
    invocation: Invocation,
    seconds: float = INVOCATION_SECONDS,
) -> Answer:
    """Ask a model server, and capture request and answer as its endpoint is configured.

    What fails is not captured: that AWS captures only what was answered with a status of 2xx is
    unconfirmed.

    Parameters
    ----------
    capture : writes what is captured.
    endpoint : the name of the server's endpoint.
    server : is asked.
    invocation : what it is asked.
    seconds : how long it may take.
    """
    began = time.time()
    try:
        answer = server.ask("POST", "/invocations", invocation.body, invocation.headers, seconds)
    except (OSError, http.client.HTTPException) as error:
        return _no_answer(server, error)
    if answer.is_good:
        event = Event(
            id=invocation.event_id,
            endpoint=endpoint,
            variant=server.name,
            asked=Side(invocation.body, invocation.headers.get("Content-Type", "")),
            answered=Side(answer.content, answer.kind),
            time=began,
            inference_id=invocation.inference_id,
            custom_attributes=invocation.headers.get(CUSTOM_ATTRIBUTES, ""),
        )
        capture.take(server.config.get("DataCaptureConfig"), event)
    return answer


def _no_answer(server: ModelServer, error: Exception) -> Answer:
    """Return what stands for an answer that did not come.

    What AWS says while a container is down is unconfirmed.
    """
    # A connection breaks a moment before the server's end is known.
    code = None if isinstance(error, TimeoutError) else server.wait(_END_SECONDS)
    if code is None:
        return Answer(500, f"{type(error).__name__}: {error}".encode())
    said = f"the model server ended with code {code} and is being started again; ask again"
    return Answer(503, said.encode())
