"""The project in the local SageMaker: its id, its tags, its bucket, its status."""

import json
import secrets
import time

import pytest

from project import aws
from project.aws import Connection
from project.errors import ProjectError, UsageError
from project.settings import load_project
from project.status import gather
from tests.commands import run


def test_an_unlinked_project_gets_its_id_from_the_local_sagemaker(connection: Connection) -> None:
    described = connection.sagemaker.describe_project(ProjectName=connection.project.name)
    assert connection.project_id == (connection.project.id or described["ProjectId"])
    assert connection.project_id.startswith("p-")


def test_an_unlinked_project_is_refused_against_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    unlinked = load_project().model_copy(update={"id": None})
    monkeypatch.setattr(aws, "load_project", lambda: unlinked)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(ProjectError, match="run `uv run project link`"):
        aws.connect("aws")


def test_an_unknown_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJECT_TARGET", "moon")
    with pytest.raises(UsageError, match="set it to local or aws"):
        aws.connect()


def test_tags_are_the_projects_two_and_its_own(connection: Connection) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in connection.tags}
    assert tags.pop("sagemaker:project-id") == connection.project_id
    assert tags.pop("sagemaker:project-name") == connection.project.name
    assert tags == connection.project.tags


def test_the_bucket_carries_the_tags(connection: Connection) -> None:
    tagging = connection.s3.get_bucket_tagging(Bucket=connection.bucket)
    assert sorted(tagging["TagSet"], key=lambda tag: tag["Key"]) == connection.tags


def test_the_state_is_that_of_the_project_alone(fresh: Connection) -> None:
    nothing = gather(fresh)
    assert nothing == {
        "project": {
            "name": fresh.project.name,
            "id": fresh.project_id,
            "target": "local",
            "account": fresh.account,
            "region": fresh.region,
            "bucket": fresh.bucket,
        },
        "last_run": None,
        "versions": [],
        "endpoints": [],
    }
    client, name = fresh.sagemaker, fresh.project.name
    step = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "a"}}
    definition = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    for other in (name, f"{name}-other"):
        client.create_pipeline(
            PipelineName=other,
            ClientRequestToken=secrets.token_hex(16),
            PipelineDefinition=definition,
            RoleArn=fresh.pipeline_role,
        )
    runs = [
        client.start_pipeline_execution(
            PipelineName=other, ClientRequestToken=secrets.token_hex(16)
        )["PipelineExecutionArn"]
        for other in (name, name, f"{name}-other")
    ]
    for run_arn in runs:
        while (described := client.describe_pipeline_execution(PipelineExecutionArn=run_arn))[
            "PipelineExecutionStatus"
        ] != "Failed":
            time.sleep(0.05)
    newest = client.describe_pipeline_execution(PipelineExecutionArn=runs[1])
    assert described["PipelineExecutionStatus"] == "Failed"
    assert gather(fresh) == {
        **nothing,
        "last_run": {
            "run": runs[1].rpartition("/")[2],
            "status": "Failed",
            "started": newest["CreationTime"].isoformat(timespec="seconds"),
        },
    }


def test_status_speaks_to_people_and_to_scripts(connection: Connection) -> None:
    state = gather(connection)
    assert state["project"]["id"] == connection.project_id
    shown = run("project", "status")
    assert shown.returncode == 0, shown.stderr
    assert connection.project_id in shown.stdout
    assert '"endpoints"' in run("project", "status", "--json").stdout


@pytest.mark.parametrize(
    ("arguments", "target", "said"),
    [
        (["status", "--no-such-option"], "local", "Error: No such option: --no-such-option"),
        (
            ["status"],
            "moon",
            "error: PROJECT_TARGET is 'moon'; set it to local or aws, or unset it",
        ),
        (["link", "--name", "a b"], "aws", "Error: Invalid value for --name: 'a b' is no name of"),
        (["link", "--name", ""], "aws", "Error: Invalid value for --name: '' is no name of a"),
        (
            ["status", "--local", "--aws"],
            "local",
            "Error: Invalid value for '--local': --local and --aws ex",
        ),
        (
            ["status", "--aws", "--local"],
            "local",
            "Error: Invalid value for '--local': --local and --aws ex",
        ),
    ],
)
def test_wrong_use_exits_with_2(
    arguments: list[str], target: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROJECT_TARGET", target)
    done = run("project", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(said)


def test_the_same_place_may_be_named_twice(connection: Connection) -> None:
    assert run("project", "status", "--local", "--local").returncode == 0
