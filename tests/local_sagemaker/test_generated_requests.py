"""Requests drawn from the service's model, valid and broken: each gets an answer, none an HTTP 500.

GENERATED_REQUESTS says how many, GENERATED_SEED which; CI sends a few hundred, always the same.
"""

import http.client
import json
import re
import time
from urllib.parse import urlsplit

import pytest
from generated import Valid, always_the_same, broken
from hypothesis import given
from hypothesis import strategies as st
from kit import IMAGE, ROLE

from sagemaker_local.api.actions import ACTIONS
from sagemaker_local.api.service_model import input_shape
from sagemaker_local.wire import server

assert server, "it registers all actions"

SECONDS = 5
OF_PYTHON = re.compile(
    r"Traceback|\w+Error: |NoneType|object (has|is) no|not subscriptable|<class|\bdict\b|Errno"
    r"|unexpected keyword|positional argument|codec can't|must be str"
)
ARN = "arn:aws:sagemaker:us-east-1:123456789012"
STEP = {"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "m"}}
DEFINITION = json.dumps({"Version": "2020-12-01", "Steps": [STEP]})
DEFINITIONS = [
    DEFINITION,
    DEFINITION,
    "{}",
    "[]",
    "null",
    "[" * 5000 + "]" * 5000,
    '{"Version": "2020-12-01", "Steps": [null]}',
    '{"Version": "2020-12-01", "Steps": [{"Name": 1}]}',
    json.dumps({"Version": "2020-12-01", "Parameters": {}, "Steps": [STEP]}),
    json.dumps({"Version": "2020-12-01", "Steps": [{**STEP, "DependsOn": [["f"]]}]}),
]
TOKENS = [str(number) * 32 for number in range(3)]
NAMES = {name: ["one", "two", "three"] for name in (
    "ModelName", "EndpointName", "EndpointConfigName", "PipelineName", "EntityName",
    "ProcessingJobName", "TrainingJobName", "TransformJobName", "HyperParameterTuningJobName",
    "ProjectEntityName", "VariantName",
)}  # fmt: skip
NAMES |= {
    "PipelineNameOrArn": ["one", f"{ARN}:pipeline/one", f"{ARN}:pipeline/none"],
    "ArnOrName": ["one", f"{ARN}:model-package-group/one", f"{ARN}:model-package-group/none"],
    "VersionedArnOrName": [f"{ARN}:model-package/one/1", "one/2", "none"],
    "ModelPackageArn": [f"{ARN}:model-package/one/1", f"{ARN}:model-package/one/99"],
    "ResourceArn": [f"{ARN}:model/one", f"{ARN}:pipeline/one", f"{ARN}:model/none"],
    "HyperParameterKey": ["sagemaker_program", "sagemaker_submit_directory"],
    "HyperParameterValue": ["s3://nowhere/x", "1", '"a'],
    "EnvironmentKey": ["SAGEMAKER_PROGRAM", "A"],
    "IdempotencyToken": TOKENS,
    "ClientToken": TOKENS,
    "NextToken": ["", "bogus", "WzFd", "é"],
    "PaginationToken": ["", "bogus", "WzFd", "é"],
    "PipelineDefinition": DEFINITIONS,
    # Commands that do nothing, places where nothing is: jobs and endpoints end at once.
    "ContainerEntrypointString": ["true", "false"],
    "S3Uri": ["s3://nowhere/x", "https://nowhere/x", "s3:///"],
    "Url": ["s3://nowhere/model.tar.gz", "https://nowhere/x"],
    "BucketName": ["nowhere"],
}


@st.composite
def requests(draw):
    """Draw an action, and a request of it: of what is supported, of all there is, or broken."""
    action = draw(st.sampled_from(sorted(ACTIONS)))
    # What is called `one` stays, so that other requests find something.
    names = {name: pool[action.startswith("Delete") :] for name, pool in NAMES.items()}
    supported = draw(st.booleans())
    drawn = Valid(names, supported=supported).of(input_shape(action), action)
    if supported:
        drawn = drawn.map(lambda request: {k: v for k, v in request.items() if k != "NextToken"})
    return action, draw(drawn if draw(st.booleans()) else broken(drawn))


@pytest.fixture(scope="module")
def sender(local):
    """A function that sends a request; returns status, answer and seconds."""
    environment = {"SAGEMAKER_PROGRAM": "inference.py"}
    container = {"Image": IMAGE, "ModelDataUrl": "s3://nowhere/m.tar.gz"}
    local.sm.create_model(
        ModelName="one", PrimaryContainer={**container, "Environment": environment}
    )
    local.configure("one", {"one": "one"})
    local.sm.create_endpoint(EndpointName="one", EndpointConfigName="one")
    local.sm.create_pipeline(PipelineName="one", RoleArn=ROLE, PipelineDefinition=DEFINITION)
    execution = local.sm.start_pipeline_execution(PipelineName="one")["PipelineExecutionArn"]
    NAMES["PipelineExecutionArn"] = [execution, f"{ARN}:pipeline/one/execution/none"]
    local.sm.create_model_package_group(ModelPackageGroupName="one")
    local.sm.create_model_package(
        ModelPackageGroupName="one",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": [],
            "SupportedResponseMIMETypes": [],
        },
    )
    place = urlsplit(local.variables["AWS_ENDPOINT_URL"]).netloc
    key = local.variables["AWS_ACCESS_KEY_ID"]
    scope = f"Credential={key}/20260101/us-east-1/sagemaker/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}

    def send(action, body):
        connection = http.client.HTTPConnection(place, timeout=60)
        started = time.monotonic()
        connection.request(
            "POST", "/", body=body, headers={**headers, "X-Amz-Target": f"SageMaker.{action}"}
        )
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text), time.monotonic() - started

    return send


@always_the_same("GENERATED_REQUESTS", 300)
@given(drawn=requests())
def test_every_request_is_answered(sender, drawn):
    action, request = drawn
    status, answer, seconds = sender(action, json.dumps(request).encode())
    assert status in (200, 400), answer
    assert seconds < SECONDS
    if status == 400:
        assert answer["__type"]
        assert answer["message"]
        echoed = json.dumps(request)
        told = OF_PYTHON.search(answer["message"])
        assert told is None or told[0] in echoed, answer["message"]
