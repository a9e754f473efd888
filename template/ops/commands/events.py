"""The command that waits for approval events."""

import contextlib
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from project import console

if TYPE_CHECKING:
    from ops.events.watch import Handled

# Imports that take long stand inside the commands, so that `--help` answers at once.


def register(app: typer.Typer) -> None:
    """Add the command to `ops`."""
    app.command()(watch)


def watch(
    once: Annotated[
        bool, typer.Option("--once", help="End when no message is left in the queue.")
    ] = False,
    queue: Annotated[
        str | None,
        typer.Option("--queue", metavar="URL", help="This queue, by its address or its name."),
    ] = None,
    as_json: console.AsJson = False,
    local: console.Local = None,
) -> None:
    """Deploy what approval events ask for, from an SQS queue, to the first stage.

    An event that is older than the decision which the stage serves by does nothing. When what a
    stage serves is rejected, a rollback is proposed. A message that cannot be handled goes to the
    queue's dead-letter queue. Ctrl-C and SIGTERM end it after the message at hand, exit code 0;
    with --once it is 1 when a message asked for what could not be done.

    Example: uv run ops watch --once
    """
    import json

    from ops.events.queue import find_queue
    from ops.events.watch import watch
    from ops.stage import load_stages
    from project.aws import connect

    stages = load_stages()
    connection = connect(console.target(local))
    found = find_queue(connection, queue)
    out = sys.stdout

    def report(handled: "Handled") -> None:
        line = f"{handled.what}: {handled.says}"
        print(json.dumps(asdict(handled)) if as_json else line, file=out, flush=True)

    # What a promotion prints is no JSON.
    with contextlib.redirect_stdout(sys.stderr if as_json else out):
        print(f"waiting for approvals in {found.url}", flush=True)
        if not found.gives_up:
            print("note: the queue has no dead-letter queue: what cannot be handled comes for ever")
        done = watch(connection, stages, lambda stage: connection, found, once, report)
    if once and not done:
        raise SystemExit(1)
