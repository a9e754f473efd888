"""Lets a stage serve a version, verifies it, and puts back what served before when it fails."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from ops import endpoint, ledger
from ops.desired import desired, endpoint_name
from ops.ledger import Action, Check, Outcome, Record
from ops.serving import Serving, serving
from ops.stage import Stage
from ops.verify import Example, invoke, load_example, problem, verify
from project import registry
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version


@dataclass(frozen=True)
class Previous:
    """What a stage goes back to: an endpoint configuration and the version that it serves."""

    config: str
    version: int | None


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
    started : UTC.
    """

    connection: Connection
    stage: Stage
    version: Version
    config: str
    example: Example
    action: Action
    started: datetime = field(default_factory=lambda: datetime.now(UTC))


def promote(connection: Connection, stage: Stage, version: Version) -> None:
    """Let a stage serve a version that `ops.choose` let through.

    Everything that it creates is named after its content, so a promotion that was killed is
    finished by promoting again.

    Raises
    ------
    ProjectError : the stage does not serve it; says why, and what the stage serves instead.
    """
    example = load_example(connection, version)
    want = desired(connection, stage, version)
    release = Release(connection, stage, version, want.config_name, example, "promote")
    before = endpoint.settle(connection, stage)
    endpoint.create_missing(connection, want)
    _bring_out(release, before)


def rollback(connection: Connection, stage: Stage) -> None:
    """Let a stage serve what served it before, as `ops.ledger.rollback_targets` has it.

    Raises
    ------
    ProjectError : nothing served before, or it fails now.
    """
    before = endpoint.settle(connection, stage)
    if before is None:
        raise ProjectError(f"{stage.name} serves nothing; run `uv run ops promote {stage.name}`")
    for target in ledger.rollback_targets(ledger.records(connection, stage), before.config):
        version = registry.version(connection, target.version)
        if version.approval != "Approved":
            print(f"{version.name} served before, but is {version.approval} now")
        elif endpoint.exists(connection, target.endpoint_config):
            break
        else:
            print(f"{version.name} served before, but {target.endpoint_config} is gone")
    else:
        raise ProjectError(f"{stage.name} served nothing before that it could go back to")
    print(f"{stage.name}: back to {version.name}, verified {target.ended:%Y-%m-%d %H:%M} UTC")
    example = load_example(connection, version)
    config = target.endpoint_config
    _bring_out(Release(connection, stage, version, config, example, "rollback"), before)


def verify_stage(connection: Connection, stage: Stage) -> None:
    """Verify what a stage serves now, and record it.

    Raises
    ------
    ProjectError : it serves nothing, or its answers are not what they should be.
    """
    now, version = _in_service(connection, stage)
    example = load_example(connection, version)
    _verify_only(Release(connection, stage, version, now.config, example, "verify"))


def ask_stage(connection: Connection, stage: Stage) -> str:
    """Return what a stage answers to the sample payload of the version that it serves.

    Raises
    ------
    ProjectError : it serves nothing, or refuses the payload.
    """
    now, version = _in_service(connection, stage)
    answer = invoke(connection, now.endpoint, load_example(connection, version))
    text = answer.body.decode(errors="replace")
    if answer.status != 200:
        raise ProjectError(f"{now.endpoint} answered {answer.status}: {' '.join(text.split())}")
    return text


def put_back_to(
    config: str, before: Serving | None, served: list[Record], approved: Container[int]
) -> Previous | None:
    """Return what a stage goes back to when an endpoint configuration fails; None: nothing.

    That is what served before. If that was never verified, because the promotion to it was
    killed, it is the newest one that was and is still approved.

    Parameters
    ----------
    config : the endpoint configuration that is about to serve.
    before : what the endpoint served when the command started.
    served : what served the stage and was verified, the newest first.
    approved : the versions that are approved now. What served a moment ago is put back whether it
        is among them or not: a command that fails changes nothing.
    """
    verified = [
        Previous(record.endpoint_config, record.version)
        for record in served
        if record.version in approved
    ]
    actual = None if before is None else Previous(before.config, before.version)
    if actual is not None and actual.config in [record.endpoint_config for record in served]:
        verified.insert(0, actual)
    elif actual is not None and before is not None and before.status != "Failed":
        verified.append(actual)
    return next((one for one in verified if one.config != config), None)


def not_serving(config: str, before: Serving | None, now: Serving | None) -> str:
    """Return why an endpoint does not serve a configuration after a switch; empty if it does.

    Parameters
    ----------
    config : the endpoint configuration that should serve.
    before, now : the endpoint before and after the switch.
    """
    if now is None:
        return "its endpoint was deleted meanwhile"
    if now.serves(config):
        return ""
    reason = f": {' '.join(now.failure.split())}" if now.failure else ""
    if now.status != "InService":
        return f"{now.endpoint} is {now.status}{reason}"
    if before is not None and now.config == before.config:
        return f"SageMaker rolled it back{reason}"
    return f"another promotion overtook it with {now.config}"


def serves_now(stage: Stage, before: Serving | None, now: Serving | None) -> str:
    """Return what a stage serves after a failure, for the last line of a command."""
    if now is None:
        return f"nothing serves {stage.name}"
    if now.status != "InService":
        return f"{now.endpoint} is {now.status}"
    as_before = " as before" if before is not None and before.config == now.config else ""
    return f"version {now.version} serves {stage.name}{as_before}"


def _in_service(connection: Connection, stage: Stage) -> tuple[Serving, Version]:
    now = serving(connection, stage)
    if now is None or now.version is None:
        raise ProjectError(f"{stage.name} serves nothing; run `uv run ops promote {stage.name}`")
    if now.status == "Failed":
        raise ProjectError(f"{now.endpoint} is Failed; run `uv run ops promote {stage.name}`")
    if now.status != "InService":
        raise ProjectError(f"{now.endpoint} is {now.status}; run this again once it is InService")
    return now, registry.version(connection, now.version)


def _bring_out(release: Release, before: Serving | None) -> None:
    """Switch, verify, put back when that fails, and record what came of it."""
    connection, stage, config = release.connection, release.stage, release.config
    served = list(ledger.served(ledger.records(connection, stage)))
    if before is not None and before.serves(config):
        print(f"{release.version.name} serves {stage.name} already")
        # Without its record the promotion to it was killed, and is still to be finished.
        if served and served[0].endpoint_config == config:
            endpoint.tag(connection, stage, before)
            _verify_only(release)
            return
    else:
        endpoint.switch(connection, stage, config, release.version.number)
    approved = {one.number for one in registry.summaries(connection, "Approved")} if served else ()
    previous = put_back_to(config, before, served, approved)
    reason = not_serving(config, before, serving(connection, stage))
    checks: list[Check] = []
    if not reason:
        checks = _verify(release)
        reason = problem(checks)
    outcome: Outcome = _put_back(release, previous, bool(served)) if reason else "succeeded"
    now = serving(connection, stage)
    if now is not None:
        endpoint.tag(connection, stage, now)
    _record(release, release.action, outcome, reason, checks, previous)
    if reason:
        done = "promoted" if release.action == "promote" else "rolled back"
        raise ProjectError(
            f"{release.version.name} was not {done} to {stage.name}: {reason}; "
            f"{serves_now(stage, before, now)}"
        )
    print(f"{release.version.name} serves {stage.name}")


def _put_back(release: Release, previous: Previous | None, was_served: bool) -> Outcome:
    """Let a stage serve again what it served before; say whether it does.

    Parameters
    ----------
    release : what failed.
    previous : what is put back; None for nothing.
    was_served : whether anything verified served the stage before; then nothing is deleted.
    """
    connection, stage = release.connection, release.stage
    now = serving(connection, stage)
    if now is not None and not now.in_progress and _is_ours(release, now):
        try:
            if previous is None and was_served:
                print("no version that served before is approved now, so none is put back")
            elif previous is None:
                endpoint.delete(connection, stage)
            else:
                print(f"putting {previous.config} back")
                endpoint.switch(connection, stage, previous.config, previous.version)
        except (ClientError, ProjectError) as error:
            # The record and the last line say what became of it.
            print(f"it could not be put back: {' '.join(str(error).split())}")
        now = serving(connection, stage)
    back = now is not None and previous is not None and now.serves(previous.config)
    return "rolled-back" if back else "failed"


def _is_ours(release: Release, now: Serving) -> bool:
    # What is in service with another configuration was put there by SageMaker's own rollback,
    # or by somebody else.
    return now.config == release.config or now.status != "InService"


def _verify_only(release: Release) -> None:
    """Verify what serves already, and record it as a verification: nothing was deployed."""
    name, stage = release.version.name, release.stage.name
    checks = _verify(release)
    reason = problem(checks)
    _record(release, "verify", "failed" if reason else "succeeded", reason, checks, None)
    if reason:
        raise ProjectError(
            f"{name}, which serves {stage}, failed its verification: {reason}; "
            f"`uv run ops rollback {stage}` goes back to what served before"
        )
    print(f"{name} serves {stage}, verified")


def _verify(release: Release) -> list[Check]:
    name = endpoint_name(release.connection, release.stage)
    print(f"verifying {name}")
    latency_ms = release.stage.settings.verify.latency_ms
    checks = verify(release.connection, name, release.example, latency_ms)
    for check in checks:
        print(f"  {'ok' if check.passed else 'FAILED':<8}{check.name:<14}{check.seen}")
    return checks


def _record(
    release: Release,
    action: Action,
    outcome: Outcome,
    reason: str,
    checks: list[Check],
    previous: Previous | None,
) -> None:
    ledger.write(
        release.connection,
        Record(
            action=action,
            stage=release.stage.name,
            version=release.version.number,
            endpoint_config=release.config,
            previous_version=None if previous is None else previous.version,
            previous_endpoint_config=None if previous is None else previous.config,
            outcome=outcome,
            reason=reason,
            checks=checks,
            started=release.started,
            ended=datetime.now(UTC),
            by=release.connection.caller,
        ),
    )
