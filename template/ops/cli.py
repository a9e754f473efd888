"""The command `ops`: promotes approved model versions to the endpoints of the stages."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ops.commands import events
from project import console

# Imports that take long stand inside the commands, so that `--help` answers at once.

app = console.application("Promote approved model versions to the endpoints of the stages.")

StageName = Annotated[
    str, typer.Argument(metavar="STAGE", help="The name of a file in ops/stages.")
]
Number = Annotated[
    int | None, typer.Option("--version", metavar="N", min=1, help="Exactly this version.")
]
Event = Annotated[
    Path | None,
    typer.Option(
        "--event",
        metavar="FILE",
        help="The version that this EventBridge event names.",
        exists=True,
        dir_okay=False,
    ),
]


@app.command()
def plan(
    stage: StageName,
    version: Number = None,
    event: Event = None,
    as_json: console.AsJson = False,
    local: console.Local = None,
) -> None:
    """Say what a promotion would change; nothing is touched.

    Without --version and --event it is about the newest approved version in a first stage,
    and about what the stage before serves in a later one.

    Example: uv run ops plan production
    """
    _one_of(version, event)
    from ops.plan import lines, make_plan

    stages, chosen, connection = _open(stage, local)
    asked, overtaken = _asked(connection, chosen, version, event)
    if overtaken:
        said = {"stage": chosen.name, "why": overtaken, "nothing_to_do": True}
        console.print_json(said) if as_json else print(overtaken)
        return
    made = make_plan(connection, stages, chosen, **asked)
    if as_json:
        console.print_json(made.as_json())
    else:
        print("\n".join(lines(made)))


@app.command()
def promote(
    stage: StageName,
    version: Number = None,
    event: Event = None,
    local: console.Local = None,
) -> None:
    """Let a stage serve a version, and verify it.

    Without --version and --event that is the newest approved version in a first stage, and
    what the stage before serves in a later one. When it fails, what served before is put
    back. A promotion that was interrupted is finished by running it again.

    Example: uv run ops promote staging --version 3
    """
    _one_of(version, event)
    from ops import promote
    from ops.plan import make_plan

    stages, chosen, connection = _open(stage, local)
    asked, overtaken = _asked(connection, chosen, version, event)
    if overtaken:
        print(overtaken)
        return
    plan = make_plan(connection, stages, chosen, **asked)
    print(f"{chosen.name}: {plan.version.name}, {plan.why}")
    if plan.note:
        print(f"note: {plan.note}")
    promote.promote(connection, plan)


@app.command()
def verify(stage: StageName, local: console.Local = None) -> None:
    """Ask what a stage serves the version's sample payload, and record whether it is right.

    Example: uv run ops verify production
    """
    from ops import promote

    _, chosen, connection = _open(stage, local)
    promote.verify_stage(connection, chosen)


@app.command()
def invoke(stage: StageName, local: console.Local = None) -> None:
    """Ask what a stage serves the version's sample payload, and print the answer.

    Example: uv run ops invoke production
    """
    from ops import promote

    _, chosen, connection = _open(stage, local)
    print(promote.ask_stage(connection, chosen))


@app.command()
def rollback(stage: StageName, local: console.Local = None) -> None:
    """Let a stage serve again what it served before.

    It goes one step back in what was promoted and verified, with the instances of that time,
    and forgets what it leaves: after promotions of 1, 2 and 3 two rollbacks lead to 2 and
    then to 1. Go forward again with a promotion: ops promote STAGE --version 3.

    Example: uv run ops rollback production
    """
    from ops.rollback import rollback

    _, chosen, connection = _open(stage, local)
    rollback(connection, chosen)


@app.command()
def status(as_json: console.AsJson = False, local: console.Local = None) -> None:
    """Show what every stage serves now.

    Example: uv run ops status
    """
    from ops.place import reach
    from ops.stage import load_stages
    from ops.status import HEAD, stage_status
    from project.aws import connect

    stages = load_stages()
    connection = connect(console.target(local))
    found = [stage_status(reach(connection, stage), stage) for stage in stages.values()]
    if as_json:
        console.print_json([one.as_json() for one in found])
    else:
        console.print_rows([one.row() for one in found], HEAD, as_json=False)
        for one in found:
            if note := one.note():
                print(f"note: {note}")


@app.command()
def history(stage: StageName, as_json: console.AsJson = False, local: console.Local = None) -> None:
    """List what happened to a stage, the newest first.

    What was started and never ended is shown as interrupted.

    Example: uv run ops history production
    """
    from ops import ledger
    from ops.serving import serving

    _, chosen, connection = _open(stage, local)
    now = serving(connection, chosen)
    under_way = now is not None and now.in_progress
    events = ledger.history(ledger.events(connection, chosen), under_way)
    if as_json:
        console.print_json([event.model_dump(mode="json") for event in events])
    elif not events:
        print(f"nothing happened to {chosen.name} yet")
    else:
        readable = [event for event in events if isinstance(event, ledger.Record)]
        console.print_rows([ledger.row(one) for one in readable], ledger.HEAD, as_json=False)
        for event in events:
            if isinstance(event, ledger.Unreadable):
                print(f"unreadable, delete it if it is no record: {event.uri}: {event.problem}")


events.register(app)


def _one_of(version: int | None, event: Path | None) -> None:
    if version is not None and event is not None:
        raise typer.BadParameter("--version and --event exclude each other")


def _asked(
    connection: Any, stage: Any, version: int | None, event: Path | None
) -> tuple[dict[str, Any], str]:
    """Return what to ask a plan for, and why an event does nothing, if it does nothing."""
    if event is None:
        return {"number": version}, ""
    from ops.events.approval import read_approval
    from ops.events.order import overtaken

    approved = read_approval(connection, event)
    why = f"the version that {event.name} names"
    asked = {"number": approved.number, "why": why, "decided": approved.at}
    return asked, overtaken(connection, stage, approved)


def _open(name: str, local: console.Local) -> tuple[Any, Any, Any]:
    """Return the stages, the named one and the connection to it."""
    from ops.place import reach
    from ops.stage import find_stage, load_stages
    from project.aws import connect

    stages = load_stages()
    stage = find_stage(stages, name)
    return stages, stage, reach(connect(console.target(local)), stage)


def main() -> None:
    """Run the command."""
    console.run(app)


if __name__ == "__main__":
    main()
