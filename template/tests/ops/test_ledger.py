"""What a stage served, and may go back to, follows from its records."""

from collections.abc import Iterable

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
    assert versions(ledger.rollback_targets(events[::-1], "config-3")) == [2, 1]

    events.append(record(2, action="rollback"))
    assert versions(ledger.rollback_targets(events[::-1], "config-2")) == [1]

    events.append(record(1, action="rollback"))
    assert ledger.rollback_targets(events[::-1], "config-1") == []


def test_a_rollback_after_a_new_promotion_skips_what_was_rolled_back() -> None:
    events = [record(1), record(2), record(1, action="rollback"), record(3)]

    assert versions(ledger.rollback_targets(events[::-1], "config-3")) == [1]


def test_a_version_may_be_promoted_again_after_a_rollback() -> None:
    events = [record(1), record(2), record(1, action="rollback"), record(2)]

    assert versions(ledger.rollback_targets(events[::-1], "config-2")) == [1]


def test_a_promotion_that_failed_never_served() -> None:
    events = [record(1), record(2, outcome="rolled-back", checks=FAILED)]

    assert versions(ledger.served(events[::-1])) == [1]
    assert ledger.rollback_targets(events[::-1], "config-1") == []


def test_what_failed_its_last_verification_is_no_target() -> None:
    failed = record(2, action="verify", outcome="failed", checks=FAILED)
    events = [record(1), record(2), failed, record(3)]

    assert versions(ledger.rollback_targets(events[::-1], "config-3")) == [1]


def test_from_what_was_never_recorded_the_target_is_what_served_last() -> None:
    events = [record(1), record(2)]

    assert versions(ledger.rollback_targets(events[::-1], "by-hand")) == [2, 1]


def test_the_newest_verification_of_a_version_counts() -> None:
    failed = record(1, action="verify", outcome="failed", checks=FAILED)
    unreached = record(1, outcome="rolled-back", checks=[])
    events = [record(1), failed, unreached, record(2)]

    assert ledger.verification(events[::-1], 1) == failed
    assert ledger.verification(events[::-1], 3) is None


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
