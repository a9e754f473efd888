"""Lets a stage serve what was decided on, verifies it, puts back what served before, records it."""

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from ops import endpoint, ledger, marks
from ops.desired import endpoint_name
from ops.ledger import Action, Check, Outcome, Record
from ops.put_back import Previous, not_serving, put_back_to, serves_now
from ops.serving import Serving, serving
from ops.stage import Stage
from ops.verify import Example, problem, verify
from project import registry
from project.aws import Connection
from project.aws_errors import brief
from project.console import leaving
from project.errors import ProjectError
from project.registry import Version
from project.tags import DECIDED


@dataclass(frozen=True)
class Release:
    """What a command is about to let a stage serve.

    Attributes
    ----------
    connection, stage : where.
    version : what.
    config : the name of its endpoint configuration, which exists.
    example : what it is verified with.
    action : the command.
    before : the endpoint when the command started; None when there was none.
    started : UTC.
    attempt : what its records have in common.
    decided : when somebody decided on it; None for the time when the command started.
    """

    connection: Connection
    stage: Stage
    version: Version
    config: str
    example: Example
    action: Action
    before: Serving | None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    attempt: str = field(default_factory=lambda: secrets.token_hex(6))
    decided: datetime | None = None


def bring_out(release: Release) -> None:
    """Switch, verify, put back when that fails, and record what came of it.

    Raises
    ------
    ProjectError : the stage does not serve it; says why, and what the stage serves instead.
    """
    connection, stage = release.connection, release.stage
    with not_asked(connection, stage):
        switched = _switch(release)
    if switched == "already":
        verify_only(release)
        return
    name = release.version.name
    with leaving(f"`uv run ops status` shows what {stage.name} serves"):
        reason = not_serving(release.config, release.before, serving(connection, stage))
    checks: list[Check] = []
    if not reason:
        with leaving(
            f"{name} serves {stage.name} unverified: `uv run ops verify {stage.name}` verifies it, "
            f"`uv run ops rollback {stage.name}` goes back"
        ):
            checks = _verify(release)
            reason = problem(checks)
            if not reason:
                _tag(release)
                _record(release, release.action, "succeeded", checks=checks)
                print(f"{name} serves {stage.name}")
                return
    with leaving(
        f"{name} failed and may still serve; `uv run ops rollback {stage.name}` goes back"
    ):
        previous, outcome = _put_back(release, created=switched == "created")
        now = _tag(release)
        put_back = previous.version if previous and outcome == "rolled-back" else None
        _record(
            release,
            release.action,
            outcome,
            reason=reason,
            checks=checks,
            put_back_version=put_back,
        )
    done = "promoted" if release.action == "promote" else "rolled back"
    raise ProjectError(
        f"{name} was not {done} to {stage.name}: {reason}; {serves_now(stage, release.before, now)}"
    )


def not_asked(connection: Connection, stage: Stage) -> AbstractContextManager[None]:
    """Let an interruption tell that the endpoint is what it was."""
    return leaving(f"SageMaker was not asked to change {endpoint_name(connection, stage)} yet")


def verify_only(release: Release) -> None:
    """Verify what serves already, and record it as a verification: nothing was deployed.

    What a promotion or a rollback left unverified is finished by it.

    Raises
    ------
    ProjectError : its answers are not what they should be.
    """
    name, stage = release.version.name, release.stage.name
    checks = _verify(release)
    reason = problem(checks)
    if reason:
        _record(release, "verify", "failed", reason=reason, checks=checks)
        raise ProjectError(
            f"{name}, which serves {stage}, failed its verification: {reason}; "
            f"`uv run ops rollback {stage}` goes back to what served before"
        )
    left = ledger.unfinished(ledger.records(release.connection, release.stage))
    if left is not None and left.endpoint_config == release.config:
        _finish(release, left, checks)
    else:
        _record(release, "verify", "succeeded", checks=checks)
    print(f"{name} serves {stage}, verified")


def _switch(release: Release) -> Literal["already", "created", "changed"]:
    """Let the endpoint serve it.

    Say whether it did already, from the last promotion on, else whether the endpoint was made
    for it.
    """
    connection, stage, before = release.connection, release.stage, release.before
    decided = marks.stamp(release.decided or release.started)
    marks.write(connection, release.config, {DECIDED: decided})
    there = before is not None and before.serves(release.config)
    if there:
        print(f"{release.version.name} serves {stage.name} already")
        last = next(ledger.served(ledger.records(connection, stage)), None)
        # Without its record the promotion to it was killed, and is still to be finished.
        if last is not None and last.endpoint_config == release.config:
            _tag(release)
            return "already"
    _record(release, release.action, "started", ended=release.started)
    created = False
    if not there:
        try:
            created = endpoint.switch(connection, stage, release.config, release.version.number)
        except (ClientError, ProjectError) as error:
            if endpoint.is_refusal(error):
                _record(release, release.action, "failed", reason=brief(error))
            raise
    return "created" if created else "changed"


def _put_back(release: Release, created: bool) -> tuple[Previous | None, Outcome]:
    """Let the stage serve again what it served before; say what that is and whether it does.

    An endpoint is deleted only if this very run created it: nobody knows who relies on another.
    """
    connection, stage, config = release.connection, release.stage, release.config
    served = list(ledger.served(ledger.records(connection, stage)))
    approved = {one.number for one in registry.summaries(connection, "Approved")} if served else ()
    previous = put_back_to(config, release.before, served, approved)
    now = serving(connection, stage)
    if now is not None and not now.in_progress and _is_ours(release, now):
        try:
            if previous is None and served:
                print("no version that served before is approved now, so none is put back")
            elif previous is None and not created:
                print("nothing is known to have served before, so it is left as it is")
            elif previous is None:
                endpoint.delete(connection, stage)
            else:
                print(f"putting {previous.config} back")
                endpoint.switch(connection, stage, previous.config, previous.version)
        except (ClientError, ProjectError) as error:
            # The record and the last line say what became of it.
            print(f"it could not be put back: {brief(error)}")
        now = serving(connection, stage)
    back = now is not None and previous is not None and now.serves(previous.config)
    return previous, "rolled-back" if back else "failed"


def _is_ours(release: Release, now: Serving) -> bool:
    # What is in service with another configuration was put there by SageMaker's own rollback,
    # or by somebody else.
    return now.config == release.config or now.status != "InService"


def _tag(release: Release) -> Serving | None:
    """Tag the endpoint with what it serves now, and return that."""
    now = serving(release.connection, release.stage)
    if now is not None:
        endpoint.tag(release.connection, release.stage, now)
    return now


def _verify(release: Release) -> list[Check]:
    name = endpoint_name(release.connection, release.stage)
    print(f"verifying {name}")
    latency_ms = release.stage.settings.verify.latency_ms
    checks = verify(release.connection, name, release.example, latency_ms)
    for check in checks:
        print(f"  {'ok' if check.passed else 'FAILED':<8}{check.name:<14}{check.seen}")
    return checks


def _finish(release: Release, left: Record, checks: list[Check]) -> None:
    done = {"outcome": "succeeded", "checks": checks, "ended": datetime.now(UTC)}
    by = release.connection.caller
    ledger.write(release.connection, left.model_copy(update={**done, "by": by}))


def _record(release: Release, action: Action, outcome: Outcome, **more: Any) -> None:
    served = release.before if release.before is not None and release.before.answers else None
    content = {
        "action": action,
        "stage": release.stage.name,
        "version": release.version.number,
        "endpoint_config": release.config,
        "previous_version": None if served is None else served.version,
        "previous_endpoint_config": None if served is None else served.config,
        "outcome": outcome,
        "reason": "",
        "checks": [],
        "started": release.started,
        "ended": datetime.now(UTC),
        "by": release.connection.caller,
        "attempt": release.attempt,
    }
    ledger.write(release.connection, Record.model_validate({**content, **more}))
