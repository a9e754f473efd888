"""What endpoints do beside answering: data capture, shadows, weights, other kinds of inference."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from kit import BUCKET, refusal, wait_until

from sagemaker_local.api.errors import AwsError
from sagemaker_local.hosting.capture import Capture, Event, Side, describe, line
from sagemaker_local.hosting.kinds import check_kind

ECHO = """
from werkzeug.wrappers import Response

def model_fn(model_dir):
    return 1

def transform_fn(model, body, content_type, accept):
    if body == "bad":
        raise ValueError("bad")
    answer = Response("<" + (body if isinstance(body, str) else "binary") + ">", mimetype=accept)
    answer.headers["X-Amzn-SageMaker-Custom-Attributes"] = "model-package-version=7"
    return answer
"""
VARIANT = {"InitialInstanceCount": 1, "InstanceType": "ml.m6i.large"}


def capture_config(prefix, *modes, **changes):
    return {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/{prefix}",
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes],
        **changes,
    }


def create(local, name, model="echo", variant=VARIANT, **changes):
    """Make an endpoint of one production variant."""
    local.sm.create_endpoint_config(
        EndpointConfigName=f"{name}-config",
        ProductionVariants=[{"VariantName": "all", "ModelName": model, **variant}],
        **changes,
    )
    local.sm.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-config")
    return local.wait_for_endpoint(name)


def captured(local, prefix, count):
    """Return the lines below a prefix by their key, once there are so many."""

    def read():
        found = local.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [
            (item["Key"], json.loads(text))
            for item in found
            for text in local.read(f"s3://{BUCKET}/{item['Key']}").decode().splitlines()
        ]

    return wait_until(read, lambda lines: len(lines) >= count)


@pytest.fixture(scope="module")
def local(local):
    """The server of this module, with a model that answers `<…>`."""
    local.deploy("echo", ECHO)
    return local


class TestLines:
    EVENT = Event(
        "id", "e", "v", Side(b"1,2\n", "text/csv"), Side(b'{"a": 1}', "application/json; x=y"), 0.0
    )

    def test_documented_form(self):
        config = capture_config(
            "p",
            "Input",
            "Output",
            CaptureContentTypeHeader={
                "CsvContentTypes": ["text/csv"],
                "JsonContentTypes": ["application/json"],
            },
        )
        found = line(config, self.EVENT)
        assert found == {
            "captureData": {
                "endpointInput": {
                    "observedContentType": "text/csv",
                    "mode": "INPUT",
                    "data": "1,2\n",
                    "encoding": "CSV",
                },
                "endpointOutput": {
                    "observedContentType": "application/json; x=y",
                    "mode": "OUTPUT",
                    "data": '{"a": 1}',
                    "encoding": "JSON",
                },
            },
            "eventMetadata": {"eventId": "id", "inferenceTime": "1970-01-01T00:00:00Z"},
            "eventVersion": "0",
        }

    def test_without_content_types_it_is_base64(self):
        # API reference, DataCaptureConfig: "If no headers are specified SageMaker AI will by
        # default base64 encode".
        found = line(capture_config("p", "InputAndOutput"), self.EVENT)["captureData"]
        assert found["endpointInput"]["data"] == "MSwyCg=="
        assert found["endpointOutput"]["data"] == "eyJhIjogMX0="
        assert {side["encoding"] for side in found.values()} == {"BASE64"}

    @pytest.mark.parametrize(
        ("mode", "side"), [("Input", "endpointInput"), ("Output", "endpointOutput")]
    )
    def test_one_side(self, mode, side):
        assert list(line(capture_config("p", mode), self.EVENT)["captureData"]) == [side]

    def test_description(self):
        asked = capture_config("p", "Input", EnableCapture=False, KmsKeyId="key")
        assert describe(asked) == {
            "EnableCapture": False,
            "CaptureStatus": "Stopped",
            "CurrentSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/p",
            "KmsKeyId": "key",
        }
        assert describe(None) is None


class Stored(dict):
    def put(self, uri, content, kind):
        self[uri] = content


class TestCapture:
    def test_that_ends_stores_what_it_took(self):
        stored = Stored()
        capture = Capture(stored)
        for time in (3599.25, 3599.5, 3600.0):
            event = Event("id", "e", "v", Side(b"1", ""), Side(b"2", ""), time)
            capture.take(capture_config("p/", "Input"), event)
        capture.take(capture_config("none", "Input", InitialSamplingPercentage=0), event)
        capture.take(capture_config("none", "Input", EnableCapture=False), event)
        capture.take(None, event)
        capture.close()
        folder = f"s3://{BUCKET}/p/e/v/1970/01/01"
        places = {uri.rsplit("-", 5)[0]: text.count(b"\n") for uri, text in stored.items()}
        assert places == {f"{folder}/00/59-59-250": 2, f"{folder}/01/00-00-000": 1}

    def test_of_what_was_asked_and_answered(self, local):
        headers = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}
        config = capture_config(
            "captured/here", "Input", "Output", CaptureContentTypeHeader=headers
        )
        described = create(local, "captured", DataCaptureConfig=config)
        assert described["DataCaptureConfig"] == {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/captured/here",
            "KmsKeyId": "",
        }
        answer = local.invoke(
            "captured", "1,2", "text/csv", InferenceId="label-1", CustomAttributes="trace=9"
        )
        # What the container answers in this header goes back to the caller.
        assert answer["CustomAttributes"] == "model-package-version=7"
        assert answer["Body"].read() == b"<1,2>"
        ((key, found),) = captured(local, "captured/", 1)
        prefix, name = key.rsplit("/", 1)
        hour = datetime.fromisoformat(found["eventMetadata"]["inferenceTime"])
        assert prefix == f"captured/here/captured/all/{hour:%Y/%m/%d/%H}"
        assert name.endswith(".jsonl")
        assert abs((datetime.now(UTC) - hour).total_seconds()) < 60
        assert found["captureData"]["endpointInput"]["data"] == "1,2"
        assert found["captureData"]["endpointOutput"] == {
            "observedContentType": "application/json",
            "mode": "OUTPUT",
            "data": "<1,2>",
            "encoding": "JSON",
        }
        assert uuid.UUID(found["eventMetadata"]["eventId"])
        assert found["eventMetadata"]["inferenceId"] == "label-1"
        assert found["eventMetadata"]["customAttributes"] == ["trace=9"]

    def test_sample_of_nothing_and_bad_answers(self, local):
        create(local, "unsampled", DataCaptureConfig=capture_config("none", "Input"))
        with pytest.raises(local.client("sagemaker-runtime").exceptions.ModelError):
            local.invoke("unsampled", "bad", "text/csv")
        local.invoke("unsampled", "good", "text/csv")
        ((_, found),) = captured(local, "none/", 1)
        assert found["captureData"]["endpointInput"]["data"] == "Z29vZA=="


SHADOW = """
def model_fn(model_dir):
    return 1

def transform_fn(model, body, content_type, accept):
    if body != "good":
        raise ValueError(body)
    return "shadow", accept
"""


class TestShadows:
    def test_copies_are_captured_and_hurt_nobody(self, local):
        local.deploy("shadow", SHADOW)
        described = create(
            local,
            "shadowed",
            ShadowProductionVariants=[{"VariantName": "dark", "ModelName": "shadow", **VARIANT}],
            DataCaptureConfig=capture_config("shadows", "InputAndOutput"),
        )
        (shadow,) = described["ShadowProductionVariants"]
        assert (shadow["VariantName"], shadow["CurrentWeight"]) == ("dark", 1.0)
        for body in ("good", "break"):
            answer = local.invoke("shadowed", body, "text/csv")
            assert answer["Body"].read() == f"<{body}>".encode()
            assert answer["InvokedProductionVariant"] == "all"
        found = captured(local, "shadows/", 3)
        by_variant = {}
        for key, item in found:
            by_variant.setdefault(key.split("/")[2], []).append(item)
        # `good` of both, `break` of production alone.
        assert {name: len(items) for name, items in by_variant.items()} == {"all": 2, "dark": 1}
        (dark,) = by_variant["dark"]
        assert dark["captureData"]["endpointOutput"]["data"] == "c2hhZG93"
        pair = [item for item in by_variant["all"] if same_event(item, dark)]
        assert [item["captureData"]["endpointOutput"]["data"] for item in pair] == ["PGdvb2Q+"]
        assert refusal(local.invoke, "shadowed", TargetVariant="dark")[0] == "ValidationError"
        log = (local.home / "logs" / "server.log").read_text()
        assert "shadow variant dark of shadowed answered 500" in log

    def test_there_is_one_beside_one(self, local):
        variants = [{"VariantName": name, "ModelName": "echo", **VARIANT} for name in "abc"]
        code, message = refusal(
            local.sm.create_endpoint_config,
            EndpointConfigName="too-many",
            ProductionVariants=variants[:2],
            ShadowProductionVariants=variants[2:],
        )
        assert (code, "ShadowProductionVariants" in message) == ("ValidationException", True)


def same_event(one, other):
    return one["eventMetadata"]["eventId"] == other["eventMetadata"]["eventId"]


class TestWeights:
    def test_of_variants_that_serve(self, local):
        local.configure("weighed", {"a": "echo", "b": "echo"})
        local.sm.create_endpoint(EndpointName="weighed", EndpointConfigName="weighed")
        local.wait_for_endpoint("weighed")
        arn = local.sm.update_endpoint_weights_and_capacities(
            EndpointName="weighed",
            DesiredWeightsAndCapacities=[
                {"VariantName": "a", "DesiredWeight": 0.0},
                {"VariantName": "b", "DesiredWeight": 2.5, "DesiredInstanceCount": 3},
            ],
        )["EndpointArn"]
        described = local.wait_for_endpoint("weighed")
        assert (described["EndpointArn"], described["EndpointStatus"]) == (arn, "InService")
        a, b = described["ProductionVariants"]
        assert (a["CurrentWeight"], a["DesiredWeight"], a["CurrentInstanceCount"]) == (0, 0, 1)
        assert (b["CurrentWeight"], b["DesiredWeight"], b["CurrentInstanceCount"]) == (2.5, 2.5, 3)
        answers = {local.invoke("weighed")["InvokedProductionVariant"] for _ in range(20)}
        assert answers == {"b"}
        call = local.sm.update_endpoint_weights_and_capacities
        wanted = [{"VariantName": "c", "DesiredWeight": 1.0}]
        code, message = refusal(call, EndpointName="weighed", DesiredWeightsAndCapacities=wanted)
        assert code == "ValidationException"
        assert message == "variant c not found; there are a, b"


SLOW = """
import pathlib, time

def model_fn(model_dir):
    return 1

def transform_fn(model, body, content_type, accept):
    pathlib.Path(body + ".asked").touch()
    while not pathlib.Path(body).exists():
        time.sleep(0.01)
    return "done", accept
"""


class TestServerless:
    def test_no_more_than_its_concurrency(self, local, tmp_path):
        local.deploy("slow", SLOW)
        serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
        described = create(local, "serverless", "slow", {"ServerlessConfig": serverless})
        (variant,) = described["ProductionVariants"]
        assert variant["CurrentServerlessConfig"] == serverless
        assert variant["CurrentInstanceCount"] == 0
        gate = tmp_path / "gate"
        with ThreadPoolExecutor() as callers:
            call = callers.submit(local.invoke, "serverless", str(gate), "text/csv")
            wait_until(gate.with_suffix(".asked").exists, bool)
            code, message = refusal(local.invoke, "serverless", str(gate), "text/csv")
            gate.touch()
            assert call.result()["Body"].read() == b"done"
        assert (code, "MaxConcurrency of 1" in message) == ("ThrottlingException", True)
        local.sm.update_endpoint_weights_and_capacities(
            EndpointName="serverless",
            DesiredWeightsAndCapacities=[
                {"VariantName": "all", "ServerlessUpdateConfig": {"MaxConcurrency": 3}}
            ],
        )
        (variant,) = local.wait_for_endpoint("serverless")["ProductionVariants"]
        assert variant["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 3}
        assert local.invoke("serverless", str(gate), "text/csv")["Body"].read() == b"done"
        # To instances, and not back.
        local.configure("instances", {"all": "echo"})
        local.sm.update_endpoint(EndpointName="serverless", EndpointConfigName="instances")
        assert local.wait_for_endpoint("serverless")["EndpointConfigName"] == "instances"
        code, message = refusal(
            local.sm.update_endpoint,
            EndpointName="serverless",
            EndpointConfigName="serverless-config",
        )
        assert (code, "serverless" in message) == ("ValidationException", True)


SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"ProductionVariants": [SERVERLESS, SERVERLESS]}, "one production variant"),
        (
            {"ProductionVariants": [SERVERLESS], "DataCaptureConfig": {}},
            "DataCaptureConfig",
        ),
        (
            {"ProductionVariants": [SERVERLESS], "AsyncInferenceConfig": {}},
            "AsyncInferenceConfig",
        ),
        ({"ProductionVariants": [SERVERLESS], "VpcConfig": {"Subnets": ["s"]}}, "VpcConfig"),
        ({"ProductionVariants": [SERVERLESS | {"InitialInstanceCount": 1}]}, "InitialInstance"),
        (
            {"ProductionVariants": [{"ServerlessConfig": {"MemorySizeInMB": 1500}}]},
            "1 GB increments",
        ),
        (
            {
                "ProductionVariants": [
                    {
                        "ServerlessConfig": {
                            "MemorySizeInMB": 1024,
                            "MaxConcurrency": 2,
                            "ProvisionedConcurrency": 3,
                        }
                    }
                ]
            },
            "ProvisionedConcurrency",
        ),
        (
            {"ProductionVariants": [{}], "ShadowProductionVariants": [SERVERLESS]},
            "real-time inference",
        ),
        ({"ProductionVariants": [{}, {}], "ShadowProductionVariants": [{}]}, "one of them"),
    ],
)
def test_kinds_that_do_not_go_together(config, named):
    for member in ("ProductionVariants", "ShadowProductionVariants"):
        for variant in config.get(member, []):
            variant["VariantName"] = "v"
    with pytest.raises(AwsError, match=named):
        check_kind(config, {"m": {}})
    network = {"m": {"EnableNetworkIsolation": True}}
    with pytest.raises(AwsError, match="isolation"):
        check_kind({"ProductionVariants": [SERVERLESS]}, network)


def asynchronous(local, name, model="echo", **changes):
    """Make an asynchronous endpoint; returns how it is described."""
    output = {
        "S3OutputPath": f"s3://{BUCKET}/{name}/out/",
        "S3FailurePath": f"s3://{BUCKET}/{name}/failed",
        **changes,
    }
    config = {
        "OutputConfig": output,
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
    }
    return create(local, name, model, AsyncInferenceConfig=config)


def invoke_async(local, name, body="", **members):
    if body:
        members["InputLocation"] = local.put(f"{name}/in", body)
    runtime = local.client("sagemaker-runtime")
    return runtime.invoke_endpoint_async(EndpointName=name, ContentType="text/csv", **members)


def wait_for_object(local, uri):
    """Return the content of an object, once it is there."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    wait_until(
        lambda: local.s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", []), bool
    )
    return local.read(uri)


class TestAsynchronous:
    @pytest.fixture(scope="class")
    @classmethod
    def queued(cls, local):
        """An asynchronous endpoint, and a function that reads what SNS said of it."""
        sns, sqs = local.client("sns"), local.client("sqs")
        topic = sns.create_topic(Name="inference")["TopicArn"]
        queue = sqs.create_queue(QueueName="inference")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        arn = arn["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        topics = {"SuccessTopic": topic, "ErrorTopic": topic}
        described = asynchronous(local, "queued", NotificationConfig=topics)
        assert described["AsyncInferenceConfig"]["OutputConfig"]["NotificationConfig"] == topics

        def said():
            found = wait_until(
                lambda: sqs.receive_message(QueueUrl=queue).get("Messages", []), bool
            )
            (message,) = found
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(json.loads(message["Body"])["Message"])

        return said

    def test_answer_goes_to_s3_and_is_announced(self, local, queued):
        asked = invoke_async(local, "queued", "1,2", InferenceId="mine", Accept="text/csv")
        assert asked["ResponseMetadata"]["HTTPStatusCode"] == 202
        assert asked["InferenceId"] == "mine"
        assert asked["OutputLocation"].startswith(f"s3://{BUCKET}/queued/out/")
        assert wait_for_object(local, asked["OutputLocation"]) == b"<1,2>"
        message = queued()
        times = (message.pop("receivedTime"), message.pop("eventTime"))
        assert times[0] <= times[1]
        assert message == {
            "awsRegion": "us-east-1",
            "invocationStatus": "Completed",
            "requestParameters": {
                "contentType": "text/csv",
                "accept": "text/csv",
                "endpointName": "queued",
                "inputLocation": f"s3://{BUCKET}/queued/in",
            },
            "responseParameters": {
                "contentType": "text/csv; charset=utf-8",
                "outputLocation": asked["OutputLocation"],
            },
            "inferenceId": "mine",
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }

    @pytest.mark.parametrize(
        ("body", "uri", "said"),
        [("bad", None, "Received error (500)"), ("", f"s3://{BUCKET}/none", "NoSuchKey")],
    )
    def test_failure(self, local, queued, body, uri, said):
        members = {"InputLocation": uri} if uri else {}
        asked = invoke_async(local, "queued", body, **members)
        assert asked["FailureLocation"].startswith(f"s3://{BUCKET}/queued/failed/")
        assert wait_for_object(local, asked["FailureLocation"])
        message = queued()
        assert message["invocationStatus"] == "Failed"
        assert said in message["failureReason"]
        assert message["responseParameters"] == {"failureLocation": asked["FailureLocation"]}
        assert message["inferenceId"] == asked["InferenceId"]

    def test_inline_body_and_names_of_the_caller_s_own(self, local, queued):
        asked = invoke_async(
            local, "queued", Body=b"in line", S3OutputPathExtension="a/b", Filename="c.txt"
        )
        assert asked["OutputLocation"] == f"s3://{BUCKET}/queued/out/a/b/c.txt"
        assert wait_for_object(local, asked["OutputLocation"]) == b"<in line>"
        queued()

    def test_refusals(self, local, queued, doubling):
        for call, named in (
            (lambda: local.invoke("queued"), "InvokeEndpointAsync"),
            (lambda: invoke_async(local, doubling, "x"), "AsyncInferenceConfig"),
            (lambda: invoke_async(local, "none", "x"), "not found"),
            (lambda: invoke_async(local, "queued"), "InputLocation"),
            (
                lambda: invoke_async(local, "queued", "x", RequestTTLSeconds=21601),
                "requestTTLSeconds",
            ),
        ):
            code, message = refusal(call)
            assert (code, named in message) == ("ValidationError", True), message
        code, message = refusal(
            local.sm.update_endpoint, EndpointName="queued", EndpointConfigName=doubling
        )
        assert (code, "AsyncInferenceConfig" in message) == ("ValidationException", True)
