"""Copies a growing log file to CloudWatch Logs, where code that reads logs in AWS looks."""

import logging
import threading
import time
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.storage.clients import Clients

_log = logging.getLogger(__name__)
_BATCH = 5000
_LINE = 256_000


class LogStream:
    """The copy of one log file.

    Parameters
    ----------
    clients : whose CloudWatch Logs get the lines.
    region : in which region.
    path : the file; what it holds already is not copied.
    group, stream : where the lines go.
    """

    def __init__(self, clients: Clients, region: str, path: Path, group: str, stream: str) -> None:
        self._logs = clients.client("logs", region)
        self._path = path
        self._names = {"logGroupName": group, "logStreamName": stream}
        self._offset = path.stat().st_size
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"log {stream}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Copy what is left, then stop."""
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        try:
            self._create()
            while not self._ended.wait(1):
                self._copy()
            self._copy()
        except (ClientError, BotoCoreError) as error:
            # The file has every line; its copy may end early when the server goes down.
            _log.warning("the log %s is no longer copied: %s", self._path.name, error)

    def _create(self) -> None:
        for create, names in (
            (self._logs.create_log_group, ("logGroupName",)),
            (self._logs.create_log_stream, ("logGroupName", "logStreamName")),
        ):
            try:
                create(**{name: self._names[name] for name in names})
            except self._logs.exceptions.ResourceAlreadyExistsException:
                continue

    def _copy(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        if not self._ended.is_set():
            content = content[: content.rfind(b"\n") + 1]
        self._offset += len(content)
        lines = [line[:_LINE] for line in content.decode(errors="replace").splitlines() if line]
        stamp = int(time.time() * 1000)
        for first in range(0, len(lines), _BATCH):
            batch = [
                {"timestamp": stamp, "message": line} for line in lines[first : first + _BATCH]
            ]
            self._logs.put_log_events(**self._names, logEvents=batch)


def last_line(path: Path) -> str:
    """Return the last line of a log that is not blank, or nothing."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
