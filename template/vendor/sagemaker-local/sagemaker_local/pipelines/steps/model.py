"""The Model step: creates a model."""

from sagemaker_local.pipelines.step import StepType, step_type
from sagemaker_local.pipelines.step_run import StepResult, StepRun


def _run(run: StepRun) -> StepResult:
    name = run.arguments.get("ModelName") or run.resource_name()
    created = run.perform("CreateModel", run.arguments | {"ModelName": name})
    return StepResult(
        metadata={"Model": {"Arn": created["ModelArn"]}},
        properties=run.perform("DescribeModel", {"ModelName": name}),
    )


MODEL = step_type(
    StepType(name="Model", run=_run, members={"RetryPolicies": list}, action="CreateModel")
)
