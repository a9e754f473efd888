"""The RegisterModel step: a new version in a model package group, which it makes if need be."""

from sagemaker_local.api.errors import unsupported
from sagemaker_local.pipelines.document import Document, bad
from sagemaker_local.pipelines.step import Arguments, StepType, plain_arguments, step_type
from sagemaker_local.pipelines.step_run import StepFailedError, StepResult, StepRun

_GROUP = "ModelPackageGroupName"


def _read(step: Document, where: str) -> Arguments:
    arguments = step["Arguments"]
    if "ModelPackageName" in arguments:
        # AWS's text (aws/sagemaker-python-sdk, pull request 3472).
        raise bad(f"Unknown Argument member 'ModelPackageName' ({where})")
    if arguments.get(_GROUP) is None:
        raise unsupported(f"a model outside a group: {where} has no {_GROUP}")
    return plain_arguments(step, where)


def _run(run: StepRun) -> StepResult:
    arguments = dict(run.arguments)
    group, tags = arguments[_GROUP], arguments.pop("Tags", None) or []
    metadata = {"GeneratedBy": run.execution} | arguments.get("MetadataProperties", {})
    _make_group(run, group, tags)
    created = run.perform("CreateModelPackage", arguments | {"MetadataProperties": metadata})
    arn = created["ModelPackageArn"]
    return StepResult(
        metadata={"RegisterModel": {"Arn": arn}},
        properties=run.perform("DescribeModelPackage", {"ModelPackageName": arn}),
    )


def _make_group(run: StepRun, group: str, tags: object) -> None:
    try:
        run.perform("CreateModelPackageGroup", {_GROUP: group, "Tags": tags})
    except StepFailedError as refused:
        try:
            run.perform("DescribeModelPackageGroup", {_GROUP: group})
        except StepFailedError:
            raise refused from None


REGISTER_MODEL = step_type(
    StepType(
        name="RegisterModel",
        run=_run,
        members={"RetryPolicies": list},
        action="CreateModelPackage",
        read=_read,
    )
)
