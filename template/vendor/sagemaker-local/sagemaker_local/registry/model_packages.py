"""The model registry: model package groups, and their numbered versions."""

from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError, invalid, unsupported
from sagemaker_local.api.events import Events
from sagemaker_local.api.listing import listing
from sagemaker_local.api.resources import create, find, offer
from sagemaker_local.registry.kinds import GROUP, PACKAGE
from sagemaker_local.registry.sharing import as_owner
from sagemaker_local.storage.s3 import S3
from sagemaker_local.storage.store import Body, Resource

offer(GROUP, "List")

_ANNOUNCED = {
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ApprovalDescription": "ApprovalDescription",
    "ModelLifeCycle": "ModelLifeCycle",
    "CustomerMetadataProperties": "CustomerMetadataProperties",
    "InferenceSpecification": "InferenceSpecification",
    "SourceUri": "sourceUri",
}
"""Members whose change is an event, each as `UpdatedModelPackageFields` in the event calls it.

Developer guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge", the event of a model
package. Whether AWS names what was given the value that it had is unconfirmed; here it does not.
"""

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


@action("DescribeModelPackageGroup")
def describe_group(call: Call) -> Body:
    """Describe a group, also another account's that lets this one."""
    asked = call.request["ModelPackageGroupName"]
    return find(as_owner(call, "DescribeModelPackageGroup", asked), GROUP).body


@action("DescribeModelPackage")
def describe_package(call: Call) -> Body:
    """Describe a version, also another account's that lets this one."""
    asked = call.request["ModelPackageName"]
    return find(as_owner(call, "DescribeModelPackage", asked), PACKAGE).body


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
    call = as_owner(call, "CreateModelPackage", asked["ModelPackageGroupName"])
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
            **_pinned(call),
        )
    _announce(call, package)
    return package.body


@action("UpdateModelPackage")
def update_package(call: Call) -> Body:
    """Change a version: replace what is given, merge its customer metadata."""
    asked = call.request
    call = as_owner(call, "UpdateModelPackage", asked["ModelPackageArn"])
    with call.store.transaction():
        package = find(call, PACKAGE, asked["ModelPackageArn"])
        metadata = dict(package.body.get("CustomerMetadataProperties", {}))
        metadata.update(asked.get("CustomerMetadataProperties", {}))
        for key in asked.get("CustomerMetadataPropertiesToRemove", []):
            metadata.pop(key, None)
        more = package.body.get("AdditionalInferenceSpecifications", []) + asked.get(
            "AdditionalInferenceSpecificationsToAdd", []
        )
        changes: dict[str, Any] = {k: asked[k] for k in _REPLACED if k in asked} | _pinned(call)
        changes["CustomerMetadataProperties"] = metadata or None
        if "ModelCard" in asked:
            changes["ModelCard"] = package.body.get("ModelCard", {}) | asked["ModelCard"]
        changes["AdditionalInferenceSpecifications"] = more or None
        changed = call.store.change(package.arn, changes | {"LastModifiedTime": now()})
    if changed:
        old, new = package.body, changed.body
        updated = [_ANNOUNCED[name] for name in _ANNOUNCED if new.get(name) != old.get(name)]
        if updated:
            _announce(call, changed, UpdatedModelPackageFields=updated)
    return package.body


@action("ListModelPackages")
def list_packages(call: Call) -> Body:
    """List the versions of one group, or of all."""
    group = call.request.get("ModelPackageGroupName")
    call = as_owner(call, "ListModelPackages", group or "")
    # Every package here is a version; without a group AWS lists only those that are none.
    default = "Versioned" if group else "Unversioned"
    parent = find(call, GROUP, group).name if group else None
    if call.request.get("ModelPackageType", default) == "Unversioned":
        return {PACKAGE.summaries: []}
    return listing(call.without("ModelPackageGroupName", "ModelPackageType"), PACKAGE, parent)


@action("DeleteModelPackage")
def delete_package(call: Call) -> None:
    """Delete a version; its number is not given again."""
    call = as_owner(call, "DeleteModelPackage", call.request["ModelPackageName"])
    call.store.delete(find(call, PACKAGE).arn)


def approved_container(call: Call, name_or_arn: str) -> Body:
    """Return the container that an approved version describes.

    Raises
    ------
    AwsError : there is no such version, it is another account's that does not let this one, or it
        is not approved (API reference, CreateModel: only approved model packages can be deployed).
    """
    package = find(as_owner(call, "CreateModel", name_or_arn), PACKAGE, name_or_arn)
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


def _pinned(call: Call) -> Body:
    """Return the inference specification with what AWS fills in: the ETags, and image digests.

    The developer guide's event of a version shows an `ImageDigest` that the pipeline which
    registered it could not give. That AWS fills in `ModelDataETag` too, whether in quotation
    marks, and what it does when the object is not there, is unconfirmed; and an image's digest is
    known here only when its name says it: there is no registry of images.
    """
    specification = call.request.get("InferenceSpecification")
    if specification is None:
        return {}
    containers = []
    for given in specification.get("Containers", []):
        known: Body = {}
        etag = call.parts[S3].etag(given["ModelDataUrl"]) if "ModelDataUrl" in given else None
        if etag is not None:
            known["ModelDataETag"] = etag
        digest = given.get("Image", "").partition("@")[2]
        if digest:
            known["ImageDigest"] = digest
        containers.append(known | given)
    return {"InferenceSpecification": specification | {"Containers": containers}}


def _announce(call: Call, package: Resource, **more: Any) -> None:
    detail = {name: value for name, value in package.body.items() if not name.startswith("_")}
    detail |= {"ModelPackageName": package.name, **more}
    kind = "SageMaker Model Package State Change"
    events = call.parts[Events]
    call.store.after_commit(lambda: events.publish(call.region, kind, package.arn, detail))
