"""What survives when the server is killed, and what must not."""

import time

from definitions import definition, job_step, step
from kit import BUCKET, INFERENCE, ROLE, is_alive, processing, training, wait_until

# A job with a child, a grandchild, and a daemon that left the process group.
FAMILY = """
import os, pathlib, subprocess, sys, time
sleep = "import time; time.sleep(300)"
nest = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleep!r}])"
children = [
    subprocess.Popen([sys.executable, "-c", nest]),
    subprocess.Popen([sys.executable, "-c", sleep], start_new_session=True),
]
time.sleep(1)
mine = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
family, grown = {os.getpid()}, True
while grown:
    rows = [tuple(map(int, line.split())) for line in mine.splitlines()]
    more = {pid for pid, parent in rows if parent in family} - family
    grown = bool(more)
    family |= more
path = pathlib.Path(sys.argv[-1])
path.with_suffix(".part").write_text(" ".join(map(str, family)))
path.with_suffix(".part").rename(path)
time.sleep(300)
"""


def family(path):
    wait_until(path.exists, bool)
    return [int(pid) for pid in path.read_text().split() if is_alive(int(pid))]


def all_gone(pids):
    wait_until(lambda: [pid for pid in pids if is_alive(pid)], lambda alive: not alive, 10)


def start_endpoint(local, name, factor):
    local.deploy(name, INFERENCE, factor)
    local.sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert local.wait_for_endpoint(name)["EndpointStatus"] == "InService"


def test_kill_takes_every_process_along(own, tmp_path):
    request = training(own, "family", FAMILY, hyperparameters={"path": str(tmp_path / "family")})
    own.sm.create_training_job(**request)
    start_endpoint(own, "served", 2)
    servers = [pid for e in own.status["endpoints"] for pid in e["pids"]]
    pids = family(tmp_path / "family") + servers
    assert len(pids) >= 5
    own.kill()
    all_gone(pids)
    own.up()
    job = own.sm.describe_training_job(TrainingJobName="family")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "the local SageMaker was stopped while it ran"
    assert own.status["running"] == []
    # The endpoint serves again, with a server of its own.
    assert own.invoke("served", "[1]")["Body"].read() == b"[2]"
    assert own.sm.describe_endpoint(EndpointName="served")["EndpointStatus"] == "InService"


def test_down_takes_every_process_along(own, tmp_path):
    script = processing(own, "family", FAMILY, arguments=[str(tmp_path / "family")])
    own.sm.create_processing_job(**script)
    start_endpoint(own, "served", 2)
    pids = family(tmp_path / "family") + [p for e in own.status["endpoints"] for p in e["pids"]]
    own.down()
    all_gone(pids)


def test_job_that_ends_leaves_nothing_behind(own, tmp_path):
    script = FAMILY.replace('time.sleep(300)\n"""', "").rsplit("time.sleep(300)", 1)[0]
    own.run_processing("family", script, arguments=[str(tmp_path / "family")])
    all_gone(family(tmp_path / "family"))


def test_endpoints_in_between_are_not_stuck(own):
    slow = "import time\n" + INFERENCE.replace(
        "def model_fn(model_dir):", "def model_fn(model_dir):\n    time.sleep(20)"
    )
    start_endpoint(own, "updating", 2)
    own.deploy("slow", slow)
    own.sm.update_endpoint(EndpointName="updating", EndpointConfigName="slow")
    own.sm.create_endpoint(EndpointName="creating", EndpointConfigName="slow")
    time.sleep(0.5)
    own.kill()
    own.up()
    created = own.sm.describe_endpoint(EndpointName="creating")
    assert created["EndpointStatus"] == "Failed"
    updated = own.sm.describe_endpoint(EndpointName="updating")
    assert (updated["EndpointStatus"], updated["EndpointConfigName"]) == ("InService", "updating")
    assert own.invoke("updating", "[1]")["Body"].read() == b"[2]"
    own.sm.delete_endpoint(EndpointName="creating")


def test_endpoint_that_comes_back_can_be_stopped_and_updated(own):
    start_endpoint(own, "served", 2)
    own.deploy("other", INFERENCE, 3)
    # A stop while its model server starts is no failure of the endpoint.
    for seconds in (0.0, 0.2, 0.4, 0.6):
        own.down()
        own.up()
        time.sleep(seconds)
        assert own.sm.describe_endpoint(EndpointName="served")["EndpointStatus"] == "InService"
    # An update waits until it is back, and is what counts in the end.
    for config, answer in (("other", b"[3]"), ("served", b"[2]"), ("other", b"[3]")):
        own.down()
        own.up()
        own.sm.update_endpoint(EndpointName="served", EndpointConfigName=config)
        assert own.wait_for_endpoint("served")["EndpointConfigName"] == config
        assert own.invoke("served", "[1]")["Body"].read() == answer


def test_executions_fail_and_history_stays(own):
    script = "import time\ntime.sleep(300)"
    own.sm.create_pipeline(
        PipelineName="p",
        PipelineDefinition=definition(job_step(own, "Long", script), step("Never", after=["Long"])),
        RoleArn=ROLE,
    )
    arn = own.sm.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
    wait_until(lambda: own.steps(arn), lambda steps: "Metadata" in steps.get("Long", {}))
    own.sm.create_model_package_group(ModelPackageGroupName="g", Tags=[{"Key": "a", "Value": "b"}])
    own.kill()
    own.up()
    execution = own.sm.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert "was stopped while it ran" in execution["FailureReason"]
    assert own.steps(arn)["Long"]["StepStatus"] == "Failed"
    group = own.sm.describe_model_package_group(ModelPackageGroupName="g")
    tags = own.sm.list_tags(ResourceArn=group["ModelPackageGroupArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]


def test_s3_survives_a_kill(own, tmp_path):
    s3 = own.s3
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(range(256)) * (9 * 4096))
    s3.upload_file(str(big), BUCKET, "deep/big file+ü.bin", ExtraArgs={"Metadata": {"a_b": "c"}})
    s3.put_object(Bucket=BUCKET, Key="page.html", Body=b"<p>", ContentType="text/html")
    s3.put_object(Bucket=BUCKET, Key="changed", Body=b"old")
    s3.put_object(Bucket=BUCKET, Key="changed", Body=b"new")
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/changed")
    for key in ("gone-1", "gone-2", "gone-3"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="gone-1")
    doomed = [{"Key": "gone-2"}, {"Key": "gone-3"}]
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": doomed})
    own.client("s3", "eu-west-1").create_bucket(
        Bucket="bucket-elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    tags = {"TagSet": [{"Key": "owner", "Value": "ann"}]}
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging=tags)
    s3.create_bucket(Bucket="bucket-gone")
    s3.delete_bucket(Bucket="bucket-gone")
    own.kill()
    s3 = own.up().s3
    assert own.read(f"s3://{BUCKET}/deep/big file+ü.bin") == big.read_bytes()
    head = s3.head_object(Bucket=BUCKET, Key="deep/big file+ü.bin")
    assert head["Metadata"] == {"a_b": "c"}
    assert s3.head_object(Bucket=BUCKET, Key="page.html")["ContentType"] == "text/html"
    assert own.read(f"s3://{BUCKET}/changed") == own.read(f"s3://{BUCKET}/copy") == b"new"
    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert keys == {"deep/big file+ü.bin", "page.html", "changed", "copy"}
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == tags["TagSet"]
    there = s3.get_bucket_location(Bucket="bucket-elsewhere")["LocationConstraint"]
    assert there == "eu-west-1"
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert names == {BUCKET, "bucket-elsewhere"}
    # As many bodies on disk as there are objects: nothing that was replaced is kept.
    assert len(list((own.home / "s3").iterdir())) == len(keys)
