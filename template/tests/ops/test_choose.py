"""An event names one version; what was not approved or not verified is refused."""

from typing import Any

import pytest

from ops.choose import event_detail, refuse_unapproved, refuse_unverified
from project.errors import ProjectError
from tests.ops.offline import FAILED, offline_version, record


def event(**changes: Any) -> dict[str, Any]:
    """Return the event of an approval, as the SageMaker developer guide shows it."""
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/demo-models/3"
    detail = {
        "ModelPackageGroupName": "demo-models",
        "ModelPackageVersion": 3,
        "ModelPackageArn": arn,
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": "Approved",
    }
    return {
        "version": "0",
        "detail-type": "SageMaker Model Package State Change",
        "source": "aws.sagemaker",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [arn],
        "detail": {**detail, **changes},
    }


def test_an_event_names_the_version() -> None:
    number, arn = event_detail(event(), "demo-models")

    assert number == 3
    assert arn.endswith("model-package/demo-models/3")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "no 'SageMaker Model Package State Change'"),
        ({"detail-type": "Object Created"}, "no 'SageMaker Model Package State Change'"),
        ({**event(), "detail": {}}, "names no model version"),
        (event(ModelPackageGroupName="others"), "the group others, not about demo-models"),
        (
            event(ModelApprovalStatus="Rejected"),
            "is Rejected, not Approved; only an approval deploys$",
        ),
    ],
)
def test_another_event_is_refused(document: Any, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        event_detail(document, "demo-models")


@pytest.mark.parametrize(
    ("approval", "message"),
    [
        ("PendingManualApproval", "version 3 is not approved.*ds approve 3"),
        ("Rejected", "version 3 is rejected"),
    ],
)
def test_only_an_approved_version_is_deployed(approval: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        refuse_unapproved(offline_version(approval=approval))


def test_an_approved_version_is_let_through() -> None:
    refuse_unapproved(offline_version(approval="Approved"))


def test_a_version_must_have_been_verified_in_the_stage_before() -> None:
    failed = record(3, checks=FAILED)

    refuse_unverified(offline_version(), "staging", record(3))
    with pytest.raises(ProjectError, match=r"never verified in staging.*promote staging --ver"):
        refuse_unverified(offline_version(), "staging", None)
    with pytest.raises(ProjectError, match="last verification of version 3 in staging failed"):
        refuse_unverified(offline_version(), "staging", failed)
