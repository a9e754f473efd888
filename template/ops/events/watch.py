"""Deploys what approval events ask for: takes them from the queue, one after the other."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from ops.events.handling import Outcome, Reach, handle
from ops.events.queue import HIDDEN, LONGEST_POLL, Message, Queue
from ops.lock import BusyError
from ops.stage import Stage
from project.advice import needs_sign_in
from project.aws import Connection
from project.aws_errors import brief
from project.errors import InterruptedByUser, ProjectError

SHORT_POLL = 2
"""Seconds after which a queue counts as empty; all of SQS's servers are asked then (developer
guide, "Short and long polling")."""
PATIENCE = 10.0
"""Seconds until a stage that another command changes is tried again, or AWS after a failure."""


@dataclass(frozen=True)
class Handled:
    """A message, and what became of it.

    Attributes
    ----------
    what : as in `Outcome`; or `left`, for a message that stays in the queue and comes again.
    says : in words.
    version : the version that it is about; None when it names none.
    times : how often the message has come.
    """

    what: str
    says: str
    version: int | None
    times: int

    @property
    def failed(self) -> bool:
        """Whether what it asked for was not done."""
        return self.what in ("failed", "left")


@dataclass
class _Ending:
    """Lets a signal end the command at once while it waits, and else after the message at hand."""

    busy: bool = False
    asked: bool = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self.busy or self.asked:
            raise InterruptedByUser(number)
        self.asked = True
        print("ending after this message; once more ends at once", flush=True)

    @contextmanager
    def heeded(self) -> Iterator[None]:
        before = {one: signal.signal(one, self) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def watch(
    connection: Connection,
    stages: Mapping[str, Stage],
    reach: Reach,
    queue: Queue,
    once: bool,
    report: Callable[[Handled], None],
) -> bool:
    """Handle the messages of a queue until a signal says to end; say whether all was done.

    A message is deleted when it has been handled. One that cannot be handled stays, comes again,
    and goes to the dead-letter queue in the end; it stops nothing.

    Parameters
    ----------
    connection, stages, reach : as in `handling.handle`.
    queue : where the messages are.
    once : whether to end when there is none left.
    report : is told of each message.

    Raises
    ------
    BotoCoreError, ClientError : the queue cannot be read, or the session has ended.
    """
    ending, done = _Ending(), True
    with ending.heeded():
        while not ending.asked:
            try:
                message = queue.receive(SHORT_POLL if once else LONGEST_POLL)
            except InterruptedByUser:
                break
            except (BotoCoreError, ClientError) as error:
                if once or not _passes(connection, error):
                    raise
                print(f"the queue does not answer: {brief(error)}; trying again", flush=True)
                if _waits(ending):
                    continue
                break
            if message is None:
                if once:
                    break
                continue
            ending.busy = True
            with queue.kept(message):
                handled = _handle(connection, stages, reach, message, ending)
                if handled.what != "left":
                    queue.delete(message)
            ending.busy = False
            report(handled)
            done = done and not handled.failed
    return done


def _handle(
    connection: Connection,
    stages: Mapping[str, Stage],
    reach: Reach,
    message: Message,
    ending: _Ending,
) -> Handled:
    while True:
        try:
            outcome: Outcome = handle(connection, stages, reach, message.body)
        except BusyError as error:
            # A promotion may take longer than a message may come again.
            if ending.asked:
                return _left(error, message)
            time.sleep(PATIENCE)
        except ProjectError as error:
            return _left(error, message)
        except (BotoCoreError, ClientError) as error:
            if needs_sign_in(error):
                raise
            return _left(error, message)
        else:
            return Handled(outcome.what, outcome.says, outcome.version, message.times)


def _left(error: Exception, message: Message) -> Handled:
    return Handled("left", f"{brief(error)}; it comes again in {HIDDEN} s", None, message.times)


def _passes(connection: Connection, error: BotoCoreError | ClientError) -> bool:
    """Say whether a failure to read the queue may pass; a local SageMaker that is down does not."""
    if connection.target == "local" or needs_sign_in(error):
        return False
    if isinstance(error, ClientError):
        return bool(error.response["ResponseMetadata"].get("HTTPStatusCode", 500) >= 500)
    return True


def _waits(ending: _Ending) -> bool:
    """Wait a while; say whether nobody ended that."""
    try:
        time.sleep(PATIENCE)
    except InterruptedByUser:
        return False
    return not ending.asked
