"""The one kind of error a command reports in a single line instead of a traceback."""


class ProjectError(Exception):
    """Something the user can put right; the message says what is wrong and what to do."""


class InterruptedByUser(ProjectError):
    """The user pressed Ctrl-C; what SageMaker was asked to do goes on."""
