"""Says what a promotion would change: the desired state beside the actual one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ops.choose import AS_ASKED, choose
from ops.desired import Desired, desired, endpoint_name
from ops.serving import IN_PROGRESS, Serving, serving
from ops.stage import Stage
from project.aws import Connection
from project.aws_errors import found
from project.registry import Version
from project.tags import MARKS, MODEL_VERSION


@dataclass(frozen=True)
class Change:
    """One value that would be another; None: it is not there."""

    what: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Step:
    """One resource and what a promotion would do to it: create, update, replace or keep."""

    resource: str
    name: str
    action: str


@dataclass(frozen=True)
class Plan:
    """What a promotion would do; `ops.promote` does exactly that.

    Attributes
    ----------
    stage : the stage.
    version : the version that it would serve.
    why : why it is that version.
    want : what there should be.
    now : what serves; None when there is no endpoint.
    steps : the resources.
    changes : what would be different afterwards.
    note : what should be known besides; empty when there is nothing.
    decided : when the version was approved, if an event names it; else None.
    """

    stage: Stage
    version: Version
    why: str
    want: Desired
    now: Serving | None
    steps: list[Step]
    changes: list[Change]
    note: str = ""
    decided: datetime | None = None

    @property
    def status(self) -> str | None:
        """The endpoint's status now; None when there is no endpoint."""
        return None if self.now is None else self.now.status

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do, nor to wait for."""
        settled = self.status not in IN_PROGRESS
        return settled and all(step.action == "keep" for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """Return it for a script to read."""
        return {
            "stage": self.stage.name,
            "version": self.version.number,
            "why": self.why,
            "status": self.status,
            "steps": [asdict(step) for step in self.steps],
            "changes": [asdict(change) for change in self.changes],
            "note": self.note,
            "nothing_to_do": self.nothing,
        }


def make_plan(
    connection: Connection,
    stages: Mapping[str, Stage],
    stage: Stage,
    number: int | None = None,
    why: str = AS_ASKED,
    decided: datetime | None = None,
) -> Plan:
    """Decide which version a stage should serve, and compare what should be with what is.

    Nothing is touched, and no artefact is read.

    Parameters
    ----------
    connection : where to look.
    stages, stage, number, why : as in `ops.choose.choose`.
    decided : as in `Plan`.

    Raises
    ------
    ProjectError : there is no version that the stage may serve; says why.
    """
    choice = choose(connection, stages, stage, number, why)
    want = desired(connection, stage, choice.version)
    now = serving(connection, stage)
    client = connection.sagemaker
    model = found(lambda: client.describe_model(ModelName=want.model_name))
    config = found(lambda: client.describe_endpoint_config(EndpointConfigName=want.config_name))
    return Plan(
        stage=stage,
        version=choice.version,
        why=choice.why,
        want=want,
        now=now,
        steps=[
            Step("model", want.model_name, "create" if model is None else "keep"),
            Step("endpoint configuration", want.config_name, "keep" if config else "create"),
            Step("endpoint", endpoint_name(connection, stage), endpoint_action(want, now)),
        ],
        changes=changes(want, now),
        note=choice.note,
        decided=decided,
    )


def endpoint_action(want: Desired, now: Serving | None) -> str:
    """Return what a promotion does to the endpoint: create, update, replace or keep."""
    if now is None:
        return "create"
    if now.status == "Failed":
        # SageMaker lets nothing be done to a failed endpoint but to delete it.
        return "replace"
    same = now.config == want.config_name
    return "keep" if same and (now.status == "InService" or now.in_progress) else "update"


def changes(want: Desired, now: Serving | None) -> list[Change]:
    """Return the values that would be others, those a reader looks for first."""
    new = _values(want.model, want.config["ProductionVariants"][0], _tags(want))
    old = {} if now is None else _values(now.model, now.variant, now.tags)
    return [
        Change(what, old.get(what), value) for what, value in new.items() if old.get(what) != value
    ]


def lines(plan: Plan) -> list[str]:
    """Return a plan for a person to read."""
    head = [f"{plan.stage.name}: {plan.version.name}, {plan.why}"]
    if plan.note:
        head.append(f"note: {plan.note}")
    if plan.nothing:
        return [*head, "nothing to do"]
    # A first deployment is new in everything: the rest can be read from --json.
    brief = ("version", "instance type", "instance count")
    shown = [one for one in plan.changes if plan.status is not None or one.what in brief]
    return [
        *head,
        *[f"  {step.action:<8}{step.resource:<24}{step.name}" for step in plan.steps],
        *[f"    {one.what:<20}{_shown(one.old)} → {_shown(one.new)}" for one in shown],
        *(
            [f"the endpoint is {plan.status}; a promotion waits for that first"]
            if plan.status in IN_PROGRESS
            else []
        ),
    ]


def _values(model: Any, variant: Any, tags: dict[str, str]) -> dict[str, Any]:
    container = model.get("PrimaryContainer", {})
    return {
        "version": tags.get(MODEL_VERSION),
        "instance type": variant.get("InstanceType"),
        "instance count": variant.get("InitialInstanceCount"),
        "image": container.get("Image"),
        "model data": container.get("ModelDataUrl"),
        "environment": container.get("Environment"),
        "role": model.get("ExecutionRoleArn"),
        "tags": {key: value for key, value in tags.items() if key not in (MODEL_VERSION, *MARKS)}
        or None,
    }


def _tags(want: Desired) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in want.config["Tags"]}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={one}" for key, one in sorted(value.items()))
    return "none" if value is None else str(value)
