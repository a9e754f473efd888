"""One command at a time changes a stage; the other says who does, and a dead one holds nobody."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops import lock
from project import s3
from project.aws import Connection
from project.errors import ProjectError
from tests.ops.conftest import STAGES

STAGING = STAGES["staging"]


def uri(connection: Connection) -> str:
    return f"{connection.prefix}/ops/locks/staging.json"


def left_behind(connection: Connection, **changes: Any) -> None:
    """Let somebody hold the lock."""
    holder = {
        "who": "arn:aws:sts::123456789012:assumed-role/ops/somebody",
        "host": "another-machine",
        "pid": 1,
        "since": "2026-11-24T12:00:00Z",
        "until": f"{datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    s3.write(connection, uri(connection), json.dumps({**holder, **changes}).encode())


def test_the_other_one_is_told_who_holds_it(fresh: Connection) -> None:
    left_behind(fresh)

    told = "staging is being changed by assumed-role/ops/somebody on another-machine .*process 1"
    with pytest.raises(ProjectError, match=told), lock.held(fresh, STAGING):
        pass

    assert s3.exists(fresh, uri(fresh))


def test_it_is_let_go_in_any_case(fresh: Connection) -> None:
    with pytest.raises(ZeroDivisionError), lock.held(fresh, STAGING):
        held = s3.read_json(fresh, uri(fresh))
        raise ZeroDivisionError

    assert (held["host"], held["pid"]) == (socket.gethostname(), os.getpid())
    assert not s3.exists(fresh, uri(fresh))


def test_nobody_waits_for_the_dead(fresh: Connection) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for changes in (
        {"host": socket.gethostname(), "pid": gone.pid},
        {"until": "2026-11-24T12:00:00Z"},
        {"until": "no time"},
    ):
        left_behind(fresh, **changes)
        with lock.held(fresh, STAGING):
            assert s3.read_json(fresh, uri(fresh))["pid"] == os.getpid()


def test_a_lock_that_cannot_be_written_is_a_warning(
    fresh: Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    monkeypatch.setattr(lock, "_put", denied)
    with lock.held(fresh, STAGING):
        pass

    said = "warning: nobody else can be kept from changing staging: "
    assert capsys.readouterr().out.startswith(said)
