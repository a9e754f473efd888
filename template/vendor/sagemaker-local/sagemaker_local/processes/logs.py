"""Copies a growing log file to CloudWatch Logs, where code that reads logs in AWS looks."""

import logging
import mmap
import os
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.home import trim
from sagemaker_local.storage.clients import Clients

_log = logging.getLogger(__name__)
_BATCH = 5000
_LINE = 256_000
_AT_ONCE = 1 << 20
_ENDS = 1 << 16
_TAIL = 1 << 16
_CHUNK = 1 << 20


class LogStream:
    """The copy of one log file.

    What is written faster than a megabyte a second is not copied as a whole, since it would cost
    more than the program that writes it; a line in its place says so.

    Parameters
    ----------
    clients : whose CloudWatch Logs get the lines.
    region : in which region.
    path : the file; what it holds already is not copied.
    group, stream : where the lines go.
    most : how many bytes the file may have until it begins anew, see `trim`; 0 for any number.
    """

    def __init__(
        self,
        clients: Clients,
        region: str,
        path: Path,
        group: str,
        stream: str,
        most: int = 0,
    ) -> None:
        self._logs = clients.client("logs", region)
        self._path = path
        self._names = {"logGroupName": group, "logStreamName": stream}
        self._most = most
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
                if self._most and trim(self._path, self._most):
                    self._offset = 0
                    with self._path.open("a") as file:
                        file.write(f"[what was before is in {self._path}.1]\n")
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
        lines = self._new_lines()
        stamp = int(time.time() * 1000)
        for first in range(0, len(lines), _BATCH):
            batch = [
                {"timestamp": stamp, "message": line} for line in lines[first : first + _BATCH]
            ]
            self._logs.put_log_events(**self._names, logEvents=batch)

    def _new_lines(self) -> list[str]:
        with self._path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            # Another server's stream may have begun the file anew.
            self._offset = 0 if end < self._offset else self._offset
            file.seek(self._offset)
            if end - self._offset > _AT_ONCE:
                first = file.read(_ENDS)
                skipped = end - self._offset - 2 * _ENDS
                file.seek(skipped, os.SEEK_CUR)
                note = f"\n[{skipped} bytes are left out here; the whole log is {self._path}]\n"
                content = first + note.encode() + file.read(end - file.tell())
            else:
                content = file.read(end - self._offset)
        if not self._ended.is_set():
            whole = content.rfind(b"\n") + 1
            end -= len(content) - whole
            content = content[:whole]
        self._offset = end
        return [line[:_LINE] for line in content.decode(errors="replace").splitlines() if line]


def last_line(path: Path) -> str:
    """Return the last line of a log that is not blank, or nothing."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def last_values(path: Path, patterns: Mapping[str, str]) -> dict[str, float]:
    """Return the last number that each pattern finds in a log.

    Parameters
    ----------
    path : the log; it is read from its end, no further than needed.
    patterns : a regular expression by the name of each metric; its first group, if it has one,
        captures the number.

    Returns
    -------
    The number by the name, of those that were found.
    """
    missing = {name: re.compile(pattern) for name, pattern in patterns.items()}
    found: dict[str, float] = {}
    if not missing or not path.exists() or path.stat().st_size == 0:
        return found
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = len(content)
        while end > 0 and missing:
            start = content.rfind(b"\n", 0, max(0, end - _CHUNK)) + 1
            text = content[start:end].decode(errors="replace")
            for name, pattern in list(missing.items()):
                numbers = [n for m in pattern.finditer(text) if (n := _number(m)) is not None]
                if numbers:
                    found[name] = numbers[-1]
                    del missing[name]
            end = start
    return found


def _number(match: "re.Match[str]") -> float | None:
    try:
        return float(match[1] if match.re.groups else match[0])
    except (ValueError, TypeError):
        return None
