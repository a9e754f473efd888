"""AWS Lambda's API: what moto's Lambda cannot do, and what is remembered of what it can."""

import base64
import json
import logging
import re
import threading
import uuid
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.serialization import read_body
from sagemaker_local.functions.configuration import check_request, refused
from sagemaker_local.functions.event_sources import EventSources
from sagemaker_local.functions.functions import PATH, Functions, plain_name
from sagemaker_local.functions.packages import read_zip
from sagemaker_local.storage.s3 import S3, MissingObjectError
from sagemaker_local.storage.store import Body

_log = logging.getLogger(__name__)
_INVOKE = re.compile(rf"{PATH}/(.+)/invocations/?")
_OF_FUNCTION = re.compile(rf"{PATH}/([^/]+)(?:/(code|configuration))?/?")
# The payloads that Invoke takes, in bytes (quotas of Lambda, "Invocation payload").
_MOST_BYTES = {"RequestResponse": 6_291_456, "Event": 1_048_576}
# What moto would keep, and nothing would come of, by the end of the path.
_REFUSED = {
    "event-invoke-config": "destinations and retries of asynchronous invocations",
    "invoke-async": "InvokeAsync: use Invoke with the type Event",
    "response-streaming-invocations": "InvokeWithResponseStream",
    "url": "URLs of functions",
}


class LambdaApi:
    """Answers requests to Lambda.

    Parameters
    ----------
    functions : what there is, and moto's Lambda behind it.
    sources : hand messages to functions.
    s3 : where code may lie.
    """

    def __init__(self, functions: Functions, sources: EventSources, s3: S3) -> None:
        self._functions = functions
        self._sources = sources
        self._s3 = s3

    def serve(self, request: Request, region: str) -> Response:
        """Answer a request.

        Raises
        ------
        AwsError : it is refused.
        """
        method, path = request.method, unquote(request.path).rstrip("/")
        if "/event-source-mappings" in path:
            found = self._sources.answer(method, path, region, request.args, _object(request))
            if found:
                status, body = found
                return Response(json.dumps(body), status, content_type="application/json")
        invoked, named = _INVOKE.fullmatch(path), _OF_FUNCTION.fullmatch(path)
        if invoked and method == "POST":
            return self._invoke(request, region, invoked[1])
        last = path.rpartition("/")[2]
        if method in ("POST", "PUT") and last in _REFUSED:
            raise refused(f"the local SageMaker does not support {_REFUSED[last]}")
        if path == PATH and method == "POST":
            return self._create(region, _object(request))
        if named and method == "PUT" and named[2] == "code":
            return self._change_code(region, named[1], _object(request))
        if named and method == "PUT" and named[2] == "configuration":
            return self._change(region, named[1], _object(request))
        answer = self._functions.pass_on(request)
        if named and method == "DELETE" and not named[2] and answer.status_code == 204:
            name = plain_name(region, named[1])
            if not request.args.get("Qualifier") and ":" not in name:
                self._functions.forget(region, name)
        return answer

    def _create(self, region: str, body: Body) -> Response:
        check_request("CreateFunction", body)
        return self._functions.make(region, body, self._zip(body.get("Code") or {}))

    def _change_code(self, region: str, name: str, body: Body) -> Response:
        check_request("UpdateFunctionCode", body)
        name = plain_name(region, name)
        zipped = self._zip(body)
        rest = {k: v for k, v in body.items() if k not in ("S3Bucket", "S3Key")}
        rest["ZipFile"] = base64.b64encode(zipped).decode()
        answer = self._functions.ask("PUT", f"{PATH}/{name}/code", region, rest)
        if answer.status_code == 200 and not body.get("DryRun"):
            self._functions.remember_code(region, name, zipped)
        return answer

    def _change(self, region: str, name: str, body: Body) -> Response:
        check_request("UpdateFunctionConfiguration", body)
        name = plain_name(region, name)
        answer = self._functions.ask("PUT", f"{PATH}/{name}/configuration", region, body)
        if answer.status_code == 200:
            self._functions.remember_changes(region, name, body)
        return answer

    def _zip(self, code: Body) -> bytes:
        """Return the archive that a request brings, or says where it lies."""
        if "ZipFile" in code:
            return read_zip(code["ZipFile"])
        try:
            uri = f"s3://{code['S3Bucket']}/{code['S3Key']}"
            content = self._s3.read(uri)
        except KeyError:
            raise refused("Please provide a source for function code.") from None
        except MissingObjectError as error:
            raise refused(f"Error occurred while GetObject. {error}") from None
        return read_zip(base64.b64encode(content).decode())

    def _invoke(self, request: Request, region: str, name: str) -> Response:
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        payload = request.get_data() or b"{}"
        qualifier = request.args.get("Qualifier", "")
        configuration = self._functions.configuration(region, name, qualifier)
        if kind == "DryRun":
            return Response(status=204)
        if kind not in _MOST_BYTES:
            raise AwsError("InvalidParameterValueException", f"{kind} is no type of invocation")
        if len(payload) > _MOST_BYTES[kind]:
            most = _MOST_BYTES[kind]
            large = f"Request must be smaller than {most} bytes for the InvokeFunction operation"
            raise AwsError("RequestTooLargeException", large, 413, Type="User")
        try:
            json.loads(payload)
        except ValueError as error:
            wrong = f"Could not parse request body into json: {error}"
            raise AwsError("InvalidRequestContentException", wrong, Type="User") from None
        context = _client_context(request.headers.get("X-Amz-Client-Context"))
        request_id = str(uuid.uuid4())
        arguments = (region, configuration, payload, request_id, context)
        if kind == "Event":
            self._functions.code(region, configuration)
            threading.Thread(
                target=self._invoke_unwatched, args=arguments, name=request_id, daemon=True
            ).start()
            return Response(status=202, headers={"x-amzn-RequestId": request_id})
        answer = self._functions.invoke(*arguments)
        response = Response(answer.payload, content_type="application/json")
        response.headers["x-amzn-RequestId"] = request_id
        response.headers["X-Amz-Executed-Version"] = answer.version
        if answer.failed:
            response.headers["X-Amz-Function-Error"] = "Unhandled"
        if request.headers.get("X-Amz-Log-Type") == "Tail":
            response.headers["X-Amz-Log-Result"] = base64.b64encode(answer.log).decode()
        return response

    def _invoke_unwatched(self, *arguments: Any) -> None:
        try:
            self._functions.invoke(*arguments)
        except Exception:
            _log.exception("the invocation %s", arguments[3])


def _object(request: Request) -> Body:
    body = read_body(request.get_data())
    if not isinstance(body, dict):
        raise AwsError("SerializationException", "the request is not an object")
    # The SDKs leave out what is null.
    return {name: value for name, value in body.items() if value is not None}


def _client_context(header: str | None) -> str | None:
    if header is None:
        return None
    try:
        text = base64.b64decode(header).decode()
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        # Unconfirmed.
        raise AwsError(
            "InvalidRequestContentException", "Client context must be a valid JSON object"
        )
    return text
