"""Serves one model over HTTP by the contract of SageMaker's inference containers; a script.

It imports the code that lies in the model's archive and calls `model_fn(model_dir)` once; then
`GET /ping` answers 200 and `POST /invocations` goes through `input_fn`, `predict_fn` and
`output_fn`, or through `transform_fn`. Only the standard library is used.
"""

import hmac
import importlib
import os
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KEY_VARIABLE = "SAGEMAKER_LOCAL_MODEL_SERVER_KEY"
KEY_HEADER = "X-Sagemaker-Local-Key"
_JSON = "application/json"
_TEXT = ("text/", _JSON)


def load(model_dir: str) -> Callable[[bytes, str, str], tuple[bytes, str]]:
    """Load the model and return what answers a request.

    Parameters
    ----------
    model_dir : the unpacked archive.

    Returns
    -------
    A function from body, content type and accepted type to body and content type.
    """
    folder = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", f"{model_dir}/code")
    sys.path.insert(0, folder)
    module = importlib.import_module(os.environ["SAGEMAKER_PROGRAM"].removesuffix(".py"))
    needed = ["model_fn"]
    if not hasattr(module, "transform_fn"):
        needed += ["input_fn", "predict_fn", "output_fn"]
    missing = [name for name in needed if not hasattr(module, name)]
    if missing:
        raise AttributeError(
            f"{os.environ['SAGEMAKER_PROGRAM']} has no {missing[0]}; "
            "the local SageMaker has no default for it"
        )
    model = module.model_fn(model_dir)

    def answer(body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        given: Any = body.decode() if content_type.startswith(_TEXT) else body
        if hasattr(module, "transform_fn"):
            result = module.transform_fn(model, given, content_type, accept)
        else:
            data = module.input_fn(given, content_type)
            result = module.output_fn(module.predict_fn(data, model), accept)
        content, kind = result if isinstance(result, tuple) else (result, accept)
        return content if isinstance(content, bytes) else str(content).encode(), kind

    return answer


def serve(model_dir: str, port_file: Path) -> None:
    """Load the model and serve it on a free port of loopback.

    Parameters
    ----------
    model_dir : the unpacked archive.
    port_file : where to write port and process once the model is loaded.
    """
    key = os.environ.pop(KEY_VARIABLE).encode()
    try:
        answer = load(model_dir)
    except BaseException as error:
        # The log is shared with other servers of the endpoint, so the cause goes by itself.
        port_file.with_name("failure").write_text(f"{type(error).__name__}: {error}")
        raise

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self._is_ours():
                self._reply(200 if self.path == "/ping" else 404, b"", "text/plain")

        def do_POST(self) -> None:
            if not self._is_ours():
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", _JSON)
            accept = self.headers.get("Accept", "*/*")
            try:
                content, produced = answer(body, kind, _JSON if accept == "*/*" else accept)
            except Exception as error:
                traceback.print_exc()
                self._reply(500, f"{type(error).__name__}: {error}".encode(), "text/plain")
            else:
                self._reply(200, content, produced)

        def log_message(self, format: str, *args: Any) -> None:
            if not self.path.startswith("/ping"):
                print(format % args, flush=True)

        def _is_ours(self) -> bool:
            ours = hmac.compare_digest(self.headers.get(KEY_HEADER, "").encode(), key)
            if not ours:
                self._reply(403, b"", "text/plain")
            return ours

        def _reply(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    partial = port_file.with_suffix(".part")
    partial.write_text(f"{server.server_port} {os.getpid()}")
    partial.replace(port_file)
    server.serve_forever()


if __name__ == "__main__":
    # The folder of this script is the package's: user code must not import from it.
    sys.path.pop(0)
    serve(sys.argv[1], Path(sys.argv[2]))
