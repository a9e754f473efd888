"""What ends a command in a single line instead of a traceback."""


class ProjectError(Exception):
    """Something the user can put right; the message says what is wrong and what to do."""

    exit_code = 1
    """What a command that fails with it exits with."""


class UsageError(ProjectError):
    """A command was called with what cannot be meant, in an argument or a variable."""

    exit_code = 2


class InterruptedByUser(BaseException):
    """The user pressed Ctrl-C; what SageMaker was asked to do goes on.

    It is no `Exception`, like `KeyboardInterrupt`: whoever handles what may go wrong, a library
    or ourselves, must not take it for that.
    """
