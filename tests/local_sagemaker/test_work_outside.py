"""The guide "Have work done outside the pipeline", its files put together and run."""

import json
import os
import re
import subprocess
import sys

import pytest
from kit import BUCKET, PACKAGE, ROLE, wait_until

ROOT = PACKAGE.parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "work-outside-the-pipeline.md").read_text("utf-8")
FILES = dict(re.findall(r"`data_science/(\S+?)`:\n\n```python\n(.*?)^```$", GUIDE, re.M | re.S))
# What a project has in its `pipeline.py`.
PIPELINE = """
import sys
from pipeline.outside import label, notify
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.pipeline import Pipeline

function, queue, rows, role = sys.argv[1:]
session = PipelineSession(default_bucket="unused")
labelled = label(queue, rows)
told = notify(
    function,
    session,
    labelled=labelled.properties.Outputs["labelled"],
    count=labelled.properties.Outputs["count"],
)
pipeline = Pipeline(name="outside", steps=[labelled, told], sagemaker_session=session)
pipeline.upsert(role_arn=role)
print(pipeline.start().arn)
"""


@pytest.fixture
def run(local, tmp_path):
    """Run one of the guide's files, or the pipeline's, as a user does; returns what it printed."""
    pytest.importorskip("sagemaker")
    for name, text in {**FILES, "run.py": PIPELINE}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def run(name, *arguments):
        done = subprocess.run(
            [sys.executable, tmp_path / name, *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), **local.variables},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.split()[-1] if done.stdout else ""

    return run


def test_a_team_is_told_of_what_others_have_labelled(local, run):
    sqs, sns = local.client("sqs"), local.client("sns")
    urls = {
        name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("to-label", "of-the-team")
    }
    topic = sns.create_topic(Name="team")["TopicArn"]
    team = sqs.get_queue_attributes(QueueUrl=urls["of-the-team"], AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=team["Attributes"]["QueueArn"])
    rows = local.put("rows.csv", b"a,b\n1,2\n3,4\n")
    function = run("functions/make_notify.py", ROLE, topic)
    assert run("functions/make_notify.py", ROLE, topic) == function
    arn = run("run.py", function, urls["to-label"], rows, ROLE)
    wait_until(lambda: local.steps(arn), lambda steps: "Label" in steps)
    run("functions/answer_label.py", urls["to-label"])
    execution, steps = local.wait_for_execution(arn)
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert local.read(f"s3://{BUCKET}/rows.csv.labelled") == b"a,b,label\n1,2,unknown\n3,4,unknown"
    (message,) = sqs.receive_message(QueueUrl=urls["of-the-team"])["Messages"]
    envelope = json.loads(message["Body"])
    assert json.loads(envelope["Message"]) == {
        "count": 2,
        "labelled": f"s3://{BUCKET}/rows.csv.labelled",
        "run": arn,
    }
    (shown,) = steps["Notify"]["Metadata"]["Lambda"]["OutputParameters"]
    assert shown == {"Name": "message_id", "Value": envelope["MessageId"]}
    # What cannot be labelled fails the run with the reason.
    arn = run("run.py", function, urls["to-label"], f"s3://{BUCKET}/none.csv", ROLE)
    wait_until(lambda: local.steps(arn), lambda steps: "Label" in steps)
    run("functions/answer_label.py", urls["to-label"])
    _, steps = local.wait_for_execution(arn)
    assert "NoSuchKey" in steps["Label"]["FailureReason"]
