"""Events as EventBridge delivers them, of nothing but data."""

from datetime import UTC, datetime, timedelta
from typing import Any

from project import registry
from project.aws import Connection

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def event(
    connection: Connection,
    number: int,
    status: str = "Approved",
    seconds: int = 0,
    updated: list[str] | None = None,
    **detail: Any,
) -> dict[str, Any]:
    """Return the event of a version, as the SageMaker developer guide shows it.

    Parameters
    ----------
    connection : whose group the version is in.
    number, status : the version, and its approval status.
    seconds : after noon that it was.
    updated : `UpdatedModelPackageFields`; by default the approval status.
    detail : more members of the detail, or others.
    """
    arn = registry.version_arn(connection, number)
    return {
        "version": "0",
        "id": "844e2571-85d4-695f-b930-0153b71dcb42",
        "detail-type": "SageMaker Model Package State Change",
        "source": "aws.sagemaker",
        "account": arn.split(":")[4],
        "time": f"{NOON + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
        "region": arn.split(":")[3],
        "resources": [arn],
        "detail": {
            "ModelPackageGroupName": registry.group_name(connection),
            "ModelPackageVersion": number,
            "ModelPackageArn": arn,
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": status,
            "UpdatedModelPackageFields": updated or ["ModelApprovalStatus", "ApprovalDescription"],
            **detail,
        },
    }
