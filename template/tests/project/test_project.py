"""The project in the local SageMaker: its id, its tags, its bucket, its status."""

from pathlib import Path

import pytest

from project import aws
from project.aws import Connection
from project.errors import ProjectError, UsageError
from project.link import write_project_id
from project.settings import ROOT, load_project
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


def test_linking_changes_one_line_and_keeps_its_comment(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    text = (ROOT / "project.yaml").read_text("utf-8")
    path.write_text(text, "utf-8")
    write_project_id("p-abc123", path)
    changed = path.read_text("utf-8")
    lines = zip(text.splitlines(), changed.splitlines(), strict=True)
    differing = [pair for pair in lines if pair[0] != pair[1]]
    assert [new.split("#")[0].strip() for _, new in differing] == ["id: p-abc123"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"name: a\r\nid: null\r\nregion: b\r\n", b"name: a\r\nid: p-1\r\nregion: b\r\n"),
        (b"id: null # old\r\nid: null\n", b"id: p-1 # old\r\nid: null\n"),
        (b"id:\n# about the next line\nname: a", b"id: p-1\n# about the next line\nname: a"),
        (b"name: caf\xe9\nid: p-old", b"name: caf\xe9\nid: p-1"),
    ],
)
def test_linking_leaves_every_other_byte_as_it_is(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = tmp_path / "project.yaml"
    path.write_bytes(before)
    path.chmod(0o600)
    write_project_id("p-1", path)
    assert path.read_bytes() == after
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["project.yaml"]


def test_a_file_without_an_id_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text("name: a\n  id: null\n")
    with pytest.raises(ProjectError, match="has no line `id:`; add the line `id: null`"):
        write_project_id("p-1", path)


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
