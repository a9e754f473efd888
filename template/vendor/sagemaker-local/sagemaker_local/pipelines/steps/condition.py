"""The Condition step: which of its two branches runs."""

from sagemaker_local.pipelines.conditions import Several, parse_condition
from sagemaker_local.pipelines.document import Document, members
from sagemaker_local.pipelines.step import Arguments, StepType, step_type
from sagemaker_local.pipelines.step_run import StepResult, StepRun

_IF, _ELSE = "IfSteps", "ElseSteps"


def _read(step: Document, where: str) -> Arguments:
    found = members(
        step["Arguments"], f"Arguments of {where}", {"Conditions": list}, {_IF: list, _ELSE: list}
    )
    conditions = [parse_condition(condition, where) for condition in found["Conditions"]]
    branches = {branch: found[branch] or [] for branch in (_IF, _ELSE)}
    return Arguments({"Outcome": Several(conditions, all)}, branches)


def _run(run: StepRun) -> StepResult:
    outcome = run.arguments["Outcome"]
    # As a property the outcome is true or false (aws/sagemaker-python-sdk before version 3,
    # tests/integ/sagemaker/workflow/test_fail_steps.py), as metadata True or False.
    return StepResult(
        metadata={"Condition": {"Outcome": str(outcome)}},
        properties={"Outcome": outcome},
        branch=_IF if outcome else _ELSE,
    )


CONDITION = step_type(StepType(name="Condition", run=_run, read=_read))
