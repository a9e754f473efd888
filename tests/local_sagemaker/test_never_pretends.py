"""What is not done is refused by name, wherever it is asked for."""

import pytest
from kit import IMAGE, refusal

SOURCE = {
    "S3DataSource": {"S3Uri": "s3://b/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
}


@pytest.fixture(scope="module")
def model(local):
    local.sm.create_model(
        ModelName="model",
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": "s3://b/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
        },
    )
    return "model"


class TestModels:
    def test_data_capture_is_on_unless_it_is_switched_off(self, local, model):
        # API reference, DataCaptureConfig: EnableCapture "defaults to enabled".
        capture = {
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://b/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        }
        code, message = refusal(
            local.sm.create_endpoint_config,
            EndpointConfigName="captured",
            ProductionVariants=[{"VariantName": "v", "ModelName": model}],
            DataCaptureConfig=capture,
        )
        assert code == "ValidationException"
        assert "CreateEndpointConfig.DataCaptureConfig" in message

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
