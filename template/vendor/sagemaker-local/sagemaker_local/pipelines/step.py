"""What a step is, and what a step type says of itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.pipelines.step_run import StepRun

Document = dict[str, Any]


def _nothing(name: str, arguments: Document) -> None:
    """Check nothing."""


def _no_branches(arguments: Document) -> list[tuple[list[Document], str]]:
    return []


@dataclass(frozen=True)
class StepType:
    """One step type: a module of `steps/`.

    Attributes
    ----------
    name : the step's `Type` in a definition.
    run : does a step and returns the members to record of it, `_Properties` among them; raises
        StepFailedError when it failed.
    cache_key : the arguments that AWS compares to find a cached step (developer guide, "Caching
        Pipeline Steps"); a type without any cannot be cached.
    job : the noun of the job that it starts, such as `TrainingJob`.
    check : looks at a step's name and arguments before anything runs; raises AwsError.
    branches : takes the steps of its branches out of its arguments and returns them, each with
        the outcome that the branch belongs to.
    resolves : whether `run` gets its arguments with their expressions replaced by values.
    """

    name: str
    run: Callable[[StepRun], Document]
    cache_key: Sequence[str] = ()
    job: str = ""
    check: Callable[[str, Document], None] = _nothing
    branches: Callable[[Document], list[tuple[list[Document], str]]] = _no_branches
    resolves: bool = True


@dataclass(frozen=True)
class Step:
    """One step of a definition.

    Attributes
    ----------
    name : as in the document.
    type : what it does.
    document : all of its members.
    arguments : those of its arguments that are its own, not steps of a branch.
    requires : the steps that must have succeeded before.
    condition : the Condition step whose branch it is in, if any.
    branch : the outcome that this branch belongs to: `True` or `False`.
    """

    name: str
    type: StepType
    document: Document
    arguments: Document
    requires: frozenset[str]
    condition: str | None
    branch: str
