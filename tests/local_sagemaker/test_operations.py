"""Every operation of every SageMaker service is answered or refused, and so is what nobody has."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import botocore.session
import pytest
from kit import refusal

from sagemaker_local.api import service_model as models
from sagemaker_local.api.actions import ACTIONS
from sagemaker_local.api.service_model import service_model
from sagemaker_local.wire import server

assert server, "it registers all actions"

SESSION = botocore.session.Session()
OTHERS = {
    service: SESSION.get_service_model(service)
    for service in SESSION.get_available_services()
    if "sagemaker" in service and service != "sagemaker"
}


@pytest.fixture(scope="module")
def connection(local):
    return http.client.HTTPConnection(urlsplit(local.variables["AWS_ENDPOINT_URL"]).netloc)


def send(local, connection, service, *, region="us-east-1", body=b"{}", path="/", **headers):
    """Send a request; returns status and answer."""
    key = local.variables["AWS_ACCESS_KEY_ID"]
    scope = f"Credential={key}/20260101/{region}/{service}/aws4_request"
    sent = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body=body, headers=sent)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_every_operation_of_sagemaker(local, connection):
    missing = set()
    for operation in service_model().operation_names:
        status, text = send(local, connection, "sagemaker", X_Amz_Target=f"SageMaker.{operation}")
        answer = json.loads(text)
        if answer.get("__type") == "UnknownOperationException":
            assert status == 400
            assert answer["message"] == f"the local SageMaker does not have the action {operation}"
            missing.add(operation)
        else:
            assert (status, answer.get("__type")) in [(200, None), (400, "ValidationException")]
    assert missing == set(service_model().operation_names) - set(ACTIONS)


@pytest.mark.parametrize("service", OTHERS)
def test_operations_of_its_other_services(local, service):
    client = local.client(service, parameter_validation=False, inject_host_prefix=False)
    for operation in OTHERS[service].operation_names:
        if operation in ("InvokeEndpoint", "InvokeEndpointAsync"):
            continue
        shape = OTHERS[service].operation_model(operation).input_shape
        uri = [
            name
            for name, member in shape.members.items()
            if member.serialization.get("location") == "uri"
        ]
        code, message = refusal(client._make_api_call, operation, dict.fromkeys(uri, "x"))
        assert code == "UnknownOperationException", operation
        assert message.startswith("the local SageMaker does not have "), operation


def test_services_that_nobody_has(local, connection):
    for service in ("nonsense", "", "sagemaker-nonsense", "health"):
        status, text = send(local, connection, service, X_Amz_Target="Nonsense.Do")
        assert status == 400
        answer = json.loads(text)
        assert answer["__type"] == "UnknownOperationException"
        assert "Error" not in answer["message"]


def test_actions_that_the_emulator_lacks(local, connection):
    status, text = send(local, connection, "events", X_Amz_Target="AWSEvents.Nonsense")
    assert (status, json.loads(text)["__type"]) == (400, "UnknownOperationException")
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    status, text = send(local, connection, "iam", body=b"Action=Nonsense", **form)
    assert (status, "<Code>UnknownOperationException</Code>" in text) == (400, True)


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("sagemaker", "SageMaker.ListModels"),
        ("events", "AWSEvents.PutTargets"),
        ("tagging", "ResourceGroupsTaggingAPI_20170126.GetResources"),
        ("secretsmanager", "secretsmanager.ListSecrets"),
    ],
)
def test_bodies_nested_without_end(local, connection, service, target):
    body = b'{"A":' * 5000 + b"1" + b"}" * 5000
    status, text = send(local, connection, service, body=body, X_Amz_Target=target)
    assert (status, json.loads(text)["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("service", ["sagemaker", "sqs", "s3"])
def test_regions_that_are_none(local, connection, service):
    status, text = send(
        local, connection, service, region="moon-1", X_Amz_Target="SageMaker.ListModels"
    )
    assert status == 403
    assert "Credential should be scoped to a valid region, not 'moon-1'." in text


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-west-2", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_partitions(local, region, partition):
    there = local.client("sagemaker", region)
    arn = there.create_project(ProjectName="there")["ProjectArn"]
    assert arn == f"arn:{partition}:sagemaker:{region}:123456789012:project/there"
    assert there.list_tags(ResourceArn=arn)["Tags"] == []


def test_members_of_invoke_endpoint(local):
    # Acted upon; InferenceId is for data capture and explanations, of which there are none.
    done = {"EndpointName", "Body", "ContentType", "Accept", "CustomAttributes"}
    done |= {"TargetVariant", "InferenceId"}
    shape = OTHERS["sagemaker-runtime"].operation_model("InvokeEndpoint").input_shape
    runtime = local.client("sagemaker-runtime", parameter_validation=False)
    for name in set(shape.members) - {"EndpointName", "Body"}:
        code, message = refusal(
            runtime.invoke_endpoint, **{"EndpointName": "none", "Body": b"", name: "x"}
        )
        assert code == "ValidationError"
        refused = "the local SageMaker does not support" in message
        assert refused == (name not in done), name
    assert done < set(shape.members)


def test_a_model_of_a_service_is_read_once_by_all_who_come_at_once(monkeypatch):
    made = []

    def slow_loader():
        made.append(create_loader())
        time.sleep(0.1)
        return made[-1]

    create_loader = models.create_loader
    monkeypatch.setattr(models, "create_loader", slow_loader)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(models.load_model, ["sagemaker-metrics"] * 8))
    assert len(made) == 1
    assert all(model is found[0] for model in found)
