"""`project.yaml` is refused in one line that names the key."""

from pathlib import Path

import pytest
import yaml

from project.errors import ProjectError
from project.settings import ROOT, Project, load, load_project


@pytest.fixture
def content() -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((ROOT / "project.yaml").read_text("utf-8"))
    return loaded


def refusal(tmp_path: Path, content: object) -> str:
    path = tmp_path / "project.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(ProjectError) as refused:
        load(path, Project)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_the_projects_own_file_is_valid() -> None:
    assert load_project().name == yaml.safe_load((ROOT / "project.yaml").read_text())["name"]


def test_an_unknown_key_is_named(tmp_path: Path, content: dict[str, object]) -> None:
    assert "key `regoin` is unknown" in refusal(tmp_path, {**content, "regoin": "eu-west-1"})


def test_a_missing_key_is_named(tmp_path: Path, content: dict[str, object]) -> None:
    del content["bucket"]
    assert "key `bucket` is missing" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "Not_A_Name"),
        ("name", "ab"),
        ("name", "a" * 33),
        ("name", "a-" * 20 + "b"),
        ("name", "a--b"),
        ("name", "abc-"),
        ("name", "abc\n"),
        ("model_package_group", "-a"),
        ("model_package_group", "a" * 64),
        ("region", "us-east-1\n"),
        ("target", "cloud"),
        ("region", "mars"),
        ("bucket", "{nope}-bucket"),
        ("roles", {"pipeline": "arn:aws:iam::{acount}:role/a", "endpoint": "b"}),
        ("tags", {"a": 1}),
        ("tags", {"team": "a&b"}),
        ("tags", {"team": "a\nb"}),
        ("tags", {f"key-{number}": "" for number in range(47)}),
        ("tags", {"aws:team": "a"}),
        ("tags", {"sagemaker:project-id": "p-other"}),
    ],
)
def test_a_wrong_value_is_named(
    tmp_path: Path, content: dict[str, object], key: str, value: object
) -> None:
    assert f"key `{key}" in refusal(tmp_path, {**content, key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "a-b"),
        ("name", "a1b"),
        ("name", "a" * 32),
        ("model_package_group", "A"),
        ("model_package_group", "Models-of--2026"),
        ("region", "us-gov-west-1"),
        ("bucket", "{account}-{region}-{partition}"),
        ("tags", {"Kostenstelle für München": "1/2 = 0.5 @ x + y_z:w-v"}),
    ],
)
def test_what_aws_takes_is_taken(
    tmp_path: Path, content: dict[str, object], key: str, value: object
) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(yaml.safe_dump({**content, key: value}), "utf-8")
    assert getattr(load(path, Project), key) == value


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text("name: [", "utf-8")
    with pytest.raises(ProjectError, match="is not valid YAML"):
        load(path, Project)


def test_an_empty_or_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    with pytest.raises(ProjectError, match="is missing"):
        load(path, Project)
    path.write_text("", "utf-8")
    with pytest.raises(ProjectError, match="it holds no keys"):
        load(path, Project)
    path.write_bytes(b"name: \xff")
    with pytest.raises(ProjectError, match="is not valid YAML"):
        load(path, Project)
    with pytest.raises(ProjectError, match="cannot be read"):
        load(tmp_path, Project)
