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
        ("target", "cloud"),
        ("region", "mars"),
        ("bucket", "{nope}-bucket"),
        ("tags", {"a": 1}),
        ("tags", {"team": "a&b"}),
        ("tags", {"aws:team": "a"}),
        ("tags", {"sagemaker:project-id": "p-other"}),
    ],
)
def test_a_wrong_value_is_named(
    tmp_path: Path, content: dict[str, object], key: str, value: object
) -> None:
    assert f"key `{key}" in refusal(tmp_path, {**content, key: value})


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
