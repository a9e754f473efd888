"""A promotion or rollback that is interrupted says what it leaves behind, and can be finished."""

import json
import os
import signal
import subprocess
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.example_version import register
from ops import endpoint, ledger, release
from ops.ledger import Record
from ops.promote import verify_stage
from ops.rollback import rollback
from ops.serving import serving
from project.aws import Connection
from project.errors import InterruptedByUser, ProjectError
from tests.ops.conftest import STAGES, Ops
from tests.ops.conftest import ship as deploy
from tests.ops.test_cli import last_line, wait_until

STAGING = STAGES["staging"]


def ship(connection: Connection, number: int) -> None:
    deploy(connection, "staging", number)


def serves(connection: Connection) -> int | None:
    now = serving(connection, STAGING)
    return None if now is None else now.version


def history(connection: Connection) -> list[tuple[str, int, str]]:
    events = ledger.history(ledger.events(connection, STAGING), under_way=False)
    return [(one.action, one.version, one.outcome) for one in events if isinstance(one, Record)]


def interrupted(*_: Any) -> None:
    """Stand where the user presses Ctrl-C."""
    raise InterruptedByUser(signal.SIGINT)


def test_ctrl_c_says_what_was_asked_for_and_what_serves(
    fresh: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slope in (1.0, 2.0):
        register(fresh, slope)
    ship(fresh, 1)
    name = f"{fresh.project.name}-staging"
    told = [
        (endpoint, "create_missing", f"SageMaker was not asked to change {name} yet"),
        (endpoint, "_change", f"SageMaker may have been asked to change {name}: see"),
        (endpoint, "_wait", f"SageMaker goes on updating {name}; the same command again"),
        (
            release,
            "verify",
            "version 2 serves staging unverified: `uv run ops verify staging` verifies it, "
            "`uv run ops rollback staging` goes back",
        ),
    ]
    for module, function, said in told:
        with monkeypatch.context() as patch:
            patch.setattr(module, function, interrupted)
            with pytest.raises(InterruptedByUser) as caught:
                ship(fresh, 2)
        assert str(caught.value).startswith(f"interrupted; {said}")

    assert serves(fresh) == 2
    interruptions = [("promote", 2, "interrupted")] * 3
    assert history(fresh) == [*interruptions, ("promote", 1, "succeeded")]

    verify_stage(fresh, STAGING)

    finished = [("promote", 2, "succeeded"), *interruptions[1:], ("promote", 1, "succeeded")]
    assert history(fresh) == finished
    rollback(fresh, STAGING)
    assert serves(fresh) == 1


def test_a_rollback_that_was_interrupted_is_finished_not_taken_further(
    fresh: Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for slope in (1.0, 2.0, 3.0):
        ship(fresh, register(fresh, slope))
    with monkeypatch.context() as patch:
        patch.setattr(release, "verify", interrupted)
        with pytest.raises(InterruptedByUser, match="version 2 serves staging unverified"):
            rollback(fresh, STAGING)

    rollback(fresh, STAGING)

    assert serves(fresh) == 2
    said = "staging: the rollback to version 2 was interrupted, and is finished now"
    assert said in capsys.readouterr().out
    rollback(fresh, STAGING)
    assert serves(fresh) == 1
    assert history(fresh)[:3] == [
        ("rollback", 1, "succeeded"),
        ("rollback", 2, "succeeded"),
        ("rollback", 2, "interrupted"),
    ]


def test_before_is_what_really_served(fresh: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    ship(fresh, register(fresh, 1.0))
    with monkeypatch.context() as patch:
        patch.setattr(release, "verify", interrupted)
        with pytest.raises(InterruptedByUser):
            ship(fresh, register(fresh, 2.0))

    with pytest.raises(ProjectError, match=r"answers: .*; version 1 serves staging$"):
        ship(fresh, register(fresh, 3.0, "wrong answers"))

    newest = next(ledger.records(fresh, STAGING))
    # 2 served when it started, but nobody ever verified it.
    assert (newest.version, newest.previous_version, newest.put_back_version) == (3, 2, 1)
    assert ledger.row(newest)["before"] == 2
    assert ledger.row(newest)["outcome"] == "rolled-back to 1"


def test_a_signal_while_sagemaker_is_at_it(ops: Ops) -> None:
    ship(ops.connection, register(ops.connection))
    register(ops.connection, load_seconds=3)
    command = ops.start("promote", "staging", stderr=subprocess.PIPE)
    wait_until(ops.connection, STAGING, "Updating")
    command.send_signal(signal.SIGTERM)
    _, said = command.communicate()

    name = f"{ops.connection.project.name}-staging"
    assert command.returncode == 143
    assert said.decode() == (
        f"error: interrupted; SageMaker goes on updating {name}; "
        "the same command again waits for it\n"
    )
    first = json.loads(ops.run("history", "staging", "--json").stdout)[0]
    assert (first["version"], first["outcome"]) == (2, "started")


def test_a_promotion_that_came_too_late_has_failed(
    ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = ops.connection
    ship(connection, register(connection))
    slow, late = register(connection, load_seconds=5), register(connection, 2.0)
    command = ops.start("promote", "staging", "--version", str(slow))
    wait_until(connection, STAGING, "Updating")
    # As if the other one had begun just after this one looked.
    monkeypatch.setattr(endpoint, "settle", serving)

    with pytest.raises(ProjectError, match="somebody else began to change"):
        ship(connection, late)

    newest, other = ledger.history(ledger.events(connection, STAGING), under_way=True)[:2]
    assert isinstance(newest, Record)
    assert isinstance(other, Record)
    assert (newest.version, newest.outcome) == (late, "failed")
    assert newest.reason.startswith("somebody else began to change")
    assert (other.version, other.outcome) == (slow, "started")
    assert command.wait() == 0
    assert history(connection) == [
        ("promote", slow, "succeeded"),
        ("promote", late, "failed"),
        ("promote", 1, "succeeded"),
    ]


def test_a_promotion_that_aws_refuses_has_failed(
    fresh: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(fresh, register(fresh))
    denied = {"Error": {"Code": "AccessDeniedException", "Message": "no sagemaker:UpdateEndpoint"}}

    def deny(*_: Any) -> None:
        raise ClientError(denied, "UpdateEndpoint")

    monkeypatch.setattr(endpoint, "_update", deny)
    with pytest.raises(ClientError):
        ship(fresh, register(fresh, 2.0))

    newest = next(ledger.records(fresh, STAGING))
    assert (newest.version, newest.outcome) == (2, "failed")
    assert "no sagemaker:UpdateEndpoint" in newest.reason


def test_a_closed_pipe_stops_neither_a_promotion_nor_a_rollback(ops: Ops) -> None:
    for slope in (1.0, 2.0):
        register(ops.connection, slope)
    for arguments, version in [
        (("promote", "staging", "--version", "1"), 1),
        (("promote", "staging", "--version", "2"), 2),
        (("rollback", "staging"), 1),
    ]:
        reader, writer = os.pipe()
        command = ops.start(*arguments, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        os.close(reader)
        _, said = command.communicate()
        assert (command.returncode, said) == (0, b"")
        assert serves(ops.connection) == version
        outcome = ledger.row(next(ledger.records(ops.connection, STAGING)))["outcome"]
        assert outcome == "succeeded"


def test_the_last_line_of_a_failure_survives_a_closed_output(ops: Ops) -> None:
    register(ops.connection, fault="wrong answers")
    command = ops.start("promote", "staging", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert command.stdout is not None
    command.stdout.close()
    assert command.stderr is not None
    assert last_line(command.stderr.read().decode()).endswith("; nothing serves staging")
    assert command.wait() == 1
