"""How every command of the project speaks: exit codes, one-line errors, tables, JSON."""

import gc
import io
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from project.errors import InterruptedByUser, ProjectError

if TYPE_CHECKING:
    # It would bring pydantic along, and a user who asks for `--help` waits for it.
    from project.settings import Target


def _one_of_both(named: list[bool] | None) -> list[bool] | None:
    if named and len(set(named)) > 1:
        raise typer.BadParameter("--local and --aws exclude each other")
    return named


# A list, because the last one of a single value would win without a word.
Local = Annotated[
    list[bool] | None,
    typer.Option(
        "--local/--aws",
        help="Act on the local SageMaker or on AWS; by default what project.yaml says.",
        show_default=False,
        metavar="",
        callback=_one_of_both,
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
    """Run an application; errors are one line.

    Exit codes: 0 done, 1 failed, 2 wrong use, 130 ended by Ctrl-C, 143 by SIGTERM.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        # Typer would end the program without a word, and so would Python.
        signal.signal(number, _interrupt)
    lost: list[OSError] = []
    sys.stdout = _tireless(sys.stdout, lost)
    sys.stderr = _tireless(sys.stderr, lost)
    try:
        app()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        if lost and not end.code:
            fail(f"it is done, but its output could not be written: {lost[0].strerror}")
        raise
    except (InterruptedByUser, ProjectError) as error:
        fail(str(error), error.exit_code)
    except Exception as error:
        said = _about(error)
        if said is None:
            raise
        fail(said)
    finally:
        # The process ends here. Python would look for garbage among all that botocore has loaded,
        # for a fifth of the time that a command that only asks takes.
        gc.freeze()


def _about(error: Exception) -> str | None:
    """Return what to say of an error that is not our own; None when it is a fault of ours."""
    # Some of botocore's are OSErrors as well.
    if type(error).__module__.partition(".")[0] in ("botocore", "boto3"):
        if "//127.0.0.1:" in str(error):
            return "the local SageMaker stopped answering; run the same command again to restart it"
        from project.advice import advice
        from project.aws_errors import brief

        said, todo = brief(error), advice(error)
        return f"AWS: {said.rstrip('.')}; {todo}" if todo else f"AWS: {said}"
    if isinstance(error, OSError):
        named = error.filename is not None and error.strerror is not None
        return f"{error.filename}: {error.strerror}" if named else str(error)
    return None


def fail(message: str, exit_code: int = 1) -> None:
    """Print an error as the last line and exit."""
    sys.stdout.flush()
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(exit_code)


@contextmanager
def leaving(what: str) -> Iterator[None]:
    """Let an interruption tell what it leaves behind; the innermost one knows it best."""
    try:
        yield
    except InterruptedByUser as error:
        error.leaves = error.leaves or what
        raise


class _Tireless(io.FileIO):
    """The file behind standard output or error, which never ends a command.

    A deployment must not stop half-way because nobody reads on, or because the disk is full that
    its log goes to.
    """

    def __init__(self, descriptor: int, lost: list[OSError]) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._lost = lost

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            pass
        except OSError as error:
            self._lost.append(error)
        return len(data)


def _tireless(stream: TextIO | None, lost: list[OSError]) -> TextIO:
    """Return standard output or error as a command uses it; `lost` collects what went wrong."""
    if stream is None:
        # The shell closed it.
        return open(os.devnull, "w", encoding="utf-8")
    # A terminal that does not know a character shows another one.
    if isinstance(stream, io.TextIOWrapper) and stream.isatty():
        stream.reconfigure(errors="replace")
        return stream
    file = io.BufferedWriter(_Tireless(stream.fileno(), lost))
    # The second of both is what PYTHONUNBUFFERED sets.
    at_once = any(getattr(stream, name, False) for name in ("line_buffering", "write_through"))
    return io.TextIOWrapper(file, stream.encoding, "replace", line_buffering=at_once)


def _interrupt(number: int, _: object) -> None:
    # Who presses it twice does not want to read the message of the first.
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_DFL)
    raise InterruptedByUser(number)


def target(local: Local) -> "Target | None":
    """Return the target that the `--local/--aws` option names, None when it was not given."""
    if not local:
        return None
    return "local" if local[0] else "aws"


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
