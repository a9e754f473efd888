"""Which steps come from the cache, and the reason that is given where one does not."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from data_science.runs.step_cache import explain

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VALUES = {"InputDataUrl": "s3://b/a.csv", "rounds": "5", "Threshold": 0.5}


def processing(name: str, code: str, source: Any) -> dict[str, Any]:
    inputs = [
        {"InputName": "code", "S3Input": {"S3Uri": f"s3://b/{code}/steps"}},
        {"InputName": "data", "S3Input": {"S3Uri": source}},
    ]
    return {
        "Name": name,
        "Type": "Processing",
        "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
        "Arguments": {
            "AppSpecification": {"ImageUri": "image"},
            "ProcessingInputs": inputs,
            # Where the output goes is no part of the key.
            "ProcessingOutputConfig": {"Outputs": {"Get": "Execution.PipelineExecutionId"}},
        },
    }


def document(code: str = "code", enabled: bool = True) -> dict[str, Any]:
    train = {
        "Name": "Train",
        "Type": "Training",
        "CacheConfig": {"Enabled": enabled, "ExpireAfter": "P30D"},
        "Arguments": {
            "HyperParameters": {"rounds": {"Get": "Parameters.rounds"}},
            "InputDataConfig": [
                {"ChannelName": "train", "DataSource": {"Get": "Steps.Preprocess.Output"}}
            ],
        },
    }
    inside = {"Name": "Register", "Type": "RegisterModel", "Arguments": {}}
    gate = {"Name": "Gate", "Type": "Condition", "Arguments": {"IfSteps": [inside]}}
    first = processing("Preprocess", code, {"Get": "Parameters.InputDataUrl"})
    return {"Steps": [first, train, gate]}


def ran(
    name: str,
    values: dict[str, Any] = VALUES,
    days_ago: float = 1,
    definition: dict[str, Any] | None = None,
    cached: dict[str, str] | None = None,
    failed: tuple[str, ...] = (),
) -> Any:
    steps = [
        SimpleNamespace(
            name=step,
            status="Failed" if step in failed else "Succeeded",
            ended=NOW - timedelta(days=days_ago),
            reused_from=(cached or {}).get(step, ""),
        )
        for step in ("Preprocess", "Train", "Gate", "Register")
    ]
    return SimpleNamespace(
        id=name,
        arn=f"arn/{name}",
        values=values,
        steps=steps,
        definition=definition or document(),
    )


def said(earlier: list[Any], values: Any = None, **changes: Any) -> dict[str, str]:
    verdicts = explain(document(**changes), values or VALUES, earlier, NOW)
    return {one.step: one.reused_from or one.reason for one in verdicts}


def called_with(*words: Any, champion: str = "") -> dict[str, Any]:
    made = document()
    arguments = made["Steps"][0]["Arguments"]
    arguments["AppSpecification"]["ContainerArguments"] = list(words)
    if champion:
        given = {"InputName": "champion", "S3Input": {"S3Uri": champion}}
        arguments["ProcessingInputs"].append(given)
    return made


def test_the_same_again_comes_from_the_cache_and_what_is_no_job_does_not() -> None:
    assert said([ran("a")]) == {
        "Preprocess": "a",
        "Train": "a",
        "Gate": "a Condition step is never cached",
        "Register": "a RegisterModel step is never cached",
    }


def test_what_was_never_run_is_run() -> None:
    none = "it has not succeeded in any of the newest runs"
    assert said([])["Preprocess"] == none
    assert said([ran("a", failed=("Train",))])["Train"] == none


@pytest.mark.parametrize(
    ("changes", "first", "second"),
    [
        (
            {"values": VALUES | {"rounds": "6"}},
            "a",
            "since run a: HyperParameters.rounds is 6, and was 5",
        ),
        (
            {"values": VALUES | {"InputDataUrl": "s3://b/b.csv"}},
            "since run a: ProcessingInputs.data.S3Input.S3Uri is s3://b/b.csv, and was s3://b/a.csv",
            "since run a: InputDataConfig.train.DataSource is made anew by Preprocess",
        ),
        (
            {"code": "other"},
            "since run a: its code has changed",
            "since run a: InputDataConfig.train.DataSource is made anew by Preprocess",
        ),
        ({"values": VALUES | {"Threshold": 0.9}}, "a", "a"),
        (
            {"enabled": False},
            "a",
            "its cache is off: `cache_days` in data_science/settings.yaml",
        ),
    ],
)
def test_a_change_is_named_and_what_depends_on_it(
    changes: dict[str, Any], first: str, second: str
) -> None:
    found = said([ran("a")], **changes)
    assert (found["Preprocess"], found["Train"]) == (first, second)


def test_an_expired_result_is_not_taken() -> None:
    found = said([ran("a", days_ago=31)])
    assert found["Preprocess"] == "since run a: what it made is older than 30 days"
    assert found["Train"].endswith("is made anew by Preprocess")


def test_the_result_is_as_old_as_the_run_that_made_it() -> None:
    new = ran("b", cached={"Preprocess": "arn/a", "Train": "arn/a"}, days_ago=0)
    assert said([new, ran("a", days_ago=3)])["Train"] == "a"
    old = said([new, ran("a", days_ago=31)])
    assert old["Preprocess"] == "since run a: what it made is older than 30 days"


def test_an_earlier_run_counts_as_well_as_the_newest() -> None:
    other = VALUES | {"rounds": "7"}
    new = ran("b", values=other, cached={"Preprocess": "arn/a"})
    assert said([new, ran("a")]) | {"Gate": "", "Register": ""} == {
        "Preprocess": "a",
        "Train": "a",
        "Gate": "",
        "Register": "",
    }


def test_outputs_of_another_run_of_the_same_step_are_others() -> None:
    # Both runs made their own training set: what b trained on is not what a would hand over.
    again = ran("b", failed=("Preprocess",))
    assert said([again, ran("a", failed=("Train",))])["Train"] == (
        "since run b: InputDataConfig.train.DataSource is Output of Preprocess in run a, and was "
        "Output of Preprocess in run b"
    )


def joined(*values: Any) -> dict[str, Any]:
    return {"Std:Join": {"On": "/", "Values": list(values)}}


MADE = {"Get": "Steps.Preprocess.Output"}


@pytest.mark.parametrize(
    ("new", "old", "reason"),
    [
        (joined(MADE, "x.csv"), joined(MADE, "x.csv"), "is made anew by Preprocess"),
        (joined(MADE, "x.csv"), MADE, "is made anew by Preprocess"),
        ([MADE, MADE], [MADE, MADE], "is made anew by Preprocess"),
        (joined("a", "x.csv"), joined("b", "x.csv"), "is a, and was b"),
        (["a"], ["a", "b"], "has changed"),
        (joined("a"), None, "is new"),
        (None, joined("a"), "is gone"),
    ],
)
def test_a_difference_inside_a_value_is_told_in_words(new: Any, old: Any, reason: str) -> None:
    def with_value(value: Any, code: str) -> dict[str, Any]:
        made = document(code)
        made["Steps"][1]["Arguments"]["InputDataConfig"] = {"x": value}
        return made

    earlier = [ran("a", definition=with_value(old, "code"))]
    found = {one.step: one.reason for one in explain(with_value(new, "new"), VALUES, earlier, NOW)}
    assert found["Train"] == f"since run a: InputDataConfig.x {reason}"


def test_a_step_of_another_type_is_told_as_such_and_many_differences_are_counted() -> None:
    tuning = document()
    tuning["Steps"][1]["Type"] = "Tuning"
    before = [ran("a", definition=tuning)]
    assert said(before)["Train"] == "since run a: it is a Training step, and was a Tuning step"
    many = document()
    many["Steps"][1]["Arguments"]["HyperParameters"] = {name: "1" for name in "abcde"}
    told = said([ran("a", definition=many)])["Train"].split("; ")
    assert len(told) == 4
    assert told[3] == "and 3 more differences"


def pair(name: str, value: Any) -> dict[str, Any]:
    return {"Std:Join": {"On": "=", "Values": [name, value]}}


FOLDS = ("--folds", "3")
ROUNDS = ("--hyperparameter", pair("rounds", {"Get": "Parameters.rounds"}))
LIMIT = ("--threshold", pair("f1", {"Get": "Parameters.Threshold"}))
SLICES = ("--slice", "x=1", "--slice", "y=1")


@pytest.mark.parametrize(
    ("new", "old", "reason"),
    [
        (
            (*LIMIT, *ROUNDS),
            (*LIMIT, "--hyperparameter", pair("rounds", "9")),
            "hyperparameter rounds is 5, and was 9",
        ),
        (
            (*LIMIT, *FOLDS),
            ("--threshold", pair("f1", 0.25), *FOLDS),
            "threshold f1 is 0.5, and was 0.25",
        ),
        (FOLDS, ("--folds", "5"), "folds is 3, and was 5"),
        ((*FOLDS, *LIMIT), LIMIT, "folds is 3, and was not there"),
        (SLICES, ("--slice", "x=1", "--slice", "y=2"), "slice is y=1, and was y=2"),
        (SLICES, ("--slice", "x=1"), "slice has changed"),
        ((*FOLDS, *LIMIT), (*LIMIT, *FOLDS), "the order of its arguments has changed"),
        (("word", "3"), ("word", "5"), "AppSpecification.ContainerArguments is 3, and was 5"),
    ],
)
def test_an_argument_of_a_script_is_named(
    new: tuple[Any, ...], old: tuple[Any, ...], reason: str
) -> None:
    earlier = [ran("a", definition=called_with(*old))]
    verdicts = explain(called_with(*new), VALUES, earlier, NOW)
    assert verdicts[0].reason == f"since run a: {reason}"


def test_another_champion_is_said_once_and_is_not_mistaken_for_other_code() -> None:
    name = "--champion-name"
    nobody, first = "s3://b/code/one/steps/evaluate.py", "s3://b/run/model.tar.gz"
    before = [ran("a", definition=called_with(name, "none", champion=nobody))]
    now = called_with(name, "version 1", champion=first)
    assert explain(now, VALUES, before, NOW)[0].reason == (
        "since run a: it compares with another champion"
    )
    later = called_with(name, "none", champion="s3://b/code/two/steps/evaluate.py")
    assert explain(later, VALUES, before, NOW)[0].reason == "since run a: its code has changed"


def test_what_stands_in_a_branch_is_chosen_by_its_condition() -> None:
    chosen = {one.step: one.chosen_by for one in explain(document(), VALUES, [ran("a")], NOW)}
    assert chosen == {"Preprocess": "", "Train": "", "Gate": "", "Register": "Gate"}
