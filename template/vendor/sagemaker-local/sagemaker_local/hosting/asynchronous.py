"""Asynchronous inference: requests wait in a queue, answers go to S3 and are announced by SNS.

The names of the objects and the notification of a success are as users of AWS show them; the words
of a `failureReason` are ours. A failure's object holds what the container answered.
"""

import json
import logging
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sagemaker_local.api.errors import AwsError
from sagemaker_local.hosting.capture import Capture
from sagemaker_local.hosting.fleet import Fleet
from sagemaker_local.hosting.invoking import Invocation, ask, choose
from sagemaker_local.places import region_of
from sagemaker_local.storage.other_services import OtherServices
from sagemaker_local.storage.s3 import S3, MissingObjectError, UploadError
from sagemaker_local.storage.store import Resource

_log = logging.getLogger(__name__)
_AT_ONCE = 4
"""What SageMaker chooses as `MaxConcurrentInvocationsPerInstance` is not documented."""
TTL_SECONDS, TIMEOUT_SECONDS = 21_600, 900
"""Defaults of the API reference, InvokeEndpointAsync."""


@dataclass(frozen=True)
class AsyncRequest:
    """One request that waits for its answer.

    Attributes
    ----------
    members : the request, by the API reference of InvokeEndpointAsync.
    headers : those that the container gets.
    inference_id : names it.
    output, failure : where its answer goes; `failure` is empty if nowhere.
    came : when, in seconds since 1970.
    """

    members: dict[str, Any]
    headers: dict[str, str]
    inference_id: str
    output: str
    failure: str
    came: float = field(default_factory=time.time)


class _FailedError(Exception):
    """A request has no good answer.

    Parameters
    ----------
    reason : its `failureReason`.
    content : what goes to its failure location.
    status : its `invocationStatus`.
    """

    def __init__(self, reason: str, content: bytes = b"", status: str = "Failed") -> None:
        super().__init__(reason)
        self.content = content or reason.encode()
        self.status = status


def locations(config: dict[str, Any], members: dict[str, Any]) -> tuple[str, str]:
    """Return where the answer to a request goes, and where its failure.

    Parameters
    ----------
    config : the endpoint's `AsyncInferenceConfig`.
    members : the request.
    """
    output = config["OutputConfig"]
    name = str(uuid.uuid4())
    extension = members.get("S3OutputPathExtension", "").strip("/")
    folder = f"{output['S3OutputPath'].rstrip('/')}/{extension}".rstrip("/")
    failure = output.get("S3FailurePath", "").rstrip("/")
    return (
        f"{folder}/{members.get('Filename', f'{name}.out')}",
        f"{failure}/{name}-error.out" if failure else "",
    )


class Queues:
    """The queues of asynchronous endpoints.

    Parameters
    ----------
    fleet, capture, s3 : serve, record, and hold what is asked and answered.
    services : whose SNS gets the notifications.
    """

    def __init__(self, fleet: Fleet, capture: Capture, s3: S3, services: OtherServices) -> None:
        self._fleet = fleet
        self._capture = capture
        self._s3 = s3
        self._services = services
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[AsyncRequest]] = {}
        self._working: dict[str, int] = {}

    def put(self, endpoint: Resource, request: AsyncRequest) -> None:
        """Queue a request; somebody works on it as soon as the endpoint's concurrency allows."""
        client = endpoint.body["AsyncInferenceConfig"].get("ClientConfig", {})
        most = client.get("MaxConcurrentInvocationsPerInstance", _AT_ONCE)
        with self._lock:
            self._waiting.setdefault(endpoint.arn, deque()).append(request)
            if self._working.get(endpoint.arn, 0) >= most:
                return
            self._working[endpoint.arn] = self._working.get(endpoint.arn, 0) + 1
        threading.Thread(target=self._work, args=(endpoint,), daemon=True).start()

    def _work(self, endpoint: Resource) -> None:
        while True:
            with self._lock:
                if not self._waiting[endpoint.arn]:
                    self._working[endpoint.arn] -= 1
                    return
                request = self._waiting[endpoint.arn].popleft()
            try:
                self._answer(endpoint, request)
            except Exception:
                _log.exception("asynchronous request %s", request.inference_id)

    def _answer(self, endpoint: Resource, request: AsyncRequest) -> None:
        about: dict[str, Any] = {"invocationStatus": "Completed"}
        topic = "SuccessTopic"
        try:
            kind = self._ask(endpoint, request)
            answered = {"contentType": kind, "outputLocation": request.output}
            about["responseParameters"] = answered
        except _FailedError as failed:
            topic = "ErrorTopic"
            about = {"invocationStatus": failed.status, "failureReason": str(failed)}
            if request.failure:
                self._s3.put(request.failure, failed.content, "text/plain")
                about["responseParameters"] = {"failureLocation": request.failure}
            _log.warning("asynchronous request %s: %s", request.inference_id, failed)
        output = endpoint.body["AsyncInferenceConfig"]["OutputConfig"]
        target = output.get("NotificationConfig", {}).get(topic)
        if target:
            self._announce(target, endpoint, request, about)

    def _ask(self, endpoint: Resource, request: AsyncRequest) -> str:
        """Have a request answered, store the answer and return its content type."""
        age = time.time() - request.came
        if age > request.members.get("RequestTTLSeconds", TTL_SECONDS):
            raise _FailedError(f"the request waited for {age:.0f} seconds", status="Expired")
        members = request.members
        try:
            body = members.get("Body") or self._s3.read(members["InputLocation"])
        except MissingObjectError as error:
            raise _FailedError(f"the input cannot be read: {error}") from None
        invocation = Invocation(body, request.headers, request.inference_id)
        seconds = members.get("InvocationTimeoutSeconds", TIMEOUT_SECONDS)
        try:
            with self._fleet.use(endpoint.arn) as servers:
                server = choose(servers)
                answer = ask(self._capture, endpoint.name, server, invocation, seconds)
        except AwsError as error:
            raise _FailedError(error.message) from None
        if not answer.is_good:
            said = answer.content.decode(errors="replace")
            reason = f'Received error ({answer.status}) from model with message "{said}"'
            raise _FailedError(reason, answer.content)
        try:
            self._s3.put(request.output, answer.content, answer.kind)
        except UploadError as error:
            raise _FailedError(f"the answer cannot be stored: {error}") from None
        return answer.kind

    def _announce(
        self, topic: str, endpoint: Resource, request: AsyncRequest, about: dict[str, Any]
    ) -> None:
        asked = {
            "contentType": request.headers.get("Content-Type"),
            "accept": request.headers.get("Accept"),
            "endpointName": endpoint.name,
            "inputLocation": request.members.get("InputLocation"),
        }
        message = {
            "awsRegion": region_of(endpoint.region),
            "eventTime": _iso(time.time()),
            "receivedTime": _iso(request.came),
            "requestParameters": {name: value for name, value in asked.items() if value},
            **about,
            "inferenceId": request.inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }
        form = {"Action": "Publish", "TopicArn": topic, "Message": json.dumps(message)}
        answer = self._services.request(
            "POST",
            "/",
            region=endpoint.region,
            service="sns",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )
        if answer.status_code != 200:
            _log.warning("%s was not told: %s", topic, answer.get_data(as_text=True)[:500])


def _iso(seconds: float) -> str:
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
