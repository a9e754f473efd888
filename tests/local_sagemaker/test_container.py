"""What a job sees of the machine: an `/opt/ml` and a home of its own, and no key of its user."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import BUCKET, INFERENCE, Local, processing, targz, training, wait_until

from sagemaker_local.processes import mounts, opt_ml

HERE = Path(__file__).parent
NO_NAMESPACES = (sys.executable, str(HERE / "no_namespaces.py"))

mounts_allowed = pytest.mark.skipif(
    not mounts.can_mount("/opt/ml"), reason="the machine allows no private mounts"
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="forbids namespaces with seccomp")

# As AWS's own examples do it.
WRITES_TO_OPT_ML = """
import os, pathlib, time
out = pathlib.Path("/opt/ml/processing/out")
assert os.listdir(out) == [], os.listdir(out)
(out / "mine.txt").write_text({name!r})
time.sleep(0.5)
assert os.listdir(out) == ["mine.txt"]
assert (out / "mine.txt").read_text() == {name!r}
"""


def writes_to_opt_ml(local, name):
    return processing(
        local,
        name,
        WRITES_TO_OPT_ML.format(name=name),
        outputs=[("out", f"s3://{BUCKET}/{name}")],
    )


class TestPathsInCode:
    @mounts_allowed
    def test_each_job_has_the_opt_ml_that_its_code_names(self, local):
        for name in ("first", "second"):
            local.sm.create_processing_job(**writes_to_opt_ml(local, name))
        for name in ("first", "second"):
            job = local.wait_for_job("Processing", name)
            assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
            assert local.read(f"s3://{BUCKET}/{name}/mine.txt") == name.encode()
        assert not os.path.lexists("/opt/ml/processing/out")

    @mounts_allowed
    def test_training_and_inference_code_that_name_it(self, local):
        script = """
import json, os, pathlib
assert json.loads(pathlib.Path("/opt/ml/input/config/hyperparameters.json").read_text())
assert os.getcwd() == "/opt/ml/code"
pathlib.Path("/opt/ml/model/model.txt").write_text("m")
"""
        local.sm.create_training_job(**training(local, "absolute", script))
        job = local.wait_for_job("Training", "absolute")
        assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
        inference = INFERENCE.replace(
            'pathlib.Path(model_dir) / "factor.json"', 'pathlib.Path("/opt/ml/model/factor.json")'
        )
        local.deploy("absolute", inference)
        local.sm.create_endpoint(EndpointName="absolute", EndpointConfigName="absolute")
        assert local.wait_for_endpoint("absolute")["EndpointStatus"] == "InService"
        assert local.invoke("absolute", "[1]")["Body"].read() == b"[2]"

    @mounts_allowed
    def test_a_shell_script_that_the_sdk_puts_before_the_user_s(self, tmp_path):
        shell = """#!/bin/bash
cd /opt/ml/processing/input/code/
tar -xzf sourcedir.tar.gz
set -e
python evaluate.py "$@"
"""
        script = "import sys, moto; print(sys.argv[1:], sys.prefix)"
        # As of somebody who starts it by its path.
        local = Local(tmp_path / "home", PATH="/usr/bin:/bin").up()
        try:
            local.s3.create_bucket(Bucket=BUCKET)
            local.put("input/entrypoint/runproc.sh", shell)
            local.put("input/code/sourcedir.tar.gz", targz({"evaluate.py": script}))
            request = processing(local, "shell", "", arguments=["--rows", "3"])
            request["AppSpecification"]["ContainerEntrypoint"] = [
                "/bin/bash",
                "/opt/ml/processing/input/entrypoint/runproc.sh",
            ]
            request["ProcessingInputs"][0]["S3Input"] |= {
                "S3Uri": f"s3://{BUCKET}/input/",
                "LocalPath": "/opt/ml/processing/input",
            }
            local.sm.create_processing_job(**request)
            job = local.wait_for_job("Processing", "shell")
        finally:
            local.down()
        assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
        said = local.log("ProcessingJobs", "shell").read_text()
        assert said == f"['--rows', '3'] {sys.prefix}\n"

    @linux
    @pytest.mark.skipif(not os.access("/opt", os.W_OK), reason="cannot make a link in /opt")
    def test_without_private_mounts_one_job_at_a_time_has_it(self, tmp_path):
        local = Local(tmp_path / "home", inside=NO_NAMESPACES).up()
        try:
            local.s3.create_bucket(Bucket=BUCKET)
            for name in ("one", "two"):
                local.sm.create_processing_job(**writes_to_opt_ml(local, name))
            for name in ("one", "two"):
                job = local.wait_for_job("Processing", name)
                assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
                assert local.read(f"s3://{BUCKET}/{name}/mine.txt") == name.encode()
            assert not os.path.lexists("/opt/ml")
            # What a killed one leaves behind keeps nobody from it; one that waits can be stopped.
            held = "import time\nprint('/opt/ml', flush=True)\ntime.sleep(60)"
            logs = [local.log("ProcessingJobs", name) for name in ("held", "waits")]
            local.sm.create_processing_job(**processing(local, "held", held))
            wait_until(lambda: logs[0].exists() and logs[0].read_text(), bool)
            local.sm.create_processing_job(**processing(local, "waits", held))
            wait_until(logs[1].exists, bool)
            local.sm.stop_processing_job(ProcessingJobName="waits")
            assert local.wait_for_job("Processing", "waits")["ProcessingJobStatus"] == "Stopped"
            assert logs[1].read_text() == ""
            local.kill()
            local.up()
            local.s3.create_bucket(Bucket=BUCKET)
            local.sm.create_processing_job(**writes_to_opt_ml(local, "next"))
            job = local.wait_for_job("Processing", "next")
            assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
        finally:
            local.down()
        assert not os.path.lexists("/opt/ml")

    @linux
    @mounts_allowed
    def test_where_neither_can_be_a_job_does_not_pretend(self, tmp_path):
        host = tmp_path / "host"
        (host / "processing" / "out").mkdir(parents=True)
        (host / "model").mkdir()
        inside = (*NO_NAMESPACES, "--opt-ml", str(host))
        local = Local(tmp_path / "home", inside=inside).up()
        try:
            local.s3.create_bucket(Bucket=BUCKET)
            local.sm.create_processing_job(**writes_to_opt_ml(local, "elsewhere"))
            job = local.wait_for_job("Processing", "elsewhere")
            assert job["ProcessingJobStatus"] == "Failed"
            assert "nothing was written to /opt/ml/processing/out (out)" in job["FailureReason"]
            assert "take the path from an argument" in job["FailureReason"]
            script = "open('/opt/ml/model/m', 'w').write('m')"
            local.sm.create_training_job(**training(local, "elsewhere", script))
            job = local.wait_for_job("Training", "elsewhere")
            assert job["TrainingJobStatus"] == "Failed"
            assert "nothing was written to /opt/ml/model (model)" in job["FailureReason"]
            # Paths that are handed over are led to the job's folder, and a default is no crime.
            script = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--out", default="/opt/ml/processing/elsewhere")
(pathlib.Path(parser.parse_args().out) / "said.txt").write_text(os.environ["SAID"])
"""
            done = local.run_processing(
                "handed-over",
                script,
                arguments=["--out", "/opt/ml/processing/out"],
                outputs=[("out", f"s3://{BUCKET}/handed-over")],
                Environment={"SAID": "s3://b/opt/ml/x=/opt/ml/y"},
            )
            assert done["ProcessingJobStatus"] == "Completed", done["FailureReason"]
            said = local.read(f"s3://{BUCKET}/handed-over/said.txt").decode()
            assert said.startswith(f"s3://b/opt/ml/x={local.home}/jobs/")
            local.deploy("moved", INFERENCE)
            local.sm.create_endpoint(EndpointName="moved", EndpointConfigName="moved")
            assert local.wait_for_endpoint("moved")["EndpointStatus"] == "InService"
            assert local.invoke("moved", "[1]")["Body"].read() == b"[2]"
        finally:
            local.down()

    def test_an_output_that_stays_empty_is_said(self, local):
        job = local.run_processing(
            "writes-nothing", "", outputs=[("out", f"s3://{BUCKET}/nothing")]
        )
        assert job["ProcessingJobStatus"] == "Completed"
        assert local.log("ProcessingJobs", "writes-nothing").read_text() == (
            "[local SageMaker] nothing was written to /opt/ml/processing/out (out), "
            "so nothing is uploaded for it\n"
        )


class TestMounts:
    SHOW = """
        import os, sys
        from sagemaker_local.processes.mounts import mount_privately
        def powers():
            lines = open("/proc/self/status").read().splitlines()
            return [line for line in lines if line.startswith("CapEff")]
        before = powers(), os.getuid(), os.getgid(), sorted(os.listdir("/opt"))
        mount_privately(sys.argv[1], "/opt/ml")
        after = powers(), os.getuid(), os.getgid(), sorted(os.listdir("/opt"))
        open("/opt/ml/written", "w").write("x")
        print(os.listdir("/opt/ml"), before[1:3] == after[1:3], before == after)
        print(set(after[3]) - set(before[3]), set(before[3]) - set(after[3]))
        """

    def show(self, folder, *inside):
        script = "\n".join(line[8:] for line in self.SHOW.splitlines())
        done = subprocess.run(
            [*inside, sys.executable, "-c", script, str(folder)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    @mounts_allowed
    def test_only_who_mounts_sees_it_and_what_lay_beside_it_stays(self, tmp_path):
        before = sorted(os.listdir("/opt"))
        assert self.show(tmp_path)[0].startswith("['written'] True")
        assert self.show(tmp_path)[1].endswith("set()")
        assert (tmp_path / "written").exists()
        assert sorted(os.listdir("/opt")) == before

    @mounts_allowed
    @pytest.mark.parametrize("leads_to", ["elsewhere", "nowhere"])
    def test_a_link_in_its_place_is_not_followed(self, tmp_path, leads_to):
        shown, place = tmp_path / "shown", tmp_path / "opt" / "ml"
        for folder in (shown, place.parent, tmp_path / "elsewhere"):
            folder.mkdir()
        place.symlink_to(tmp_path / leads_to)
        script = (
            "import os, sys\n"
            "from sagemaker_local.processes.mounts import mount_privately\n"
            "mount_privately(sys.argv[1], sys.argv[2])\n"
            "os.chdir(sys.argv[2])\n"
            "open('written', 'w').close()\n"
            "print(os.getcwd())\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(shown), str(place)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
        )
        assert done.stdout == f"{place}\n", done.stderr
        assert (shown / "written").exists()
        assert os.readlink(place) == str(tmp_path / leads_to)

    @mounts_allowed
    @pytest.mark.skipif(os.getuid() != 0, reason="gives up root's power to mount")
    def test_without_the_power_to_mount(self, tmp_path):
        without = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
        assert self.show(tmp_path, *without)[0].startswith("['written'] True")


class TestKeys:
    @pytest.mark.parametrize("workers", ["cold", "warm"])
    def test_a_job_sees_no_key_of_the_user(self, tmp_path, workers):
        home = tmp_path / "user"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = secret-0\n")
        secrets = {
            "GITHUB_TOKEN": "secret-1",
            "AWS_SECRET_ACCESS_KEY": "secret-2",
            "DATABASE_URL": "postgres://user:secret-3@host",
            "HTTPS_PROXY": "http://user:secret-4@127.0.0.1:9",
            "AWS_PROFILE": "secret-5",
        }
        script = """
import os, pathlib
print(sorted(os.environ.items()))
print(os.path.exists(os.path.expanduser("~/.aws/credentials")), os.listdir(pathlib.Path.home()))
pathlib.Path.home().joinpath("cache").write_text("x")
for process in ("self", os.getppid(), os.environ["SERVER"]):
    print(open(f"/proc/{process}/environ").read() if os.path.exists("/proc/self") else "")
import boto3
print(boto3.client("sts").get_caller_identity()["Account"])
"""
        settings = {"SAGEMAKER_LOCAL_WORKERS": workers, "HOME": str(home)}
        local = Local(tmp_path / "home", **settings, **secrets).up()
        try:
            local.s3.create_bucket(Bucket=BUCKET)
            server = {"SERVER": str(local.status["pid"])}
            job = local.run_processing("nosy", script, Environment=server)
        finally:
            local.down()
        said = local.log("ProcessingJobs", "nosy").read_text()
        assert job["ProcessingJobStatus"] == "Completed", said
        assert "secret-" not in said
        assert str(home) not in said.splitlines()[0]
        assert "False []" in said
        assert "123456789012" in said

    def test_what_the_request_wants_and_what_is_harmless_is_there(self, local):
        script = (
            "import os; print(os.environ['MINE'], os.environ['PATH'] != '', os.environ['LANG'])"
        )
        job = local.run_processing("wants", script, Environment={"MINE": "yes", "LANG": "C.UTF-8"})
        assert job["ProcessingJobStatus"] == "Completed"
        assert local.log("ProcessingJobs", "wants").read_text() == "yes True C.UTF-8\n"


class TestNames:
    def test_jobs_of_one_name_have_files_and_logs_of_their_own(self, local):
        script = """
import pathlib, time
place = pathlib.Path("{folder}") / "word.txt"
place.write_text("{word}")
print("{word}", flush=True)
time.sleep(0.7)
assert place.read_text() == "{word}"
print("{word}")
"""
        west = local.client("sagemaker", "eu-west-1")
        out = "/opt/ml/processing"
        for client, word in ((local.sm, "east"), (west, "west")):
            request = processing(local, f"same-{word}", script.format(folder=out, word=word))
            client.create_processing_job(**request | {"ProcessingJobName": "same"})
        request = training(local, "same", script.format(folder="/opt/ml/model", word="train"))
        local.sm.create_training_job(**request)
        jobs = [
            local.wait_for_job("Training", "same")["TrainingJobStatus"],
            local.wait_for_job("Processing", "same")["ProcessingJobStatus"],
            wait_until(
                lambda: west.describe_processing_job(ProcessingJobName="same"),
                lambda job: job["ProcessingJobStatus"] != "InProgress",
            )["ProcessingJobStatus"],
        ]
        assert jobs == ["Completed"] * 3
        assert local.log("ProcessingJobs", "same").read_text() == "east\neast\n"
        assert local.log("ProcessingJobs", "same", "eu-west-1").read_text() == "west\nwest\n"
        assert local.log("TrainingJobs", "same").read_text() == "train\ntrain\n"


class TestText:
    """`opt_ml.moved`, for machines where paths in arguments and variables are led elsewhere."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("/opt/ml", "/there"),
            ("/opt/ml/processing/input/", "/there/processing/input/"),
            ("--x=/opt/ml/y", "--x=/there/y"),
            ('{"a": "/opt/ml/a", "b": ["/opt/ml"]}', '{"a": "/there/a", "b": ["/there"]}'),
            ("/opt/ml/code:/lib", "/there/code:/lib"),
            ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
            ("/opt/mlflow", "/opt/mlflow"),
            ("/opt/ml-data /opt/ml.txt", "/opt/ml-data /opt/ml.txt"),
            ("/home/opt/ml", "/home/opt/ml"),
        ],
    )
    def test_what_is_led_elsewhere(self, text, expected):
        assert opt_ml.moved(text, "/there") == expected

    @given(st.text(), st.text())
    def test_the_rest_stays(self, before, after):
        if "/opt/ml" not in before + after:
            assert opt_ml.moved(before + after, "/there") == before + after
            assert opt_ml.moved(f"{before} /opt/ml/{after}", "/there") == f"{before} /there/{after}"
