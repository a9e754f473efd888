"""Approvals from a queue, in any order and more than once, end in what was approved last."""

import json
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

from demo.example_version import register
from ops import ledger, pins
from ops.events import handling, queue, watch
from ops.events.handling import handle
from ops.events.order import _later
from ops.events.queue import Queue, find_queue
from ops.events.watch import Handled
from ops.serving import serving
from ops.stage import Stage
from project import registry
from project.aws import Connection
from project.errors import ProjectError
from tests.ops.conftest import STAGES
from tests.ops.events.made_up import event


@pytest.fixture
def approvals(fresh: Connection, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """Return a queue of the project that no rule fills."""
    monkeypatch.setattr(watch, "SHORT_POLL", 0)
    client = fresh.client("sqs")
    return Queue(client, client.create_queue(QueueName=f"{fresh.project.name}-made")["QueueUrl"])


def send(approvals: Queue, *documents: Any) -> None:
    for document in documents:
        approvals.client.send_message(QueueUrl=approvals.url, MessageBody=json.dumps(document))


def drain(fresh: Connection, approvals: Queue) -> list[Handled]:
    """Do what `ops watch --once` does."""
    seen: list[Handled] = []
    watch.watch(fresh, STAGES, reaching(fresh), approvals, True, seen.append)
    return seen


def reaching(fresh: Connection) -> Callable[[Stage], Connection]:
    return lambda stage: fresh


def serves(fresh: Connection) -> int | None:
    now = serving(fresh, STAGES["staging"])
    return None if now is None else now.version


def test_two_approvals_are_deployed_in_their_order_and_repeated_ones_do_nothing(
    fresh: Connection, approvals: Queue
) -> None:
    for slope in (1.0, 2.0):
        register(fresh, slope)
    first, second = event(fresh, 1, seconds=10), event(fresh, 2, seconds=20)
    send(approvals, first)
    assert [one.what for one in drain(fresh, approvals)] == ["deployed"]
    assert serves(fresh) == 1
    send(approvals, second)
    assert [one.what for one in drain(fresh, approvals)] == ["deployed"]
    assert serves(fresh) == 2

    send(approvals, first, event(fresh, 2, updated=["ModelLifeCycle"], seconds=30))
    said = drain(fresh, approvals)

    assert [(one.what, one.version) for one in said] == [("nothing", 1), ("nothing", 2)]
    assert "was approved at 2026-11-24 12:00:10 UTC, and staging serves version 2" in said[0].says
    assert serves(fresh) == 2


def test_a_rejection_of_what_serves_proposes_to_go_back(
    fresh: Connection, approvals: Queue
) -> None:
    register(fresh)
    send(approvals, event(fresh, 1))
    drain(fresh, approvals)
    send(approvals, event(fresh, 1, "Rejected", seconds=5))
    assert [one.what for one in drain(fresh, approvals)] == ["nothing"]
    registry.set_approval(fresh, 1, "Rejected", "")
    send(approvals, event(fresh, 1, "Rejected", seconds=5), event(fresh, 1, seconds=6))

    said = drain(fresh, approvals)

    assert [one.what for one in said] == ["proposed", "nothing"]
    assert said[0].says.startswith("version 1, which serves staging, was rejected; `uv run ops ro")
    assert said[1].says == "version 1 is Rejected now: nothing to do"
    newest = next(ledger.records(fresh, STAGES["staging"]))
    assert (newest.action, newest.outcome, newest.version) == ("reject", "proposed", 1)
    assert serves(fresh) == 1


def test_poison_stops_nothing_and_ends_in_the_dead_letter_queue(
    fresh: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SHORT_POLL", 0)
    monkeypatch.setattr(queue, "HIDDEN", 0)
    approvals = find_queue(fresh)
    assert approvals.gives_up
    approvals.client.send_message(QueueUrl=approvals.url, MessageBody="{")

    said = drain(fresh, approvals)

    assert [(one.what, one.times) for one in said] == [("left", times) for times in range(1, 6)]
    dead = find_queue(fresh, f"{fresh.project.name}-approvals-failed")
    message = dead.receive(0)
    assert message is not None and message.body == "{"


def test_an_approval_in_the_registry_reaches_the_queue(fresh: Connection) -> None:
    approvals = find_queue(fresh)
    register(fresh, approval="PendingManualApproval")
    registry.set_approval(fresh, 1, "Approved", "")
    message = approvals.receive(10)
    assert message is not None
    outcome = handle(fresh, STAGES, reaching(fresh), message.body)
    assert (outcome.what, outcome.version, serves(fresh)) == ("deployed", 1, 1)


@pytest.mark.parametrize("seed", range(5))
def test_twenty_approvals_in_any_order_end_in_the_last_one(
    seed: int, fresh: Connection, approvals: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what deploys replaced by what remembers: the order decides, not the endpoint."""
    draw = random.Random(seed)
    decided: dict[str, Any] = {}

    def overtaken(_: Connection, __: Stage, approved: Any) -> str:
        late = decided and _later(decided["at"], decided["number"], approved)
        return "late" if late else ""

    def deploy(_: Connection, plan: Any) -> None:
        decided.update(at=plan.decided, number=plan.version)

    class Plan:
        def __init__(self, *given: Any) -> None:
            self.version, self.decided = given[3], given[5]

    version = registry.version(fresh, register(fresh))
    monkeypatch.setattr(handling, "overtaken", overtaken)
    monkeypatch.setattr(handling, "make_plan", Plan)
    monkeypatch.setattr(handling, "promote", deploy)
    monkeypatch.setattr(handling, "_current", lambda *_: version)
    numbers = draw.sample(range(1, 21), 20)
    events = [event(fresh, number, seconds=at) for at, number in enumerate(numbers)]
    send(approvals, *draw.sample(events + draw.sample(events, 10), 30))

    assert len(drain(fresh, approvals)) == 30
    assert decided["number"] == numbers[-1]


def test_a_signal_ends_it_after_the_message_at_hand(
    fresh: Connection, approvals: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> handling.Outcome:
        os.kill(os.getpid(), signal.SIGTERM)
        return handling.Outcome("nothing", 1, "done")

    monkeypatch.setattr(watch, "handle", interrupted)
    send(approvals, "one", "two")
    seen: list[Handled] = []
    before = signal.getsignal(signal.SIGTERM)
    assert watch.watch(fresh, STAGES, reaching(fresh), approvals, False, seen.append)
    assert [one.says for one in seen] == ["done"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_bytes_that_changed_after_registration_are_not_deployed(
    fresh: Connection, approvals: Queue
) -> None:
    register(fresh)

    def changed(*_: Any) -> None:
        raise ProjectError("other artefact")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pins, "check", changed)
        send(approvals, event(fresh, 1))
        (left,) = drain(fresh, approvals)
    assert left.what == "left" and left.failed and "other artefact" in left.says
    assert serves(fresh) is None
