"""What the SDK writes into definitions is read, each construct of it."""

import importlib
import json
from types import SimpleNamespace

import boto3
import pytest

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.definition import JOB_NAMES, read_definition
from sagemaker_local.pipelines.step import STEP_TYPES

MODULES = {
    "sagemaker.core.workflow": ["conditions", "execution_variables", "functions", "parameters"],
    "sagemaker.mlops.workflow": [
        "callback_step",
        "condition_step",
        "fail_step",
        "for_each_step",
        "lambda_step",
        "pipeline",
        "pipeline_experiment_config",
        "step_dependency",
        "steps",
    ],
}


@pytest.fixture(scope="module")
def sdk():
    """All that the modules of the SDK define, and a session that asks nobody."""
    pytest.importorskip("sagemaker")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        # Without a region the SDK cannot be imported.
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for package, names in MODULES.items():
            for name in names:
                found |= vars(importlib.import_module(f"{package}.{name}"))
        helper = importlib.import_module("sagemaker.core.helper.session_helper")
        boto_session = boto3.session.Session(
            region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
        )
        session = helper.Session(boto_session=boto_session, default_bucket="bucket")
    number = found["ParameterInteger"]("Number", 3)
    one = found["ConditionEquals"](number, 1)
    return SimpleNamespace(**found, session=session, number=number, one=one)


def compiled(sdk, *steps, **members):
    """Return what is read of the SDK's definition of steps."""
    pipeline = sdk.Pipeline(
        name="p",
        parameters=[
            sdk.number,
            sdk.ParameterFloat("Ratio", 0.5),
            sdk.ParameterBoolean("Flag", default_value=True),
            sdk.ParameterString("Size", "small", enum_values=["small", "large"]),
        ],
        steps=list(steps),
        sagemaker_session=sdk.session,
        **members,
    )
    return read_definition(pipeline.definition())


def test_every_condition(sdk):
    made = [
        sdk.one,
        sdk.ConditionIn(sdk.number, [1, sdk.number]),
        sdk.ConditionNot(sdk.one),
        sdk.ConditionOr([sdk.one, sdk.ConditionNot(sdk.one)]),
        sdk.ConditionOr(),
        *[
            getattr(sdk, f"Condition{name}")(sdk.number, 2)
            for name in ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
        ],
    ]
    kinds = {condition.condition_type for condition in made}
    assert kinds == set(sdk.ConditionTypeEnum)
    step = sdk.ConditionStep("C", conditions=made, if_steps=[sdk.FailStep("F")])
    assert list(compiled(sdk, step).steps) == ["C", "F"]


def test_every_trigger(sdk):
    first = sdk.ConditionStep("First", conditions=[sdk.one])
    found = compiled(
        sdk,
        first,
        *[
            sdk.FailStep(f"On{trigger.value}", depends_on=[sdk.StepDependency(first, trigger)])
            for trigger in sdk.TriggerCondition
        ],
    )
    assert {name: dict(step.requires) for name, step in found.steps.items() if name != "First"} == {
        "OnCompleted": {"First": "Completed"},
        "OnFailed": {"First": "Failed"},
        "OnStopped": {"First": "Stopped"},
        "OnAny": {"First": "Any"},
    }


def test_every_variable_and_function(sdk):
    every = vars(sdk.ExecutionVariables).items()
    variables = {name: variable for name, variable in every if name.isupper()}
    jobs = {variables.pop(f"{job}_JOB_NAME").name for job in ("TRAINING", "PROCESSING")}
    assert jobs == JOB_NAMES <= {f"{kind.job}Name" for kind in STEP_TYPES.values()}
    document = sdk.JsonGet(
        s3_uri=sdk.Join("/", ["s3://b", variables["PIPELINE_NAME"]]), json_path="a.b[0]"
    )
    message = sdk.Join(
        on=" ",
        values=[
            *variables.values(),
            sdk.number,
            sdk.number.to_string(),
            document,
            sdk.PipelineExperimentConfigProperties.EXPERIMENT_NAME,
            sdk.PipelineExperimentConfigProperties.TRIAL_NAME,
        ],
    )
    experiment = sdk.PipelineExperimentConfig(
        variables["PIPELINE_NAME"], sdk.Join("-", ["t", variables["PIPELINE_EXECUTION_ID"]])
    )
    step = sdk.FailStep("F", error_message=message, description="why", display_name="shown")
    found = compiled(sdk, step, pipeline_experiment_config=experiment)
    assert list(found.experiment) == ["ExperimentName", "TrialName"]


def test_default_experiment_and_no_experiment(sdk):
    assert list(compiled(sdk, sdk.FailStep("F")).experiment) == ["ExperimentName", "TrialName"]
    found = compiled(sdk, sdk.FailStep("F"), pipeline_experiment_config=None)
    assert found.experiment == {}


def test_lambda_and_callback_steps(sdk):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    kinds = [kind.value for kind in sdk.LambdaOutputTypeEnum]
    assert kinds == [kind.value for kind in sdk.CallbackOutputTypeEnum]
    called = sdk.LambdaStep(
        "Call",
        sdk.Lambda(function_arn=arn, session=sdk.session),
        inputs={"number": sdk.number},
        outputs=[sdk.LambdaOutput(kind.value, kind) for kind in sdk.LambdaOutputTypeEnum],
        cache_config=sdk.CacheConfig(enable_caching=True, expire_after="PT1H"),
    )
    asked = sdk.CallbackStep(
        "Ask",
        sqs_queue_url="https://sqs.us-east-1.amazonaws.com/123456789012/q",
        inputs={"got": called.properties.Outputs["String"]},
        outputs=[sdk.CallbackOutput("answer")],
        depends_on=["Call"],
    )
    told = sdk.FailStep("Tell", error_message=asked.properties.Outputs["answer"])
    steps = compiled(sdk, called, asked, told).steps
    assert {name: dict(step.requires) for name, step in steps.items()} == {
        "Call": {},
        "Ask": {"Call": "Completed"},
        "Tell": {"Ask": "Completed"},
    }
    declared = steps["Call"].arguments["OutputParameters"]
    assert [one["OutputType"] for one in declared] == kinds


def test_for_each_step(sdk):
    ask = sdk.CallbackStep(
        "Ask",
        sqs_queue_url="https://sqs.us-east-1.amazonaws.com/123456789012/q",
        inputs={"item": sdk.CurrentItem().name, "whole": sdk.CurrentItem()},
        outputs=[sdk.CallbackOutput("score")],
    )
    each = sdk.ForEachStep(
        "Each",
        iterable_items=["{}", sdk.number, 3],
        max_concurrency=5,
        for_each_body=[ask],
        selector=sdk.ForEachSelector("MaxBy", sdk.IterationOutput(ask).OutputParameters["score"]),
    )
    told = [
        sdk.FailStep(f"Tell{number}", error_message=value)
        for number, value in enumerate(
            [
                each.properties.IterationOutputs[0].Ask.OutputParameters["score"],
                each.properties.Selected.OutputParameters["score"],
                each.properties.SucceededStepCount,
            ]
        )
    ]
    steps = compiled(sdk, each, *told).steps
    assert steps["Each"].arguments["Selector"] == {
        "Pick": "MaxBy",
        "Field": ["Ask", "OutputParameters", "score"],
    }
    assert steps["Ask"].inside == ("Each", "ForEachBody")
    assert [dict(steps[step.name].requires) for step in told] == [{"Each": "Completed"}] * 3


def test_every_type_of_parameter(sdk):
    found = compiled(sdk, sdk.FailStep("F")).parameters
    kinds = {kind.value for kind in sdk.ParameterTypeEnum}
    assert {parameter.type for parameter in found.values()} == kinds


def test_every_step_type_is_known_or_refused_by_name(sdk):
    for kind in sdk.StepTypeEnum:
        with pytest.raises(AwsError) as caught:
            read_definition(json.dumps({"Steps": [{"Name": "A", "Type": kind.value}]}))
        refused = f"does not support step A, which has the step type {kind.value}"
        known = STEP_TYPES.get(kind.value)
        told = f"step A has no {next(iter(known.needed))}" if known else refused
        assert told in caught.value.message
