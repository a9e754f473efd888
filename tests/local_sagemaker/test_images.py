"""Jobs in their images: what the engine is told, and, where one is, what becomes of them."""

import io
import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
from kit import BUCKET, ROLE, Local, training, wait_until, without

from sagemaker_local.home import Home, Running
from sagemaker_local.processes.images import image_command

IMAGE = "sagemaker-local-test:1"
BUSYBOX = shutil.which("busybox")
APPLETS = "sh cat chown echo env id kill ls mkdir sleep touch wget"
# What `docker run IMAGE train` finds.
TRAIN = """#!/bin/sh
set -e
cat /opt/ml/input/config/hyperparameters.json /opt/ml/input/data/rows/rows.csv > /opt/ml/model/seen
chown 12345 /opt/ml/model/seen
echo "depth=$DEPTH;"
"""


def docker(*arguments, **options):
    return subprocess.run(["docker", *arguments], capture_output=True, timeout=60, **options)


def a_command(environment):
    home = Home(Path("/state"))
    running = Running("http://127.0.0.1:1234", 1, "KEY", "hush", 0.0)
    what = ("image:1", ["python3", "-u"], ["x.py"], environment)
    return image_command(running, home, "eu-west-1", *what, Path("/state/job"), Path("/state/log"))


def test_what_the_engine_is_told():
    command = a_command({"DEPTH": "3", "PATH": "/opt/conda/bin"})
    argv = list(command.argv)
    assert argv[:2] == ["docker", "run"]
    assert argv[-4:] == ["--entrypoint=python3", "image:1", "-u", "x.py"]
    assert 'type=bind,"source=/state/job/opt/ml","target=/opt/ml"' in argv
    assert "sagemaker-local.home=/state" in argv
    # The values are for this user alone to see, but for what would lead the engine's own command.
    assert "--env=DEPTH" in argv
    assert command.environment["DEPTH"] == "3"
    assert command.environment["AWS_SECRET_ACCESS_KEY"] == "hush"
    assert not any("hush" in argument for argument in argv)
    assert "--env=PATH=/opt/conda/bin" in argv
    assert command.environment["PATH"] == os.environ["PATH"]
    assert command.after[-1] == argv[argv.index("--name") + 1]


def test_without_an_engine_nothing_starts_and_one_line_says_why(tmp_path):
    local = Local(tmp_path / "home", PATH=str(tmp_path))
    done = local.command("up", "--docker")
    assert done.returncode == 1
    assert done.stderr == (
        "sagemaker-local: the server did not start: --docker needs the command `docker`; "
        "install a container engine\n"
    )


with_an_engine = pytest.mark.skipif(
    shutil.which("docker") is None or BUSYBOX is None, reason="no docker, or no busybox for it"
)


@pytest.fixture(scope="module")
def image():
    """An image of a single program, made here: none is pulled."""
    if docker("version").returncode:
        pytest.skip("no container engine answers")
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(BUSYBOX, "bin/busybox")
        for name in APPLETS.split():
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        script = tarfile.TarInfo("bin/train")
        script.mode, script.size = 0o755, len(TRAIN)
        archive.addfile(script, io.BytesIO(TRAIN.encode()))
    made = docker("import", "-", IMAGE, input=content.getvalue())
    assert made.returncode == 0, made.stderr
    yield IMAGE
    docker("rmi", "--force", IMAGE)


@pytest.fixture(scope="module")
def in_images(tmp_path_factory, image):
    server = Local(tmp_path_factory.mktemp("docker") / "home")
    server.environment["SAGEMAKER_LOCAL_WORKERS"] = "docker"
    server.up()
    server.s3.create_bucket(Bucket=BUCKET)
    yield server
    server.down()


def containers(local):
    label = f"label=sagemaker-local.home={local.home}"
    return docker("ps", "--all", "--quiet", "--filter", label, text=True).stdout.split()


def process(local, name, script, **changes):
    out = {"S3Uri": f"s3://{BUCKET}/{name}", "LocalPath": "/opt/ml/processing/out"}
    local.sm.create_processing_job(
        **{
            "ProcessingJobName": name,
            "RoleArn": ROLE,
            "AppSpecification": {
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["sh", "-c"],
                "ContainerArguments": [script],
            },
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 10,
                }
            },
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": "out", "S3Output": {**out, "S3UploadMode": "EndOfJob"}}]
            },
            **changes,
        }
    )


def printed(local, name, word):
    """Wait until a job has printed a word."""
    log = local.log("ProcessingJobs", name)
    wait_until(lambda: log.read_text() if log.exists() else "", lambda text: word in text)


@with_an_engine
class TestWithAnEngine:
    def test_a_processing_job_reaches_the_server_and_leaves_no_container(self, in_images):
        in_images.put("greeting", "hello")
        url = in_images.s3.generate_presigned_url(
            "get_object", Params={"Bucket": BUCKET, "Key": "greeting"}
        )
        script = 'ls / ; wget -q -O /opt/ml/processing/out/said "$URL"; echo "$WORDS"'
        words = 'two\nlines, and a "quote"'
        process(in_images, "reaches", script, Environment={"URL": url, "WORDS": words})
        job = in_images.wait_for_job("Processing", "reaches")
        log = in_images.log("ProcessingJobs", "reaches").read_text()
        assert job["ProcessingJobStatus"] == "Completed", log
        assert in_images.read(f"s3://{BUCKET}/reaches/said") == b"hello"
        # It is another root than ours, with our words in it.
        assert log.split("\n", 1)[0] == "bin"
        assert log.endswith(words + "\n")
        assert containers(in_images) == []

    def test_a_failure_tells_the_last_line_and_the_exit_code(self, in_images):
        process(in_images, "fails", "echo no rows >&2; exit 3")
        job = in_images.wait_for_job("Processing", "fails")
        assert job["FailureReason"] == "AlgorithmError: no rows, exit code: 3"

    def test_a_training_job_runs_the_image_with_train(self, in_images):
        request = without(training(in_images, "trains", ""), "HyperParameters")
        rows = in_images.put("rows/rows.csv", "1,2")
        metric = {"Name": "depth", "Regex": "depth=([0-9]+);"}
        in_images.sm.create_training_job(
            **request
            | {
                "AlgorithmSpecification": {
                    "TrainingImage": IMAGE,
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [metric],
                },
                "HyperParameters": {"depth": "3"},
                "Environment": {"DEPTH": "3"},
                "InputDataConfig": [
                    {
                        "ChannelName": "rows",
                        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows}},
                    }
                ],
            }
        )
        job = in_images.wait_for_job("Training", "trains")
        assert job["TrainingJobStatus"] == "Completed", job
        assert job["FinalMetricDataList"][0]["Value"] == 3
        model = in_images.read(job["ModelArtifacts"]["S3ModelArtifacts"])
        with tarfile.open(fileobj=io.BytesIO(model)) as archive:
            seen = archive.getmember("seen")
            assert archive.extractfile(seen).read() == json.dumps({"depth": "3"}).encode() + b"1,2"
        # What its user wrote is ours to delete.
        assert seen.uid == os.geteuid()
        assert not (in_images.home / "jobs" / "us-east-1" / "TrainingJob" / "trains").exists()

    def test_an_image_that_is_not_here_is_named_with_what_gets_it(self, in_images):
        application = {"ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/x:2"}
        process(in_images, "absent", "", AppSpecification=application)
        reason = in_images.wait_for_job("Processing", "absent")["FailureReason"]
        assert reason == (
            "ClientError: the image 1.dkr.ecr.us-east-1.amazonaws.com/x:2 is not on this machine; "
            "get it with `docker pull 1.dkr.ecr.us-east-1.amazonaws.com/x:2`, after `docker login` "
            "to its registry"
        )

    def test_a_stop_is_heard_and_one_that_is_not_kills(self, in_images):
        # The settings of these tests make the 120 seconds of grace 2.4.
        heeds = "trap 'echo bye; exit 0' TERM; echo up; while true; do sleep 0.1; done"
        ignores = "trap '' TERM; echo up; while true; do sleep 0.1; done"
        for name, script in (("heeds", heeds), ("ignores", ignores)):
            process(in_images, name, script)
        for name in ("heeds", "ignores"):
            printed(in_images, name, "up")
        begin = time.monotonic()
        for name in ("heeds", "ignores"):
            in_images.sm.stop_processing_job(ProcessingJobName=name)
        assert in_images.wait_for_job("Processing", "heeds")["ProcessingJobStatus"] == "Stopped"
        assert in_images.log("ProcessingJobs", "heeds").read_text().endswith("bye\n")
        assert in_images.wait_for_job("Processing", "ignores")["ProcessingJobStatus"] == "Stopped"
        assert 2.4 <= time.monotonic() - begin < 20
        assert containers(in_images) == []

    def test_containers_go_with_the_server_and_what_a_crash_left_with_the_next(self, in_images):
        process(in_images, "outlived", "echo up; sleep 60")
        printed(in_images, "outlived", "up")
        assert len(containers(in_images)) == 1
        in_images.kill()
        wait_until(lambda: containers(in_images), lambda found: found == [])
        label = f"sagemaker-local.home={in_images.home}"
        docker("run", "--detach", "--network=none", "--label", label, IMAGE, "sleep", "60")
        assert len(containers(in_images)) == 1
        in_images.up()
        assert containers(in_images) == []
        job = in_images.sm.describe_processing_job(ProcessingJobName="outlived")
        assert job["ProcessingJobStatus"] == "Failed"

    def test_an_engine_that_does_not_answer_is_named(self, tmp_path):
        local = Local(tmp_path / "home", DOCKER_HOST=f"unix://{tmp_path}/nobody.sock")
        done = local.command("up", "--docker")
        assert done.returncode == 1
        assert "the container engine does not answer: " in done.stderr
        assert done.stderr.endswith("; start it\n")
