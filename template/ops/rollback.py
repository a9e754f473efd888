"""Lets a stage serve again what it served before."""

from collections.abc import Sequence

from ops import endpoint, ledger
from ops.ledger import Record
from ops.release import Release, bring_out, not_asked
from ops.serving import Serving
from ops.stage import Stage
from ops.verify import load_example
from project import registry
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version


def rollback(connection: Connection, stage: Stage) -> None:
    """Let a stage serve what served it before, as `ops.ledger.past` has it.

    Raises
    ------
    ProjectError : nothing served before, or it fails now.
    """
    with not_asked(connection, stage):
        before = endpoint.settle(connection, stage)
        if before is None:
            raise ProjectError(
                f"{stage.name} serves nothing; run `uv run ops promote {stage.name}`"
            )
        version, target = _target(connection, stage, before)
        example = load_example(connection, version)
        config = target.endpoint_config
        release = Release(connection, stage, version, config, example, "rollback", before)
    bring_out(release)


def nowhere_back(stage: str, records: Sequence[Record], now: Serving, unfit: Sequence[str]) -> str:
    """Return why a stage cannot go back, and where it may go instead.

    Parameters
    ----------
    stage : its name.
    records : the stage's records, the newest first.
    now : what serves.
    unfit : what served before, and why it must not serve again; empty when nothing served before.
    """
    promote = f"uv run ops promote {stage} --version"
    if unfit:
        return f"{stage} cannot go back: {'; '.join(unfit)}; promote another one: `{promote} N`"
    what = now.config if now.version is None else f"version {now.version}"
    left = next(
        (
            record.version
            for record in records
            if record.outcome == "succeeded"
            and record.action != "verify"
            and record.endpoint_config != now.config
        ),
        None,
    )
    if left is None:
        return f"nothing served {stage} before {what}; promote another one: `{promote} N`"
    return (
        f"{stage} was rolled back to {what}, and nothing served before that; "
        f"`{promote} {left}` goes forward again"
    )


def _target(connection: Connection, stage: Stage, now: Serving) -> tuple[Version, Record]:
    """Return what the stage goes back to: the version, and the record of when it served.

    Raises
    ------
    ProjectError : there is nothing that may serve again.
    """
    records = list(ledger.records(connection, stage))
    targets = ledger.past(records, now.config)
    left = ledger.unfinished(records)
    if left is not None and left.action == "rollback" and now.serves(left.endpoint_config):
        # One step further would be one too many.
        targets.insert(0, left)
    unfit: list[str] = []
    for target in targets:
        version = registry.version(connection, target.version)
        if ledger.failed_last(records, target.endpoint_config):
            unfit.append(f"{version.name} failed its last verification")
        elif version.approval != "Approved":
            unfit.append(f"{version.name} is {version.approval} now")
        elif not endpoint.exists(connection, target.endpoint_config):
            unfit.append(f"{target.endpoint_config} of {version.name} is gone")
        else:
            for reason in unfit:
                print(f"skipped: {reason}")
            print(f"{stage.name}: {_sentence(version, target)}")
            return version, target
    raise ProjectError(nowhere_back(stage.name, records, now, unfit))


def _sentence(version: Version, target: Record) -> str:
    if target.outcome == "started":
        return f"the rollback to {version.name} was interrupted, and is finished now"
    return f"back to {version.name}, verified {target.ended:%Y-%m-%d %H:%M} UTC"
