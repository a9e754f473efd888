"""Lets one command at a time change a stage: an object in S3 that says who does.

It is politeness between two promotions, no safety decision: what SageMaker refuses while it is
changing an endpoint it refuses without it. So a lock that cannot be written only is a warning.
"""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.stage import Stage
from project import s3
from project.advice import needs_sign_in
from project.aws import Connection
from project.aws_errors import brief, found
from project.errors import ProjectError

LEASE = timedelta(minutes=3)
"""How long a command that was killed on another machine keeps others waiting."""

_LOST_RACE = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409", "404")
"""How S3 refuses a conditional `PutObject`: "Conditional writes" in the S3 user guide."""


@dataclass(frozen=True)
class Holder:
    """Who changes a stage.

    Attributes
    ----------
    who : ARN of the caller.
    host, pid : the machine and the process.
    since, until : ISO 8601; after the latter nobody need wait for it.
    """

    who: str
    host: str
    pid: int
    since: str
    until: str


@contextmanager
def held(connection: Connection, stage: Stage) -> Iterator[None]:
    """Keep other commands from changing a stage meanwhile.

    Raises
    ------
    BusyError : another one does; says who holds it, and until when.
    """
    uri = f"{connection.prefix}/ops/locks/{stage.name}.json"
    mine = _now_holding(connection)
    try:
        etag = _take(connection, uri, stage, mine)
    except (BotoCoreError, ClientError) as error:
        if needs_sign_in(error):
            raise
        print(f"warning: nobody else can be kept from changing {stage.name}: {brief(error)}")
        yield
        return
    ended = threading.Event()
    renewing = threading.Thread(
        target=_renew, args=(connection, uri, mine, etag, ended), daemon=True
    )
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        with suppress(BotoCoreError, ClientError):
            bucket, key = s3.split_uri(uri)
            connection.s3.delete_object(Bucket=bucket, Key=key)


def _now_holding(connection: Connection) -> Holder:
    now = datetime.now(UTC)
    return Holder(
        who=connection.caller,
        host=socket.gethostname(),
        pid=os.getpid(),
        since=_stamp(now),
        until=_stamp(now + LEASE),
    )


def _take(connection: Connection, uri: str, stage: Stage, mine: Holder) -> str:
    """Write the lock and return its ETag."""
    with suppress(_LostRaceError):
        return _put(connection, uri, mine, IfNoneMatch="*")
    bucket, key = s3.split_uri(uri)
    there = found(lambda: connection.s3.get_object(Bucket=bucket, Key=key))
    if there is None:
        # It was let go in this moment.
        conditions = {"IfNoneMatch": "*"}
        other = None
    else:
        conditions = {"IfMatch": there["ETag"]}
        other = _read(there["Body"].read())
    if other is not None and not _over(other):
        raise BusyError(_busy(stage, other))
    try:
        return _put(connection, uri, mine, **conditions)
    except _LostRaceError:
        raise BusyError(
            f"another command began to change {stage.name} in this moment; "
            "look at `uv run ops status`, then run the same command again"
        ) from None


class BusyError(ProjectError):
    """Another command is changing the stage."""


class _LostRaceError(Exception):
    """Somebody else wrote the lock first."""


def _put(connection: Connection, uri: str, holder: Holder, **conditions: str) -> str:
    bucket, key = s3.split_uri(uri)
    body = json.dumps(asdict(holder)).encode()
    try:
        written = connection.s3.put_object(Bucket=bucket, Key=key, Body=body, **conditions)
    except ClientError as error:
        if error.response["Error"]["Code"] in _LOST_RACE:
            raise _LostRaceError from None
        raise
    return str(written["ETag"])


def _renew(
    connection: Connection, uri: str, mine: Holder, etag: str, ended: threading.Event
) -> None:
    while not ended.wait(LEASE.total_seconds() / 4):
        until = _stamp(datetime.now(UTC) + LEASE)
        with suppress(BotoCoreError, ClientError, _LostRaceError):
            etag = _put(connection, uri, Holder(**{**asdict(mine), "until": until}), IfMatch=etag)


def _over(holder: Holder) -> bool:
    """Say whether nobody need wait for a holder: its process is dead, or its lease is over."""
    if holder.host == socket.gethostname():
        try:
            os.kill(holder.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        if holder.pid == os.getpid():
            return True
    return datetime.now(UTC) > datetime.fromisoformat(holder.until)


def _read(body: bytes) -> Holder | None:
    """Return who holds the lock; None when that cannot be read, and so is nobody's."""
    try:
        told: Any = json.loads(body)
        holder = Holder(**told)
        datetime.fromisoformat(holder.until)
    except (TypeError, ValueError):
        return None
    return holder


def _busy(stage: Stage, holder: Holder) -> str:
    return (
        f"{stage.name} is being changed by {holder.who.rpartition(':')[2]} on {holder.host} "
        f"(process {holder.pid}) since {holder.since}; run the same command again when that is "
        f"done, at the latest after {holder.until}"
    )


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
