"""What ends a command in a single line instead of a traceback."""


class ProjectError(Exception):
    """Something the user can put right; the message says what is wrong and what to do."""

    exit_code = 1
    """What a command that fails with it exits with."""


class UsageError(ProjectError):
    """A command was called with what cannot be meant, in an argument or a variable."""

    exit_code = 2


class InterruptedByUser(BaseException):
    """A signal told the command to end: Ctrl-C, or the one that `kill` sends.

    It is no `Exception`, like `KeyboardInterrupt`: whoever handles what may go wrong, a library
    or ourselves, must not take it for that.

    Attributes
    ----------
    signal : the signal's number.
    leaves : what the command leaves behind, for its last line; empty when that is nothing.
    """

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal
        self.leaves = ""

    @property
    def exit_code(self) -> int:
        """The exit code of the command, as a shell has it for a signal."""
        return 128 + self.signal

    def __str__(self) -> str:
        return f"interrupted; {self.leaves}" if self.leaves else "interrupted"
