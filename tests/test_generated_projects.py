"""Every generated project installs, passes its own tests, and shows its demo."""

import json
from pathlib import Path

import pytest

from projects import LAYOUTS, PROBLEM_TYPES, ROOT, Runner, commit, copy, git, spoil_vendored

LOOPBACK_ONLY = ROOT / "tests" / "local_sagemaker" / "loopback_only"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("problem", PROBLEM_TYPES)
def test_a_project_passes_its_own_tests(
    template: Path, tmp_path: Path, run: Runner, layout: str, problem: str
) -> None:
    # Called like a package that it needs, or like what YAML takes for no text.
    name = {"classification": "numpy", "regression": "null"}[problem]
    answers = {"layout": layout, "problem_type": problem, "project_name": name}
    project = copy(template, tmp_path / "project", **answers)
    if layout == "ops":
        # It must run where the SageMaker SDK was never installed.
        run = Runner(tmp_path / "environment")
        assert run(project, "python", "-c", "import sagemaker").returncode == 1
    spoil_vendored(project)
    said = run.ok(project, "pytest")
    assert " passed" in said.splitlines()[-1]


def test_the_demo_shows_the_whole_story_and_leaves_the_repository_clean(
    template: Path, tmp_path: Path, run: Runner
) -> None:
    project, violations = copy(template, tmp_path / "project"), tmp_path / "violations"
    # Every Python process of the demo, the SageMaker SDK's too, is kept from leaving this machine.
    guard = {"PYTHONPATH": str(LOOPBACK_ONLY), "PYTHON_LOOPBACK_VIOLATIONS": str(violations)}
    said = run.ok(project, "demo", **guard)
    assert not violations.exists(), violations.read_text()
    assert "The whole story" in said.splitlines()[-1]
    for scene in ("ds run", "ds approve 1", "ops promote staging", "ops promote production"):
        assert f"$ uv run {scene}" in said
    spoil_vendored(project)
    commit(project)
    run.ok(project, "ruff", "format", "--check", ".")
    run.ok(project, "ruff", "check", ".")
    run.ok(project, "mypy")
    run.ok(project, "pre-commit", "run", "--all-files")
    run.ok(project, "demo")
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("layout", ["data-science", "ops"])
def test_each_half_has_its_demo_which_leaves_alone_what_both_share(
    template: Path, tmp_path: Path, run: Runner, layout: str
) -> None:
    project = copy(template, tmp_path / "project", layout=layout, problem_type="regression")
    shared = {"SAGEMAKER_LOCAL_HOME": str(tmp_path / "shared"), "PROJECT_TARGET": "local"}
    try:
        run.ok(project, "python", "-m", "demo.example_version", **shared)
        before = run.ok(project, "project", "status", "--json", **shared)
        assert "The whole story" in run.ok(project, "demo", **shared).splitlines()[-1]
        assert run.ok(project, "project", "status", "--json", **shared) == before
    finally:
        run.ok(project, "sagemaker-local", "down", **shared)


def test_a_demo_that_fails_says_where_and_leaves_nothing_running(
    template: Path, tmp_path: Path, run: Runner
) -> None:
    project = copy(template, tmp_path / "project", layout="data-science")
    settings = project / "data_science" / "settings.yaml"
    settings.write_text(settings.read_text().replace("threshold: 0.9", "threshold: 1"))
    done = run(project, "demo")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert (
        last == "error: the demo failed: `uv run ds run --local` exited with 1; above it says why"
    )
    home = {"SAGEMAKER_LOCAL_HOME": str(project / ".sagemaker-local-demo")}
    assert run(project, "sagemaker-local", "status", **home).returncode == 1


def test_a_team_may_delete_the_example_data_and_add_a_hyperparameter(
    template: Path, tmp_path: Path, run: Runner
) -> None:
    project = copy(template, tmp_path / "project")
    for path in ("data_science/dataset.py", "tests/data_science/test_dataset.py"):
        (project / path).unlink()
    steps = project / "data_science" / "steps"
    for name, before, after in (
        (
            "hyperparameters.json",
            "{\n",
            '{\n  "rounds": {"type": "int", "default": 500, "min": 1},\n',
        ),
        ("model.py", "regularization: float)", "regularization: float, rounds: int)"),
        ("model.py", "max_iter=1000", "max_iter=rounds"),
    ):
        text = (steps / name).read_text()
        assert before in text
        (steps / name).write_text(text.replace(before, after, 1))
    run.ok(project, "ruff", "check", ".")
    run.ok(project, "mypy")
    names = ("steps", "inference", "hyperparameters", "run")
    run.ok(project, "pytest", *[f"tests/data_science/test_{name}.py" for name in names])
    try:
        definition = json.loads(run.ok(project, "ds", "definition", "--local"))
    finally:
        run(project, "sagemaker-local", "down")
    parameter = {"Name": "rounds", "Type": "String", "DefaultValue": "500"}
    assert parameter in definition["Parameters"]
