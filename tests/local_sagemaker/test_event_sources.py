"""Event source mappings: functions that answer what is in a queue, such as Callback steps."""

import json

import pytest
from definitions import definition, step
from kit import ROLE, create_function, refusal, wait_until

# As in the developer guide, "Callback step".
ANSWERS = """
import json
import boto3

def handler(event, context):
    sagemaker = boto3.client("sagemaker")
    for record in event["Records"]:
        work = json.loads(record["body"])
        value = str(work["arguments"]["number"] + 1)
        sagemaker.send_pipeline_execution_step_success(
            CallbackToken=work["token"],
            OutputParameters=[{"Name": "next", "Value": value}],
        )
"""


@pytest.fixture
def queue(local, request):
    """URL and ARN of a queue of the test's own."""
    url = local.client("sqs").create_queue(
        QueueName=request.node.originalname, Attributes={"VisibilityTimeout": "0"}
    )["QueueUrl"]
    found = local.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def test_a_function_answers_a_callback_step(local, queue):
    url, arn = queue
    function = create_function(local, "answers", ANSWERS)
    made = local.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="answers"
    )
    assert (made["State"], made["BatchSize"], made["FunctionArn"]) == ("Enabled", 10, function)
    asked = step(
        "Ask",
        "Callback",
        Arguments={"number": 41},
        SqsQueueUrl=url,
        OutputParameters=[{"OutputName": "next", "OutputType": "Integer"}],
    )
    told = step("Tell", Arguments={"ErrorMessage": {"Get": "Steps.Ask.OutputParameters['next']"}})
    local.sm.create_pipeline(
        PipelineName="asks", PipelineDefinition=definition(asked, told), RoleArn=ROLE
    )
    _, steps = local.run_pipeline("asks")
    assert steps["Tell"]["FailureReason"] == "42"
    count = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    wait_until(
        lambda: local.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=count),
        lambda found: set(found["Attributes"].values()) == {"0"},
    )
    local.client("lambda").delete_event_source_mapping(UUID=made["UUID"])


def test_what_a_function_fails_at_comes_back(local, queue):
    url, arn = queue
    code = """
        import boto3, json

        def handler(event, context):
            s3 = boto3.client("s3")
            (record,) = event["Records"]
            seen = s3.list_objects_v2(Bucket="seen")["KeyCount"]
            s3.put_object(Bucket="seen", Key=str(seen), Body=json.dumps(record))
            assert seen == 1
    """
    local.s3.create_bucket(Bucket="seen")
    create_function(local, "fails-once", code)
    functions = local.client("lambda")
    made = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="fails-once")
    attributes = {"kind": {"DataType": "String", "StringValue": "x"}}
    local.client("sqs").send_message(
        QueueUrl=url, MessageBody="hello", MessageAttributes=attributes
    )
    wait_until(lambda: local.s3.list_objects_v2(Bucket="seen")["KeyCount"], lambda n: n == 2)
    record = json.loads(local.read("s3://seen/1"))
    assert record["body"] == "hello"
    assert record["messageAttributes"] == {"kind": {"stringValue": "x", "dataType": "String"}}
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", arn)
    assert record["attributes"]["ApproximateReceiveCount"] == "2"
    functions.delete_event_source_mapping(UUID=made["UUID"])


def test_it_is_listed_changed_and_deleted(local, queue):
    _, arn = queue
    functions = local.client("lambda")
    create_function(local, "listed", "def handler(event, context): pass")
    made = functions.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="listed", Enabled=False, BatchSize=1
    )
    assert (made["State"], made["BatchSize"]) == ("Disabled", 1)
    found = functions.list_event_source_mappings(FunctionName="listed")["EventSourceMappings"]
    assert [one["UUID"] for one in found] == [made["UUID"]]
    other = functions.list_event_source_mappings(EventSourceArn=f"{arn}-other")
    assert other["EventSourceMappings"] == []
    changed = functions.update_event_source_mapping(UUID=made["UUID"], Enabled=True, BatchSize=5)
    assert (changed["State"], changed["BatchSize"]) == ("Enabled", 5)
    assert functions.get_event_source_mapping(UUID=made["UUID"])["State"] == "Enabled"
    gone = functions.delete_event_source_mapping(UUID=made["UUID"])
    assert gone["State"] == "Deleting"
    code, _ = refusal(functions.get_event_source_mapping, UUID=made["UUID"])
    assert code == "ResourceNotFoundException"


def test_of_what_is_not_there(local):
    functions = local.client("lambda")
    nowhere = "arn:aws:sqs:us-east-1:123456789012:nowhere"
    create_function(local, "there", "def handler(event, context): pass")
    code, _ = refusal(
        functions.create_event_source_mapping, EventSourceArn=nowhere, FunctionName="there"
    )
    assert code == "InvalidParameterValueException"
