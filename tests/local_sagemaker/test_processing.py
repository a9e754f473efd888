"""Processing jobs: real processes by SageMaker's container contract."""

import json
import time

import pytest
from kit import BUCKET, processing, refusal, wait_until


def test_inputs_outputs_arguments_and_environment(local):
    local.put("raw/a.csv", "1")
    local.put("raw/deep/b.csv", "2")
    local.put("raw-other/c.csv", "3")
    single = local.put("single/one.txt", "4")
    script = """
import json, os, pathlib, sys
raw, single, out = map(pathlib.Path, (sys.argv[1], sys.argv[2], os.environ["OUT"]))
names = sorted(str(p.relative_to(raw)) for p in raw.rglob("*") if p.is_file())
(out / "deep").mkdir()
(out / "deep" / "found.json").write_text(json.dumps([names, os.listdir(single), sys.argv[3:]]))
config = out.parents[1] / "config"
(out / "job.json").write_text((config / "processingjobconfig.json").read_text())
(out / "cluster.json").write_text((config / "resourceconfig.json").read_text())
"""
    job = local.run_processing(
        "in-and-out",
        script,
        arguments=[
            "/opt/ml/processing/raw",
            "/opt/ml/processing/single",
            "s3://b/opt/ml/x",
            "--x=/opt/ml/y",
        ],
        inputs=[("raw", f"s3://{BUCKET}/raw/"), ("single", single)],
        outputs=[("out", f"s3://{BUCKET}/results")],
        Environment={"OUT": "/opt/ml/processing/out"},
    )
    assert job["ProcessingJobStatus"] == "Completed"
    assert job["ProcessingEndTime"] >= job["ProcessingStartTime"] >= job["CreationTime"]
    found = json.loads(local.read(f"s3://{BUCKET}/results/deep/found.json"))
    assert found[0] == ["a.csv", "deep/b.csv"]
    assert found[1] == ["one.txt"]
    assert found[2][0] == "s3://b/opt/ml/x"
    assert found[2][1] == "--x=/opt/ml/y"
    config = json.loads(local.read(f"s3://{BUCKET}/results/job.json"))
    assert config["ProcessingJobName"] == "in-and-out"
    assert config["Environment"] == {"OUT": "/opt/ml/processing/out"}
    cluster = json.loads(local.read(f"s3://{BUCKET}/results/cluster.json"))
    assert cluster["current_host"] == "algo-1"


def test_failure_tells_the_last_line_and_the_exit_code(local):
    job = local.run_processing("fails", "print('starting')\nraise ValueError('no rows')")
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: ValueError: no rows, exit code: 1"
    assert "starting" in local.log("ProcessingJobs", "fails").read_text()


def test_exit_message(local):
    script = """
import os, pathlib
message = pathlib.Path(os.environ["OML"]) / "output" / "message"
message.write_text("42 rows dropped")
"""
    job = local.run_processing("tells", script, Environment={"OML": "/opt/ml"})
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "42 rows dropped")


def test_missing_input_names_the_uri(local):
    uri = f"s3://{BUCKET}/nowhere/"
    job = local.run_processing("hungry", "", inputs=[("data", uri)])
    assert job["ProcessingJobStatus"] == "Failed"
    assert uri in job["FailureReason"]
    assert "ClientError" in job["FailureReason"]


def test_time_limit(local):
    job = local.run_processing(
        "slow",
        "import time; time.sleep(60)",
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    assert job["ProcessingJobStatus"] == "Stopped"


def test_stop(local):
    request = processing(local, "endless", "print('up')\nimport time\ntime.sleep(60)")
    local.sm.create_processing_job(**request)
    path = local.log("ProcessingJobs", "endless")
    wait_until(lambda: path.exists() and path.read_text(), bool)
    started = time.monotonic()
    local.sm.stop_processing_job(ProcessingJobName="endless")
    assert local.wait_for_job("Processing", "endless")["ProcessingJobStatus"] == "Stopped"
    assert time.monotonic() - started < 5


def test_job_reaches_this_sagemaker_and_no_account_of_the_user(local):
    script = """
import os
print(sorted((k, v) for k, v in os.environ.items() if k.startswith("AWS_")))
import sys
print("stdin", repr(sys.stdin.read()), sys.stdin.isatty())
import boto3
print("project", boto3.client("sagemaker").create_project(ProjectName="from-a-job")["ProjectId"])
"""
    assert local.run_processing("client", script)["ProcessingJobStatus"] == "Completed"
    text = local.log("ProcessingJobs", "client").read_text()
    assert local.variables["AWS_ENDPOINT_URL"] in text
    assert "stdin '' False" in text
    assert local.sm.describe_project(ProjectName="from-a-job")["ProjectId"] in text


def test_duplicates_unknown_names_and_lists(local):
    request = processing(local, "twice", "")
    local.sm.create_processing_job(**request)
    local.wait_for_job("Processing", "twice")
    assert refusal(local.sm.create_processing_job, **request)[0] == "ResourceInUse"
    assert refusal(local.sm.describe_processing_job, ProcessingJobName="none")[0] == (
        "ValidationException"
    )
    listed = local.sm.list_processing_jobs(StatusEquals="Completed", NameContains="twice")
    assert [j["ProcessingJobName"] for j in listed["ProcessingJobSummaries"]] == ["twice"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ProcessingResources": {"ClusterConfig": {"InstanceCount": 2}}}, "InstanceCount"),
        ({"AppSpecification": {"ImageUri": "i"}}, "ContainerEntrypoint"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "maxRuntimeInSeconds"),
    ],
    ids=str,
)
def test_what_we_cannot_do_is_refused_by_name(local, change, named):
    request = processing(local, "refused", "")
    for name, value in change.items():
        if name == "ProcessingResources":
            request[name]["ClusterConfig"] |= value["ClusterConfig"]
        else:
            request[name] = value
    raw = local.client("sagemaker", parameter_validation=False)
    assert named in refusal(raw.create_processing_job, **request)[1]
