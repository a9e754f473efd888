"""Events: what other tools hear of the registry."""

import json

from definitions import definition, step
from kit import IMAGE, ROLE, wait_until


def test_approval_reaches_a_queue_through_a_rule(local):
    sqs, events = local.client("sqs"), local.client("events")
    url = sqs.create_queue(QueueName="approvals")["QueueUrl"]
    url = f"{local.variables['AWS_ENDPOINT_URL']}/{'/'.join(url.split('/')[-2:])}"
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelApprovalStatus": ["Approved"], "ModelPackageGroupName": ["churn"]},
    }
    events.put_rule(Name="approved", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="approved", Targets=[{"Id": "q", "Arn": arn["QueueArn"]}])
    local.sm.create_model_package_group(ModelPackageGroupName="churn")
    package = local.sm.create_model_package(
        ModelPackageGroupName="churn",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://b/m.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        CustomerMetadataProperties={"commit": "abc"},
    )["ModelPackageArn"]
    for status in ("Approved", "Approved", "Rejected"):
        local.sm.update_model_package(ModelPackageArn=package, ModelApprovalStatus=status)
    received = []

    def receive():
        received.extend(sqs.receive_message(QueueUrl=url).get("Messages", []))
        return received

    event = json.loads(wait_until(receive, bool)[0]["Body"])
    assert event["source"] == "aws.sagemaker"
    assert event["resources"] == [package]
    detail = event["detail"]
    assert detail["ModelPackageArn"] == package
    assert (detail["ModelPackageGroupName"], detail["ModelPackageVersion"]) == ("churn", 1)
    assert detail["ModelPackageStatus"] == "Completed"
    assert detail["CustomerMetadataProperties"] == {"commit": "abc"}
    assert detail["CreationTime"].endswith("Z")
    # The file has every change once; what changed nothing is no event.
    lines = (local.home / "events.jsonl").read_text().splitlines()
    written = [json.loads(line) for line in lines]
    assert [event["detail"]["ModelApprovalStatus"] for event in written] == [
        "PendingManualApproval",
        "Approved",
        "Rejected",
    ]
    assert {"version", "id", "account", "time", "region"} < set(written[0])
    assert len(received) == 1


def test_end_of_an_execution_reaches_a_queue_through_a_rule(local):
    sqs, events = local.client("sqs"), local.client("events")
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    local.sm.create_pipeline(
        PipelineName="p", PipelineDefinition=definition(step("A")), RoleArn=ROLE
    )
    pipeline = local.sm.describe_pipeline(PipelineName="p")["PipelineArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Building Pipeline Execution Status Change"],
        "detail": {"currentPipelineExecutionStatus": ["Failed"], "pipelineArn": [pipeline]},
    }
    events.put_rule(Name="failed", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="failed", Targets=[{"Id": "q", "Arn": arn["QueueArn"]}])
    execution, _ = local.run_pipeline("p")
    (message,) = wait_until(lambda: sqs.receive_message(QueueUrl=url).get("Messages", []), bool)
    event = json.loads(message["Body"])
    assert event["resources"] == [pipeline, execution["PipelineExecutionArn"]]
    assert event["detail"]["previousPipelineExecutionStatus"] == "Executing"
