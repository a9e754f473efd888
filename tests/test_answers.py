"""What an answer may be: stated in `copier.yml`, the same in the settings and the reference."""

import importlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from projects import ANSWERS, ROOT, copy, run_python

QUESTIONS = {
    name: question
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text()).items()
    if not name.startswith("_")
}
# As Copier renders.
JINJA = SandboxedEnvironment(
    loader=FileSystemLoader(ROOT / "template"),
    extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)
# As YAML reads it when it is not quoted, it is no text.
NO_TEXT = ("true", "false", "null", "yes", "off", "nan")
# A distribution cannot depend on another one of its own name.
DEPENDENCIES = ("pytest", "boto3", "numpy", "sagemaker", "sagemaker-local", "botocore")


BUCKETS = (
    "192.168.5.4",
    "192.168.5.4.5",
    "xn--bucket",
    "sthree-bucket",
    "amzn-s3-demo-bucket",
    "bucket-s3alias",
    "bucket--ol-s3",
    "bucket.mrap",
    "bucket--x-s3",
    "bucket--table-s3",
    "{partition}-{account}.{region}",
    "{acount}",
)
ROLES = (
    "arn:aws:iam::123456789012:role/a",
    "arn:{partition}:iam::{account}:role/{region}/a_b+=,.@-",
    "arn:aws-us-gov:iam::{account}:role/a",
    "arn:aws:iam::123456789012:role/",
    "arn:aws:iam::12345678901:role/a",
    "arn:{part}:iam::123456789012:role/a",
    "arn:aws:iam::123456789012:user/a",
    "arn:aws:iam::123456789012:role/é",
    "arn:aws:iam::123456789012:role/a\n",
    "a",
)


def refusal(name: str, value: str) -> str:
    """Return what Copier says to an answer; nothing when it takes it."""
    text: str = QUESTIONS[name]["validator"]
    return JINJA.from_string(text).render({"region": "ap-southeast-2", name: value}).strip()


def answers(**given: Any) -> dict[str, Any]:
    """Return all answers, as Copier completes the given ones by the defaults."""
    found: dict[str, Any] = {}
    for name, question in QUESTIONS.items():
        default = question["default"]
        if isinstance(default, str) and name != "before":
            default = JINJA.from_string(default).render(found)
        found[name] = given.get(name, default)
    return found


def test_at_most_eight_questions_are_asked_and_each_has_a_help_line() -> None:
    asked = [q for q in QUESTIONS.values() if q.get("ask", True) and q.get("when", True)]
    assert 1 <= len(asked) <= 8
    assert all("\n" not in question["help"].strip() for question in asked)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("project_name", "Churn", "lower-case letters, digits and single hyphens"),
        ("project_name", "1st-project", "starting with a letter"),
        ("project_name", "my--project", "single hyphens"),
        ("project_name", "project-", "not ending with a hyphen"),
        ("project_name", "ab", "3 to 32"),
        ("project_name", "a" * 33, "3 to 32"),
        ("project_name", "churn\nname: other", "lower-case letters"),
        ("project_name", "churn\n", "lower-case letters"),
        ("description", " ", "one sentence"),
        ("description", "two\nlines", "on one line"),
        ("description", "rubbed\x7fout", "without control characters"),
        ("description", "bell\a", "without control characters"),
        ("description", "next\x85line", "without control characters"),
        ("description", "two\u2028lines", "without control characters"),
        ("region", "Frankfurt", "code of an AWS region"),
        ("region", "us-east-1\n", "code of an AWS region"),
        ("bucket", "My_bucket", "a name that S3 allows"),
        ("bucket", "churn-{acount}", "a name that S3 allows"),
        ("bucket", "a" * 40 + "-{account}-{region}", "3 to 63"),
        ("bucket", "churn..data", "a name that S3 allows"),
        ("bucket", "churn\n", "a name that S3 allows"),
        ("model_package_group", "true: x", "letters, digits and hyphens"),
        ("model_package_group", "-churn", "a letter or a digit at both ends"),
        ("model_package_group", "churn\n", "letters, digits and hyphens"),
        ("pipeline_role", "my-role", "ARN of an IAM role"),
        ("endpoint_role", "arn:aws:iam::{account}:role/x\n", "ARN of an IAM role"),
        ("endpoint_role", "arn:aws:iam::{acount}:role/x", "ARN of an IAM role"),
    ],
)
def test_a_wrong_answer_is_refused_with_the_rule(name: str, value: str, rule: str) -> None:
    assert rule in " ".join(refusal(name, value).split())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("project_name", name) for name in ("abc", "a-b", "churn-2", "a" * 32, *NO_TEXT)),
        ("bucket", "churn.data-{region}"),
        ("bucket", "a" * 32 + "-{account}-{region}"),
        ("pipeline_role", "arn:aws-cn:iam::123456789012:role/service-role/My_Role+=,.@-"),
        ("endpoint_role", "arn:{partition}:iam::{account}:role/churn-endpoint"),
    ],
)
def test_a_good_answer_is_taken(name: str, value: str) -> None:
    assert refusal(name, value) == ""


@pytest.mark.parametrize(
    ("name", "value"), [("project_name", "Churn"), ("bucket", "A"), ("problem_type", "clustering")]
)
def test_copier_asks_the_rule_and_makes_nothing(
    template: Path, tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(ValueError, match=r"Validation error|Invalid choice"):
        copy(template, tmp_path / "project", **{name: value})
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize("name", ["true", "sagemaker-local"])
def test_a_project_of_an_awkward_name_reads_its_settings(
    template: Path, tmp_path: Path, name: str
) -> None:
    project = copy(template, tmp_path / "project", project_name=name)
    code = "from project.settings import load_project; print(load_project().name)"
    assert run_python(project, code) == f"{name}\n"
    assert yaml.safe_load((project / ANSWERS).read_text())["project_name"] == name


@pytest.mark.parametrize("name", [*NO_TEXT, *DEPENDENCIES])
def test_any_name_is_text_and_no_dependency(name: str) -> None:
    given = answers(project_name=name)
    settings = yaml.safe_load(JINJA.get_template("project.yaml.jinja").render(given))
    assert settings["name"] == settings["model_package_group"] == name
    distribution = tomllib.loads(JINJA.get_template("pyproject.toml.jinja").render(given))
    assert distribution["project"]["name"] not in DEPENDENCIES


@given(description=st.text())
def test_any_description_that_is_taken_reaches_the_files(description: str) -> None:
    if refusal("description", description):
        return
    given = answers(description=description)
    settings = yaml.safe_load(JINJA.get_template("project.yaml.jinja").render(given))
    distribution = tomllib.loads(JINJA.get_template("pyproject.toml.jinja").render(given))
    kept = JINJA.from_string("{{ given | to_nice_yaml(indent=2) }}").render(given=given)
    assert settings["description"] == distribution["project"]["description"] == description
    assert yaml.safe_load(kept)["description"] == description


AWKWARD = """He said: "it's {{ 1 }} # not %} 'x'", naïve 模型 \\n \\ & <b>, - [x]: {y} {account}"""


def test_copier_itself_renders_an_awkward_description(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project", description=AWKWARD)
    for name, content in (
        ("project.yaml", yaml.safe_load),
        (ANSWERS, yaml.safe_load),
        ("pyproject.toml", lambda text: tomllib.loads(text)["project"]),
    ):
        assert content((project / name).read_text("utf-8"))["description"] == AWKWARD


class Settings:
    """The settings of the project, which read what the answers became."""

    def __init__(self) -> None:
        self._module = importlib.import_module("project.settings")
        self._content = yaml.safe_load(JINJA.get_template("project.yaml.jinja").render(answers()))

    def takes(self, **changed: object) -> bool:
        """Return whether a `project.yaml` with other values is read."""
        try:
            self._module.Project.model_validate(self._content | changed)
        except ValueError:
            return False
        return True


@pytest.fixture(scope="module")
def settings() -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "template"))
        return Settings()


@given(name=st.text("ab1-_A\n", min_size=1, max_size=34) | st.text(max_size=5))
@example("a-b")
@example("-".join("a" * 17))
def test_the_settings_take_the_names_that_copier_takes(settings: Settings, name: str) -> None:
    for answer, key in (("project_name", "name"), ("model_package_group",) * 2):
        assert settings.takes(**{key: name}) == (not refusal(answer, name)), repr(name)


@given(name=st.text("ab1.-A\n{}", min_size=1, max_size=10) | st.sampled_from(BUCKETS))
@example("a" * 35 + "-{account}-{region}")
@example("a" * 36 + "-{account}-{region}")
def test_the_settings_take_the_buckets_that_copier_takes(settings: Settings, name: str) -> None:
    taken = settings.takes(bucket=name, region="ap-southeast-2")
    assert taken == (not refusal("bucket", name)), repr(name)


@pytest.mark.parametrize("name", ROLES)
def test_the_settings_take_the_roles_that_copier_takes(settings: Settings, name: str) -> None:
    taken = settings.takes(roles={"pipeline": name, "endpoint": name})
    assert taken == (not refusal("pipeline_role", name)) == (not refusal("endpoint_role", name))


def regions() -> list[str]:
    """Return the regions with SageMaker, of every partition that a project may live in."""
    session = botocore.session.get_session()
    partitions = ("aws", "aws-us-gov", "aws-cn", "aws-eusc")
    return [
        region for name in partitions for region in session.get_available_regions("sagemaker", name)
    ]


@pytest.mark.parametrize(
    ("region", "good"),
    [
        *((region, True) for region in regions()),
        *(
            (region, False)
            for region in ("mars", "us-east", "US-EAST-1", "us-east-1\n", "us-east-1a")
        ),
    ],
)
def test_a_region_is_one_everywhere(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, region: str, good: bool
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "template" / "vendor" / "sagemaker-local"))
    command = importlib.import_module("sagemaker_local.cli")
    assert (refusal("region", region) == "") == good
    assert settings.takes(region=region) == good
    try:
        taken = command._region_name(region) == region
    except Exception:
        taken = False
    assert taken == good


def test_the_reference_lists_every_answer_as_it_is_asked() -> None:
    text = (ROOT / "docs" / "reference" / "answers.md").read_text("utf-8")
    asked, never_asked = text.split("These are never asked")
    for part, when in ((asked, True), (never_asked, False)):
        rows = re.findall(r"^\| `(\w+)` \| (.*) \| `(.*)` \|$", part, re.MULTILINE)
        questions = {
            name: question
            for name, question in QUESTIONS.items()
            if question.get("when", True) and question.get("ask", True) == when
        }
        assert [name for name, _, _ in rows] == list(questions)
        for name, values, default in rows:
            stated = questions[name]["default"]
            text = stated if isinstance(stated, str) else json.dumps(stated)
            assert default == text.replace("{{ project_name }}", "<project_name>"), name
            if choices := questions[name].get("choices"):
                found = [c["value"] if isinstance(c, dict) else c for c in choices.values()]
                shown = [c if isinstance(c, str) else json.dumps(c) for c in found]
                assert re.findall(r"`([\w-]+)`", values) == shown, name
