"""`project.yaml` is refused in one line that names the key."""

import re
from pathlib import Path
from typing import Self

import pytest
import yaml
from pydantic import model_validator

from project.errors import ProjectError
from project.settings import ROOT, Project, Strict, load, load_project

GROUP = "arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:model-package-group"


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
        ("model_package_group", f"{GROUP}/-a"),
        ("model_package_group", GROUP),
        ("region", "us-east-1\n"),
        ("target", "cloud"),
        ("region", "mars"),
        ("region", "us-east-12"),
        ("id", "p_1"),
        ("id", "p-" + "a" * 19),
        ("bucket", "{nope}-bucket"),
        ("bucket", "UPPER_x"),
        ("bucket", "ab"),
        ("bucket", "a" * 64),
        ("bucket", "a" * 41 + "-{account}-{region}"),
        ("bucket", "a..b"),
        ("bucket", "-ab"),
        ("bucket", "ab-"),
        ("bucket", "abc\n"),
        ("bucket", "{account"),
        ("bucket", "192.168.5.4"),
        ("bucket", "xn--bucket"),
        ("bucket", "sthree-bucket"),
        ("bucket", "amzn-s3-demo-bucket"),
        ("bucket", "bucket-s3alias"),
        ("bucket", "bucket--ol-s3"),
        ("bucket", "bucket.mrap"),
        ("bucket", "bucket--x-s3"),
        ("bucket", "bucket--table-s3"),
        ("bucket", 7),
        ("roles", {"pipeline": "a-role", "endpoint": "arn:aws:iam::{account}:role/a"}),
        ("roles", {"pipeline": "arn:aws:iam::{account}:role/a", "endpoint": "{partition}"}),
        ("roles", {"pipeline": "arn:aws:iam::{account}:role/a b", "endpoint": "b"}),
        ("roles", {"pipeline": "arn:aws:iam::{acount}:role/a", "endpoint": "b"}),
        ("tags", {"a": 1}),
        ("tags", {"team": "a&b"}),
        ("tags", {"team": "a\nb"}),
        ("tags", {f"key-{number}": "" for number in range(47)}),
        ("tags", {"aws:team": "a"}),
        ("tags", {"sagemaker:project-id": "p-other"}),
        ("tags", {"AWS:team": "a"}),
        ("tags", {"stage": "a"}),
        ("tags", {"model-package-version": "a"}),
        ("tags", {"": "a"}),
        ("tags", {"a" * 129: "a"}),
        ("tags", {"a": "a" * 257}),
        ("tags", ["team"]),
        ("problem_type", "clustering"),
        ("description", None),
    ],
)
def test_a_wrong_value_is_named(
    tmp_path: Path, content: dict[str, object], key: str, value: object
) -> None:
    said = refusal(tmp_path, {**content, key: value})
    assert f"key `{key}" in said
    # Nobody has to read a pattern, or what a library calls things.
    assert not re.search(r"pattern|\^|\$|string|dictionary|instance", said), said
    assert len(said.removeprefix(str(tmp_path))) < 310


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "a-b"),
        ("name", "a1b"),
        ("name", "a" * 32),
        ("model_package_group", "A"),
        ("model_package_group", "Models-of--2026"),
        ("model_package_group", f"{GROUP}/a"),
        ("region", "us-gov-west-1"),
        ("region", "eusc-de-east-1"),
        ("id", "p-abc123def456"),
        ("id", None),
        ("bucket", "{account}-{region}-{partition}"),
        # 40 + 1 + 12 + 1 + 9.
        ("bucket", "a" * 40 + "-{account}-us-east-1"),
        ("bucket", "abc"),
        ("bucket", "0.data-2026"),
        ("bucket", "192.168.5.4.5"),
        ("bucket", "a" * 63),
        ("tags", {"Kostenstelle für München": "1/2 = 0.5 @ x + y_z:w-v"}),
        ("tags", {"a" * 128: "a" * 256, "b": ""}),
        ("tags", {f"key-{number}": "" for number in range(46)}),
    ],
)
def test_what_aws_takes_is_taken(
    tmp_path: Path, content: dict[str, object], key: str, value: object
) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(yaml.safe_dump({**content, key: value}), "utf-8")
    assert getattr(load(path, Project), key) == value


class Rules(Strict):
    """Two keys that go together."""

    a: int
    b: int = 1

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.a == self.b:
            raise ValueError("make `a` another number than `b`")
        return self


class Nested(Strict):
    """A mapping in a mapping."""

    rules: Rules


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (Rules, "a: 1", "make `a` another number than `b`"),
        (Nested, "rules: {a: 1}", "key `rules`: make `a` another number than `b`"),
        (Nested, "rules: 1", "key `rules`: must be a mapping of keys, not 1"),
        (
            Nested,
            "rules: {a: 2, c: 1}",
            "key `rules.c` is unknown; remove it or correct its spelling",
        ),
    ],
)
def test_a_rule_of_several_keys_is_told_without_all_their_values(
    tmp_path: Path, kind: type[Strict], text: str, said: str
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(ProjectError) as refused:
        load(path, kind)
    assert str(refused.value) == f"{path}: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "project.yaml, line 1: expected the node content, but found '<stream end>'"),
        ("a: 1\nb: @\n", "project.yaml, line 2: found character '@' that cannot start any token"),
        ("a: 1\nb: 2\na: 3\n", "project.yaml, line 3: key `a` stands in line 1 already"),
        (
            "roles:\n  pipeline: a\n  endpoint: b\n  'pipeline': c\n",
            "project.yaml, line 4: key `pipeline` stands in line 2 already",
        ),
        ("tags:\n- {a: 1,\n   a: 2}\n", "project.yaml, line 3: key `a` stands in line 2 already"),
        ("a: \0", "project.yaml: special characters are not allowed"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ProjectError) as refused:
        load(path, Project)
    assert str(refused.value).endswith(f"{said}; correct it")


def test_the_same_key_in_two_mappings_is_no_repetition(tmp_path: Path) -> None:
    text = (ROOT / "project.yaml").read_text("utf-8").replace("tags: {}", "tags: {name: a, id: b}")
    (tmp_path / "project.yaml").write_text(text, "utf-8")
    assert load(tmp_path / "project.yaml", Project).tags == {"name": "a", "id": "b"}


def test_an_empty_or_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    with pytest.raises(ProjectError, match=r"is missing; put it back with `git restore "):
        load(path, Project)
    for text in ("", "a", "- a"):
        path.write_text(text, "utf-8")
        with pytest.raises(ProjectError, match=r"holds no keys; put it back with `git restore "):
            load(path, Project)
    path.write_bytes(b"name: \xff")
    with pytest.raises(ProjectError, match="is not in UTF-8; save it so"):
        load(path, Project)
    with pytest.raises(ProjectError, match="cannot be read: Is a directory; make it a file that"):
        load(tmp_path, Project)


def test_a_file_of_the_project_is_named_by_its_path_in_it() -> None:
    with pytest.raises(ProjectError) as refused:
        load(ROOT / "project" / "no.yaml", Project)
    said = "project/no.yaml is missing; put it back with `git restore project/no.yaml`"
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        # With its quotes, 80 characters are shown; what is longer is cut.
        ({"name": "A" * 78}, f"not {'A' * 78!r}"),
        ({"name": "A" * 79}, "not [...]"),
        ({"tags": {"a&b": ""}}, "key `tags.a&b`: must be a tag's key: 1 to 128 letters, digits, "),
        ({"tags": {"a": 1}}, "key `tags.a`: must be a tag's value: up to 256 letters, digits, "),
        ({"target": "moon"}, "key `target`: should be 'local' or 'aws', not 'moon'"),
        ({"tags": {"sagemaker:a": ""}}, "must be tags of your own: sagemaker:a is taken, name it"),
        ({"description": None}, "must be text, in quotes if it looks like a number, not None"),
        ({"roles": []}, "key `roles`: must be a mapping of keys, not []"),
        ({"tags": []}, "key `tags`: must be a mapping of keys, not []"),
    ],
)
def test_what_is_wrong_is_said_with_the_value(
    tmp_path: Path, content: dict[str, object], changes: dict[str, object], said: str
) -> None:
    assert said in refusal(tmp_path, {**content, **changes})
