"""Step caching: the key of a step, and what is found by it."""

import time

import pytest
from definitions import condition, definition, equals, job_step, step
from kit import BUCKET

from sagemaker_local.pipelines.caching import cache_key
from sagemaker_local.pipelines.step import STEP_TYPES

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
sys.exit(len(sys.argv) - 2)
"""
    path = tmp_path / "count"

    def make(arguments=(), name="Count", expire="P1D", output="out"):
        cache = {"Enabled": True, "ExpireAfter": expire}
        made = job_step(
            local,
            name,
            script,
            arguments=[str(path), *arguments],
            outputs=[("out", f"s3://{BUCKET}/{output}")],
            CacheConfig=cache,
        )
        use = condition(
            "Use",
            [
                equals(
                    {"Get": f"Steps.{name}.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"},
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


def test_other_names_expiry_and_failures_miss(counted):
    run, path = counted
    run()
    run(name="Renamed")
    assert path.read_text() == "xx"
    time.sleep(1.1)
    run(expire="T1s")
    assert path.read_text() == "xxx"
    run(arguments=["fail"])
    _, steps = run(arguments=["fail"])
    assert path.read_text() == "xxxxx"
    assert steps["Count"]["StepStatus"] == "Failed"
