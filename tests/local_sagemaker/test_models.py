"""Models, endpoint configurations and deployments: what is taken, and what is refused."""

import pytest
from kit import IMAGE, INFERENCE, ROLE, refusal


def test_only_an_approved_version_becomes_a_model(local):
    local.sm.create_model_package_group(ModelPackageGroupName="hosted")
    uri = local.deploy("raw-model", INFERENCE, factor=7)
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }
    container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": environment}
    arn = local.sm.create_model_package(
        ModelPackageGroupName="hosted",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )["ModelPackageArn"]
    request = {
        "ModelName": "from-registry",
        "ExecutionRoleArn": ROLE,
        "Containers": [{"ModelPackageName": arn}],
    }
    for status in ("PendingManualApproval", "Rejected"):
        local.sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
        assert status in refusal(local.sm.create_model, **request)[1]
    local.sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    local.sm.create_model(**request)
    shown = local.sm.describe_model(ModelName="from-registry")["Containers"]
    assert shown == [{"ModelPackageName": arn}]
    local.configure("from-registry", {"all": "from-registry"})
    local.sm.create_endpoint(EndpointName="from-registry", EndpointConfigName="from-registry")
    local.wait_for_endpoint("from-registry")
    assert local.invoke("from-registry", "[1]")["Body"].read() == b"[7]"


def test_names_that_are_missing_or_taken(local, doubling):
    for call, name in (
        (local.sm.create_endpoint, {"EndpointName": "e", "EndpointConfigName": "none"}),
        (local.sm.describe_model, {"ModelName": "none"}),
        (local.sm.describe_endpoint_config, {"EndpointConfigName": "none"}),
        (local.sm.delete_endpoint, {"EndpointName": "none"}),
    ):
        code, message = refusal(call, **name)
        assert (code, message[:14]) == ("ValidationException", "Could not find")
    taken = {"EndpointName": doubling, "EndpointConfigName": doubling}
    code, message = refusal(local.sm.create_endpoint, **taken)
    assert (code, message[:30]) == ("ValidationException", "Cannot create already existing")


@pytest.mark.parametrize(
    ("container", "named"),
    [
        ({}, "Image or a ModelPackageName"),
        ({"Image": IMAGE}, "ModelDataUrl"),
        ({"Image": IMAGE, "ModelDataUrl": "s3://b/m.tar.gz"}, "SAGEMAKER_PROGRAM"),
        ({"Image": IMAGE, "Mode": "MultiModel"}, "MultiModel"),
        ({"ModelPackageName": "none/1"}, "does not exist"),
    ],
    ids=lambda value: str(value)[-20:],
)
def test_containers_we_cannot_serve_are_refused(local, container, named):
    call = local.sm.create_model
    assert named in refusal(call, ModelName="refused", PrimaryContainer=container)[1]


@pytest.mark.parametrize(
    ("variant", "more", "named"),
    [
        ({"ManagedInstanceScaling": {"Status": "ENABLED"}}, {}, "ManagedInstanceScaling"),
        ({}, {"AsyncInferenceConfig": {"OutputConfig": {}}}, "without S3OutputPath"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_configurations_we_cannot_serve_are_refused(local, doubling, variant, more, named):
    production = {"VariantName": "v", "ModelName": doubling, "InitialInstanceCount": 1}
    request = {"ProductionVariants": [production | {"InstanceType": "ml.m5.large"} | variant]}
    call = local.sm.create_endpoint_config
    assert named in refusal(call, EndpointConfigName="refused", **request, **more)[1]


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        ({"RollingUpdatePolicy": {"MaximumBatchSize": {}}}, "between 5% and 50%"),
        (
            {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {
                        "Type": "CANARY",
                        "WaitIntervalInSeconds": 1,
                        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
                    }
                }
            },
            "CanarySize must be at most 50%",
        ),
        (
            {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}},
            "Could not find CloudWatch alarm(s): a.",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_deployments_we_cannot_do_are_refused(local, doubling, policy, named):
    raw = local.client("sagemaker", parameter_validation=False)
    if "RollingUpdatePolicy" in policy:
        policy["RollingUpdatePolicy"] = {
            "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
            "WaitIntervalInSeconds": 1,
        }
    names = {"EndpointName": doubling, "EndpointConfigName": doubling}
    assert named in refusal(raw.update_endpoint, **names, DeploymentConfig=policy)[1]
    assert local.sm.describe_endpoint(EndpointName=doubling)["EndpointStatus"] == "InService"
