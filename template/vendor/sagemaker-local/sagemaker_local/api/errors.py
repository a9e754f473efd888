"""The errors that AWS answers with, as one class with a code, a message and an HTTP status.

A message that AWS was seen to answer has its source beside it, wherever it stands. Of all others
the code is that of the API reference, and the words are ours: nobody has confirmed them.
"""

from typing import Any

STOPPED_WITH_US = "the local SageMaker was stopped while it ran"
"""The FailureReason of what a stop or a crash of the server ended."""


class AwsError(Exception):
    """A refusal in the shape of the AWS protocol.

    Parameters
    ----------
    code : the error code that boto3 puts in `error.response["Error"]["Code"]`.
    message : what is wrong.
    status : the HTTP status.
    members : further members of the error's shape, such as `OriginalStatusCode` of `ModelError`.
    """

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


def invalid(message: str) -> AwsError:
    """Return the error that SageMaker gives for most things that are wrong with a request."""
    return AwsError("ValidationException", message)


def unsupported(what: str) -> AwsError:
    """Return the refusal of something that AWS has and the local SageMaker has not."""
    return AwsError("ValidationException", f"the local SageMaker does not support {what}")
