"""Speaks HTTP on loopback, also with clients that are slow, silent or wrong."""

import logging
import socket
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sagemaker_local.home import NO_LOOPBACK

_log = logging.getLogger(__name__)
_HOST = "127.0.0.1"


class UnreachableError(Exception):
    """Nobody could reach a server; the message says what to do."""


class _Handler(WSGIRequestHandler):
    # Nobody may hold a thread for ever: this long a client may neither send nor take anything.
    timeout = 60

    def parse_request(self) -> bool:
        """Read the head of a request; returns False if it was answered with an error."""
        if not super().parse_request():
            return False
        lengths = set(self.headers.get_all("Content-Length", []))
        if len(lengths) > 1 or not all(text.isascii() and text.isdigit() for text in lengths):
            self.send_error(400, "Content-Length must be one number")
            return False
        return True

    def make_environ(self) -> dict[str, Any]:
        """Return what werkzeug does, and the headers as they were sent.

        WSGI cannot tell `a_b` from `a-b` in a header's name, and S3 metadata may have either.
        """
        return super().make_environ() | {"sagemaker_local.headers": self.headers.items()}

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log no requests: a polling client would fill the disk."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log what is wrong with a request only where somebody wants to see it."""
        _log.debug(message, *args)


def listen(idle_seconds: float = _Handler.timeout) -> BaseWSGIServer:
    """Return a server that listens on a free port of loopback; its `app` is to be set.

    Parameters
    ----------
    idle_seconds : how long a client may neither send nor take anything.

    Raises
    ------
    UnreachableError : no client would find it.
    """
    handler = type("Handler", (_Handler,), {"timeout": idle_seconds})
    server = make_server(_HOST, 0, _not_ready, threaded=True, request_handler=handler)
    try:
        socket.create_connection((_HOST, server.server_port), timeout=idle_seconds).close()
    except OSError as error:
        # Listening works also where the interface of loopback is down.
        raise UnreachableError(f"cannot reach {_HOST}: {error.strerror}; {NO_LOOPBACK}") from None
    return server


def _not_ready(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    raise AssertionError("no request is taken before the application is there")
