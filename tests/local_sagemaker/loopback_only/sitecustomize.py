"""Refuses and records every connection that does not stay on loopback; loaded by PYTHONPATH."""

import os
import socket

_LOOPBACK = ("127.0.0.1", "localhost", "::1", "0.0.0.0")
_connect, _getaddrinfo = socket.socket.connect, socket.getaddrinfo


def _check(host: object) -> None:
    if host is not None and str(host) not in _LOOPBACK:
        with open(os.environ["PYTHON_LOOPBACK_VIOLATIONS"], "a") as file:
            file.write(f"{host} by pid {os.getpid()}\n")
        raise OSError(f"{host} is not on loopback")


def _checked_connect(self, address):
    if isinstance(address, tuple):
        _check(address[0])
    return _connect(self, address)


def _checked_getaddrinfo(host, *arguments, **options):
    _check(host.decode() if isinstance(host, bytes) else host)
    return _getaddrinfo(host, *arguments, **options)


if "PYTHON_LOOPBACK_VIOLATIONS" in os.environ:
    socket.socket.connect = _checked_connect
    socket.getaddrinfo = _checked_getaddrinfo
