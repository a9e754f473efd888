"""An answer that would take files away from a project is refused; what is a user's stays anyway."""

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml

from projects import ANSWERS, LAYOUTS, commit, copier_command, copy, files, git, tier, update

HALF = "an update takes no half away"
CI = "delete .github/workflows"
LOCAL = "write `target: aws`"
PROBLEM = "change `problem_type` in project.yaml"


@pytest.fixture(scope="module")
def projects(template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make a project of every layout, for updates that change nothing."""
    folder = tmp_path_factory.mktemp("projects")
    # Whatever the folder is called.
    folder = folder / "[a] {b}* it's?"
    made = {layout: copy(template, folder / layout, layout=layout) for layout in LAYOUTS}
    for project in made.values():
        commit(project)
    return made


@pytest.mark.parametrize(
    ("layout", "after", "instead"),
    [
        ("monorepo", {"layout": "ops"}, HALF),
        ("monorepo", {"layout": "data-science"}, HALF),
        ("data-science", {"layout": "ops"}, HALF),
        ("ops", {"layout": "data-science"}, HALF),
        ("ops", {"ci_provider": "none"}, CI),
        ("ops", {"local_sagemaker": "false"}, LOCAL),
        ("data-science", {"problem_type": "regression"}, PROBLEM),
        # Not even on the way from one half to both.
        ("data-science", {"layout": "monorepo", "problem_type": "regression"}, PROBLEM),
    ],
)
def test_an_answer_that_takes_files_away_is_refused_with_what_to_do(
    projects: dict[str, Path], layout: str, after: dict[str, str], instead: str
) -> None:
    with pytest.raises(ValueError, match=instead):
        update(projects[layout], **after)
    assert git(projects[layout], "status", "--porcelain") == ""


@pytest.mark.parametrize(
    "command", [("update",), ("recopy",), ("recopy", "--overwrite"), ("recopy", "--skip-answered")]
)
def test_the_answers_of_the_other_repository_are_refused(
    projects: dict[str, Path], command: tuple[str, ...]
) -> None:
    project = projects["data-science"]
    data = f"--data-file={projects['ops'] / ANSWERS}"
    done = copier_command(project, *command, "--defaults", "--vcs-ref=:current:", data)
    assert done.returncode != 0
    assert HALF in done.stderr.splitlines()[-1]
    assert git(project, "status", "--porcelain") == ""


def test_a_person_is_not_offered_what_would_be_refused(projects: dict[str, Path]) -> None:
    project = projects["monorepo"]
    # Down and Enter would take the next choice, were it not out of reach.
    shown = in_terminal(project, ["\x1b[B\r", *["\r"] * 6], "update", "--vcs-ref=HEAD")
    assert HALF in shown
    assert git(project, "status", "--porcelain") == ""


def in_terminal(folder: Path, keys: list[str], *arguments: str) -> str:
    """Run `copier` in a terminal, type keys at each of its questions; return what it shows."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, 300))
    shown, asked = "", 0
    with subprocess.Popen(
        [sys.executable, "-m", "copier", *arguments],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"PROMPT_TOOLKIT_NO_CPR": "1"},
    ) as process:
        os.close(theirs)
        while chunk := read(ours):
            shown += chunk
            # A question starts by telling the terminal to mark what is pasted.
            while asked < shown.count("\x1b[?2004h"):
                os.write(ours, keys[asked].encode())
                asked += 1
    os.close(ours)
    assert process.returncode == 0, shown
    assert asked == len(keys)
    return shown


def read(terminal: int) -> str:
    """Return what a terminal shows next; nothing once its process has ended."""
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"ci_provider": "none"}, {"ci_provider": "github"}),
        ({"local_sagemaker": False}, {"local_sagemaker": True}),
        # Operations has no file that the type of the problem decides on but `project.yaml`.
        ({"layout": "ops"}, {"problem_type": "regression"}),
        ({}, {"framework": "xgboost"}),
    ],
)
def test_what_adds_files_or_takes_none_away_equals_a_fresh_copy(
    template: Path, tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    project = copy(template, tmp_path / "project", **before)
    commit(project)
    update(project, **after)
    fresh = files(copy(template, tmp_path / "fresh", **{**before, **after}))
    # What the user keeps: the README, which says how to start, and the model's hyperparameters.
    kept = {path: content for path, content in fresh.items() if tier(path) == "keep"}
    assert {**files(project), **kept} == fresh


def test_copying_and_updating_warn_of_nothing(template: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    made = ("copy", "--defaults", "--vcs-ref=HEAD")
    said = copier_command(tmp_path, *made, "--data=layout=ops", str(template), str(first)).stderr
    pair = (f"--data-file={first / ANSWERS}", "--data=layout=data-science")
    said += copier_command(tmp_path, *made, *pair, str(template), str(second)).stderr
    for project in (first, second):
        commit(project)
        update = copier_command(project, "update", "--defaults", "--vcs-ref=HEAD")
        assert update.returncode == 0
        assert "`uv run sagemaker-local down`" in update.stderr
        said += update.stderr
        assert git(project, "status", "--porcelain") == ""
    assert "Warning" not in said


def edit_seeds(project: Path) -> dict[str, bytes]:
    """Change every seed but the first, which goes; return what must be there afterwards."""
    seeds = [path for path in files(project) if tier(path) == "seed"]
    (project / seeds[0]).unlink()
    for path in seeds[1:]:
        (project / path).write_text("mine\n")
    commit(project)
    return dict.fromkeys(seeds[1:], b"mine\n")


def test_the_answers_of_the_other_repository_do_not_touch_seeds(
    template: Path, tmp_path: Path
) -> None:
    first = copy(template, tmp_path / "first", layout="data-science")
    second = copy(template, tmp_path / "second", layout="ops")
    mine = edit_seeds(first)
    update(first, **{**yaml.safe_load((second / ANSWERS).read_text()), "layout": "monorepo"})
    found = {path: text for path, text in files(first).items() if tier(path) == "seed"}
    theirs = {path: text for path, text in files(second).items() if tier(path) == "seed"}
    assert found == mine | theirs


def test_an_answer_changed_by_hand_and_back_does_not_touch_seeds(
    template: Path, tmp_path: Path
) -> None:
    project = copy(template, tmp_path / "project")
    mine = edit_seeds(project)
    answers = project / ANSWERS
    answers.write_text(answers.read_text().replace("layout: monorepo", "layout: data-science"))
    commit(project)
    update(project, layout="monorepo")
    assert mine.items() <= files(project).items()


def test_copying_anew_leaves_what_is_the_users(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project")
    mine = edit_seeds(project)
    for path in files(project):
        if tier(path) == "keep":
            (project / path).write_text("mine\n")
            mine[path] = b"mine\n"
    commit(project)
    copier.run_recopy(project, defaults=True, overwrite=True, quiet=True, vcs_ref="HEAD")
    assert mine.items() <= files(project).items()
