"""Runs one invocation of a Lambda function in Python; a script that needs nothing but Python.

It reads `invocation.json` in the folder that it is given. There it leaves `begun`, whose time is
that of the handler's start, and `answer` or `error.json`, whole or not at all. Names of errors and
their words are those of Lambda's own runtime (aws/aws-lambda-python-runtime-interface-client,
`bootstrap.py` and `lambda_runtime_marshaller.py`).
"""

import decimal
import importlib
import importlib.machinery
import json
import logging
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

# The packages of Lambda's Python runtimes (developer guide, "Working with .zip file archives for
# Python Lambda functions": boto3, botocore and what they need).
_IN_THE_RUNTIME = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}


class Fault(Exception):
    """What is wrong with a function before or after its handler; the type is the runtime's."""

    def __init__(self, kind: str, message: str, trace: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = list(trace)


class OnlyTheRuntime:
    """Hides the packages that are installed here and not in Lambda.

    Parameters
    ----------
    code : the function's own folder; it is on `sys.path`, to which the function may add more.
    """

    def __init__(self, code: str) -> None:
        self._installed = set(sys.path) - {code}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """Say that there is no such module, or nothing."""
        if path is not None or name in _IN_THE_RUNTIME or name in sys.stdlib_module_names:
            return
        own = [entry for entry in sys.path if entry not in self._installed]
        if importlib.machinery.PathFinder.find_spec(name, own) is None:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


class Context:
    """What a handler is told of its invocation (developer guide, "Using the context object").

    Parameters
    ----------
    asked : the content of `invocation.json`.
    deadline : when the function is out of time, in seconds since 1970.
    """

    def __init__(self, asked: dict[str, Any], deadline: float) -> None:
        self.aws_request_id = asked["request_id"]
        self.invoked_function_arn = asked["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = _client_context(asked["client_context"])
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds are left."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Write to the log."""
        sys.stdout.write(str(message))


class RequestId(logging.Filter):
    """Adds the id of the invocation to what is logged, once the handler was reached."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add it, and log the record."""
        record.aws_request_id = self.request_id
        return True


def log_like_lambda() -> RequestId:
    """Have `logging` write as in Lambda; returns what adds the id of the invocation."""
    logging.Formatter.converter = time.gmtime
    layout = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    handler, request_id = logging.StreamHandler(sys.stdout), RequestId()
    handler.setFormatter(logging.Formatter(layout, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(request_id)
    logging.getLogger().addHandler(handler)
    return request_id


def invoke(folder: Path, event: bytes, asked: dict[str, Any]) -> bytes:
    """Call the function's handler once and return what it answers, as bytes.

    Parameters
    ----------
    folder : where `begun` is left.
    event : the payload, JSON.
    asked : the content of `invocation.json`.

    Raises
    ------
    Fault : the handler cannot be found, or its answer not be written.
    """
    log = log_like_lambda()
    handler = _find(os.environ["_HANDLER"])
    log.request_id = asked["request_id"]
    (folder / "begun").touch()
    try:
        value = json.loads(event)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    answer = handler(value, Context(asked, time.time() + asked["timeout"]))
    if isinstance(answer, bytes):
        return answer
    try:
        return json.dumps(answer, ensure_ascii=False, default=_decimal).encode()
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def described(error: Exception, request_id: str) -> dict[str, Any]:
    """Return what Lambda answers for an error that the handler did not handle.

    Parameters
    ----------
    error : what was raised.
    request_id : of the invocation; empty if the handler was not reached.
    """
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        frames = traceback.extract_tb(error.__traceback__)
        # Without the columns, which Python would underline and Lambda does not.
        own = [
            (frame.filename, frame.lineno or 0, frame.name, frame.line)
            for frame in frames
            if frame.filename != __file__
        ]
        kind, trace = type(error).__name__, traceback.format_list(own)
    return {
        "errorMessage": str(error),
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": trace,
    }


def main(folder: Path) -> None:
    """Run the invocation that a folder holds."""
    asked = json.loads((folder / "invocation.json").read_text())
    sys.meta_path.insert(0, OnlyTheRuntime(os.environ["LAMBDA_TASK_ROOT"]))
    try:
        answer = invoke(folder, (folder / "event").read_bytes(), asked)
        _leave(folder / "answer", answer)
    except Exception as error:
        told = described(error, asked["request_id"] if (folder / "begun").exists() else "")
        print(f"[ERROR] {told['errorType']}: {told['errorMessage']}")
        print("Traceback (most recent call last):")
        print("".join(told["stackTrace"]), end="")
        _leave(folder / "error.json", json.dumps(told, ensure_ascii=False).encode())
    sys.stdout.flush()
    sys.stderr.flush()
    # Lambda freezes whatever still runs when the handler has answered.
    os._exit(0)


def _find(handler: str) -> Callable[[Any, Context], Any]:
    module, dot, name = handler.rpartition(".")
    if not dot:
        short = "not enough values to unpack (expected 2, got 1)"
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {short}")
    if module.split(".")[0] in sys.builtin_module_names:
        clash = f"Cannot use built-in module {module} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", clash)
    try:
        found = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        unable = f"Unable to import module '{module}': {error}"
        raise Fault("Runtime.ImportModuleError", unable) from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        wrong = f"Syntax error in module '{module}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", wrong, trace) from None
    try:
        function: Callable[[Any, Context], Any] = getattr(found, name)
    except AttributeError:
        missing = f"Handler '{name}' missing on module '{module}'"
        raise Fault("Runtime.HandlerNotFound", missing) from None
    return function


def _client_context(text: str | None) -> SimpleNamespace | None:
    if text is None:
        return None
    found = json.loads(text)
    client = found.get("client")
    return SimpleNamespace(
        custom=found.get("custom"),
        env=found.get("env"),
        client=None if client is None else SimpleNamespace(**client),
    )


def _decimal(value: object) -> float | int:
    if isinstance(value, decimal.Decimal):
        if value.is_nan():
            return math.nan
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _leave(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
