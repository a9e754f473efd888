"""The Condition step: which of its two branches runs."""

from typing import Any

from sagemaker_local.api.errors import unsupported
from sagemaker_local.pipelines.expressions import CONDITIONS, holds
from sagemaker_local.pipelines.step import StepType
from sagemaker_local.pipelines.step_run import StepRun


def _run(run: StepRun) -> dict[str, Any]:
    outcome = str(all(holds(condition, run.scope) for condition in run.arguments["Conditions"]))
    return {"Metadata": {"Condition": {"Outcome": outcome}}, "_Properties": {"Outcome": outcome}}


def _check(name: str, arguments: dict[str, Any]) -> None:
    for condition in arguments["Conditions"]:
        _check_condition(condition, name)


def _check_condition(condition: dict[str, Any], step: str) -> None:
    kind = condition["Type"]
    if kind not in CONDITIONS:
        raise unsupported(f"the condition {kind} (step {step})")
    nested = [condition["Expression"]] if kind == "Not" else condition.get("Conditions", [])
    for part in nested:
        _check_condition(part, step)


def _branches(arguments: dict[str, Any]) -> list[tuple[list[dict[str, Any]], str]]:
    return [(arguments.pop("IfSteps", []), "True"), (arguments.pop("ElseSteps", []), "False")]


STEP_TYPE = StepType(name="Condition", run=_run, check=_check, branches=_branches, resolves=False)
