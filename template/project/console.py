"""How every command of the project speaks: exit codes, one-line errors, tables, JSON."""

import gc
import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from project.errors import InterruptedByUser, ProjectError

if TYPE_CHECKING:
    # It would bring pydantic along, and a user who asks for `--help` waits for it.
    from project.settings import Target

Local = Annotated[
    bool | None,
    typer.Option(
        "--local/--aws",
        help="Act on the local SageMaker or on AWS; by default what project.yaml says.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


def application(help: str) -> typer.Typer:
    """Return an empty command-line application in the project's style."""
    return typer.Typer(
        help=help,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def run(app: typer.Typer) -> None:
    """Run an application: exit code 0 done, 1 failed, 2 wrong use; errors in one line."""
    # Typer would end the program without a word.
    signal.signal(signal.SIGINT, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that does not know a character shows another one.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except (InterruptedByUser, ProjectError) as error:
        fail(str(error))
    except OSError as error:
        fail(str(error))
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("botocore", "boto3"):
            raise
        said = _one_line(error)
        if "//127.0.0.1:" in said:
            fail("the local SageMaker stopped answering; run the same command again to restart it")
        fail(f"AWS: {said}")
    finally:
        # The process ends here. Python would look for garbage among all that botocore has loaded,
        # for a fifth of the time that a command that only asks takes.
        gc.freeze()


def fail(message: str) -> None:
    """Print an error as the last line and exit with code 1."""
    sys.stdout.flush()
    print(f"error: {_one_line(message)}", file=sys.stderr)
    raise SystemExit(1)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _interrupt(*_: object) -> None:
    # Who presses it twice does not want to read the message of the first.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise InterruptedByUser("interrupted; what SageMaker was asked to do goes on")


def target(local: bool | None) -> "Target | None":
    """Return the target that the `--local/--aws` option names, None when it was not given."""
    if local is None:
        return None
    return "local" if local else "aws"


def print_json(value: Any) -> None:
    """Print a value for a script to read."""
    print(json.dumps(value, indent=2, default=str))


def print_rows(rows: Sequence[Mapping[str, object]], head: Sequence[str], as_json: bool) -> None:
    """Print rows under a head line, in aligned columns, or as a JSON list."""
    if as_json:
        print_json(rows)
        return
    cells = [list(head), *[[str(row[name]) for name in head] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip())


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print what is done, and how long it took once it is done."""
    started = time.monotonic()
    print(f"{what} …", end=" ", flush=True)
    try:
        yield
    except BaseException as error:
        print("interrupted" if isinstance(error, InterruptedByUser) else "failed", flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)
