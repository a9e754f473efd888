"""A rule that must stand in two places is the same in both."""

import re
import tomllib
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from data_science.config.quality import metrics_of
from project.names import PLACEHOLDERS
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


def test_the_packages_of_the_container_are_the_same_everywhere() -> None:
    text = (TEMPLATE / "pyproject.toml.jinja").read_text("utf-8")
    group = re.search(r"^container = (\[.*?^\])", text, re.MULTILINE | re.DOTALL)
    assert group
    pins = set(tomllib.loads(f"container = {group[1]}")["container"])
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["dev"]
    assert pins <= set(ours)

    versions = dict(pin.partition(";")[0].split("==") for pin in pins)
    tag = re.search(
        r'^IMAGE_VERSION = "(.*)"', _read("data_science/pipeline/jobs.py"), re.MULTILINE
    )
    example = re.search(r"{image}:(.*)-cpu-py3", _read("demo/example_version.py"))
    comment = re.search(r"scikit-learn container (\S+) has inside", text)
    assert tag and example and comment
    assert tag[1] == example[1] == comment[1]
    major_minor, _, _ = tag[1].partition("-")
    assert versions["scikit-learn"].startswith(f"{major_minor}.")


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
