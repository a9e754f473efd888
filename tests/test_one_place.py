"""A rule that must stand in two places is the same in both."""

import ast
import re
import tomllib
from typing import Any, get_args

import pytest
import yaml
from jinja2 import Environment

from data_science.config.quality import metrics_of
from project.names import PLACEHOLDERS
from project.settings import Project
from projects import PROBLEM_TYPES, ROOT

TEMPLATE = ROOT / "template"
COPIER: dict[str, Any] = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))


@pytest.mark.parametrize("question", ["bucket", "pipeline_role", "endpoint_role"])
def test_what_an_answer_leaves_open_is_filled_in(question: str) -> None:
    default = Environment().from_string(COPIER[question]["default"]).render(project_name="a")
    assert set(re.findall("{(.*?)}", default)) <= set(PLACEHOLDERS)
    if question != "bucket":
        assert default.startswith("arn:{partition}:iam::{account}:role/a-")


@pytest.mark.parametrize("problem", PROBLEM_TYPES)
def test_the_settings_name_the_metrics_to_choose_from(problem: str) -> None:
    text = (TEMPLATE / "data_science" / "settings.yaml.jinja").read_text("utf-8")
    lists = re.findall(r"# ((?:\w+, )+\w+ or \w+)", text)
    assert set(metrics_of(problem)) in [set(re.split(", | or ", names)) for names in lists]


@pytest.mark.parametrize(
    ("framework", "name", "library"),
    [("sklearn", "scikit-learn", "scikit-learn"), ("xgboost", "XGBoost", "xgboost")],
)
def test_the_packages_of_a_container_are_those_of_its_image(
    framework: str, name: str, library: str
) -> None:
    text = (TEMPLATE / "pyproject.toml.jinja").read_text("utf-8")
    group = re.search(
        rf"SageMaker {name} container (\S+) has inside.*?^container = (\[.*?^\])",
        text,
        re.MULTILINE | re.DOTALL,
    )
    assert group
    pins = set(tomllib.loads(f"container = {group[2]}")["container"])
    versions = dict(pin.partition(";")[0].split("==") for pin in pins)
    version = image_versions()[framework]
    assert group[1] == version
    # A version of the library without its last part, and one of the image.
    major_minor, _, _ = version.partition("-")
    assert versions[library].startswith(f"{major_minor}.")
    if framework == "sklearn":
        dev = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
        assert pins <= set(dev["dev"])
        example = re.search(r"{image}:(.*)-cpu-py3", _read("demo/example_version.py"))
        assert example and example[1] == version


def test_a_framework_is_one_everywhere() -> None:
    asked = list(COPIER["framework"]["choices"].values())
    known = get_args(Project.model_fields["framework"].annotation)
    folders = {path.name for path in (TEMPLATE / "frameworks").iterdir()}
    assert set(asked) == set(known) == set(image_versions()) == folders
    assert Project.model_fields["framework"].default == COPIER["framework"]["default"]


def image_versions() -> dict[str, str]:
    """Return the version of each framework's image; its module would import the SDK."""
    text = _read("data_science/pipeline/jobs.py")
    found = re.search(r"^IMAGE_VERSIONS = (\{.*\})", text, re.MULTILINE)
    assert found
    versions: dict[str, str] = ast.literal_eval(found[1])
    return versions


def test_packages_are_of_the_same_day_everywhere() -> None:
    places = ("pyproject.toml", "hooks/demo.py", "template/pyproject.toml.jinja")
    line = re.compile(r'^(?:# )?exclude-newer = "(.*)"$', re.MULTILINE)
    found = [line.findall((ROOT / path).read_text("utf-8")) for path in places]
    assert found == [[found[0][0]]] * len(places)


def test_the_sdk_is_the_same_here_and_in_a_project() -> None:
    text = (TEMPLATE / "pyproject.toml.jinja").read_text("utf-8")
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["dev"]
    for name in ("sagemaker", "moto[server]"):
        here = {pin for pin in ours if pin.startswith(f"{name}==")}
        vendored = _read("vendor/sagemaker-local/pyproject.toml")
        there = set(re.findall(rf'"({re.escape(name)}==.*?)"', text + vendored))
        assert here == there, name


def _read(path: str) -> str:
    return (TEMPLATE / path).read_text("utf-8")
