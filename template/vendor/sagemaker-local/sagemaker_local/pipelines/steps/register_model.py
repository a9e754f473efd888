"""The RegisterModel step: a new version in a model package group, which it makes if need be."""

from typing import Any

from sagemaker_local.pipelines.step import StepType
from sagemaker_local.pipelines.step_run import StepRun


def _run(run: StepRun) -> dict[str, Any]:
    arguments = dict(run.arguments)
    group, tags = arguments["ModelPackageGroupName"], arguments.pop("Tags", [])
    metadata = {"GeneratedBy": run.execution} | arguments.get("MetadataProperties", {})
    if run.call.store.get("ModelPackageGroup", run.call.region, group) is None:
        run.perform("CreateModelPackageGroup", {"ModelPackageGroupName": group, "Tags": tags})
    created = run.perform("CreateModelPackage", arguments | {"MetadataProperties": metadata})
    arn = created["ModelPackageArn"]
    return {
        "Metadata": {"RegisterModel": {"Arn": arn}},
        "_Properties": run.perform("DescribeModelPackage", {"ModelPackageName": arn}),
    }


STEP_TYPE = StepType(name="RegisterModel", run=_run)
