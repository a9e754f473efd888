"""Ends a step that fails with one line that says why, where SageMaker looks for it."""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

MESSAGE_FILE = "EXIT_MESSAGE_FILE"
"""Variable that names a processing job's file; the pipeline sets it."""


class StepError(Exception):
    """What a step cannot go on with; the message is one line and says what to do."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose refusal is a StepError, and which wants names in full."""

    def __init__(self, description: str | None) -> None:
        super().__init__(description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        raise StepError(f"bad arguments: {message}")


@contextmanager
def reported(*expected: type[Exception]) -> Iterator[None]:
    """End the script with 1 when its block fails, after writing down the cause.

    SageMaker makes `/opt/ml/output/failure` of a training job its FailureReason, and
    `/opt/ml/output/message` of a processing job its ExitMessage. Sources: "How Amazon SageMaker
    AI Processes Training Output" and "Build Your Own Processing Container" in the developer guide.

    Parameters
    ----------
    expected : errors beside StepError whose message says all; others get a traceback as well.
    """
    say_all: tuple[type[Exception], ...] = (StepError, *expected)
    try:
        yield
    except say_all as error:
        _end(str(error))
    except Exception as error:
        traceback.print_exc()
        frame = traceback.extract_tb(error.__traceback__)[-1]
        _end(f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})")


def _end(cause: str) -> NoReturn:
    line = " ".join(cause.split())
    output = os.environ.get("SM_OUTPUT_DIR")
    named = os.environ.get(MESSAGE_FILE) or (output and f"{output}/failure")
    if named:
        path = Path(named)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line, "utf-8")
    sys.exit(line)
