"""A command to run, as it travels from the server to the process that guards it."""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Command:
    """A command in a container's terms: `/opt/ml` in it is the private one.

    Attributes
    ----------
    argv : the program and its arguments.
    environment : all of its environment.
    folder : its working directory.
    log : the file that its output is appended to; its standard input is empty.
    opt_ml : the folder that it finds as `/opt/ml`; empty if it needs none.
    ends : whether it comes to an end by itself, as a job does and a model server does not.
    after : the program and arguments that clear up behind it, however it ended.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    log: str
    opt_ml: str
    ends: bool
    after: Sequence[str] = ()

    def send(self, connection: socket.socket) -> None:
        """Write it to a connection, as a line of JSON."""
        connection.sendall(json.dumps(asdict(self)).encode() + b"\n")

    @classmethod
    def receive(cls, connection: socket.socket) -> "Command":
        """Read one from a connection that carries nothing else until it is read.

        Raises
        ------
        EOFError : the other side went away before.
        """
        text = b""
        while not text.endswith(b"\n"):
            part = connection.recv(65536)
            if not part:
                raise EOFError
            text += part
        return cls(**json.loads(text))
