"""What the doctor found out about one thing."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from project.advice import advice
from project.aws_errors import brief

State = Literal["ok", "unknown", "wrong"]
_REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    what : the thing, such as `bucket`.
    state : `ok`; `wrong`: something that the project does will fail; `unknown`: it could not be
        looked at.
    seen : what was seen there.
    todo : how to mend it; empty when it is ok.
    """

    what: str
    state: State
    seen: str
    todo: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it for a script to read."""
        return asdict(self)


Look = Callable[[], Iterator[Finding]]


def ok(what: str, seen: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(what, "ok", seen)


def wrong(what: str, seen: str, todo: str) -> Finding:
    """Return that something has to be mended, and how."""
    return Finding(what, "wrong", seen, todo)


def unknown(what: str, seen: str, todo: str) -> Finding:
    """Return that something could not be looked at, and what is needed for that."""
    return Finding(what, "unknown", seen, todo)


def examine(what: str, look: Look) -> Iterator[Finding]:
    """Yield what a look at something finds; what AWS refuses to show is unknown, not an error.

    Parameters
    ----------
    what : how findings call it when the look itself fails.
    look : yields the findings.
    """
    try:
        yield from look()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _REFUSED:
            yield unknown(what, brief(error), f"allow the caller {error.operation_name}")
        else:
            yield wrong(what, brief(error), advice(error) or "see what AWS says")
    except BotoCoreError as error:
        yield wrong(what, brief(error), advice(error) or "see what AWS says")
