"""Processing and training jobs: real processes by SageMaker's container contracts."""

import io
import json
import tarfile
import time

import pytest
from kit import BUCKET, processing, refusal, training, wait_until


def run_training(local, name, script, **options):
    local.sm.create_training_job(**training(local, name, script, **options))
    return local.wait_for_job("Training", name)


class TestProcessing:
    def test_inputs_outputs_arguments_and_environment(self, local):
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

    def test_failure_tells_the_last_line_and_the_exit_code(self, local):
        job = local.run_processing("fails", "print('starting')\nraise ValueError('no rows')")
        assert job["ProcessingJobStatus"] == "Failed"
        assert job["FailureReason"] == "AlgorithmError: ValueError: no rows, exit code: 1"
        assert "starting" in local.log("ProcessingJobs", "fails").read_text()

    def test_exit_message(self, local):
        script = """
import os, pathlib
message = pathlib.Path(os.environ["OML"]) / "output" / "message"
message.write_text("42 rows dropped")
"""
        job = local.run_processing("tells", script, Environment={"OML": "/opt/ml"})
        assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "42 rows dropped")

    def test_missing_input_names_the_uri(self, local):
        uri = f"s3://{BUCKET}/nowhere/"
        job = local.run_processing("hungry", "", inputs=[("data", uri)])
        assert job["ProcessingJobStatus"] == "Failed"
        assert uri in job["FailureReason"]
        assert "ClientError" in job["FailureReason"]

    def test_time_limit(self, local):
        job = local.run_processing(
            "slow",
            "import time; time.sleep(60)",
            StoppingCondition={"MaxRuntimeInSeconds": 1},
        )
        assert job["ProcessingJobStatus"] == "Stopped"

    def test_stop(self, local):
        request = processing(local, "endless", "print('up')\nimport time\ntime.sleep(60)")
        local.sm.create_processing_job(**request)
        path = local.log("ProcessingJobs", "endless")
        wait_until(lambda: path.exists() and path.read_text(), bool)
        started = time.monotonic()
        local.sm.stop_processing_job(ProcessingJobName="endless")
        assert local.wait_for_job("Processing", "endless")["ProcessingJobStatus"] == "Stopped"
        assert time.monotonic() - started < 5

    def test_job_reaches_this_sagemaker_and_no_account_of_the_user(self, local):
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

    def test_log_goes_to_cloudwatch_while_the_job_runs(self, local):
        script = "import time\nprint('first')\ntime.sleep(3)\nprint('last')"
        local.sm.create_processing_job(**processing(local, "logged", script))
        group, logs = "/aws/sagemaker/ProcessingJobs", local.client("logs")

        def lines():
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="logged/")
            names = [stream["logStreamName"] for stream in streams["logStreams"]]
            assert all(name.startswith("logged/algo-1-") for name in names)
            return [
                event["message"]
                for name in names
                for event in logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
            ]

        wait_until(lines, lambda found: found == ["first"])
        job = local.sm.describe_processing_job(ProcessingJobName="logged")
        assert job["ProcessingJobStatus"] == "InProgress"
        local.wait_for_job("Processing", "logged")
        assert lines() == ["first", "last"]

    def test_duplicates_unknown_names_and_lists(self, local):
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
    def test_what_we_cannot_do_is_refused_by_name(self, local, change, named):
        request = processing(local, "refused", "")
        for name, value in change.items():
            if name == "ProcessingResources":
                request[name]["ClusterConfig"] |= value["ClusterConfig"]
            else:
                request[name] = value
        raw = local.client("sagemaker", parameter_validation=False)
        assert named in refusal(raw.create_processing_job, **request)[1]


class TestTraining:
    def test_script_mode(self, local):
        script = """
import json, os, pathlib, sys
opt_ml = pathlib.Path(os.environ["SM_MODEL_DIR"]).parent
config = opt_ml / "input" / "config"
seen = {
    "argv": sys.argv[1:],
    "environment": {k: v for k, v in os.environ.items() if k.startswith("SM_")},
    "channel": os.listdir(os.environ["SM_CHANNEL_TRAIN"]),
    "hyperparameters": json.loads((config / "hyperparameters.json").read_text()),
    "channels": json.loads((config / "inputdataconfig.json").read_text()),
    "hosts": json.loads((config / "resourceconfig.json").read_text())["hosts"],
    "cwd": os.getcwd() == str(opt_ml / "code"),
}
(pathlib.Path(os.environ["SM_MODEL_DIR"]) / "seen.json").write_text(json.dumps(seen))
(pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "plot.txt").write_text("plot")
print("loss=3;")
print("loss=0.25;")
"""
        local.put("train-data/rows.csv", "1,2")
        job = run_training(
            local,
            "scripted",
            script,
            channels=[("train", f"s3://{BUCKET}/train-data/")],
            hyperparameters={
                "C": "0.5",
                "depth": "3",
                "name": '"ridge"',
                "flag": "true",
                "grid": "[1, 2]",
                "plain": "text",
            },
            AlgorithmSpecification={
                "TrainingImage": "i",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+);"}],
            },
            Environment={"MINE": "yes"},
        )
        assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
        uri = job["ModelArtifacts"]["S3ModelArtifacts"]
        assert uri == f"s3://{BUCKET}/training/scripted/output/model.tar.gz"
        with tarfile.open(fileobj=io.BytesIO(local.read(uri))) as archive:
            assert archive.getnames() == ["seen.json"]
            seen = json.load(archive.extractfile("seen.json"))
        with tarfile.open(
            fileobj=io.BytesIO(local.read(uri.replace("model.tar", "output.tar")))
        ) as archive:
            assert archive.getnames() == ["plot.txt"]
        assert seen["argv"] == [
            *("-C", "0.5", "--depth", "3", "--flag", "True", "--grid", "[1, 2]"),
            *("--name", "ridge", "--plain", "text"),
        ]
        environment = seen["environment"]
        assert environment["SM_CHANNELS"] == '["train"]'
        assert environment["SM_HP_NAME"] == "ridge"
        assert json.loads(environment["SM_HPS"])["depth"] == 3
        assert environment["SM_HOSTS"] == '["algo-1"]'
        assert environment["SM_MODULE_NAME"] == "train"
        assert json.loads(environment["SM_USER_ARGS"]) == seen["argv"]
        assert int(environment["SM_NUM_CPUS"]) >= 1
        assert seen["channel"] == ["rows.csv"]
        assert seen["hyperparameters"]["sagemaker_program"] == "train.py"
        assert seen["channels"]["train"]["TrainingInputMode"] == "File"
        assert seen["hosts"] == ["algo-1"]
        assert seen["cwd"]
        metrics = {m["MetricName"]: m["Value"] for m in job["FinalMetricDataList"]}
        assert metrics == {"loss": 0.25}

    def test_same_model_makes_the_same_archive(self, local):
        script = """
import os, pathlib
(pathlib.Path(os.environ["SM_MODEL_DIR"]) / "model.txt").write_text("same")
"""
        uris = [
            run_training(local, name, script)["ModelArtifacts"]["S3ModelArtifacts"]
            for name in ("same-1", "same-2")
        ]
        assert local.read(uris[0]) == local.read(uris[1])

    def test_failure_file_is_the_reason(self, local):
        script = """
import os, pathlib, sys
(pathlib.Path(os.environ["SM_OUTPUT_DIR"]) / "failure").write_text("target column is missing")
sys.exit(3)
"""
        job = run_training(local, "explains", script)
        assert job["TrainingJobStatus"] == "Failed"
        assert job["FailureReason"] == "AlgorithmError: target column is missing, exit code: 3"

    def test_missing_channel_and_missing_code_name_the_uri(self, local):
        nowhere = f"s3://{BUCKET}/nowhere"
        job = run_training(local, "no-data", "", channels=[("train", nowhere)])
        assert (job["TrainingJobStatus"], nowhere in job["FailureReason"]) == ("Failed", True)
        code = {"sagemaker_submit_directory": f"{nowhere}/code.tar.gz"}
        job = run_training(local, "no-code", "", hyperparameters=code)
        assert (job["TrainingJobStatus"], nowhere in job["FailureReason"]) == ("Failed", True)

    def test_code_cannot_be_unpacked_outside(self, local):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            archive.addfile(tarfile.TarInfo("../../escaped.py"))
        code = {"sagemaker_submit_directory": local.put("evil.tar.gz", buffer.getvalue())}
        job = run_training(local, "evil", "", hyperparameters=code)
        assert (job["TrainingJobStatus"], "outside" in job["FailureReason"]) == ("Failed", True)

    def test_time_limit(self, local):
        stop = {"MaxRuntimeInSeconds": 1}
        job = run_training(local, "slow", "import time; time.sleep(60)", StoppingCondition=stop)
        assert job["TrainingJobStatus"] == "Stopped"
        assert job["SecondaryStatus"] == "MaxRuntimeExceeded"

    def test_stop_kills_a_script_that_does_not_listen(self, local):
        script = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("ignored", flush=True))
print("up", flush=True)
for _ in range(600):
    time.sleep(0.1)
"""
        local.sm.create_training_job(**training(local, "deaf", script))
        path = local.log("TrainingJobs", "deaf")
        wait_until(lambda: path.exists() and path.read_text(), bool)
        local.sm.stop_training_job(TrainingJobName="deaf")
        described = local.sm.describe_training_job(TrainingJobName="deaf")
        assert described["TrainingJobStatus"] == "Stopping"
        assert local.wait_for_job("Training", "deaf")["TrainingJobStatus"] == "Stopped"
        assert "ignored" in path.read_text()

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("HyperParameters", {"alpha": "1"}),
            ("CheckpointConfig", {"S3Uri": "s3://b/c"}),
            ("RetryStrategy", {"MaximumRetryAttempts": 1}),
            (
                "DebugRuleConfigurations",
                [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}],
            ),
        ],
    )
    def test_what_we_cannot_do_is_refused_by_name(self, local, member, value):
        request = training(local, "refused", "") | {member: value}
        named = "sagemaker_program" if member == "HyperParameters" else member
        assert named in refusal(local.sm.create_training_job, **request)[1]
