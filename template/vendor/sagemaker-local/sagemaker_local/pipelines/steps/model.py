"""The Model step: creates a model."""

from typing import Any

from sagemaker_local.pipelines.step import StepType
from sagemaker_local.pipelines.step_run import StepRun


def _run(run: StepRun) -> dict[str, Any]:
    name = run.arguments.get("ModelName") or run.resource_name()
    created = run.perform("CreateModel", run.arguments | {"ModelName": name})
    return {
        "Metadata": {"Model": {"Arn": created["ModelArn"]}},
        "_Properties": run.perform("DescribeModel", {"ModelName": name}),
    }


STEP_TYPE = StepType(name="Model", run=_run)
