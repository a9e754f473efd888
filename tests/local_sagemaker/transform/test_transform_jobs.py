"""Transform jobs on a real server: a real model server, asked for every object of a prefix."""

import gzip
import json
import re

import pytest
from definitions import definition, step
from kit import BUCKET, IMAGE, ROLE, refusal, targz, wait_until, without

# Says what it got, and how often, so that tests see the requests and not only their answers.
ECHO = """
import json, os, time
COUNT = iter(range(1000))
def model_fn(model_dir):
    return {"count": COUNT}
def transform_fn(model, body, content_type, accept):
    from werkzeug.wrappers import Response
    text = body.decode() if isinstance(body, bytes) else body
    if "refuse" in text:
        return Response("row 1: no number", status=400)
    if "crash" in text:
        raise ValueError("no such row")
    if "die" in text:
        os._exit(3)
    if "sleep" in text:
        time.sleep(60)
    if "environment" in text:
        return json.dumps(dict(os.environ)), accept
    number = next(model["count"])
    return f"{number}:{content_type}:{accept}:{len(text.splitlines())}", accept
"""
# Answers each row with the sum of its numbers, as CSV or JSON lines.
SUMS = """
import json
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    text = body.decode() if isinstance(body, bytes) else body
    if content_type == "text/csv":
        rows = [[float(cell) for cell in line.split(",")] for line in text.splitlines()]
        return "\\n".join(str(sum(row)) for row in rows), accept
    rows = [json.loads(line) for line in text.splitlines()]
    return "\\n".join(json.dumps({"sum": sum(row)}) for row in rows), accept
"""


@pytest.fixture(scope="module")
def models(local):
    """Two models, made once."""
    for name, code in (("echo", ECHO), ("sums", SUMS)):
        uri = local.put(f"models/{name}/model.tar.gz", targz({"code/inference.py": code}))
        environment = {"SAGEMAKER_PROGRAM": "inference.py"}
        container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": environment}
        local.sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    return local


def transform(name, uri, *, model="echo", source=(), target=(), **changes):
    """Return the request for a transform job whose output goes to `out/<name>`."""
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    return {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {"DataSource": data, "ContentType": "text/csv", **dict(source)},
        "TransformOutput": {
            "S3OutputPath": f"s3://{BUCKET}/out/{name}",
            "Accept": "text/csv",
            **dict(target),
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **changes,
    }


def run(local, *arguments, **options):
    request = transform(*arguments, **options)
    local.sm.create_transform_job(**request)
    return local.wait_for_job("Transform", request["TransformJobName"])


def outputs(local, name):
    """Return the outputs of a job by their keys."""
    prefix = f"out/{name}/"
    found = local.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    keys = [item["Key"] for item in found]
    return {key.removeprefix(prefix): local.read(f"s3://{BUCKET}/{key}").decode() for key in keys}


def data_log(local, name):
    path = local.home / "logs" / "us-east-1" / "TransformJobs" / f"{name}.data-log"
    return [line.split(":[sagemaker logs]: ")[1] for line in path.read_text().splitlines()]


def test_each_object_below_a_prefix_is_asked_for_whole(models):
    local = models
    for key in ("a.csv", "more/b.csv", "more/deep/c.csv"):
        local.put(f"whole/{key}", "1\n2\n")
    local.put("whole/empty.csv", "")
    tags = [{"Key": "project", "Value": "p"}]
    job = run(local, "whole", f"s3://{BUCKET}/whole/", Tags=tags)
    assert job["TransformJobStatus"] == "Completed"
    assert job["TransformJobArn"].endswith(":transform-job/whole")
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert job["TransformInput"]["SplitType"] == job["TransformInput"]["CompressionType"] == "None"
    assert local.sm.list_tags(ResourceArn=job["TransformJobArn"])["Tags"] == tags
    found = outputs(local, "whole")
    assert found.pop("empty.csv.out") == ""
    assert {key: text.split(":", 1)[1] for key, text in found.items()} == dict.fromkeys(
        ("a.csv.out", "more/b.csv.out", "more/deep/c.csv.out"), "text/csv:text/csv:2"
    )
    listed = local.sm.list_transform_jobs(NameContains="whole")["TransformJobSummaries"]
    assert [one["TransformJobStatus"] for one in listed] == ["Completed"]
    assert data_log(local, "whole")[0] == (
        "MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD"
    )


@pytest.mark.parametrize(
    ("strategy", "assemble", "answers"),
    [
        ("SingleRecord", "Line", "0:text/csv:text/csv:1\n1:text/csv:text/csv:1\n"),
        ("MultiRecord", "None", "0:text/csv:text/csv:2"),
    ],
)
def test_lines(models, strategy, assemble, answers):
    name = f"lines-{strategy}"
    uri = models.put("lines/rows.csv", "1\n2\n")
    changes = {"source": {"SplitType": "Line"}, "target": {"AssembleWith": assemble}}
    run(models, name, uri, BatchStrategy=strategy, **changes)
    assert outputs(models, name) == {"rows.csv.out": answers}


def test_requests_are_no_longer_than_the_payload_and_answers_keep_their_order(models):
    row = "7" * 600_000
    uri = models.put("long/rows.csv", f"{row}\n" * 5)
    job = run(
        models,
        "long",
        uri,
        source={"SplitType": "Line"},
        target={"AssembleWith": "Line"},
        MaxPayloadInMB=1,
        MaxConcurrentTransforms=3,
    )
    assert job["TransformJobStatus"] == "Completed"
    lines = outputs(models, "long")["rows.csv.out"].splitlines()
    assert [line.rsplit(":", 1)[1] for line in lines] == ["1"] * 5
    assert sorted(line.split(":")[0] for line in lines) == list("01234")


def test_results_are_joined_to_the_columns_of_their_rows(models):
    rows = "".join(f"id-{n},{n},{n + 0.5}\n" for n in range(40))
    uri = models.put("join/rows.csv", rows)
    job = run(
        models,
        "join",
        uri,
        model="sums",
        source={"SplitType": "Line"},
        target={"AssembleWith": "Line"},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    )
    assert job["TransformJobStatus"] == "Completed", job
    expected = "".join(f"id-{n},{2 * n + 0.5}\n" for n in range(40))
    assert outputs(models, "join") == {"rows.csv.out": expected}


def test_results_are_joined_to_the_members_of_json_lines(models):
    uri = models.put("joined/rows.jsonl", '{"id": "a", "x": [1, 2]}\n{"id": "b", "x": [3, 4]}')
    run(
        models,
        "joined",
        uri,
        model="sums",
        source={"SplitType": "Line", "ContentType": "application/jsonlines"},
        target={"AssembleWith": "Line", "Accept": "application/jsonlines"},
        DataProcessing={
            "InputFilter": "$.x",
            "JoinSource": "Input",
            "OutputFilter": "$['id','SageMakerOutput']",
        },
    )
    assert [
        json.loads(line) for line in outputs(models, "joined")["rows.jsonl.out"].splitlines()
    ] == [
        {"id": "a", "SageMakerOutput": {"sum": 3}},
        {"id": "b", "SageMakerOutput": {"sum": 7}},
    ]


def test_manifest_and_gzip(models):
    for key in ("one.csv", "sub/two.csv", "three.csv"):
        models.put(f"listed/{key}", gzip.compress(b"1\n2\n3\n"))
    manifest = [{"prefix": f"s3://{BUCKET}/listed/"}, "one.csv", "sub/two.csv"]
    uri = models.put("listed.manifest", json.dumps(manifest))
    data = {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": uri}}
    job = run(models, "listed", uri, source={"DataSource": data, "CompressionType": "Gzip"})
    assert job["TransformJobStatus"] == "Completed", job
    found = outputs(models, "listed")
    assert sorted(found) == ["one.csv.out", "sub/two.csv.out"]
    assert {text.rsplit(":", 1)[1] for text in found.values()} == {"3"}


def test_what_the_container_is_told(models):
    uri = models.put("told/one", "environment")
    request = {
        "BatchStrategy": "SingleRecord",
        "MaxPayloadInMB": 2,
        "Environment": {"SAGEMAKER_X": "y"},
    }
    run(models, "told", uri, **request)
    told = json.loads(outputs(models, "told")["one.out"])
    wanted = {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "2",
        "SAGEMAKER_X": "y",
        "SAGEMAKER_PROGRAM": "inference.py",
    }
    assert wanted.items() <= told.items()
    assert "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS" not in told


@pytest.mark.parametrize(
    ("row", "reason", "lines"),
    [
        (
            "refuse",
            r"ClientError: See job logs for more information: .*/bad.csv: ClientError: 400",
            ["ClientError: 400", "", "Message:", "row 1: no number"],
        ),
        (
            "crash",
            r"AlgorithmError: See job logs .*: Bad HTTP status received from algorithm: 500",
            ["Bad HTTP status received from algorithm: 500", "", "Message:"],
        ),
        (
            "die",
            r"AlgorithmError: See job logs .*: Unable to get response from algorithm",
            ["Unable to get response from algorithm"],
        ),
    ],
)
def test_a_bad_object_fails_the_job_and_the_others_are_stored(models, row, reason, lines):
    models.put(f"bad/{row}/a-good.csv", "1\n")
    models.put(f"bad/{row}/bad.csv", f"1\n{row}\n")
    job = run(models, f"bad-{row}", f"s3://{BUCKET}/bad/{row}")
    assert job["TransformJobStatus"] == "Failed"
    assert re.fullmatch(reason, job["FailureReason"]), job["FailureReason"]
    assert list(outputs(models, f"bad-{row}")) == ["a-good.csv.out"]
    name = f"{BUCKET}/bad/{row}/bad.csv"
    assert [f"{name}: {line}" for line in lines] == data_log(models, f"bad-{row}")[
        1 : 1 + len(lines)
    ]
    group = models.client("logs")
    (stream,) = [
        one["logStreamName"]
        for one in group.describe_log_streams(logGroupName="/aws/sagemaker/TransformJobs")[
            "logStreams"
        ]
        if one["logStreamName"].startswith(f"bad-{row}/")
        and one["logStreamName"].endswith("/data-log")
    ]
    events = group.get_log_events(
        logGroupName="/aws/sagemaker/TransformJobs", logStreamName=stream
    )["events"]
    assert any(lines[0] in event["message"] for event in events)


def test_a_record_that_is_too_long(models):
    uri = models.put("toolong/rows.csv", "7" * 1_100_000)
    job = run(models, "toolong", uri, MaxPayloadInMB=1)
    assert "1100000 bytes, more than the 1048576 of MaxPayloadInMB" in job["FailureReason"]
    assert outputs(models, "toolong") == {}
    assert run(models, "unlimited", uri, MaxPayloadInMB=0)["TransformJobStatus"] == "Completed"


def test_a_model_that_does_not_load_and_data_that_is_not_there(models):
    uri = models.put("models/broken/model.tar.gz", targz({"code/inference.py": "import nothing"}))
    container = {"Image": IMAGE, "Environment": {"SAGEMAKER_PROGRAM": "inference.py"}}
    for name, url in (("broken", uri), ("gone", f"s3://{BUCKET}/nowhere.tar.gz")):
        models.sm.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={**container, "ModelDataUrl": url},
        )
    data = models.put("loads/one.csv", "1")
    reason = run(models, "broken", data, model="broken")["FailureReason"]
    assert reason.startswith("AlgorithmError: Model container failed to respond to ping: ")
    assert "No module named 'nothing'" in reason
    reason = run(models, "gone", data, model="gone")["FailureReason"]
    assert reason.startswith("ClientError: Failed to download model data from s3://")
    reason = run(models, "nodata", f"s3://{BUCKET}/none/at/all")["FailureReason"]
    assert reason.startswith("ClientError: no objects to transform are found at s3://")


def test_stop(models):
    uri = models.put("slow/rows.csv", "sleep")
    models.sm.create_transform_job(**transform("slow", uri))
    wait_until(
        lambda: models.sm.describe_transform_job(TransformJobName="slow"),
        lambda job: "TransformStartTime" in job,
    )
    models.sm.stop_transform_job(TransformJobName="slow")
    job = models.wait_for_job("Transform", "slow")
    assert (job["TransformJobStatus"], "FailureReason" in job) == ("Stopped", False)
    assert "TransformEndTime" in job
    assert outputs(models, "slow") == {}


def test_refused(models):
    sm, uri = models.sm, f"s3://{BUCKET}/x"
    code, message = refusal(sm.create_transform_job, **transform("r", uri, model="nowhere"))
    assert (code, message[:20]) == ("ValidationException", "Could not find model")
    for changes, named in (
        ({"MaxPayloadInMB": 51, "MaxConcurrentTransforms": 2}, "at most 100 MB"),
        ({"source": {"SplitType": "RecordIO"}}, "SplitType = 'RecordIO'"),
        ({"DataCaptureConfig": {"DestinationS3Uri": uri}}, "DataCaptureConfig"),
        ({"DataProcessing": {"InputFilter": "$.a_b"}}, 'Invalid InputFilter: "$.a_b".'),
    ):
        assert named in refusal(sm.create_transform_job, **transform("r", uri, **changes))[1]
    models.put("taken/one.csv", "1")
    run(models, "taken", f"s3://{BUCKET}/taken")
    code, message = refusal(sm.create_transform_job, **transform("taken", uri))
    assert (code, "(arn:aws:sagemaker:us-east-1:123456789012:transform-job/taken)" in message) == (
        "ResourceInUse",
        True,
    )
    code, message = refusal(sm.describe_transform_job, TransformJobName="nowhere")
    assert (code, message) == (
        "ValidationException",
        "Could not find requested job with name: nowhere",
    )


def test_step(models):
    """A Transform step is cached by what it transforms, and the next step finds its output."""
    local = models
    uri = local.put("step/rows.csv", "1,2\n")
    arguments = without(
        transform("-", uri, model="sums", source={"SplitType": "Line"}), "TransformJobName"
    )
    output = {
        "Std:Join": {
            "On": "/",
            "Values": ["at", {"Get": "Steps.Score.TransformOutput.S3OutputPath"}],
        }
    }
    steps = [
        step(
            "Score",
            "Transform",
            Arguments=arguments,
            CacheConfig={"Enabled": True, "ExpireAfter": "30d"},
        ),
        step("Tell", Arguments={"ErrorMessage": output}, after=["Score"]),
    ]
    local.sm.create_pipeline(
        PipelineName="scores", PipelineDefinition=definition(*steps), RoleArn=ROLE
    )
    _, first = local.run_pipeline("scores")
    assert first["Score"]["StepStatus"] == "Succeeded", first
    arn = first["Score"]["Metadata"]["TransformJob"]["Arn"]
    assert ":transform-job/pipelines-" in arn
    assert first["Tell"]["FailureReason"] == f"at/s3://{BUCKET}/out/-"
    assert outputs(local, "-") == {"rows.csv.out": "3.0"}
    _, again = local.run_pipeline("scores")
    assert "CacheHitResult" in again["Score"]
    assert again["Score"]["Metadata"]["TransformJob"]["Arn"] == arn
