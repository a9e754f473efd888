"""The template as it stands in the working tree, and one environment for all generated projects."""

from pathlib import Path

import pytest

from projects import LAYOUTS, PROBLEM_TYPES, Rendered, Runner, commit, copy, write_snapshot


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
def run(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Run a command in a generated project, in its own environment."""
    return Runner(tmp_path_factory.mktemp("environment") / "venv")
