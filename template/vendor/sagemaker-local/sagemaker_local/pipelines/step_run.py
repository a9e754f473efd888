"""What a step type is handed when one of its steps runs."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sagemaker_local.api.actions import Call
from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.expressions import Scope

_JOB_NAME = 63
_ALPHABET = string.ascii_letters + string.digits


class StepFailedError(Exception):
    """A step failed; the message is its FailureReason."""


class StepStoppedError(Exception):
    """A step was stopped with its execution."""


@dataclass(frozen=True)
class StepRun:
    """One step while it runs.

    Attributes
    ----------
    call : makes the calls to the service that the step stands for.
    execution : ARN of its execution.
    name : the step's name.
    arn : of the step's record.
    job : the noun of the job that its type starts, or nothing.
    arguments : the step's arguments.
    scope : what expressions are evaluated in.
    on_stop : takes what to do when the execution is stopped while the step runs; it is done at
        once when that has happened already. Returns what says whether it has.
    """

    call: Call
    execution: str
    name: str
    arn: str
    job: str
    arguments: dict[str, Any]
    scope: Scope
    on_stop: Callable[[Callable[[], object]], Callable[[], bool]]

    def perform(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call SageMaker.

        Raises
        ------
        StepFailedError : it refused.
        """
        try:
            return self.call.perform(action, request)
        except AwsError as error:
            raise StepFailedError(
                f"ClientError: Failed to invoke sagemaker:{action}. Error Details: {error.message}"
            ) from None

    def note(self, **members: Any) -> None:
        """Record members of the step before it has ended."""
        self.call.store.change(self.arn, members)

    def resource_name(self, prefix: str = "pipelines") -> str:
        """Return a name for what the step makes, in the form that AWS gives it."""
        start = f"{prefix}-{self.execution.rsplit('/', 1)[1]}-"
        end = "-" + "".join(secrets.choice(_ALPHABET) for _ in range(10))
        middle = self.name.replace("_", "-")[: _JOB_NAME - len(start) - len(end)].strip("-")
        return start + middle + end
