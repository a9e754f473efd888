"""Definitions of every step type, drawn at random and broken: each is refused, or comes to an end.

GENERATED_DEFINITIONS says how many, GENERATED_SEED which; CI runs a few, always the same.
"""

import contextlib
import itertools
import json

import pytest
from botocore.exceptions import ClientError
from definitions import condition, definition, equals, parameter, step
from generated import always_the_same, broken
from hypothesis import given
from hypothesis import strategies as st
from kit import BUCKET, IMAGE, ROLE, wait_until

from sagemaker_local.pipelines.step import STEP_TYPES

ENDED = ("Succeeded", "Failed", "CompletedWithFailures", "Stopped")
PLACE = f"s3://{BUCKET}/generated"
RESOURCES = {
    "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
}
# Commands that do nothing: their jobs end at once.
COMMANDS = st.sampled_from([["true"], ["false"]])


def trained(**algorithm):
    return {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+);"}],
            **algorithm,
        },
        "OutputDataConfig": {"S3OutputPath": PLACE},
        "ResourceConfig": RESOURCES["ClusterConfig"],
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


def tuned():
    source = {"sagemaker_program": "a.py", "sagemaker_submit_directory": f"{PLACE}/a.tar.gz"}
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ParameterRanges": {
                "IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "2"}]
            },
        },
        "TrainingJobDefinition": trained() | {"StaticHyperParameters": source},
    }


def transformed(model):
    return {
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{PLACE}/in"}}
        },
        "TransformOutput": {"S3OutputPath": PLACE},
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    }


CONTAINER = {
    "Image": IMAGE,
    "ModelDataUrl": f"{PLACE}/model.tar.gz",
    "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
}
OUTPUTS = [{"OutputName": "o", "OutputType": "String"}]
KINDS = (
    *("Processing", "Training", "Tuning", "Transform", "Model", "RegisterModel"),
    *("Lambda", "Callback", "Fail", "Condition", "ForEach"),
)
# Those after these cannot be repeated by a ForEach step.
REPEATED = KINDS[:-3]
# What a step of a kind offers to those after it, and what none does.
OFFERS = {
    "Processing": "ProcessingJobName",
    "Training": "ModelArtifacts.S3ModelArtifacts",
    "Tuning": "HyperParameterTuningJobStatus",
    "Transform": "TransformJobName",
    "Model": "ModelName",
    "RegisterModel": "ModelPackageArn",
    "Lambda": "OutputParameters['o']",
    "Callback": "OutputParameters['o']",
    "Condition": "Outcome",
    "ForEach": "IterationOutputs[0]",
    "Fail": "Nothing",
}


def test_the_kinds_are_all_there_are():
    assert set(KINDS) == set(STEP_TYPES)


@st.composite
def documents(draw):
    """A definition of up to eight steps, with any dependencies, branches and references."""
    made, numbers = [], itertools.count()

    def value(*more):
        """Draw something that a text may be: a constant, a parameter, what a step offers."""
        offered = [{"Get": f"Steps.{name}.{OFFERS[kind]}"} for name, kind in made[-3:]]
        joined = {"Std:Join": {"On": "-", "Values": ["a", {"Get": "Parameters.N"}]}}
        return draw(st.sampled_from(["a", {"Get": "Parameters.S"}, joined, *offered, *more]))

    def some_step(depth, kinds=KINDS, *more):
        kind = draw(st.sampled_from(kinds if depth < 2 else REPEATED))
        name = f"{kind}{next(numbers)}"
        after = [
            draw(
                st.sampled_from(
                    [other, *({"Step": other, "Trigger": t} for t in ("Failed", "Any"))]
                )
            )
            for other, _ in (
                draw(st.lists(st.sampled_from(made), max_size=2, unique=True)) if made else []
            )
        ]
        command, text = draw(COMMANDS), value(*more)
        arguments = {
            "Processing": {
                "RoleArn": ROLE,
                "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": command},
                "ProcessingResources": RESOURCES,
                "Environment": {"A": text},
            },
            "Training": trained(ContainerEntrypoint=command) | {"HyperParameters": {"a": text}},
            "Tuning": tuned(),
            "Transform": transformed(text),
            "Model": {"ModelName": text, "PrimaryContainer": CONTAINER, "ExecutionRoleArn": ROLE},
            "RegisterModel": {"ModelPackageGroupName": "generated"},
            "Fail": {"ErrorMessage": text},
        }.get(kind, {"a": text})
        members = {
            "Lambda": {"FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:none"},
            "Callback": {"SqsQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/none"},
        }.get(kind, {})
        if kind in ("Lambda", "Callback"):
            members = members | {"OutputParameters": OUTPUTS}
        made.append((name, kind))
        if kind == "Condition":
            holds = equals(value(), draw(st.sampled_from(["a", 1, True])))
            branches = [
                [some_step(depth + 1) for _ in range(draw(st.integers(0, 2)))] for _ in "ab"
            ]
            return condition(name, [holds], *branches, after=after)
        if kind == "ForEach":
            item = {"Get": "ForEach.CurrentItem"}
            outside = len(made)
            body = [some_step(2, REPEATED, item) for _ in range(draw(st.integers(1, 2)))]
            del made[outside:]
            lists = [["a", 1, text], '["a", {"b": 2}]', "[]", text]
            arguments = {
                "IterableItems": draw(st.sampled_from(lists)),
                "MaxConcurrency": draw(st.integers(1, 3)),
                "ForEachBody": body,
            }
        return step(name, kind, after=after, Arguments=arguments, **members)

    steps = [some_step(0) for _ in range(draw(st.integers(1, 4)))]
    parameters = [parameter("N", "Integer", 1), parameter("S", "String", "a")]
    return json.loads(definition(*steps, parameters=parameters))


@pytest.fixture(scope="module")
def pipelines(local):
    local.sm.create_model_package_group(ModelPackageGroupName="generated")
    numbers = iter(range(10_000))
    return lambda: f"generated-{next(numbers)}"


@always_the_same("GENERATED_DEFINITIONS", 25)
@given(
    document=documents() | documents() | broken(documents()),
    parallel=st.integers(1, 3),
    stopped=st.sampled_from([False, False, True]),
)
def test_any_definition_is_refused_or_comes_to_an_end(
    local, pipelines, document, parallel, stopped
):
    arn = begin(local, pipelines(), document, parallel)
    if arn is None:
        return
    if stopped:
        with contextlib.suppress(local.sm.exceptions.ConflictException):
            local.sm.stop_pipeline_execution(PipelineExecutionArn=arn)
    status = wait_until(
        lambda: local.sm.describe_pipeline_execution(PipelineExecutionArn=arn),
        lambda found: found["PipelineExecutionStatus"] in ENDED,
    )["PipelineExecutionStatus"]
    steps = local.steps(arn)
    for found in steps.values():
        assert found["StepStatus"] in ("Succeeded", "Failed", "Stopped"), found
        assert "InternalServerError" not in found.get("FailureReason", ""), found
    bad = [found for found in steps.values() if found["StepStatus"] != "Succeeded"]
    assert bad or status in ("Succeeded", "Stopped"), steps


def begin(local, name, document, parallel):
    """Return the ARN of the execution of a definition, None if that is refused."""
    try:
        local.sm.create_pipeline(
            PipelineName=name, RoleArn=ROLE, PipelineDefinition=json.dumps(document)
        )
        started = local.sm.start_pipeline_execution(
            PipelineName=name, ParallelismConfiguration={"MaxParallelExecutionSteps": parallel}
        )
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
        return None
    return started["PipelineExecutionArn"]
