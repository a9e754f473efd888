"""The model registry: model package groups, and their numbered versions."""

from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError, invalid, unsupported
from sagemaker_local.api.events import Events
from sagemaker_local.api.listing import listing
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create, find, offer
from sagemaker_local.storage.store import Body, Resource

GROUP = ResourceKind(
    noun="ModelPackageGroup",
    path="model-package-group",
    summaries="ModelPackageGroupSummaryList",
    # ACK's runtime, a test of its generated code.
    missing="ModelPackageGroup {arn} does not exist.",
    # Matched so, with its code, by several users; the ARN is unconfirmed.
    duplicate="Model Package Group already exists: {arn}",
    status="ModelPackageGroupStatus",
)
PACKAGE = ResourceKind(
    noun="ModelPackage",
    path="model-package",
    summaries="ModelPackageSummaryList",
    # ACK's controller (generator.yaml, ModelPackage): the end of the message.
    missing="ModelPackage {arn} does not exist.",
    # aws/sagemaker-python-sdk, model_registry.py: its start.
    duplicate="ModelPackage already exists: {arn}",
    status="ModelPackageStatus",
)
offer(GROUP, "Describe", "List")
offer(PACKAGE, "Describe")

_REPLACED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)


@action("CreateModelPackageGroup")
def create_group(call: Call) -> Body:
    """Make a group, empty."""
    return create(call, GROUP, ModelPackageGroupStatus="Completed").body


@action("DeleteModelPackageGroup")
def delete_group(call: Call) -> None:
    """Delete a group, which must be empty."""
    with call.store.transaction():
        group = find(call, GROUP)
        if call.store.count(PACKAGE.noun, call.region, group.name):
            raise AwsError(
                "ConflictException",
                f"Model Package Group {group.arn} cannot be deleted: it has model packages.",
            )
        call.store.delete(group.arn)


@action("CreateModelPackage")
def create_package(call: Call) -> Body:
    """Register the next version of a group.

    The number is drawn and the version stored in one transaction, and a number is never given
    twice, not even after the version that had it is deleted (API reference, CreateModelPackage).
    """
    asked = call.request
    if "ModelPackageGroupName" not in asked:
        raise unsupported("model packages outside a group: ModelPackageGroupName is missing")
    if "ModelPackageName" in asked:
        raise invalid("ModelPackageName and ModelPackageGroupName cannot both be given")
    if asked.get("Tags"):
        raise invalid("Tags are not allowed on a versioned model package; tag its group")
    with call.store.transaction():
        group = find(call, GROUP, asked["ModelPackageGroupName"])
        version = call.store.count_up(group.arn)
        package = create(
            call,
            PACKAGE,
            name=f"{group.name}/{version}",
            ModelPackageGroupName=group.name,
            ModelPackageVersion=version,
            ModelApprovalStatus=asked.get("ModelApprovalStatus", "PendingManualApproval"),
            ModelPackageStatus="Completed",
            ModelPackageStatusDetails={"ValidationStatuses": [], "ImageScanStatuses": []},
            CertifyForMarketplace=asked.get("CertifyForMarketplace", False),
        )
    _announce(call, package)
    return package.body


@action("UpdateModelPackage")
def update_package(call: Call) -> Body:
    """Change a version: replace what is given, merge its customer metadata."""
    asked = call.request
    with call.store.transaction():
        package = find(call, PACKAGE, asked["ModelPackageArn"])
        before = package.body["ModelApprovalStatus"]
        metadata = dict(package.body.get("CustomerMetadataProperties", {}))
        metadata.update(asked.get("CustomerMetadataProperties", {}))
        for key in asked.get("CustomerMetadataPropertiesToRemove", []):
            metadata.pop(key, None)
        more = package.body.get("AdditionalInferenceSpecifications", []) + asked.get(
            "AdditionalInferenceSpecificationsToAdd", []
        )
        changes: dict[str, Any] = {k: asked[k] for k in _REPLACED if k in asked}
        changes["CustomerMetadataProperties"] = metadata or None
        if "ModelCard" in asked:
            changes["ModelCard"] = package.body.get("ModelCard", {}) | asked["ModelCard"]
        changes["AdditionalInferenceSpecifications"] = more or None
        changed = call.store.change(package.arn, changes | {"LastModifiedTime": now()})
    if changed and (changed.body["ModelApprovalStatus"] != before or "ModelLifeCycle" in asked):
        _announce(call, changed)
    return package.body


@action("ListModelPackages")
def list_packages(call: Call) -> Body:
    """List the versions of one group, or of all."""
    group = call.request.get("ModelPackageGroupName")
    # Every package here is a version; without a group AWS lists only those that are none.
    default = "Versioned" if group else "Unversioned"
    parent = find(call, GROUP, group).name if group else None
    if call.request.get("ModelPackageType", default) == "Unversioned":
        return {PACKAGE.summaries: []}
    return listing(call.without("ModelPackageGroupName", "ModelPackageType"), PACKAGE, parent)


@action("DeleteModelPackage")
def delete_package(call: Call) -> None:
    """Delete a version; its number is not given again."""
    call.store.delete(find(call, PACKAGE).arn)


def approved_container(call: Call, name_or_arn: str) -> Body:
    """Return the container that an approved version describes.

    Raises
    ------
    AwsError : there is no such version, or it is not approved (API reference, CreateModel:
        only approved model packages can be deployed).
    """
    package = find(call, PACKAGE, name_or_arn)
    if package.body["ModelApprovalStatus"] != "Approved":
        raise invalid(
            f"Model package {package.arn} cannot be used: its approval status is "
            f"{package.body['ModelApprovalStatus']}, it must be Approved."
        )
    containers = package.body.get("InferenceSpecification", {}).get("Containers", [])
    if len(containers) != 1:
        raise unsupported(f"model package {package.arn} with {len(containers)} containers")
    container: Body = containers[0]
    return container


def _announce(call: Call, package: Resource) -> None:
    detail = {name: value for name, value in package.body.items() if not name.startswith("_")}
    detail |= {"ModelPackageName": package.name}
    kind = "SageMaker Model Package State Change"
    events = call.parts[Events]
    call.store.after_commit(lambda: events.publish(call.region, kind, package.arn, detail))
