"""Which steps start, and how an execution ended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.pipelines.schedule import (
    COMPLETED,
    TRIGGERS,
    Ended,
    execution_status,
    ready_steps,
)
from sagemaker_local.pipelines.step import Step
from sagemaker_local.pipelines.steps import STEP_TYPES

DONE, FAILED, STOPPED = Ended("Succeeded"), Ended("Failed"), Ended("Stopped")


def steps(**requires):
    """Return steps by name; each with what it requires: names, or names with triggers."""
    return {
        name: Step(
            name=name,
            type=STEP_TYPES["Fail"],
            members={},
            arguments={},
            property_files={},
            requires=needed if isinstance(needed, dict) else dict.fromkeys(needed, COMPLETED),
            inside=("", ""),
            cached=False,
            expires=None,
        )
        for name, needed in requires.items()
    }


def inside(step, outer, branch):
    return Step(**(vars(step) | {"inside": (outer, branch), "requires": {outer: COMPLETED}}))


def ready(all_steps, **ended):
    return [step.name for step in ready_steps(all_steps, ended, ended)]


def test_steps_start_when_all_that_they_require_has_succeeded():
    chain = steps(A=[], B=["A"], C=["A", "B"], D=[])
    assert ready(chain) == ["A", "D"]
    assert ready(chain, D=DONE) == ["A"]
    assert ready(chain, A=DONE) == ["B", "D"]
    assert ready(chain, A=DONE, B=DONE) == ["C", "D"]
    assert ready_steps(chain, ["A", "D", "B"], {"A": DONE}) == []


def test_steps_of_a_branch_start_when_it_was_chosen():
    fork = steps(If=[], Yes=[], No=[])
    fork |= {"Yes": inside(fork["Yes"], "If", "IfSteps"), "No": inside(fork["No"], "If", "Else")}
    assert ready(fork) == ["If"]
    assert ready(fork, If=Ended("Succeeded", "IfSteps")) == ["Yes"]
    assert ready(fork, If=Ended("Succeeded", "Else")) == ["No"]
    assert ready(fork, If=FAILED) == []


def test_nothing_more_starts_after_a_failure_that_no_step_answers():
    side = steps(A=[], B=[], AfterB=["B"])
    assert ready(side, A=FAILED) == []
    assert ready(side, A=FAILED, B=DONE) == []
    assert ready(side, A=STOPPED, B=DONE) == []
    assert execution_status(side, ["A", "B"], {"A": FAILED, "B": DONE}) == "Failed"
    assert execution_status(side, ["A", "B"], {"A": STOPPED, "B": DONE}) == "Failed"


@pytest.mark.parametrize(
    ("trigger", "starts_on"),
    [
        ("Completed", {"Succeeded"}),
        ("Failed", {"Failed"}),
        ("Stopped", {"Stopped"}),
        ("Any", {"Succeeded", "Failed", "Stopped"}),
    ],
)
@pytest.mark.parametrize("end", [DONE, FAILED, STOPPED])
def test_trigger(trigger, starts_on, end):
    answered = steps(A=[], Notify={"A": trigger})
    assert ready(answered) == ["A"]
    assert ready(answered, A=end) == (["Notify"] if end.status in starts_on else [])


def test_pipeline_goes_on_after_a_failure_that_is_answered():
    plan = steps(A=[], B=[], AfterB=["B"], Notify={"A": "Failed"}, AfterNotify=["Notify"])
    assert ready(plan, A=FAILED) == ["B", "Notify"]
    assert ready(plan, A=FAILED, B=DONE) == ["AfterB", "Notify"]
    ended = {"A": FAILED, "B": DONE, "AfterB": DONE, "Notify": DONE}
    assert ready(plan, **ended) == ["AfterNotify"]
    assert execution_status(plan, ended, ended) == "CompletedWithFailures"
    # Where A succeeds, nobody is told, and what would have followed does not run.
    assert ready(plan, A=DONE, B=DONE, AfterB=DONE) == []
    assert execution_status(plan, "AB", {"A": DONE, "B": DONE}) == "Succeeded"


def test_only_answers_start_while_another_failure_has_none():
    plan = steps(A=[], B=[], C=[], AfterC=["C"], Notify={"A": "Failed", "C": "Completed"})
    assert ready(plan, A=FAILED, B=FAILED, C=DONE) == ["Notify"]
    ended = {"A": FAILED, "B": FAILED, "C": DONE, "Notify": DONE}
    assert ready(plan, **ended) == []
    assert execution_status(plan, ended, ended) == "Failed"


def test_answer_that_fails_or_never_runs_is_none():
    plan = steps(A=[], B=[], Notify={"A": "Failed", "B": "Completed"})
    ended = {"A": FAILED, "B": FAILED}
    assert ready(plan, **ended) == []
    assert execution_status(plan, ended, ended) == "Failed"
    ended = {"A": FAILED, "B": DONE, "Notify": FAILED}
    assert execution_status(plan, ended, ended) == "Failed"
    ended |= {"Notify": DONE}
    assert execution_status(plan, ended, ended) == "CompletedWithFailures"


def test_nothing_failed():
    plan = steps(A=[])
    assert execution_status(plan, [], {}) == "Succeeded"
    assert execution_status(plan, ["A"], {"A": DONE}) == "Succeeded"


@st.composite
def plans(draw):
    """A plan without circles, and how each of its steps will end."""
    names = [f"S{number}" for number in range(draw(st.integers(1, 8)))]
    requires = {
        name: draw(st.dictionaries(st.sampled_from(names[:n]), st.sampled_from([*TRIGGERS])))
        if n
        else {}
        for n, name in enumerate(names)
    }
    ends = draw(st.fixed_dictionaries(dict.fromkeys(names, st.sampled_from([DONE, FAILED]))))
    return steps(**requires), ends


@given(plans(), st.randoms(use_true_random=False))
def test_any_plan_comes_to_an_end(plan, random):
    all_steps, ends = plan
    started, ended = [], {}
    for _ in range(2 * len(all_steps) + 1):
        for step in ready_steps(all_steps, started, ended):
            assert step.name not in started
            for name, trigger in step.requires.items():
                assert ended[name].status in TRIGGERS[trigger]
            started.append(step.name)
        running = [name for name in started if name not in ended]
        if not running:
            break
        name = random.choice(running)
        ended[name] = ends[name]
    assert set(started) == set(ended)
    status = execution_status(all_steps, started, ended)
    failed = {name for name in ended if ended[name] is FAILED}
    assert (status == "Succeeded") == (not failed)
    if not any({"Failed", "Any"} & {*step.requires.values()} for step in all_steps.values()):
        assert status != "CompletedWithFailures"
    if not failed and not any(step.requires for step in all_steps.values()):
        assert set(started) == set(all_steps)
