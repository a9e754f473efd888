"""Idempotency tokens: an operation that is asked for twice is done once."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from kit import IMAGE, ROLE, refusal

from sagemaker_local.api.actions import ACTIONS
from sagemaker_local.api.idempotency import token_member
from sagemaker_local.wire import server

assert server, "it registers all actions"

DEFINITION = '{"Version": "2020-12-01", "Steps": [{"Name": "f", "Type": "Fail", "Arguments": {}}]}'
SPECIFICATION = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


@pytest.fixture
def token():
    return str(uuid.uuid4())


def versions(local, group):
    found = local.sm.list_model_packages(ModelPackageGroupName=group)
    return [item["ModelPackageVersion"] for item in found["ModelPackageSummaryList"]]


def create_pipeline(local, name, token=None, **members):
    return local.sm.create_pipeline(
        PipelineName=name,
        RoleArn=ROLE,
        PipelineDefinition=DEFINITION,
        ClientRequestToken=token or str(uuid.uuid4()),
        **members,
    )["PipelineArn"]


def test_which_actions_take_a_token():
    assert {name: token_member(name) for name in ACTIONS if token_member(name)} == {
        "CreateModelPackage": "ClientToken",
        "UpdateModelPackage": "ClientToken",
        "CreatePipeline": "ClientRequestToken",
        "DeletePipeline": "ClientRequestToken",
        "StartPipelineExecution": "ClientRequestToken",
        "StopPipelineExecution": "ClientRequestToken",
        "RetryPipelineExecution": "ClientRequestToken",
        "SendPipelineExecutionStepSuccess": "ClientRequestToken",
        "SendPipelineExecutionStepFailure": "ClientRequestToken",
    }


def test_versions(local, token):
    local.sm.create_model_package_group(ModelPackageGroupName="once")

    def register(_):
        return local.sm.create_model_package(
            ModelPackageGroupName="once",
            InferenceSpecification=SPECIFICATION,
            ClientToken=token,
        )["ModelPackageArn"]

    with ThreadPoolExecutor(8) as pool:
        arns = set(pool.map(register, range(16)))
    assert len(arns) == 1
    assert versions(local, "once") == [1]
    more = {"Name": "more", "Containers": SPECIFICATION["Containers"]}
    for _ in range(2):
        local.sm.update_model_package(
            ModelPackageArn=arns.copy().pop(),
            AdditionalInferenceSpecificationsToAdd=[more],
            ClientToken=token,
        )
    found = local.sm.describe_model_package(ModelPackageName=arns.pop())
    assert [item["Name"] for item in found["AdditionalInferenceSpecifications"]] == ["more"]


def test_pipelines(local, token):
    assert create_pipeline(local, "once", token) == create_pipeline(local, "once", token)
    for _ in range(2):
        arn = local.sm.delete_pipeline(PipelineName="once", ClientRequestToken=token)["PipelineArn"]
        assert arn.endswith(":pipeline/once")
    assert refusal(local.sm.delete_pipeline, PipelineName="once")[0] == "ResourceNotFound"


def test_executions(local, token):
    create_pipeline(local, "run")
    started = [
        local.sm.start_pipeline_execution(PipelineName="run", ClientRequestToken=token)
        for _ in range(2)
    ]
    assert started[0]["PipelineExecutionArn"] == started[1]["PipelineExecutionArn"]
    found = local.sm.list_pipeline_executions(PipelineName="run")
    assert len(found["PipelineExecutionSummaries"]) == 1


def test_one_token_for_two_requests_is_refused(local, token):
    create_pipeline(local, "first", token)
    code, message = refusal(create_pipeline, local, "second", token)
    assert (code, token in message) == ("ConflictException", True)
    # Another region, and another action, know nothing of it.
    local.client("sagemaker", "eu-west-1").create_pipeline(
        PipelineName="second",
        RoleArn=ROLE,
        PipelineDefinition=DEFINITION,
        ClientRequestToken=token,
    )
    local.sm.start_pipeline_execution(PipelineName="first", ClientRequestToken=token)


def test_what_was_refused_can_be_asked_for_again(local, token):
    def register():
        return local.sm.create_model_package(
            ModelPackageGroupName="later",
            InferenceSpecification=SPECIFICATION,
            ClientToken=token,
        )

    assert refusal(register)[0] == "ValidationException"
    local.sm.create_model_package_group(ModelPackageGroupName="later")
    assert register()["ModelPackageArn"].endswith("/later/1")


def test_tokens_outlive_a_kill(own, token):
    arn = create_pipeline(own, "kept", token)
    own.kill()
    own.up()
    assert create_pipeline(own, "kept", token) == arn
