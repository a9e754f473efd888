"""What a stage served, and may go back to, follows from its records."""

from collections.abc import Iterable
from typing import Any

from ops import ledger
from ops.ledger import Record
from project import s3
from project.aws import Connection
from tests.ops.conftest import STAGES
from tests.ops.offline import FAILED, record


def versions(records: Iterable[Record]) -> list[int]:
    return [one.version for one in records]


def test_each_rollback_goes_one_promotion_further_back() -> None:
    events = [record(1), record(2), record(3)]
    assert versions(ledger.past(events[::-1], "config-3")) == [2, 1]

    events.append(record(2, action="rollback"))
    assert versions(ledger.past(events[::-1], "config-2")) == [1]

    events.append(record(1, action="rollback"))
    assert ledger.past(events[::-1], "config-1") == []


def test_a_rollback_after_a_new_promotion_skips_what_was_rolled_back() -> None:
    events = [record(1), record(2), record(1, action="rollback"), record(3)]

    assert versions(ledger.past(events[::-1], "config-3")) == [1]


def test_a_version_may_be_promoted_again_after_a_rollback() -> None:
    events = [record(1), record(2), record(1, action="rollback"), record(2)]

    assert versions(ledger.past(events[::-1], "config-2")) == [1]


def test_a_promotion_that_failed_never_served() -> None:
    events = [record(1), record(2, outcome="rolled-back", checks=FAILED)]

    assert versions(ledger.served(events[::-1])) == [1]
    assert ledger.past(events[::-1], "config-1") == []


def test_the_last_verification_of_a_configuration_counts() -> None:
    failed = record(2, action="verify", outcome="failed", checks=FAILED)
    events = [record(1), record(2), failed, record(3)]

    assert ledger.failed_last(events[::-1], "config-2")
    assert not ledger.failed_last([record(2), *events[::-1]], "config-2")
    assert not ledger.failed_last(events[::-1], "config-1")
    assert ledger.failed_last(events[::-1], "config-4") is False


def test_a_verification_is_no_promotion() -> None:
    events = [record(1), record(2), record(1, action="verify")]

    assert versions(ledger.served(events[::-1])) == [2, 1]


def test_from_what_was_never_recorded_the_target_is_what_served_last() -> None:
    events = [record(1), record(2)]

    assert versions(ledger.past(events[::-1], "by-hand")) == [2, 1]


def test_the_newest_verification_of_a_version_counts() -> None:
    failed = record(1, action="verify", outcome="failed", checks=FAILED)
    unreached = record(1, outcome="rolled-back", checks=[])
    events = [record(1), failed, unreached, record(2)]

    assert ledger.verification(events[::-1], 1) == failed
    assert ledger.verification(events[::-1], 3) is None


def started(version: int, attempt: str, **changes: Any) -> Record:
    return record(version, outcome="started", checks=[], attempt=attempt, **changes)


def outcomes(newest_first: list[Record], under_way: bool = False) -> list[tuple[int, str]]:
    shown = ledger.history(newest_first, under_way)
    return [(one.version, one.outcome) for one in shown if isinstance(one, Record)]


def test_what_was_started_and_what_came_of_it_are_one_row() -> None:
    events = [record(1), started(2, "a"), record(2, attempt="a"), started(3, "b"), record(4)]

    assert outcomes(events[::-1]) == [
        (4, "succeeded"),
        (3, "interrupted"),
        (2, "succeeded"),
        (1, "succeeded"),
    ]
    # What came of it later still, when somebody verified it.
    assert outcomes([record(3, attempt="b"), *events[::-1]])[:3] == [
        (3, "succeeded"),
        (4, "succeeded"),
        (2, "succeeded"),
    ]


def test_only_the_last_one_may_still_be_under_way() -> None:
    events = [started(1, "a"), started(2, "b")]

    assert outcomes(events[::-1], under_way=True) == [(2, "started"), (1, "interrupted")]
    assert outcomes(events[::-1]) == [(2, "interrupted"), (1, "interrupted")]


def test_an_unreadable_event_stays_in_the_history() -> None:
    spoilt = ledger.Unreadable(uri="s3://bucket/key", problem="no JSON")

    assert ledger.history([spoilt, started(1, "a")], under_way=False)[0] == spoilt


def test_what_is_unfinished_is_the_last_change_that_nothing_followed() -> None:
    trace = started(2, "a")
    verified = record(2, action="verify")

    assert ledger.unfinished([]) is None
    assert ledger.unfinished([trace, record(1)]) == trace
    assert ledger.unfinished([verified, trace, record(1)]) == trace
    assert ledger.unfinished([record(2, attempt="a"), trace]) is None
    assert ledger.unfinished([record(3), trace]) is None


def test_a_trace_is_nothing_that_served_or_was_verified() -> None:
    events = [started(3, "b"), record(2), started(2, "a"), record(1)]

    assert versions(ledger.served(events)) == [2, 1]
    assert ledger.verification(events, 3) is None


def test_since_when_it_serves_is_when_its_promotion_ended() -> None:
    first, second = record(1), record(2)
    verified = record(2, action="verify")
    failed = record(3, outcome="rolled-back", checks=FAILED)
    back = record(1, action="rollback")

    assert ledger.served_since([], "config-1") is None
    assert ledger.served_since([failed, verified, second, first], "config-2") == second.ended
    assert ledger.served_since([back, second, first], "config-1") == back.ended
    # It was killed, or somebody changed it by hand.
    assert ledger.served_since([second, first], "config-1") is None


def test_a_row_says_what_served_before_and_what_was_put_back() -> None:
    row = ledger.row(record(2, previous_version=1, previous_endpoint_config="config-1"))
    assert (row["before"], row["outcome"], row["took"]) == (1, "succeeded", "0.5 s")

    row = ledger.row(record(3, previous_version=2, outcome="rolled-back", put_back_version=1))
    assert (row["before"], row["outcome"]) == (2, "rolled-back to 1")

    row = ledger.row(record(3, previous_endpoint_config="by-hand", outcome="interrupted"))
    assert (row["before"], row["outcome"], row["took"]) == ("by-hand", "interrupted", "-")

    assert ledger.row(started(3, "a"))["took"] == "-"

    row = ledger.row(record(1, reason="r" * 61))
    assert row["by"] == "user/somebody"
    assert (row["before"], row["reason"]) == ("-", "r" * 59 + "…")
    assert ledger.row(record(1, reason="r" * 60))["reason"] == "r" * 60
    assert tuple(row) == ledger.HEAD


def test_a_record_of_yesterday_can_be_read() -> None:
    yesterday = record(1).model_dump(mode="json", exclude={"attempt", "put_back_version"})

    read = Record.model_validate(yesterday)
    assert (read.attempt, read.put_back_version) == ("", None)


def test_records_are_read_newest_first_and_an_unreadable_one_is_reported(
    fresh: Connection,
) -> None:
    stage = STAGES["staging"]
    first, second = record(1), record(2)
    ledger.write(fresh, second)
    ledger.write(fresh, first)
    s3.write(
        fresh, f"{fresh.prefix}/deployments/staging/99991231T000000.000000Z-spoilt.json", b"{}"
    )

    events = list(ledger.events(fresh, stage))

    assert isinstance(events[0], ledger.Unreadable)
    assert events[0].problem == "action: Field required"
    assert events[1:] == [second, first]
    assert list(ledger.records(fresh, stage)) == [second, first]
