"""What a stage served, and may go back to, follows from the tags of its configurations."""

from datetime import UTC, datetime, timedelta

from demo.example_version import register
from ops import marks
from ops.desired import Desired, desired, serves_stage, stage_head
from ops.stage import Stage
from project import registry
from project.aws import Connection
from tests.ops.conftest import FIRST, STAGES
from tests.ops.offline import offline_connection, offline_version

STAGING = STAGES["staging"]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_tags_are_read_as_what_they_say() -> None:
    told = marks.of(
        "demo-staging-v3-0123456789ab",
        {
            "model-package-version": "3",
            "promoted": "2026-11-24T12:00:00.000000Z",
            "verification": "failed 2026-11-24T13:00:00.000000Z",
            "replaces": "demo-staging-v2-0123456789ab",
            "attempt": "promote 2026-11-24T13:00:00.000000Z",
        },
    )

    assert (told.version, told.promoted, told.passed) == (3, NOON, False)
    assert told.verified_at == NOON + timedelta(hours=1)
    assert told.replaces == "demo-staging-v2-0123456789ab"
    assert (told.left, told.gone, told.verified) == (None, False, False)
    assert told.unfinished_rollback is None


def test_without_tags_the_name_still_tells_the_version() -> None:
    told = marks.of("demo-staging-v12-0123456789ab", {})

    assert (told.version, told.gone, told.promoted) == (12, True, None)
    assert marks.of("by-hand", {}).version is None


def test_a_rollback_that_was_interrupted_says_what_it_goes_away_from() -> None:
    tags = {"attempt": "rollback 2026-11-24T12:00:00.000000Z demo-staging-v3-0"}

    assert marks.of("any", tags).unfinished_rollback == "demo-staging-v3-0"


def test_an_open_attempt_is_not_verified() -> None:
    tags = {"promoted": marks.stamp(NOON), "verification": f"passed {marks.stamp(NOON)}"}

    assert marks.of("any", tags).verified
    assert not marks.of("any", {**tags, "attempt": "promote x"}).verified
    assert not marks.of("any", {}).verified


def test_names_tell_the_stage_even_when_they_are_shortened() -> None:
    connection = offline_connection(name="a-name-of-thirty-two-characters1")
    for name in ("eu", "eu-west", "one-with-a-rather-long-name", "n" * 60):
        stage = Stage(name, FIRST)
        for number in (1, 123456):
            config = desired(connection, stage, offline_version(number)).config_name
            assert serves_stage(connection, stage, config)
            assert stage_head(connection, stage) in config
            assert not serves_stage(connection, STAGING, config)
    assert not serves_stage(connection, Stage("eu", FIRST), "by-hand")


def served(connection: Connection, *numbers: int) -> list[str]:
    """Let configurations be promoted one after the other; return their names."""
    names: list[str] = []
    for hour, number in enumerate(numbers):
        want = created(connection, number)
        given = {"promoted": marks.stamp(NOON + timedelta(hours=hour))}
        marks.write(connection, want.config_name, {**given, "replaces": (names or [""])[-1]})
        names.append(want.config_name)
    return names


def created(connection: Connection, number: int) -> Desired:
    want = desired(connection, STAGING, registry.version(connection, number))
    connection.sagemaker.create_model(**want.model)
    connection.sagemaker.create_endpoint_config(**want.config)
    return want


def test_what_served_before_is_found_in_order(fresh: Connection) -> None:
    def before(config: str) -> list[tuple[int | None, bool]]:
        now = marks.read(fresh, config)
        return [(one.version, one.gone) for one in marks.served_before(fresh, STAGING, now)]

    # Registered, and so created, in another order than they were promoted in.
    for _ in range(4):
        register(fresh)
    created(fresh, 4)
    first, second, third = served(fresh, 2, 1, 3)
    assert before(third) == [(1, False), (2, False)]
    assert before(first) == []

    marks.write(fresh, second, {"left": marks.stamp(NOON)})
    assert before(third) == [(2, False)]

    # The chain breaks, and what is left is found without it.
    fresh.sagemaker.delete_endpoint_config(EndpointConfigName=second)
    assert before(third) == [(1, True), (2, False)]
