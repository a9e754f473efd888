"""The options and arguments that several commands have."""

from typing import Annotated

import typer

Run = Annotated[
    str | None, typer.Option("--run", help="A run's id, as `ds runs` shows it; the newest.")
]
Limit = Annotated[int, typer.Option(metavar="N", min=1, help="At most the newest N.")]
