"""What a step type is handed when one of its steps runs, and what it gives back."""

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.api.actions import Call
from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.retry_policies import fault_of_refusal

_NAME = 63
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class StepResult:
    """What a step that succeeded leaves behind.

    Attributes
    ----------
    metadata : what ListPipelineExecutionSteps answers as its `Metadata`.
    properties : what `{"Get": "Steps.<name>.…"}` refers to.
    branch : the name of the branch of its own whose steps run now.
    """

    metadata: Document = field(default_factory=dict)
    properties: Document = field(default_factory=dict)
    branch: str = ""


class StepFailedError(Exception):
    """A step failed; the message is its FailureReason.

    Parameters
    ----------
    reason : the FailureReason.
    properties : what steps that run because of it can refer to.
    fault : what kind of fault it is, if one that retry policies know.
    """

    def __init__(self, reason: str, properties: Document | None = None, fault: str = "") -> None:
        super().__init__(reason)
        self.properties = properties or {}
        self.fault = fault


class StepStoppedError(StepFailedError):
    """A step was stopped."""


class StepTimedOutError(StepFailedError):
    """A step that cannot be stopped was out of time, so that its execution has failed."""


@dataclass(frozen=True)
class Child:
    """How a step of one iteration ended: its StepStatus, and its properties.

    The status is empty if it never started.
    """

    status: str
    properties: Document


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
    job_name : the name that this job gets.
    arguments : the step's arguments, their expressions replaced by values.
    on_stop : takes what to do when the execution is stopped while the step runs; it is done at
        once when that has happened already.
    repeat : runs the steps that its type repeats for each of the items, so many at once; returns
        how they ended for each item, by their names in the definition.
    """

    call: Call
    execution: str
    name: str
    arn: str
    job: str
    job_name: str
    arguments: Document
    on_stop: Callable[[Callable[[], object]], None]
    repeat: Callable[[Sequence[Any], int], list[dict[str, Child]]]

    def perform(self, action: str, request: dict[str, Any]) -> Document:
        """Call SageMaker.

        Raises
        ------
        StepFailedError : it refused.
        """
        try:
            return self.call.perform(action, request)
        except AwsError as error:
            raise StepFailedError(
                f"ClientError: Failed to invoke sagemaker:{action}. Error Details: {error.message}",
                fault=fault_of_refusal(error.code),
            ) from None

    def note(self, **members: Any) -> None:
        """Record members of the step before it has ended."""
        self.call.store.change(self.arn, members)

    @property
    def noted(self) -> Document:
        """What is recorded of the step."""
        found = self.call.store.by_arn(self.arn)
        assert found is not None, self.arn
        return found.body

    def resource_name(self) -> str:
        """Return a name for what the step makes, in the form that AWS gives it."""
        return resource_name("pipelines", self.execution, self.name)


def resource_name(prefix: str, execution: str, step: str, longest: int = _NAME) -> str:
    """Return a name for what a step of an execution makes, in the form that AWS gives it.

    Where this is too long, as for tuning jobs, the prefix goes; that AWS does so is unconfirmed.
    """
    identifier = execution.rsplit("/", 1)[1]
    end = "-" + "".join(secrets.choice(_ALPHABET) for _ in range(10))
    start = f"{prefix}-{identifier}-"
    if len(start) + len(end) > longest:
        start = f"{identifier}-"
    middle = step.replace("_", "-")[: longest - len(start) - len(end)].strip("-")
    return start + middle + end
