"""Why a stage cannot go back is told as it is, with the command that helps."""

import dataclasses

from ops.rollback import nowhere_back
from tests.ops.offline import record
from tests.ops.test_put_back import serving

PROMOTE = "`uv run ops promote staging --version"


def test_the_first_version_has_nothing_before_it() -> None:
    said = nowhere_back("staging", [record(1)], serving(1), [])
    assert said == f"nothing served staging before version 1; promote another one: {PROMOTE} N`"


def test_after_a_rollback_the_way_leads_forward() -> None:
    verified, failed = record(4, action="verify"), record(5, outcome="failed")
    records = [failed, verified, record(1, action="rollback"), record(2), record(1)]

    assert nowhere_back("staging", records, serving(1), []) == (
        "staging was rolled back to version 1, and nothing served before that; "
        f"{PROMOTE} 2` goes forward again"
    )


def test_what_served_before_and_must_not_again_is_named() -> None:
    unfit = ["version 2 is Rejected now", "version 1 failed its last verification"]

    assert nowhere_back("staging", [], serving(3), unfit) == (
        "staging cannot go back: version 2 is Rejected now; version 1 failed its last "
        f"verification; promote another one: {PROMOTE} N`"
    )


def test_what_is_none_of_the_projects_is_named_by_its_configuration() -> None:
    by_hand = dataclasses.replace(serving(1), version=None, config="by-hand")

    assert "nothing served staging before by-hand; " in nowhere_back("staging", [], by_hand, [])
