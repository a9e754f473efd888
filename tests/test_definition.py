"""What `ds` sends to SageMaker: the same bytes for the same sources, tagged, and gated."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from projects import Runner, copy

TAGS = {"sagemaker:project-id", "sagemaker:project-name"}


@pytest.fixture(scope="module")
def project(
    template: Path, tmp_path_factory: pytest.TempPathFactory, run: Runner
) -> Iterator[Path]:
    """Make a data-science project; stop its local SageMaker in the end."""
    folder = copy(template, tmp_path_factory.mktemp("definition") / "a", layout="data-science")
    yield folder
    run.ok(folder, "sagemaker-local", "down")


@pytest.fixture(scope="module")
def definition(project: Path, run: Runner) -> str:
    """Return what `ds definition` prints."""
    return run.ok(project, "ds", "definition")


def steps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a definition, those of both branches of a condition too."""
    for step in document.get("Steps", []):
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from steps({"Steps": step["Arguments"].get(branch, [])})


def keys(step: dict[str, Any]) -> set[str]:
    """Return the keys of the tags in a step's request."""
    return {tag["Key"] for tag in step["Arguments"].get("Tags", [])}


def test_two_copies_with_the_same_answers_give_the_same_bytes(
    template: Path, tmp_path: Path, run: Runner, definition: str
) -> None:
    other = copy(template, tmp_path / "somewhere else", layout="data-science")
    try:
        assert run.ok(other, "ds", "definition") == definition
    finally:
        run.ok(other, "sagemaker-local", "down")


def test_the_pipeline_is_three_jobs_without_hidden_ones(definition: str) -> None:
    kinds = [step["Type"] for step in steps(json.loads(definition))]
    jobs = [kind for kind in kinds if kind not in ("Condition", "Fail", "RegisterModel")]
    assert jobs == ["Processing", "Training", "Processing"]
    assert kinds.count("RegisterModel") == 1


def test_every_job_and_the_registered_version_carry_the_tags_of_the_project(
    definition: str,
) -> None:
    for step in steps(json.loads(definition)):
        if step["Type"] in ("Processing", "Training"):
            assert keys(step) >= TAGS, step["Name"]


def test_a_model_that_is_not_good_enough_is_not_registered(project: Path, run: Runner) -> None:
    settings = project / "data_science" / "settings.yaml"
    before = settings.read_text()
    settings.write_text(re.sub(r"threshold: \S+", "threshold: 1", before))
    try:
        done = run(project, "ds", "run", "--local")
    finally:
        settings.write_text(before)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert re.search(r"f1 0\.\d+ is below the threshold 1;", last), last
    assert json.loads(run.ok(project, "ds", "versions", "--json")) == []


def test_the_model_package_group_is_tagged(project: Path, run: Runner) -> None:
    code = (
        "from project.aws import connect; c = connect('local').sagemaker; "
        "g = c.list_model_package_groups()['ModelPackageGroupSummaryList']; "
        "print(*[t['Key'] for i in g for t in "
        "c.list_tags(ResourceArn=i['ModelPackageGroupArn'])['Tags']])"
    )
    run(project, "ds", "run", "--local", "--no-wait")
    assert set(run.ok(project, "python", "-c", code).split()) >= TAGS
