"""Steps that wait for what only a branch runs are refused."""

from typing import Any

import pytest

from data_science.pipeline.branches import check_branches
from project.errors import ProjectError

Step = dict[str, Any]


def step(name: str, *after: Any, refers: str = "") -> Step:
    arguments = {"Inputs": [{"S3Uri": {"Std:Join": {"Values": [{"Get": refers}]}}}]}
    return {"Name": name, "Type": "Processing", "DependsOn": list(after), "Arguments": arguments}


def fork(then: list[Step], otherwise: list[Step], refers: str = "Parameters.N") -> Step:
    conditions = [{"Type": "Equals", "LeftValue": {"Get": refers}, "RightValue": 1}]
    arguments = {"Conditions": conditions, "IfSteps": then, "ElseSteps": otherwise}
    return {"Name": "Gate", "Type": "Condition", "Arguments": arguments}


def test_what_keeps_to_its_branch_is_right() -> None:
    inner = fork([step("Deep", "Yes", refers="Steps.First.A")], []) | {"Name": "Inner"}
    gate = fork(
        [step("Yes", "First"), inner], [step("No", refers="Steps.First.A")], "Steps.First.A"
    )
    check_branches([step("First"), gate, step("Last", "Gate", {"Step": "First", "Trigger": "Any"})])


@pytest.mark.parametrize(
    ("outside", "branch"),
    [
        (step("Last", "Yes"), "if_steps"),
        (step("Last", {"Step": "No", "Trigger": "Any"}), "else_steps"),
        (step("Last", refers="Steps.Yes.ProcessingJobName"), "if_steps"),
        (fork([], [], "Steps.No.Outcome") | {"Name": "Last"}, "else_steps"),
    ],
)
def test_what_waits_for_a_branch_from_outside_is_refused(outside: Step, branch: str) -> None:
    with pytest.raises(ProjectError) as caught:
        check_branches([fork([step("Yes")], [step("No")]), outside])
    awaited = {"if_steps": "Yes", "else_steps": "No"}[branch]
    assert str(caught.value) == (
        f"step Last waits for {awaited}, which only runs in {branch} of Gate: otherwise it would "
        "be left out without a word; move Last into the same branch"
    )


def test_branches_do_not_wait_for_each_other() -> None:
    with pytest.raises(ProjectError, match="step No waits for Yes, which only runs in if_steps"):
        check_branches([fork([step("Yes")], [step("No", "Yes")])])
