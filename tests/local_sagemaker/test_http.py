"""HTTP with clients that are slow, silent or wrong: they are refused, and hold nothing for ever."""

import socket
import threading
import time

import pytest
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response

from sagemaker_local.wire.http import listen

IDLE = 0.3


def echo(environ, start_response):
    """Answer with the body of the request, or say that it did not come."""
    request = Request(environ)
    request.max_content_length = 1000
    try:
        answer = Response(request.get_data())
    except ClientDisconnected:
        answer = Response("late", 400)
    return answer(environ, start_response)


@pytest.fixture(scope="module")
def port():
    server = listen(IDLE)
    server.app = echo
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def exchange(port, sent):
    """Send bytes, and nothing more; returns what comes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def head(*lines):
    return "\r\n".join(("POST / HTTP/1.1", "Host: 127.0.0.1", *lines, "", "")).encode()


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (b"", b""),
        (b"GET /", b""),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b""),
        (b"GET /\r\n", b""),
        (head("Content-Length: 5") + b"hel", b"HTTP/1.1 400"),
        (head("Transfer-Encoding: chunked") + b"5\r\nhel", b"HTTP/1.1 400"),
    ],
    ids=["silent", "half a line", "half a head", "HTTP/0.9", "half a body", "half a chunk"],
)
def test_a_client_that_stops_is_let_go(port, sent, received):
    started = time.monotonic()
    assert exchange(port, sent).startswith(received)
    assert time.monotonic() - started < 10 * IDLE
    assert exchange(port, head("Content-Length: 5") + b"hello").endswith(b"hello")


@pytest.mark.parametrize("lengths", [["abc"], ["-5"], ["5", "7"], ["+5"], ["\u00b2"], [""]])
def test_a_length_that_is_no_number_is_refused(port, lengths):
    sent = head(*(f"Content-Length: {length}" for length in lengths)) + b"hello"
    assert exchange(port, sent).startswith(b"HTTP/1.1 400 Content-Length must be one number")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        head("X: " + "a" * 70_000),
        head(*(f"X-{number}: a" for number in range(200))),
    ],
    ids=["TLS", "another version", "long line", "long header", "many headers"],
)
def test_what_is_no_request_is_refused(port, sent):
    assert b"Error response" in exchange(port, sent)


@pytest.mark.parametrize(
    "chunks", [b"zz\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n", b"2\r\nhello\r\n"]
)
def test_wrong_chunks_are_refused(port, chunks):
    answer = exchange(port, head("Transfer-Encoding: chunked") + chunks)
    assert answer.startswith(b"HTTP/1.1 400")


def test_chunks_and_expectations_are_met(port):
    chunks = b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    assert exchange(port, head("Transfer-Encoding: chunked") + chunks).endswith(b"hello")
    answer = exchange(port, head("Expect: 100-continue", "Content-Length: 5") + b"hello")
    assert answer.startswith(b"HTTP/1.1 100 Continue")
    assert answer.endswith(b"hello")


def test_many_silent_clients_do_not_keep_others_waiting(port):
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    started = time.monotonic()
    assert exchange(port, head("Content-Length: 5") + b"hello").endswith(b"hello")
    assert time.monotonic() - started < 2
    for connection in silent:
        connection.close()
