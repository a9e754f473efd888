"""Linking finds a SageMaker Project that is ready, and writes its id without touching the rest."""

from pathlib import Path
from typing import Any

import pytest

from project import link
from project.aws import Connection
from project.errors import ProjectError
from project.link import find_project_id, write_project_id
from project.settings import ROOT, Project, load_project


def test_a_project_is_found_by_its_name(fresh: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    # In the place of AWS.
    monkeypatch.setattr(link, "aws_session", lambda region: fresh.session)
    name = fresh.project.name
    with pytest.raises(ProjectError) as refused:
        find_project_id(fresh.project, name)
    assert str(refused.value) == (
        f"there is no SageMaker Project {name} in {fresh.region}; "
        "create it in Studio, or name another one with --name"
    )
    created = fresh.sagemaker.create_project(ProjectName=name)
    assert find_project_id(fresh.project, name) == created["ProjectId"]


class Answering:
    """A session whose SageMaker describes every project as in one state."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.asked: list[Any] = []

    def create_client(self, *service: str, **region: str) -> "Answering":
        self.asked += [service, region]
        return self

    def describe_project(self, **names: str) -> dict[str, str]:
        self.asked.append(names)
        return {"ProjectStatus": self.status, "ProjectId": "p-1"}


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ("CreateCompleted", True),
        ("UpdateCompleted", True),
        ("CreateInProgress", False),
        ("CreateFailed", False),
        ("DeleteCompleted", False),
    ],
)
def test_only_a_project_that_is_ready_is_linked(
    status: str, ready: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The local SageMaker makes a project at once, so none of its own is ever in another state.
    session = Answering(status)
    monkeypatch.setattr(link, "aws_session", lambda region: session)
    project = link_project("eu-west-1")
    if ready:
        assert find_project_id(project, "other") == "p-1"
    else:
        with pytest.raises(ProjectError) as refused:
            find_project_id(project, "other")
        assert str(refused.value) == (
            f"the SageMaker Project other is not ready but in state {status}; "
            "wait, or look in Studio what went wrong"
        )
    assert session.asked == [
        ("sagemaker",),
        {"region_name": "eu-west-1"},
        {"ProjectName": "other"},
    ]


def link_project(region: str) -> Project:
    return load_project().model_copy(update={"region": region})


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
