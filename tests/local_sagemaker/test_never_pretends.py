"""What is not done is refused by name, wherever it is asked for."""

import pytest
from kit import IMAGE, refusal

SOURCE = {
    "S3DataSource": {"S3Uri": "s3://b/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
}


class TestModels:
    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("ModelDataSource", SOURCE),
            ("AdditionalModelDataSources", [{"ChannelName": "c", **SOURCE}]),
            ("AdditionalS3DataSource", {"S3DataType": "S3Prefix", "S3Uri": "s3://b/more/"}),
        ],
    )
    def test_version_whose_container_has_more_data(self, local, member, value):
        if not local.sm.list_model_package_groups()["ModelPackageGroupSummaryList"]:
            local.sm.create_model_package_group(ModelPackageGroupName="group")
        container = {
            "Image": IMAGE,
            "ModelDataUrl": "s3://b/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
            member: value,
        }
        version = local.sm.create_model_package(
            ModelPackageGroupName="group",
            ModelApprovalStatus="Approved",
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )["ModelPackageArn"]
        message = refusal(
            local.sm.create_model,
            ModelName=member,
            PrimaryContainer={"ModelPackageName": version},
        )[1]
        assert member in message
