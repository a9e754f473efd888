"""What a step is, and what a step type says of itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.expressions import parse
from sagemaker_local.pipelines.retry_policies import RetryPolicy
from sagemaker_local.pipelines.step_run import StepResult, StepRun


@dataclass(frozen=True)
class Arguments:
    """The arguments of a step.

    Attributes
    ----------
    own : with each expression in them as an `Expression`, and without the steps of branches.
    branches : the steps of each branch, by the branch's name.
    """

    own: Document
    branches: Mapping[str, Sequence[object]] = field(default_factory=dict)


def plain_arguments(step: Document, where: str) -> Arguments:
    """Read arguments that are no more than values and expressions."""
    return Arguments(parse(step["Arguments"], where))


@dataclass(frozen=True)
class StepType:
    """One step type: a module of `steps/`.

    Attributes
    ----------
    name : the step's `Type` in a definition.
    run : does a step; raises StepFailedError when it failed.
    needed : what its steps must have beside Name and Type, with the type of each; None is any.
    members : what its steps may have beside that, DependsOn, DisplayName and Description, and
        CacheConfig where there is a cache key.
    cache_key : the arguments that AWS compares to find a cached step (developer guide, "Caching
        Pipeline Steps"), or members of them after a dot; a type without any cannot be cached.
    job : the noun of the job that it starts, such as `TrainingJob`.
    action : the action that its arguments are a request for; that which creates the job, if any.
    succeeds : whether its steps can succeed, so that others can wait for that.
    read : takes the arguments out of the members of a step, given where it is for messages;
        raises AwsError when they cannot be run.
    resume : does what is left of a step that ran when the server ended; a type without it cannot.
    repeats : the branch whose steps it runs itself, once for each of its items.
    """

    name: str
    run: Callable[[StepRun], StepResult]
    needed: Mapping[str, type | None] = field(default_factory=lambda: {"Arguments": dict})
    members: Mapping[str, type] = field(default_factory=dict)
    cache_key: Sequence[str] = ()
    job: str = ""
    action: str = ""
    succeeds: bool = True
    read: Callable[[Document, str], Arguments] = plain_arguments
    resume: Callable[[StepRun], StepResult] | None = None
    repeats: str = ""

    @property
    def request_of(self) -> str:
        """The action that its arguments are a request for, or nothing."""
        return self.action or (f"Create{self.job}" if self.job else "")


STEP_TYPES: dict[str, StepType] = {}


def step_type(made: StepType) -> StepType:
    """Add a step type to the table."""
    STEP_TYPES[made.name] = made
    return made


@dataclass(frozen=True)
class PropertyFile:
    """A JSON file among a step's outputs that conditions can look into: output and path in it."""

    output: str
    path: str


@dataclass(frozen=True)
class Iteration:
    """Which item a step of a ForEach step's body works on.

    Attributes
    ----------
    parent : the name of the ForEach step.
    index : the number of the item, from 0.
    item : text, number or truth.
    names : what the steps of the body are called in this iteration, by their names.
    """

    parent: str
    index: int
    item: Any
    names: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One step of a definition.

    Attributes
    ----------
    name : as in the document.
    type : what it does.
    members : all that its document has; None where it has not.
    arguments : its own arguments, with their expressions.
    property_files : by their names.
    requires : the steps that must have ended before, each with the trigger that it waits for.
    inside : the step whose branch it is in, and the branch's name; empty texts at the top.
    expires : the seconds that a result may be reused for, None for ever; only if it is cached.
    cached : whether a result is reused at all.
    retry_policies : after which faults it is tried again.
    iteration : what it works on, if it is one of those that a ForEach step makes of its body.
    """

    name: str
    type: StepType
    members: Document
    arguments: Document
    property_files: Mapping[str, PropertyFile]
    requires: Mapping[str, str]
    inside: tuple[str, str]
    cached: bool
    expires: float | None
    retry_policies: Sequence[RetryPolicy] = ()
    iteration: Iteration | None = None
