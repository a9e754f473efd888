"""The template as it stands in the working tree, and one environment for all generated projects."""

from pathlib import Path

import hypothesis
import pytest

from projects import (
    LAYOUTS,
    PROBLEM_TYPES,
    Rendered,
    Runner,
    commit,
    copy,
    git,
    retire,
    write_snapshot,
)

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

# One file of every kind, each a line longer in the synthetic older version.
CHANGED = (
    ".github/workflows/ops.yml",
    ".pre-commit-config.yaml",
    "AGENTS.md.jinja",
    "README.md.jinja",
    "data_science/dataset.py",
    "data_science/settings.yaml.jinja",
    "data_science/steps/schema.json.jinja",
    "data_science/steps/train.py",
    "vendor/sagemaker-local/pyproject.toml",
    "ops/stages/staging.yaml",
    "project.yaml.jinja",
    "project/settings.py",
    "pyproject.toml.jinja",
)
# Let go between the two: a path of the tier template, which is retired, and a vendored one.
GONE = ("ops/retired.py", "vendor/sagemaker-local/sagemaker_local/gone.py")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose only commit is the working tree, committed or not."""
    folder = tmp_path_factory.mktemp("template")
    write_snapshot(folder)
    commit(folder)
    return folder


@pytest.fixture(scope="session")
def rendered(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Make a project of every layout and problem type, to look at and not to change."""
    folder = tmp_path_factory.mktemp("rendered")
    return {
        (layout, problem): copy(
            template, folder / f"{layout}-{problem}", layout=layout, problem_type=problem
        )
        for layout in LAYOUTS
        for problem in PROBLEM_TYPES
    }


@pytest.fixture(scope="session")
def run(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Run a command in a generated project, in its own environment."""
    folder = tmp_path_factory.mktemp("environment")
    runner = Runner(folder / "venv")
    runner.fill(copy(template, folder / "project"))
    return runner


@pytest.fixture(scope="session")
def run_xgboost(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Run a command in a project for the XGBoost container, which has other versions inside."""
    folder = tmp_path_factory.mktemp("environment")
    runner = Runner(folder / "venv")
    runner.fill(copy(template, folder / "project", framework="xgboost"))
    return runner


@pytest.fixture(scope="session")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Make a template of two versions that differ in a file of every kind.

    Returns
    -------
    The template, and the commit of the older version.
    """
    folder = tmp_path_factory.mktemp("releases")
    write_snapshot(folder)
    newest = {path: (folder / "template" / path).read_bytes() for path in CHANGED}
    for path, content in newest.items():
        (folder / "template" / path).write_bytes(content + b"# as it was\n")
    # One path is new, and one of each tier that lets go is there no more.
    (folder / "template" / "demo" / "story.py").rename(folder / "later.py")
    for path in GONE:
        (folder / "template" / path).write_text("A = 1\nB = 2\nC = 3\nD = 4\n")
    commit(folder, "Older")
    for path, content in newest.items():
        (folder / "template" / path).write_bytes(content)
    (folder / "later.py").rename(folder / "template" / "demo" / "story.py")
    for path in GONE:
        (folder / "template" / path).unlink()
    retire(folder, GONE[0])
    commit(folder, "Newest")
    return folder, git(folder, "rev-parse", "HEAD~").strip()
