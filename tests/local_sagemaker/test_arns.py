"""An ARN of another partition, account, region or kind names nothing here."""

import pytest
from kit import IMAGE, ROLE, refusal

OURS = "arn:aws:sagemaker:us-east-1:123456789012:"
FOREIGN = [
    "arn:aws-cn:sagemaker:us-east-1:123456789012:",
    "arn:aws:sagemaker:eu-west-1:123456789012:",
    "arn:aws:sagemaker:us-east-1:210987654321:",
]
DEFINITION = '{"Version": "2020-12-01", "Steps": [{"Name": "f", "Type": "Fail", "Arguments": {}}]}'
SPECIFICATION = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}
GROUP, VERSION, PIPELINE = "model-package-group/same", "model-package/same/1", "pipeline/same"
# The action, the member that may hold an ARN, what the ARN names, and the rest of the request.
CALLS = [
    ("describe_model_package_group", "ModelPackageGroupName", GROUP, {}),
    ("list_model_packages", "ModelPackageGroupName", GROUP, {}),
    (
        "create_model_package",
        "ModelPackageGroupName",
        GROUP,
        {"InferenceSpecification": SPECIFICATION},
    ),
    ("describe_model_package", "ModelPackageName", VERSION, {}),
    ("update_model_package", "ModelPackageArn", VERSION, {"ModelApprovalStatus": "Approved"}),
    ("describe_pipeline", "PipelineName", PIPELINE, {}),
    ("start_pipeline_execution", "PipelineName", PIPELINE, {}),
    ("list_pipeline_executions", "PipelineName", PIPELINE, {}),
    ("list_pipeline_versions", "PipelineName", PIPELINE, {}),
    ("delete_model_package", "ModelPackageName", VERSION, {}),
]


@pytest.fixture(scope="module")
def same(local):
    """A server with resources of the same names in two regions."""
    for region in ("us-east-1", "eu-west-1"):
        client = local.client("sagemaker", region)
        client.create_model_package_group(ModelPackageGroupName="same")
        client.create_model_package(
            ModelPackageGroupName="same", InferenceSpecification=SPECIFICATION
        )
        client.create_pipeline(PipelineName="same", RoleArn=ROLE, PipelineDefinition=DEFINITION)
    return local


@pytest.mark.parametrize(("action", "member", "path", "rest"), CALLS, ids=lambda value: str(value))
def test_foreign_and_own(same, action, member, path, rest):
    call = getattr(same.sm, action)
    for start in FOREIGN:
        arn = start + path
        code, message = refusal(call, **{member: arn}, **rest)
        assert arn in message
        if "model-package" in path and "210987654321" in arn:
            # Its owner could share it, and whether it is there is the owner's business.
            assert code == "AccessDeniedException"
        else:
            assert code in ("ValidationException", "ResourceNotFound")
            assert "does not exist" in message
    call(**{member: OURS + path}, **rest)


def test_another_kind(same):
    code, message = refusal(
        same.sm.describe_pipeline, PipelineName=f"{OURS}pipeline/same/execution/none"
    )
    assert code in ("ResourceNotFound", "ValidationException"), message


def test_executions(same):
    started = same.sm.start_pipeline_execution(PipelineName="same")["PipelineExecutionArn"]
    there = same.client("sagemaker", "eu-west-1")
    for client, arn in (
        (there, started),
        (same.sm, started.replace("us-east-1", "eu-west-1")),
        (same.sm, started.replace("123456789012", "210987654321")),
        (same.sm, f"{OURS}pipeline/same/execution/aaaaaaaaaaaa"),
    ):
        for call in (
            client.describe_pipeline_execution,
            client.stop_pipeline_execution,
            client.list_pipeline_execution_steps,
            client.list_pipeline_parameters_for_execution,
            client.describe_pipeline_definition_for_execution,
        ):
            code, message = refusal(call, PipelineExecutionArn=arn)
            assert (code, arn in message) == ("ResourceNotFound", True)
    same.sm.describe_pipeline_execution(PipelineExecutionArn=started)
