"""What a stage goes back to when a version fails, and how the failure is told."""

from typing import Any

import pytest

from ops.put_back import Previous, not_serving, put_back_to, serves_now
from ops.serving import Serving
from tests.ops.conftest import STAGES
from tests.ops.offline import record
from tests.ops.test_plan import now_serving, want

ALL = range(100)


def serving(version: int, **changes: Any) -> Serving:
    return now_serving(
        want(version), **{"version": version, "config": f"config-{version}"} | changes
    )


def test_what_served_before_is_put_back() -> None:
    assert put_back_to("config-2", serving(1), [record(1)], ALL) == Previous("config-1", 1)


def test_a_first_version_leaves_nothing_to_put_back() -> None:
    assert put_back_to("config-1", None, [], ALL) is None
    assert put_back_to("config-1", serving(1), [], ALL) is None


def test_what_was_never_verified_is_put_back_only_if_there_is_nothing_better() -> None:
    killed = serving(2)

    assert put_back_to("config-3", killed, [record(1)], ALL) == Previous("config-1", 1)
    assert put_back_to("config-3", killed, [], ALL) == Previous("config-2", 2)
    assert put_back_to("config-2", killed, [record(1)], ALL) == Previous("config-1", 1)


def test_a_version_that_is_no_longer_approved_is_not_brought_back() -> None:
    killed = serving(3)
    past = [record(2), record(1)]

    # Asked to go to 2, while 3 serves that was never verified.
    assert put_back_to("config-2", killed, past, {2}) == Previous("config-3", 3)
    assert put_back_to("config-3", killed, past, {1}) == Previous("config-1", 1)
    assert put_back_to("config-3", killed, past, ()) is None
    # What served a moment ago stays what it was.
    assert put_back_to("config-3", serving(2), past, {1}) == Previous("config-2", 2)


def test_an_endpoint_that_never_came_up_is_not_put_back() -> None:
    assert put_back_to("config-2", serving(1, status="Failed"), [], ALL) is None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (serving(2), ""),
        (serving(1, failure="no\n capacity"), "SageMaker rolled it back: no capacity"),
        (serving(2, status="Failed", failure="no ping"), "demo-staging is Failed: no ping"),
        (serving(2, status="Failed"), "demo-staging is Failed"),
        (serving(1), "SageMaker rolled it back"),
        (serving(3), "another promotion overtook it with config-3"),
        (None, "its endpoint was deleted meanwhile"),
    ],
)
def test_the_reason_of_a_failed_switch_is_told(now: Serving | None, reason: str) -> None:
    assert not_serving("config-2", serving(1), now) == reason


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (serving(1), "version 1 serves staging as before"),
        (serving(3), "version 3 serves staging"),
        (
            serving(1, status="Failed"),
            "demo-staging is Failed, look at it with `uv run ops status`",
        ),
        (None, "nothing serves staging"),
    ],
)
def test_a_failure_ends_with_what_serves_now(now: Serving | None, line: str) -> None:
    assert serves_now(STAGES["staging"], serving(1), now) == line
