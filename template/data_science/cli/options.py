"""The options and arguments that several commands have."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Annotated

import typer

from project.errors import UsageError

Run = Annotated[
    str | None, typer.Option("--run", help="A run's id, as `ds runs` shows it; the newest.")
]
Limit = Annotated[int, typer.Option(metavar="N", min=1, help="At most the newest N.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="Set a pipeline parameter."),
]


def name_values(given: list[str]) -> dict[str, str]:
    """Return the values that `--param` names.

    Raises
    ------
    UsageError : one of them is no NAME=VALUE.
    """
    pairs = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise UsageError(f"--param: {item!r} is not NAME=VALUE")
        pairs[name] = value
    return pairs


def choice(wanted: str, known: Collection[str]) -> str:
    """Return what to say after a name that is none of those that there are.

    Parameters
    ----------
    wanted : the name.
    known : those that there are, in the order to name them.
    """
    folded = {name.casefold(): name for name in known}
    alike = get_close_matches(wanted.casefold(), folded, n=1)
    meant = f"did you mean {folded[alike[0]]}? It" if alike else "it"
    return f"{meant} has {', '.join(known) or 'none'}"
