"""The front door: admits holders of this start's key, and sends requests where they belong."""

import json
import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from sagemaker_local.api.actions import perform
from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.parts import Parts
from sagemaker_local.api.serialization import read_body
from sagemaker_local.cloudwatch.service import CloudWatch
from sagemaker_local.functions.lambda_api import LambdaApi
from sagemaker_local.places import place_of
from sagemaker_local.processes.images import HOST
from sagemaker_local.processes.settings import Settings
from sagemaker_local.regions import partition_of
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.object_store.service import S3Service
from sagemaker_local.storage.object_store.xml import escape_text
from sagemaker_local.storage.other_services import NotThereError, OtherServices, act_in
from sagemaker_local.storage.store import failure
from sagemaker_local.wire.access_keys import AccessKeys
from sagemaker_local.wire.admin import status
from sagemaker_local.wire.invoke import invoke_endpoint
from sagemaker_local.wire.invoke_async import invoke_endpoint_async
from sagemaker_local.wire.refusals import refuse_too_many_bucket_tags, refuse_what_would_be_ignored
from sagemaker_local.wire.tagging import answer_tagging

_log = logging.getLogger(__name__)
_CREDENTIAL = re.compile(r"Credential=([^/\s]+)/[^/]*/([^/]*)/([^/,\s]*)/")
_LOOPBACK = ("127.0.0.1", "localhost")
_XML_SERVICES = ("cloudfront", "route53", "s3")
_MOST_BYTES = 64 << 20
_MOST_BYTES_OF_S3 = 5 << 30
"""The largest object or part that S3 takes in one request (user guide, "Uploading objects")."""
_INVOCATIONS = re.compile(r"/endpoints/([^/]+)/(async-)?invocations")


class FrontDoor:
    """The WSGI application.

    Parameters
    ----------
    parts : what answers: SageMaker's parts, S3, and the other services.

    Attributes
    ----------
    in_use : set once the first status was answered, or anything else was asked.
    """

    def __init__(self, parts: Parts) -> None:
        self.in_use = threading.Event()
        self._parts = parts
        # What containers call this machine is no name that a stranger could give an address to.
        hosts = (*_LOOPBACK, *((HOST,) if parts[Settings].in_images else ()))
        self._hosts = re.compile(rf"({'|'.join(map(re.escape, hosts))})(:\d+)?")
        self._keys = AccessKeys(parts[Clients].running.access_key)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            return self._choose(request)(environ, start_response)
        except Exception as error:
            refused = _as_refusal(error, request)
            _log.debug("%s %s: %s: %s", request.method, request.path, refused.code, refused.message)
            return _answer_refusal(refused, request)(environ, start_response)

    def _choose(self, request: Request) -> Callable[..., Iterable[bytes]]:
        """Return what answers a request: an answer, or who gives one."""
        region, service = self._admit(request)
        act_in(region, request.environ)
        if service == "sagemaker-local":
            answer = _json(status(self._parts))
            self.in_use.set()
            return answer
        self.in_use.set()
        limit = _MOST_BYTES_OF_S3 if service == "s3" else _MOST_BYTES
        request.max_content_length = limit
        if (request.content_length or 0) > limit:
            raise RequestEntityTooLarge
        if service.startswith("sagemaker"):
            return self._answer(request, region)
        if service == "s3":
            refuse_too_many_bucket_tags(request)
            return self._parts[S3Service].serve(request, region)
        if service == "lambda":
            return self._parts[LambdaApi].serve(request, region)
        if service == "monitoring":
            return self._parts[CloudWatch].serve(request, region)
        if service == "tagging":
            target = request.headers.get("X-Amz-Target", "")
            return answer_tagging(self._parts, region, target, read_body(request.get_data()))
        refuse_what_would_be_ignored(self._parts, region, service, request)
        if service == "sts":
            answer = Response.from_app(self._parts[OtherServices], request.environ)
            self._keys.admit_assumed(answer.get_data())
            return answer
        return self._parts[OtherServices]

    def _admit(self, request: Request) -> tuple[str, str]:
        """Return place and service that a request is signed for, or refuse it."""
        if "Origin" in request.headers:
            raise AwsError("AccessDenied", "requests from web pages are refused", 403)
        if not self._hosts.fullmatch(request.headers.get("Host", "")):
            raise AwsError("AccessDenied", "requests for another host are refused", 403)
        query = parse_qs(request.query_string.decode("latin-1"))
        presigned = "Credential=" + query.get("X-Amz-Credential", [""])[0]
        found = _CREDENTIAL.search(request.headers.get("Authorization", presigned))
        key, region, service = found.groups() if found else ("", "us-east-1", "s3")
        if not found:
            key = query.get("AWSAccessKeyId", [""])[0]
        account = self._keys.account(key)
        if not partition_of(region):
            raise AwsError(
                "InvalidSignatureException",
                f"Credential should be scoped to a valid region, not '{region}'.",
                403,
            )
        return place_of(account, region), service

    def _answer(self, request: Request, region: str) -> Response:
        target = request.headers.get("X-Amz-Target", "")
        if target.startswith("SageMaker.") and request.method == "POST":
            body = read_body(request.get_data())
            return _json(perform(self._parts, region, target.split(".", 1)[1], body))
        endpoint = _INVOCATIONS.fullmatch(request.path)
        if endpoint and request.method == "POST":
            invoke = invoke_endpoint_async if endpoint[2] else invoke_endpoint
            return invoke(self._parts, region, endpoint[1], request)
        raise AwsError(
            "UnknownOperationException",
            f"the local SageMaker does not have {request.method} {request.path}",
        )


def _json(body: Any) -> Response:
    answer = Response(json.dumps(body), content_type="application/x-amz-json-1.1")
    answer.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return answer


def _as_refusal(error: Exception, request: Request) -> AwsError:
    if isinstance(error, AwsError):
        return error
    if isinstance(error, NotThereError):
        unknown = f"the local SageMaker has no answer of the service {_service(request)}: {error}"
        return AwsError("UnknownOperationException", unknown)
    if isinstance(error, RequestEntityTooLarge):
        most = f"the body may have at most {request.max_content_length} bytes"
        return AwsError("EntityTooLarge", most, 413)
    if isinstance(error, ClientDisconnected):
        return AwsError("RequestTimeout", "the body did not come whole, or not in time")
    if isinstance(error, RecursionError):
        return AwsError("SerializationException", "the request is nested too deep")
    _log.error("%s %s", request.method, request.path, exc_info=error)
    other = "the local SageMaker failed at this request; server.log says why"
    return AwsError("InternalFailure", failure(error) or other, 500)


def _service(request: Request) -> str:
    found = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    return found[3] if found else "s3"


def _answer_refusal(error: AwsError, request: Request) -> Response:
    """Return an error in the protocol of the service that was asked."""
    service = _service(request)
    if service in _XML_SERVICES or request.mimetype == "application/x-www-form-urlencoded":
        inner = f"<Code>{error.code}</Code><Message>{escape_text(error.message)}</Message>"
        form = "<{0}>{1}</{0}>" if service == "s3" else "<E><{0}>{1}</{0}></E>"
        answer = Response(form.format("Error", inner), content_type="text/xml")
    else:
        answer = _json(
            {"__type": error.code, "message": error.message, "Message": error.message}
            | error.members
        )
    answer.status_code = error.status
    answer.headers["x-amzn-ErrorType"] = error.code
    return answer
