"""Decides which steps of an execution start, and how it ended: from statuses alone.

Run conditions (`DependsOn` entries with a `Trigger`) are as the SDK describes them in
`sagemaker.mlops.workflow.step_dependency`: a pipeline whose steps run on a failed step ends in
`CompletedWithFailures`. What AWS does when several steps fail and some are answered is unconfirmed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sagemaker_local.pipelines.step import Step

COMPLETED = "Completed"
TRIGGERS: dict[str, frozenset[str]] = {
    COMPLETED: frozenset({"Succeeded"}),
    "Failed": frozenset({"Failed"}),
    "Stopped": frozenset({"Stopped"}),
    "Any": frozenset({"Succeeded", "Failed", "Stopped"}),
}
"""The statuses of a step that each trigger lets a step run on."""


@dataclass(frozen=True)
class Ended:
    """How a step ended: its StepStatus, and the branch of its own that it chose, if it has any."""

    status: str
    branch: str = ""


def ready_steps(
    steps: Mapping[str, Step], started: Iterable[str], ended: Mapping[str, Ended]
) -> list[Step]:
    """Return the steps that start now, in the order of the definition.

    Once a step has failed that no step answers, only answers to failures start.

    Parameters
    ----------
    steps : all steps of the definition, by name.
    started : the names of those that were started before.
    ended : how those that have ended did.
    """
    begun = set(started)
    failing = any(not _answers(name, steps.values(), ended) for name in _bad(ended))
    return [
        step
        for name, step in steps.items()
        if name not in begun
        and _may_start(step, ended)
        and not (failing and not _reacts(step, ended))
    ]


def execution_status(
    steps: Mapping[str, Step], started: Iterable[str], ended: Mapping[str, Ended]
) -> str:
    """Return how an execution ended that nobody stopped.

    Parameters
    ----------
    steps, started, ended : as for `ready_steps`.
    """
    begun = [steps[name] for name in started]
    bad = _bad(ended)
    if not bad:
        return "Succeeded"
    answered = all(_answers(name, begun, ended) for name in bad)
    return "CompletedWithFailures" if answered else "Failed"


def _may_start(step: Step, ended: Mapping[str, Ended]) -> bool:
    outer, branch = step.inside
    if outer and (outer not in ended or ended[outer].branch != branch):
        return False
    return all(
        name in ended and ended[name].status in TRIGGERS[trigger]
        for name, trigger in step.requires.items()
    )


def _bad(ended: Mapping[str, Ended]) -> list[str]:
    return [name for name, end in ended.items() if end.status != "Succeeded"]


def _answers(name: str, steps: Iterable[Step], ended: Mapping[str, Ended]) -> bool:
    """Return whether one of the steps runs because of how a step ended."""
    return any(
        name in step.requires and ended[name].status in TRIGGERS[step.requires[name]]
        for step in steps
    )


def _reacts(step: Step, ended: Mapping[str, Ended]) -> bool:
    return any(ended[name].status != "Succeeded" for name in step.requires)
