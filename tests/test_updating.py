"""An update brings what is new and loses nothing of what a user wrote."""

import subprocess
import sys
from difflib import SequenceMatcher
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from projects import (
    ANSWERS,
    LAYOUTS,
    PROBLEM_TYPES,
    ROOT,
    commit,
    copy,
    files,
    git,
    run_python,
    start,
    tier,
    update,
    write_snapshot,
)

RELEASES: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "releases.yaml").read_text()) or {}
NOTHING_YET = pytest.mark.skip("nothing is released yet")
NEWEST = list(RELEASES)[-1:]
# Reads every file that updates leave alone, and every one that they merge with a user's lines.
READ_ALL = """
import sys

from data_science.config.settings import load_settings
from ops.stage import load_stages
from project.settings import load_project

sys.path.insert(0, "data_science/steps")
from hyperparameters import load_hyperparameters
from table import load_schema

load_settings(load_project().problem_type)
load_stages()
assert load_hyperparameters()
assert load_schema()["target"]
"""
MARKER = b"\n<<<<<<< before updating"


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clone this repository, and commit the working tree on top."""
    folder = tmp_path_factory.mktemp("history") / "clone"
    git(ROOT, "clone", "--quiet", "--no-checkout", str(ROOT), str(folder))
    write_snapshot(folder)
    commit(folder, "Working tree")
    return folder


@pytest.fixture(params=RELEASES or [pytest.param("", marks=NOTHING_YET)])
def release(request: pytest.FixtureRequest, history: Path) -> tuple[Path, str]:
    """Return the clone, and the commit of one of the recorded releases."""
    ref = RELEASES[request.param]
    if subprocess.run(["git", "cat-file", "-e", ref], cwd=history).returncode:
        pytest.skip(f"{ref} of {request.param} is not here; `git fetch --unshallow` brings it")
    return history, ref


def edit(old: bytes, new: bytes) -> tuple[bytes, bytes] | None:
    """Insert a user's line where both versions of a file agree.

    Returns
    -------
    The edited old version and what an update must make of it; None when the file is too short.
    """
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    same = SequenceMatcher(None, before, after, autojunk=False).find_longest_match()
    if same.size < 4:
        return None
    middle, line = same.size // 2, [b"# a line of the user's own\n"]
    one, two = same.a + middle, same.b + middle
    return b"".join(before[:one] + line + before[one:]), b"".join(after[:two] + line + after[two:])


def check_update(template: Path, ref: str, folder: Path, *, edited: bool, **answers: str) -> None:
    """Update a project, edited in every file or not at all, and compare it with a fresh copy.

    Parameters
    ----------
    template : a repository whose work tree is its newest version.
    ref : the version that the project is made from.
    folder : an empty one, for the project and the copy.
    edited : whether a user changed every file.
    answers : those of the project.
    """
    project = folder / "project"
    old = start(template, project, ref, **answers)
    new = files(copy(template, folder / "fresh", **answers))
    of = {path: tier(path, template) for path in old | new}
    gone = {path for path in set(old) - set(new) if of[path] not in ("vendored", "retired")}
    assert not gone, f"an update would delete {gone} with all edits; copier.yml says how to let go"
    # What the user has: the template's files as they are now, and everybody else's as they were.
    expected = {path: new[path] for path in new if path in old or of[path] != "seed"}
    expected |= {path: old[path] for path in old if of[path] not in ("template", "vendored")}
    for path in set(old) & set(expected) - {ANSWERS} if edited else ():
        if pair := edit(old[path], expected[path]):
            (project / path).write_bytes(pair[0])
            expected[path] = pair[1]
    commit(project)
    update(project)
    found = files(project)
    assert not [path for path, content in found.items() if MARKER in content]
    assert set(found) == set(expected)
    assert [path for path in found if found[path] != expected[path]] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_update_at_the_same_version_changes_nothing(
    template: Path, tmp_path: Path, layout: str
) -> None:
    project = copy(template, tmp_path / "project", layout=layout)
    commit(project)
    update(project)
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("edited", [False, True])
def test_an_update_over_a_change_in_every_kind_of_file(
    two_versions: tuple[Path, str], tmp_path: Path, edited: bool
) -> None:
    check_update(*two_versions, tmp_path, edited=edited)


# Both halves together have the files of each, so that is enough for what is older.
@pytest.mark.parametrize(
    ("release", "layout"),
    [*product(RELEASES, ["monorepo"]), *product(NEWEST, ["data-science", "ops"])],
    indirect=["release"],
)
def test_an_update_from_a_release_keeps_edits_in_every_file(
    release: tuple[Path, str], tmp_path: Path, layout: str
) -> None:
    check_update(*release, tmp_path, edited=True, layout=layout)


@pytest.mark.parametrize("problem", PROBLEM_TYPES)
def test_todays_code_reads_the_files_that_a_release_left_to_the_user(
    release: tuple[Path, str], tmp_path: Path, problem: str
) -> None:
    check_update(*release, tmp_path, edited=False, problem_type=problem)
    run_python(tmp_path / "project", READ_ALL)


def test_a_second_repository_is_made_from_the_answers_of_the_first(
    template: Path, tmp_path: Path
) -> None:
    answers = {"project_name": "churn", "region": "eu-central-1", "problem_type": "regression"}
    first = copy(template, tmp_path / "first", layout="data-science", **answers)
    second = tmp_path / "second"
    copied = ["copy", "--defaults", "--quiet", "--vcs-ref=HEAD", f"--data-file={first / ANSWERS}"]
    subprocess.run(
        [sys.executable, "-m", "copier", *copied, "--data=layout=ops", str(template), second],
        check=True,
    )
    assert files(second) == files(copy(template, tmp_path / "third", layout="ops", **answers))
    assert files(first)["project.yaml"] == files(second)["project.yaml"]
    commit(second)
    update(second)
    assert git(second, "status", "--porcelain") == ""


@pytest.mark.parametrize("half", ["data-science", "ops"])
def test_adding_the_other_half_keeps_edits_and_brings_its_seeds(
    template: Path, tmp_path: Path, half: str
) -> None:
    project = copy(template, tmp_path / "project", layout=half)
    before, fresh = files(project), files(copy(template, tmp_path / "fresh"))
    expected = dict(fresh)
    for path in before:
        # Where the halves add up, in pyproject.toml and the like, a user's line has its own place.
        pair = edit(before[path], fresh[path] if tier(path) == "template" else before[path])
        if pair and path != ANSWERS:
            (project / path).write_bytes(pair[0])
            expected[path] = pair[1]
    commit(project)
    update(project, layout="monorepo")
    found = files(project)
    assert set(found) == set(expected)
    assert [path for path in found if found[path] != expected[path]] == []
    # From now on the new half's seeds are the user's, too.
    commit(project)
    arrived = sorted(path for path in set(found) - set(before) if tier(path) == "seed")
    assert arrived
    (project / arrived[0]).unlink()
    commit(project)
    update(project)
    assert git(project, "status", "--porcelain") == ""
