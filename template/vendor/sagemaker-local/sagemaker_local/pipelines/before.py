"""What of an execution was done before it runs: in an earlier attempt, or by another execution."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.schedule import Ended
from sagemaker_local.pipelines.step import Step
from sagemaker_local.storage.store import Resource


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
