"""Who may talk to the server, and what it says to requests it does not serve."""

import http.client
import json
import subprocess
import sys
import urllib.request
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from kit import BUCKET, Local, refusal, wait_until


def send(local, method="POST", path="/", key=None, service="sagemaker", **headers):
    """Send a request as no AWS client would; returns status and body."""
    key = local.variables["AWS_ACCESS_KEY_ID"] if key is None else key
    scope = f"Credential={key}/20260101/us-east-1/{service}/aws4_request"
    sent = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}
    if service == "sagemaker":
        sent["X-Amz-Target"] = "SageMaker.ListModels"
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection(urlsplit(local.variables["AWS_ENDPOINT_URL"]).netloc)
    connection.request(method, path, body=b"{}", headers={k: v for k, v in sent.items() if v})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def test_holder_of_the_key_is_admitted(local):
    assert send(local)[0] == 200
    assert send(local, Host="localhost:80")[0] == 200


@pytest.mark.parametrize(
    "stranger",
    [
        {"key": "wrong"},
        {"key": ""},
        {"Authorization": ""},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize("service", ["sagemaker", "s3", "sts"])
def test_strangers_are_refused(local, stranger, service):
    status, body, headers = send(local, service=service, **stranger)
    assert status == 403
    assert "access-control-allow-origin" not in {name.lower() for name in headers}
    assert BUCKET not in body


@pytest.mark.parametrize("path", ["/moto-api/", "/moto-api/reset", "/moto-api/data.json"])
def test_dashboards_of_moto_are_closed(local, path):
    assert send(local, path=path, Authorization="")[0] == 403


def test_server_listens_on_loopback_only(local):
    port = urlsplit(local.variables["AWS_ENDPOINT_URL"]).port
    with pytest.raises(OSError):
        http.client.HTTPConnection("127.0.0.2", port, timeout=2).connect()


@pytest.mark.parametrize("service", ["s3", "sts", "sagemaker", "events", "cloudwatch", "lambda"])
def test_stale_key_gets_a_message_that_helps(local, service):
    client = boto3.session.Session().client(
        service,
        region_name="us-east-1",
        endpoint_url=local.variables["AWS_ENDPOINT_URL"],
        aws_access_key_id="AKIASTALE",
        aws_secret_access_key="stale",
        config=Config(proxies={}),
    )
    call = {
        "s3": lambda: client.list_buckets(),
        "sts": lambda: client.get_caller_identity(),
        "sagemaker": lambda: client.list_models(),
        "events": lambda: client.list_rules(),
        "cloudwatch": lambda: client.list_metrics(),
        "lambda": lambda: client.list_functions(),
    }[service]
    code, message = refusal(call)
    assert code == "InvalidClientTokenId"
    assert "sagemaker-local env" in message


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls_work_and_only_with_the_key(local, version):
    uri = local.put("presigned.txt", b"hello")
    s3 = local.client("s3", signature_version=version)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": uri[-13:]})
    assert urllib.request.urlopen(url).read() == b"hello"
    forged = url.replace(local.variables["AWS_ACCESS_KEY_ID"], "LOCALFORGED")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(forged)


def test_actions_we_lack_are_refused_by_name_and_not_retried(local):
    code, message = refusal(local.sm.list_labeling_jobs)
    assert code == "UnknownOperationException"
    assert "ListLabelingJobs" in message
    code, message = refusal(
        local.client("sagemaker-runtime").invoke_endpoint_with_response_stream,
        EndpointName="e",
        Body=b"1",
    )
    assert code == "UnknownOperationException"


def test_other_services_are_there(local):
    assert local.client("sts").get_caller_identity()["Account"] == "123456789012"
    local.client("sqs").create_queue(QueueName="q")
    assert len(local.client("sqs").list_queues()["QueueUrls"]) == 1


def test_regions_are_apart(local):
    there = local.client("sagemaker", "eu-central-1")
    arn = there.create_project(ProjectName="there")["ProjectArn"]
    assert arn == "arn:aws:sagemaker:eu-central-1:123456789012:project/there"
    assert refusal(local.sm.describe_project, ProjectName="there")[0] == "ValidationException"


def test_a_body_that_is_not_json_is_refused(local):
    status, _, _ = send(local, X_Amz_Target="SageMaker.ListModels", Content_Length="2")
    assert status == 200
    connection = http.client.HTTPConnection(urlsplit(local.variables["AWS_ENDPOINT_URL"]).netloc)
    key = local.variables["AWS_ACCESS_KEY_ID"]
    scope = f"Credential={key}/20260101/us-east-1/sagemaker/aws4_request"
    connection.request(
        "POST",
        "/",
        body=b"{",
        headers={"Authorization": f"x {scope}", "X-Amz-Target": "SageMaker.ListModels"},
    )
    answer = connection.getresponse()
    assert answer.status == 400
    assert json.loads(answer.read())["__type"] == "SerializationException"


@pytest.mark.parametrize(
    ("method", "path", "service", "headers", "status", "code"),
    [
        ("GET", "/", "sagemaker", {}, 400, "UnknownOperationException"),
        ("BREW", "/", "sagemaker", {}, 400, "UnknownOperationException"),
        ("POST", "/?a=%ff", "sagemaker", {"X_Amz_Target": "SageMaker."}, 400, "UnknownOperation"),
        ("POST", "/", "sagemaker", {"Content_Length": str(10**12)}, 413, "EntityTooLarge"),
        ("POST", "/", "sts", {"Content_Length": str(10**12)}, 413, "EntityTooLarge"),
        ("PUT", "/b/k", "s3", {"Content_Length": str(10**12)}, 413, "EntityTooLarge"),
        ("POST", "/endpoints/e/invocations", "sagemaker", {"X_Amz_Target": ""}, 400, "Validation"),
        ("GET", "/b%00/k%00", "s3", {}, 400, "InvalidBucketName"),
        ("GET", "/../../etc/passwd", "s3", {}, 400, "InvalidBucketName"),
        ("GET", "//etc//passwd", "s3", {}, 404, "NoSuchBucket"),
        ("POST", "/", "dynamodb", {}, 400, "UnknownOperationException"),
        ("POST", "/", "", {}, 400, "UnknownOperationException"),
        ("POST", "/", "moon", {}, 400, "UnknownOperationException"),
    ],
)
def test_requests_as_no_client_makes_them(local, method, path, service, headers, status, code):
    answered, body, _ = send(local, method, path, service=service, **headers)
    assert (answered, code in body) == (status, True), body


def test_refusals_are_logged_where_somebody_wants_to_see_them(tmp_path):
    local = Local(tmp_path / "home")
    command = [sys.executable, "-m", "sagemaker_local", "serve", "--home", str(local.home)]
    log = tmp_path / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--verbose"], env=local.environment, stderr=output, stdout=output
        )
    wait_until(lambda: local.status["up"], bool)
    local.up()
    assert refusal(local.sm.describe_model, ModelName="none")[0] == "ValidationException"
    local.down()
    assert server.wait(20) == 0
    assert "POST /: ValidationException: Could not find model" in log.read_text()
