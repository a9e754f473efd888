"""The steps that a ForEach step makes of its body: one of each for every item.

Their names, `<step of the body>-<index>`, are told by the SDK, in
`sagemaker.mlops.workflow.for_each_step`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.expressions import as_text
from sagemaker_local.pipelines.step import Iteration, Step


def child_name(name: str, index: int) -> str:
    """Return what a step of the body is called in an iteration."""
    return f"{name}-{index}"


def body_of(step: Step, steps: Mapping[str, Step]) -> list[Step]:
    """Return the steps of a definition that a step repeats.

    Parameters
    ----------
    step : of the definition.
    steps : all of it, by name.
    """
    if not step.type.repeats:
        return []
    return [one for one in steps.values() if one.inside == (step.name, step.type.repeats)]


def is_repeated(step: Step, steps: Mapping[str, Step]) -> bool:
    """Return whether another step of a definition repeats a step.

    Parameters
    ----------
    step : of the definition.
    steps : all of it, by name.
    """
    outer, branch = step.inside
    return bool(outer) and steps[outer].type.repeats == branch


def children(body: Sequence[Step], parent: str, items: Sequence[Any]) -> dict[str, Step]:
    """Return the steps of all iterations by name; those of one wait for each other only.

    Parameters
    ----------
    body : the steps that are repeated.
    parent : the name of the step that repeats them.
    items : texts, numbers or truths.
    """
    made = {}
    for index, item in enumerate(items):
        names = {step.name: child_name(step.name, index) for step in body}
        for step in body:
            made[names[step.name]] = replace(
                step,
                name=names[step.name],
                inside=("", ""),
                requires={
                    names[name]: trigger for name, trigger in step.requires.items() if name in names
                },
                iteration=Iteration(parent, index, item, names),
            )
    return made


def context(iteration: Iteration) -> Document:
    """Return an iteration as ListPipelineExecutionSteps answers it: `IterationContext`."""
    return {
        "ParentStepName": iteration.parent,
        "Index": iteration.index,
        "Item": as_text(iteration.item),
    }


def child_of(record: Document, steps: Mapping[str, Step]) -> Step:
    """Return the step that a record of an iteration's step is of.

    Parameters
    ----------
    record : with an `IterationContext`.
    steps : those of the definition, by name.
    """
    found = record["IterationContext"]
    end = child_name("", found["Index"])
    return replace(steps[record["StepName"].removesuffix(end)], name=record["StepName"])
