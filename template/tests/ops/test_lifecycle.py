"""What a version passed is said where only the ops half writes; the bytes must still be those."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.example_version import register
from ops.lifecycle import LONGEST, Entry, described, entries, refuse_unverified, write
from project import registry
from project.aws import Connection
from project.errors import ProjectError
from tests.ops.offline import offline_version

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
VERIFIED = Entry("Verified", NOON, "a1")


def package(told: dict[str, Entry]) -> dict[str, Any]:
    cycle = {"Stage": "any", "StageStatus": "Verified", "StageDescription": described(told)}
    return {"ModelLifeCycle": cycle}


def test_what_was_written_is_read() -> None:
    told = {"staging": VERIFIED, "live": Entry("Failed", NOON + timedelta(hours=1), "")}

    assert described(told) == (
        '{"live":["Failed","2026-11-24T13:00:00Z",""],'
        '"staging":["Verified","2026-11-24T12:00:00Z","a1"]}'
    )
    assert entries(package(told)) == told


def test_the_oldest_make_room_for_the_newest() -> None:
    told = {f"stage-{n}": Entry("Verified", NOON + timedelta(n), "p" * 84) for n in range(12)}

    text = described(told)

    assert len(text) <= LONGEST
    assert "stage-11" in entries(package(told))
    assert "stage-0" not in entries(package(told))


@pytest.mark.parametrize(
    "description",
    ["", "[]", "1", "x", '{"staging":["Verified"]}', '{"staging":["Great","2026-11-24","a"]}'],
)
def test_what_somebody_else_wrote_says_nothing(description: str) -> None:
    assert entries({"ModelLifeCycle": {"StageDescription": description}}) == {}
    assert entries({}) == {}


def test_a_stage_is_entered_only_by_what_passed_the_one_before() -> None:
    def version(entry: Entry) -> Any:
        return offline_version(package=package({"staging": entry}))

    refuse_unverified(version(VERIFIED), "staging", "a1")
    for entry, pins, message in [
        (Entry("Failed", NOON, "a1"), "a1", "last verification of version 3 in staging failed"),
        (Entry("Retired", NOON, "a1"), "a1", "staging was retired while version 3 served there"),
        (
            VERIFIED,
            "b2",
            "not what staging verified: other artefact, payload.* since 2026-11-24 12:00",
        ),
    ]:
        with pytest.raises(ProjectError, match=message):
            refuse_unverified(version(entry), "staging", pins)
    never = r"never verified in staging.*promote staging --version 3.*`uv run ops verify staging`"
    with pytest.raises(ProjectError, match=never):
        refuse_unverified(offline_version(), "staging", "a1")


def test_each_stage_keeps_its_entry_in_the_registry(fresh: Connection) -> None:
    number = register(fresh)
    write(fresh, number, "staging", "Verified", "a1")
    write(fresh, number, "live", "Failed", "a1")

    package = registry.version(fresh, number).package
    assert {name: one.status for name, one in entries(package).items()} == {
        "staging": "Verified",
        "live": "Failed",
    }
    cycle = package["ModelLifeCycle"]
    assert (cycle["Stage"], cycle["StageStatus"]) == ("live", "Failed")
    assert registry.version(fresh, number).approval == "Approved"
