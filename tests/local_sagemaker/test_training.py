"""Training jobs: real processes by the contract of SageMaker's training toolkit."""

import datetime
import io
import json
import tarfile
import time

import pytest
from kit import BUCKET, SETTINGS, Local, refusal, training, wait_until

GRACE = 120 * float(SETTINGS["SAGEMAKER_LOCAL_WAIT_SCALE"])


def run_training(local, name, script, **options):
    local.sm.create_training_job(**training(local, name, script, **options))
    return local.wait_for_job("Training", name)


ENTRY = """
set -e
if [ "$1" = badly ]; then echo "it went badly"; exit 3; fi
cd /opt/ml/input/config
alpha=$(python -c 'import json; print(json.load(open("hyperparameters.json"))["alpha"])')
echo "$TRAINING_JOB_NAME $1 $alpha" > /opt/ml/model/said
"""


def test_script_mode(local):
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


def test_same_model_makes_the_same_archive(local):
    script = """
import os, pathlib
(pathlib.Path(os.environ["SM_MODEL_DIR"]) / "model.txt").write_text("same")
"""
    uris = [
        run_training(local, name, script)["ModelArtifacts"]["S3ModelArtifacts"]
        for name in ("same-1", "same-2")
    ]
    assert local.read(uris[0]) == local.read(uris[1])


def test_failure_file_is_the_reason(local):
    script = """
import os, pathlib, sys
(pathlib.Path(os.environ["SM_OUTPUT_DIR"]) / "failure").write_text("target column is missing")
sys.exit(3)
"""
    job = run_training(local, "explains", script)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: target column is missing, exit code: 1"


def test_channel_of_a_manifest(local):
    for name in ("a", "b/c", "d"):
        local.put(f"listed/{name}", name)
    document = [{"prefix": f"s3://{BUCKET}/listed/"}, "a", "b/c"]
    good = local.put("manifests/good", json.dumps(document))
    script = """
import pathlib
root = pathlib.Path("/opt/ml/input/data/train")
files = [str(path.relative_to(root)) for path in sorted(root.rglob("*")) if path.is_file()]
pathlib.Path("/opt/ml/model/seen").write_text(" ".join(files))
raise SystemExit(files != ["a", "b/c"])
"""

    def channel(uri):
        source = {"S3DataType": "ManifestFile", "S3Uri": uri}
        return [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]

    for name, uri in (
        ("manifest", good),
        ("no-manifest", local.put("manifests/bad", "a\nb\n")),
        ("no-object", local.put("manifests/gone", json.dumps([*document, "gone"]))),
    ):
        local.sm.create_training_job(**training(local, name, script, InputDataConfig=channel(uri)))
    job = local.wait_for_job("Training", "manifest")
    assert job["TrainingJobStatus"] == "Completed", job
    assert (
        "is no manifest of the form"
        in local.wait_for_job("Training", "no-manifest")["FailureReason"]
    )
    assert (
        f"s3://{BUCKET}/listed/gone" in local.wait_for_job("Training", "no-object")["FailureReason"]
    )


def test_missing_channel_and_missing_code_name_the_uri(local):
    nowhere = f"s3://{BUCKET}/nowhere"
    job = run_training(local, "no-data", "", channels=[("train", nowhere)])
    assert (job["TrainingJobStatus"], nowhere in job["FailureReason"]) == ("Failed", True)
    code = {"sagemaker_submit_directory": f"{nowhere}/code.tar.gz"}
    job = run_training(local, "no-code", "", hyperparameters=code)
    assert (job["TrainingJobStatus"], nowhere in job["FailureReason"]) == ("Failed", True)


def test_code_cannot_be_unpacked_outside(local):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../escaped.py"))
    code = {"sagemaker_submit_directory": local.put("evil.tar.gz", buffer.getvalue())}
    job = run_training(local, "evil", "", hyperparameters=code)
    assert (job["TrainingJobStatus"], "outside" in job["FailureReason"]) == ("Failed", True)


def test_time_limit(local):
    stop = {"MaxRuntimeInSeconds": 1}
    job = run_training(local, "slow", "import time; time.sleep(60)", StoppingCondition=stop)
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"


def stop_once_up(local, name, script):
    """Start a training job, stop it once it has printed, and return how long the stop took."""
    local.sm.create_training_job(**training(local, name, script))
    path = local.log("TrainingJobs", name)
    wait_until(lambda: path.exists() and path.read_text(), bool)
    local.sm.stop_training_job(TrainingJobName=name)
    started = time.monotonic()
    described = local.sm.describe_training_job(TrainingJobName=name)
    assert described["TrainingJobStatus"] == "Stopping"
    job = local.wait_for_job("Training", name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    return job, time.monotonic() - started


def test_a_script_that_is_stopped_has_time_to_save_its_model(local):
    script = """
import os, pathlib, signal, sys, time
def save(*_):
    time.sleep(1)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("half-way")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("up", flush=True)
while True:
    time.sleep(0.1)
"""
    job, seconds = stop_once_up(local, "saves", script)
    assert 1 <= seconds < GRACE
    with tarfile.open(
        fileobj=io.BytesIO(local.read(job["ModelArtifacts"]["S3ModelArtifacts"]))
    ) as archive:
        assert archive.extractfile("model.txt").read() == b"half-way"


def test_a_script_that_does_not_listen_is_killed_after_the_grace(local):
    script = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("ignored", flush=True))
print("up", flush=True)
while True:
    time.sleep(0.1)
"""
    _, seconds = stop_once_up(local, "deaf", script)
    assert GRACE <= seconds < GRACE + 2
    assert local.log("TrainingJobs", "deaf").read_text() == "up\nignored\n"


def test_a_clock_that_is_set_ends_no_job(tmp_path):
    # Their clock is a day ahead from the moment on that the job runs.
    jump = tmp_path / "jump"
    (tmp_path / "sitecustomize.py").write_text(
        "import os, time\n"
        "real = time.time\n"
        f"time.time = lambda: real() + 86400 * os.path.exists({str(jump)!r})\n"
    )
    local = Local(tmp_path / "home", PYTHONPATH=str(tmp_path)).up()
    try:
        local.s3.create_bucket(Bucket=BUCKET)
        script = f"import time; open({str(jump)!r}, 'w'); time.sleep(1)"
        job = run_training(local, "clock", script)
    finally:
        local.down()
    assert job["TrainingJobStatus"] == "Completed"
    assert job["TrainingEndTime"] - job["TrainingStartTime"] > datetime.timedelta(hours=23)
    assert job["TrainingTimeInSeconds"] < 30


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("HyperParameters", {"alpha": "1"}),
        ("RemoteDebugConfig", {"EnableRemoteDebug": True}),
        (
            "DebugRuleConfigurations",
            [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}],
        ),
    ],
)
def test_what_we_cannot_do_is_refused_by_name(local, member, value):
    request = training(local, "refused", "") | {member: value}
    named = "sagemaker_program" if member == "HyperParameters" else member
    assert named in refusal(local.sm.create_training_job, **request)[1]


def test_entry_point_of_the_request(local):
    request = training(local, "entry", "", channels=[("code", local.put("entry/run.sh", ENTRY))])
    request["HyperParameters"] = {"alpha": "1"}
    for name, arguments in (("entry", ["well"]), ("entry-fails", ["badly"])):
        request["TrainingJobName"] = name
        request["AlgorithmSpecification"] = {
            "TrainingImage": "i",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["/bin/sh"],
            "ContainerArguments": ["/opt/ml/input/data/code/run.sh", *arguments],
        }
        local.sm.create_training_job(**request)
    job = local.wait_for_job("Training", "entry")
    assert job["TrainingJobStatus"] == "Completed", job
    with tarfile.open(
        fileobj=io.BytesIO(local.read(job["ModelArtifacts"]["S3ModelArtifacts"]))
    ) as model:
        assert model.extractfile("said").read() == b"entry well 1\n"
    failed = local.wait_for_job("Training", "entry-fails")
    assert failed["FailureReason"] == "AlgorithmError: it went badly, exit code: 3"


@pytest.mark.parametrize("member", ["AlgorithmSpecification", "ResourceConfig"])
def test_what_the_service_model_does_not_require(local, member):
    request = training(local, "lacking", "")
    del request[member]
    answer = refusal(local.sm.create_training_job, **request)
    assert answer == ("ValidationException", f"{member} is required")


def test_checkpoints_go_on_where_the_last_job_stopped(local):
    script = """
import os, pathlib, sys
path = pathlib.Path(os.environ["CHECKPOINTS"], "deep", "epoch")
epoch = int(path.read_text()) + 1 if path.exists() else 1
path.parent.mkdir(exist_ok=True)
path.write_text(str(epoch))
pathlib.Path(os.environ["SM_MODEL_DIR"], "epoch").write_text(str(epoch))
sys.exit(epoch == 2)
"""
    for number, place in enumerate((None, None, "/opt/ml/mine"), 1):
        config = {"S3Uri": f"s3://{BUCKET}/checkpoints"} | ({"LocalPath": place} if place else {})
        job = run_training(
            local,
            f"checkpoint-{number}",
            script,
            CheckpointConfig=config,
            Environment={"CHECKPOINTS": place or "/opt/ml/checkpoints"},
        )
        # What a job that failed has written is kept as well.
        assert job["TrainingJobStatus"] == ("Failed" if number == 2 else "Completed"), job
        assert local.read(f"s3://{BUCKET}/checkpoints/deep/epoch") == str(number).encode()


def test_a_model_that_is_not_to_be_packed(local):
    script = """
import json, os, pathlib
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "deep").mkdir()
(model / "deep" / "weights").write_text("1")
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "plot").write_text("2")
(model / "channels").write_text(os.environ["SM_INPUT_DATA_CONFIG"])
"""
    local.put("plain/rows.csv", "1")
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{BUCKET}/plain",
        "S3DataDistributionType": "ShardedByS3Key",
    }
    job = run_training(
        local,
        "plain",
        script,
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/plain-out", "CompressionType": "NONE"},
        AlgorithmSpecification={"TrainingImage": "i", "TrainingInputMode": "FastFile"},
        InputDataConfig=[
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": source},
                "RecordWrapperType": "None",
                "ShuffleConfig": {"Seed": 1},
            }
        ],
    )
    model = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert model == f"s3://{BUCKET}/plain-out/plain/output/model/"
    assert local.read(f"{model}deep/weights") == b"1"
    assert local.read(f"s3://{BUCKET}/plain-out/plain/output/output/plot") == b"2"
    (channel,) = json.loads(local.read(f"{model}channels")).values()
    assert channel == {
        "TrainingInputMode": "FastFile",
        "S3DistributionType": "ShardedByS3Key",
        "RecordWrapperType": "None",
    }
