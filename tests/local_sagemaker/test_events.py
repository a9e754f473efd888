"""Events: what other tools hear of the registry."""

import json

from definitions import definition, step
from kit import IMAGE, ROLE, processing, training, wait_until

from sagemaker_local.api import events
from sagemaker_local.jobs.job import JOB_KINDS
from sagemaker_local.storage.other_services import OtherServices
from sagemaker_local.wire import server

assert server, "it registers all kinds of jobs"


def test_approval_reaches_a_queue_through_a_rule(local):
    sqs, rules = local.client("sqs"), local.client("events")
    url = sqs.create_queue(QueueName="approvals")["QueueUrl"]
    url = f"{local.variables['AWS_ENDPOINT_URL']}/{'/'.join(url.split('/')[-2:])}"
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelApprovalStatus": ["Approved"], "ModelPackageGroupName": ["churn"]},
    }
    rules.put_rule(Name="approved", EventPattern=json.dumps(pattern))
    rules.put_targets(Rule="approved", Targets=[{"Id": "q", "Arn": arn["QueueArn"]}])
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
    stage = {"Stage": "staging", "StageStatus": "Verified"}
    local.sm.update_model_package(ModelPackageArn=package, ModelLifeCycle=stage, SourceUri="s3://b")
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
    details = [event["detail"] for event in written]
    assert [
        (detail["ModelApprovalStatus"], detail.get("UpdatedModelPackageFields"))
        for detail in details
    ] == [
        ("PendingManualApproval", None),
        ("Approved", ["ModelApprovalStatus"]),
        ("Rejected", ["ModelApprovalStatus"]),
        ("Rejected", ["ModelLifeCycle", "sourceUri"]),
    ]
    assert event["time"] == written[1]["time"]
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


def events_about(local, arn):
    lines = (local.home / "events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["resources"] == [arn]]


def test_every_kind_of_job_has_its_event():
    assert sorted(kind.event for kind in JOB_KINDS.values()) == [
        "SageMaker HyperParameter Tuning Job State Change",
        "SageMaker Processing Job State Change",
        "SageMaker Training Job State Change",
        "SageMaker Transform Job State Change",
    ]


def test_jobs_announce_their_status(local):
    tags = [{"Key": "project", "Value": "p"}]
    local.sm.create_training_job(**training(local, "fails", "raise SystemExit(1)", Tags=tags))
    job = local.wait_for_job("Training", "fails")
    local.run_processing("works", "print()")
    processed = local.sm.describe_processing_job(ProcessingJobName="works")
    local.sm.create_processing_job(**processing(local, "slow", "import time; time.sleep(60)"))
    wait_until(
        lambda: local.sm.describe_processing_job(ProcessingJobName="slow"),
        lambda found: "ProcessingStartTime" in found,
    )
    local.sm.stop_processing_job(ProcessingJobName="slow")
    stopped = local.wait_for_job("Processing", "slow")

    def statuses(arn, member):
        wait_until(
            lambda: events_about(local, arn)[-1]["detail"][member],
            lambda status: status in ("Completed", "Failed", "Stopped"),
        )
        return [event["detail"][member] for event in events_about(local, arn)]

    arn = job["TrainingJobArn"]
    assert statuses(arn, "TrainingJobStatus") == ["InProgress", "Failed"]
    first, last = events_about(local, arn)
    assert first["detail-type"] == last["detail-type"] == "SageMaker Training Job State Change"
    assert last["detail"]["FailureReason"] == job["FailureReason"]
    assert last["detail"]["Tags"] == {"project": "p"}
    milliseconds = round(job["CreationTime"].timestamp() * 1000)
    assert last["detail"]["CreationTime"] == str(milliseconds)
    arn = processed["ProcessingJobArn"]
    assert statuses(arn, "ProcessingJobStatus") == ["InProgress", "Completed"]
    arn = stopped["ProcessingJobArn"]
    assert statuses(arn, "ProcessingJobStatus") == ["InProgress", "Stopping", "Stopped"]


def test_the_file_with_the_events_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(events, "_MOST_BYTES", 2000)
    path = tmp_path / "events.jsonl"
    published = events.Events(path, OtherServices())
    for number in range(20):
        published.publish("us-east-1", "Test", "arn", {"number": number})
    before = path.with_name("events.jsonl.1").read_text().splitlines()
    lines = [json.loads(line) for line in before + path.read_text().splitlines()]
    numbers = [line["detail"]["number"] for line in lines]
    assert numbers == list(range(20))[-len(numbers) :]
    assert 5 < len(numbers) < 20
