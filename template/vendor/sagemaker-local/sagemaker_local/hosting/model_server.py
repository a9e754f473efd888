"""Serves one model over HTTP by the contract of SageMaker's inference containers; a script.

It imports the code that lies in the model's archive and loads the model once; then `GET /ping`
answers 200, and `POST /invocations` what `serving_toolkit` makes of the request.
"""

import hmac
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

from sagemaker_local.hosting.serving_toolkit import load

KEY_VARIABLE = "SAGEMAKER_LOCAL_MODEL_SERVER_KEY"
KEY_HEADER = "X-Sagemaker-Local-Key"


def serve(model_dir: str, port_file: Path) -> None:
    """Load the model and serve it on a free port of loopback.

    Parameters
    ----------
    model_dir : the unpacked archive.
    port_file : where to write port and process once the model is loaded.
    """
    key = os.environ.pop(KEY_VARIABLE).encode()
    try:
        sys.path.insert(0, os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", f"{model_dir}/code"))
        answer = load(model_dir)
    except BaseException as error:
        # The log is shared with other servers of the endpoint, so the cause goes by itself.
        port_file.with_name("failure").write_text(f"{type(error).__name__}: {error}")
        raise

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self._is_ours():
                self._reply(Response(status=200 if self.path == "/ping" else 404))

        def do_POST(self) -> None:
            if not self._is_ours():
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = self.headers
            self._reply(answer(body, asked.get("Content-Type"), asked.get("Accept")))

        def log_message(self, format: str, *args: Any) -> None:
            if not self.path.startswith("/ping"):
                print(format % args, flush=True)

        def _is_ours(self) -> bool:
            ours = hmac.compare_digest(self.headers.get(KEY_HEADER, "").encode(), key)
            if not ours:
                self._reply(Response(status=403))
            return ours

        def _reply(self, response: Response) -> None:
            body = response.get_data()
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                if name != "Content-Length":
                    self.send_header(name, value)
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
