"""The guide "Extend the local SageMaker", done as it says in a scratch copy, and used."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from definitions import definition, step
from kit import BUCKET, PACKAGE, ROLE, Local, refusal, wait_until

ROOT = PACKAGE.parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "extend-the-local-sagemaker.md").read_text("utf-8")
FILES = re.findall(r"^A new file, `(.+?)`:\n\n```python\n(.*?)^```$", GUIDE, re.M | re.S)
LINES = re.findall(
    r"^One line in `(.+?)`, before\s`(.+?)`:\n\n```python\n(.*?)^```$", GUIDE, re.M | re.S
)
ADDED = [
    "jobs/auto_ml.py",
    "pipelines/steps/auto_ml.py",
    "pipelines/update_execution.py",
    "registry/lifecycle_configs.py",
]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A copy of the package and of its tests with what the guide adds."""
    copy = tmp_path_factory.mktemp("scratch")
    ignore = shutil.ignore_patterns("__pycache__")
    package = copy / PACKAGE.relative_to(ROOT)
    shutil.copytree(PACKAGE, package, ignore=ignore)
    for name in ("kit.py", "support_page.py", "test_support.py"):
        target = copy / "tests" / "local_sagemaker" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).parent / name, target)
    for path, text in FILES:
        assert not (package / path).exists()
        (package / path).write_text(text)
    for path, before, line in LINES:
        text = (package / path).read_text()
        assert text.count(f"{before}\n") == 1
        assert line.count("\n") == 1
        indented = re.search(rf"^ *{re.escape(before)}$", text, re.M).group()
        (package / path).write_text(text.replace(indented, line + indented))
    return copy


@pytest.fixture(scope="module")
def extended(scratch, tmp_path_factory):
    """A server of the scratch copy."""
    server = Local(tmp_path_factory.mktemp("extended") / "home")
    server.environment["PYTHONPATH"] = str(scratch / PACKAGE.relative_to(ROOT))
    server.up()
    server.s3.create_bucket(Bucket=BUCKET)
    server.put("rows/a.csv", "colour,size\nred,1\nblue,2\n")
    server.put("rows/b.csv", "colour,size\nred,3\n")
    yield server
    server.down()


def auto_ml(name="", target="colour"):
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/rows/"}}
    return {
        **({"AutoMLJobName": name} if name else {}),
        "InputDataConfig": [{"DataSource": source, "TargetAttributeName": target}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "RoleArn": ROLE,
    }


def test_each_addition_is_one_file_and_one_line():
    assert [path for path, _ in FILES] == [f"sagemaker_local/{name}" for name in ADDED]
    assert len(LINES) == 4
    for path, text in FILES:
        module = path.removesuffix(".py").replace("/", ".")
        name = module.rsplit(".", 1)[1]
        assert sum(name in line for _, _, line in LINES) >= 1
        assert text.startswith('"""')


def test_code_is_formatted_and_clean(scratch):
    for path, before, line in LINES:
        assert line.strip() in (scratch / PACKAGE.relative_to(ROOT) / path).read_text(), before
    for command in (["check"], ["format", "--diff"]):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ruff",
                *command,
                "--config",
                ROOT / "pyproject.toml",
                scratch / "template",
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_support_matrix_stays_closed_and_its_page_is_written(scratch):
    tests = scratch / "tests" / "local_sagemaker"
    options = ["-q", "--rootdir", scratch, "-c", "/dev/null"]
    for command in (
        [tests / "support_page.py"],
        ["-m", "pytest", *options, tests / "test_support.py"],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            env={**os.environ, "PYTHONPATH": str(scratch / PACKAGE.relative_to(ROOT))},
            cwd=scratch,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:]
    page = (scratch / PACKAGE.relative_to(ROOT) / "SUPPORT.md").read_text()
    assert "## CreateAutoMLJob" in page


def wait_for(server, name):
    return wait_until(
        lambda: server.sm.describe_auto_ml_job(AutoMLJobName=name),
        lambda job: job["AutoMLJobStatus"] not in ("InProgress", "Stopping"),
    )


def test_job_kind(extended):
    extended.sm.create_auto_ml_job(**auto_ml("best"))
    job = wait_for(extended, "best")
    assert (job["AutoMLJobStatus"], job["AutoMLJobSecondaryStatus"]) == ("Completed",) * 2
    assert extended.read(f"s3://{BUCKET}/models/best/answer.json") == b'"red"'
    extended.sm.create_auto_ml_job(**auto_ml("worse", target="weight"))
    job = wait_for(extended, "worse")
    assert job["AutoMLJobStatus"] == "Failed"
    assert "KeyError: 'weight', exit code: 1" in job["FailureReason"]
    found = extended.sm.list_auto_ml_jobs(StatusEquals="Failed")["AutoMLJobSummaries"]
    assert [job["AutoMLJobName"] for job in found] == ["worse"]


def test_step_type_and_action(extended):
    cached = {"Enabled": True, "ExpireAfter": "1d"}
    text = definition(step("Best", "AutoML", Arguments=auto_ml(), CacheConfig=cached))
    extended.sm.create_pipeline(PipelineName="p", PipelineDefinition=text, RoleArn=ROLE)
    execution, steps = extended.run_pipeline("p")
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    name = steps["Best"]["Metadata"]["AutoMLJob"]["Arn"].rsplit("/", 1)[1]
    assert json.loads(extended.read(f"s3://{BUCKET}/models/{name}/answer.json")) == "red"
    again, steps = extended.run_pipeline("p")
    hit = steps["Best"]["CacheHitResult"]["SourcePipelineExecutionArn"]
    assert hit == execution["PipelineExecutionArn"]
    arn = {"PipelineExecutionArn": again["PipelineExecutionArn"]}
    extended.sm.update_pipeline_execution(**arn, PipelineExecutionDisplayName="again")
    found = extended.sm.describe_pipeline_execution(**arn)
    assert found["PipelineExecutionDisplayName"] == "again"


def test_resource_kind(extended):
    name = {"StudioLifecycleConfigName": "night"}
    made = extended.sm.create_studio_lifecycle_config(
        **name,
        StudioLifecycleConfigContent="c2h1dGRvd24=",
        StudioLifecycleConfigAppType="JupyterLab",
        Tags=[{"Key": "owner", "Value": "ann"}],
    )
    arn = made["StudioLifecycleConfigArn"]
    found = extended.sm.describe_studio_lifecycle_config(**name)
    assert found["StudioLifecycleConfigContent"] == "c2h1dGRvd24="
    assert extended.sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "ann"}]
    listed = extended.sm.list_studio_lifecycle_configs(NameContains="igh")
    assert [item["StudioLifecycleConfigArn"] for item in listed["StudioLifecycleConfigs"]] == [arn]
    extended.sm.delete_studio_lifecycle_config(**name)
    code = refusal(extended.sm.describe_studio_lifecycle_config, **name)[0]
    assert code == "ResourceNotFound"
