"""Step caching: the key of a step, and what is found by it."""

import itertools

import pytest
from definitions import condition, definition, equals, job_step, step
from kit import BUCKET

from sagemaker_local.api.actions import now
from sagemaker_local.pipelines.caching import cache_key
from sagemaker_local.pipelines.step import STEP_TYPES, StepType
from sagemaker_local.pipelines.step_run import StepFailedError, StepResult
from sagemaker_local.storage.store import Store

ARGUMENTS = {
    "Processing": ["AppSpecification", "Environment", "ProcessingInputs"],
    "Training": [
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ],
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_key_is_of_the_documented_arguments_alone(name):
    # The developer guide, "Default cache key attributes by pipeline step type".
    kind = STEP_TYPES[name]
    assert sorted(kind.cache_key) == ARGUMENTS[name]
    base = {member: {"a": 1, "b": [1, 2]} for member in ARGUMENTS[name]}
    key = cache_key(kind, base)
    assert key == cache_key(kind, {**base, "RoleArn": "r", "OutputDataConfig": {"x": 1}})
    for member in base:
        assert key == cache_key(kind, base | {member: {"b": [1, 2], "a": 1}})
        for other in ({"a": 1, "b": [2, 1]}, {"a": "1", "b": [1, 2]}, {"a": True, "b": [1, 2]}):
            assert key != cache_key(kind, base | {member: other})
        assert key != cache_key(kind, {k: v for k, v in base.items() if k != member})


def test_types_do_not_share_a_key():
    processing, training = STEP_TYPES["Processing"], STEP_TYPES["Training"]
    assert cache_key(processing, {}) != cache_key(training, {})


@pytest.fixture
def counted(local, create, tmp_path):
    """A pipeline of one cached step that counts how often it ran."""
    script = """
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.write_text(path.read_text() + "x" if path.exists() else "x")
"""
    path = tmp_path / "count"

    def make(output="out"):
        made = job_step(
            local,
            "Count",
            script,
            arguments=[str(path)],
            outputs=[("out", f"s3://{BUCKET}/{output}")],
            CacheConfig={"Enabled": True, "ExpireAfter": "30d"},
        )
        use = condition(
            "Use",
            [
                equals(
                    {"Get": "Steps.Count.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"},
                    f"s3://{BUCKET}/out",
                )
            ],
            otherwise=[step("Moved")],
        )
        return definition(made, use)

    def run(pipeline, **options):
        local.sm.update_pipeline(PipelineName=pipeline, PipelineDefinition=make(**options))
        return local.run_pipeline(pipeline)

    pipeline = create(step("Nothing"))
    return lambda **options: run(pipeline, **options), path


def test_same_work_is_not_done_again(counted):
    run, path = counted
    first, _ = run()
    second, steps = run()
    assert path.read_text() == "x"
    hit = steps["Count"]["CacheHitResult"]["SourcePipelineExecutionArn"]
    assert hit == first["PipelineExecutionArn"]
    assert second["PipelineExecutionStatus"] == "Succeeded"
    # Where outputs go is no part of the key, and the outputs that are used are the old ones.
    _, steps = run(output="elsewhere")
    assert path.read_text() == "x"
    assert steps["Use"]["Metadata"]["Condition"]["Outcome"] == "True"


@pytest.fixture
def work(inside, monkeypatch):
    """Run a pipeline of a step type whose steps count themselves; returns each count and a hit."""
    counts = itertools.count(1)

    def run(run):
        if run.arguments.get("Fail"):
            raise StepFailedError("as asked")
        return StepResult({"Fail": {"ErrorMessage": "kept"}}, {"Count": next(counts)})

    kind = StepType(name="Counted", run=run, cache_key=["Input"])
    monkeypatch.setitem(STEP_TYPES, "Counted", kind)

    def start(pipeline, name="A", expire="P1D", enabled=True, **arguments):
        cache = {"Enabled": enabled, **({"ExpireAfter": expire} if expire else {})}
        text = definition(
            step(name, "Counted", Arguments={"Input": 1, **arguments}, CacheConfig=cache),
            step("Tell", Arguments={"ErrorMessage": {"Get": f"Steps.{name}.Count"}}),
        )
        inside.perform("UpdatePipeline", PipelineName=pipeline, PipelineDefinition=text)
        execution, steps = inside.wait(inside.start_again(pipeline))
        hit = steps[name].get("CacheHitResult", {}).get("SourcePipelineExecutionArn")
        return execution["PipelineExecutionArn"], steps.get("Tell", {}).get("FailureReason"), hit

    return start


def test_what_is_found_again(inside, work):
    pipeline, other = inside.create(definition(step("A"))), inside.create(definition(step("A")))
    first, count, hit = work(pipeline)
    assert (count, hit) == ("1", None)
    # An argument that is no part of the key does not matter, and a hit is of the first again.
    for options in ({}, {"Other": 2}, {"expire": None}):
        _, count, hit = work(pipeline, **options)
        assert (count, hit) == ("1", first)
    # Another input, step, pipeline, or none wanted: done anew.
    counts = [
        work(pipeline, Input=2)[1:],
        work(pipeline, name="B")[1:],
        work(other)[1:],
        work(pipeline, enabled=False)[1:],
    ]
    assert counts == [(str(number), None) for number in range(2, 6)]
    # The newest is found, also where the cache was off.
    assert work(pipeline)[1] == "5"


def test_failures_and_what_has_expired_are_not_found(inside, work):
    pipeline = inside.create(definition(step("A")))
    assert work(pipeline, Fail=True)[1:] == (None, None)
    first, count, _ = work(pipeline)
    inside.parts[Store].change(f"{first}/step/A", {"EndTime": now() - 3600})
    assert work(pipeline, expire="T61m")[1:] == (count, first)
    _, again, hit = work(pipeline, expire="T59m")
    assert (again, hit) == (str(int(count) + 1), None)


def test_metadata_of_a_hit_are_those_of_the_work(inside, work):
    pipeline = inside.create(definition(step("A")))
    work(pipeline)
    arn = work(pipeline)[0]
    assert inside.wait(arn)[1]["A"]["Metadata"] == {"Fail": {"ErrorMessage": "kept"}}
