"""The front door: admits holders of this start's key, and sends requests where they belong."""

import hmac
import json
import os
import re
import secrets
import signal
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from sagemaker_local.actions import perform
from sagemaker_local.errors import AwsError
from sagemaker_local.home import Home, Running
from sagemaker_local.mirror import Mirror
from sagemaker_local.moto import Moto
from sagemaker_local.processes import kill_children
from sagemaker_local.runtime import invoke_endpoint
from sagemaker_local.service import SageMaker
from sagemaker_local.status import status

_CREDENTIAL = re.compile(r"Credential=([^/\s]+)/[^/]*/([^/]*)/([^/,\s]*)/")
_LOCAL_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?")
_INVOCATIONS = re.compile(r"/endpoints/([^/]+)/invocations")


class FrontDoor:
    """The WSGI application.

    Parameters
    ----------
    sagemaker : answers for SageMaker.
    moto : answers for every other service.
    mirror : keeps S3 objects over a restart.
    """

    def __init__(self, sagemaker: SageMaker, moto: Moto, mirror: Mirror) -> None:
        self._sagemaker = sagemaker
        self._moto = moto
        self._mirror = mirror
        self._key = sagemaker.aws.running.access_key.encode()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            region, service = self._admit(request)
            if service == "sagemaker":
                answer = self._answer(request, region)
            elif service == "sagemaker-local":
                answer = _json(status(self._sagemaker))
            elif service == "s3":
                answer = self._mirror.serve(request, region)
            else:
                return self._moto(environ, start_response)
        except AwsError as error:
            answer = _refusal(error, request)
        except Exception as error:
            traceback.print_exc()
            failure = AwsError("InternalFailure", f"{type(error).__name__}: {error}", 500)
            answer = _refusal(failure, request)
        return answer(environ, start_response)

    def _admit(self, request: Request) -> tuple[str, str]:
        """Return region and service that a request is signed for, or refuse it."""
        if "Origin" in request.headers:
            raise AwsError("AccessDenied", "requests from web pages are refused", 403)
        if not _LOCAL_HOST.fullmatch(request.headers.get("Host", "")):
            raise AwsError("AccessDenied", "requests for another host are refused", 403)
        query = parse_qs(request.query_string.decode())
        presigned = "Credential=" + query.get("X-Amz-Credential", [""])[0]
        found = _CREDENTIAL.search(request.headers.get("Authorization", presigned))
        key, region, service = found.groups() if found else ("", "us-east-1", "s3")
        if not found:
            key = query.get("AWSAccessKeyId", [""])[0]
        if not hmac.compare_digest(key.encode(), self._key):
            raise AwsError(
                "InvalidClientTokenId",
                "the access key is not that of the running local SageMaker; "
                "run `sagemaker-local env` again",
                403,
            )
        return region, service

    def _answer(self, request: Request, region: str) -> Response:
        target = request.headers.get("X-Amz-Target", "")
        if target.startswith("SageMaker."):
            try:
                body = json.loads(request.get_data() or b"{}")
            except ValueError as error:
                raise AwsError("SerializationException", f"not JSON: {error}") from None
            return _json(perform(self._sagemaker, region, target.split(".", 1)[1], body))
        endpoint = _INVOCATIONS.fullmatch(request.path)
        if endpoint and request.method == "POST":
            return invoke_endpoint(self._sagemaker, region, endpoint[1], request)
        raise AwsError(
            "UnknownOperationException",
            f"the local SageMaker does not have {request.method} {request.path}",
        )


def _json(body: Any) -> Response:
    answer = Response(json.dumps(body), content_type="application/x-amz-json-1.1")
    answer.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return answer


def _refusal(error: AwsError, request: Request) -> Response:
    """Return an error in the protocol of the service that was asked."""
    authorization = request.headers.get("Authorization", "")
    if "X-Amz-Target" in request.headers or "/sagemaker" in authorization:
        answer = _json(
            {"__type": error.code, "message": error.message, "Message": error.message}
            | error.members
        )
    else:
        inner = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        form = "<{0}>{1}</{0}>" if "/s3/" in authorization else "<E><{0}>{1}</{0}></E>"
        answer = Response(form.format("Error", inner), content_type="text/xml")
    answer.status_code = error.status
    answer.headers["x-amzn-ErrorType"] = error.code
    return answer


class _Handler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log no requests: a polling client would fill the disk."""


def serve(home: Home) -> int:
    """Run the server of a state folder until it is told to stop.

    Returns
    -------
    The exit code: 0, or 1 when a server runs in that folder already.
    """
    home.prepare()
    with home.lock("server", wait=False) as free:
        if not free:
            print(f"a local SageMaker already runs in {home.path}", flush=True)
            return 1
        home.forget_running()
        # A profile, a token or an endpoint of a real account would lead our own clients there.
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        moto = Moto()
        server = make_server("127.0.0.1", 0, moto, threaded=True, request_handler=_Handler)
        running = Running(
            url=f"http://127.0.0.1:{server.server_port}",
            pid=os.getpid(),
            access_key="LOCAL" + secrets.token_hex(16).upper(),
            secret_key=secrets.token_urlsafe(30),
            started=time.time(),
        )
        sagemaker = SageMaker(home, running)
        mirror = Mirror(sagemaker, moto)
        server.app = FrontDoor(sagemaker, moto, mirror)

        sagemaker.recover()

        def load() -> None:
            try:
                server.RequestHandlerClass = moto.load(_Handler)
                mirror.restore()
            except Exception:
                # Without S3 every job would wait for ever: better no server than half of one.
                traceback.print_exc()
                kill_children()
                os._exit(1)

        threading.Thread(target=load, name="moto", daemon=True).start()

        def stop(*_: object) -> None:
            threading.Thread(target=server.shutdown, daemon=True).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        home.write_running(running)
        print(f"local SageMaker at {running.url}, state in {home.path}", flush=True)
        server.serve_forever()
        sagemaker.fleet.close()
        kill_children()
        home.forget_running()
        # Threads that wait for a job or a client must not hold up the end.
        os._exit(0)
