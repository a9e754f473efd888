"""What of an execution was done before it runs: in an earlier attempt, or by another execution."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sagemaker_local.pipelines.definition import Definition
from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.resource_kinds import STEP
from sagemaker_local.pipelines.schedule import Ended
from sagemaker_local.pipelines.step import Step
from sagemaker_local.storage.store import Resource, Store


@dataclass(frozen=True)
class Before:
    """What was done before.

    Attributes
    ----------
    selected : the steps that run if they have not; all of the definition unless some were selected.
    ended : how steps have ended that do not run again.
    properties : those of steps that have ended.
    waiting : the records of steps that wait since before the server started.
    """

    selected: Mapping[str, Step]
    ended: Mapping[str, Ended] = field(default_factory=dict)
    properties: Mapping[str, Document] = field(default_factory=dict)
    waiting: Mapping[str, Resource] = field(default_factory=dict)


def steps_of(store: Store, execution: Resource) -> dict[str, Resource]:
    """Return what is recorded of the steps of an execution's definition, by their names."""
    return {
        name: item
        for name, item in _records(store, execution).items()
        if "IterationContext" not in item.body
    }


def children_of(store: Store, execution: Resource) -> list[Resource]:
    """Return what is recorded of the steps that ForEach steps of an execution made."""
    found = _records(store, execution).values()
    return [item for item in found if "IterationContext" in item.body]


def ended_before(definition: Definition, records: Mapping[str, Resource]) -> Before:
    """Return what is done when these records of steps are all that was."""
    return Before(
        selected=definition.steps,
        ended={
            name: Ended(item.body["StepStatus"], item.body.get("_Branch", ""))
            for name, item in records.items()
        },
        properties={name: item.body.get("_Properties", {}) for name, item in records.items()},
    )


def _records(store: Store, execution: Resource) -> dict[str, Resource]:
    found = store.resources(STEP.noun, execution.region, prefix=f"{execution.name}/")
    return {item.body["StepName"]: item for item in found}
