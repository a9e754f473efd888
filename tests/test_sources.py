"""A project is updated from where its template is, and each way to miss it has a way out."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from projects import ANSWERS, ROOT, commit, copier_command, git

ADDED = "added.md"
GUIDE = (ROOT / "docs" / "how-to" / "update-a-project.md").read_text("utf-8")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return a bare repository with this template's configuration and few of its files."""
    source = tmp_path / "source"
    for name in ("copier.yml", "hooks/demo.py", "template/project.yaml.jinja"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    for path in (ROOT / "template").glob("*answers_file*"):
        shutil.copy2(path, source / "template")
    commit(source)
    git(source, "clone", "--quiet", "--bare", str(source), str(tmp_path / "template.git"))
    shutil.rmtree(source)
    return tmp_path / "template.git"


def clone(template: Path, *options: str) -> Path:
    """Clone the template from its address, as from another machine."""
    folder = template.with_name("clone")
    git(template.parent, "clone", "--quiet", *options, f"file://{template}", str(folder))
    return folder


def add_version(template: Path, tag: str = "") -> None:
    """Commit a file more to the template, elsewhere."""
    folder = template.with_name("elsewhere")
    git(template.parent, "clone", "--quiet", str(template), str(folder))
    (folder / "template" / ADDED).write_text("new\n")
    commit(folder)
    if tag:
        git(folder, "tag", tag)
    git(folder, "push", "--quiet", "--tags", "origin", "HEAD")
    shutil.rmtree(folder)


def run_hook(clone: Path) -> tuple[Path, str]:
    """Run the README's first command in a clone; return the project and what was noted.

    What runs the project's demo afterwards does nothing here.
    """
    tools = clone.parent / "tools"
    tools.mkdir()
    (tools / "uv").write_text("#!/bin/sh\n")
    (tools / "uv").chmod(0o755)
    project = clone.parent / "project"
    done = subprocess.run(
        [sys.executable, str(clone / "hooks" / "demo.py"), str(project)],
        env={"PATH": f"{tools}:{Path(shutil.which('git') or '').parent}", "HOME": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    commit(project)
    return project, done.stderr


def answer(project: Path, name: str) -> str:
    return str(yaml.safe_load((project / ANSWERS).read_text())[name])


def write_answer(project: Path, name: str, value: str) -> None:
    """Do what the guide says: correct a line of the answers by hand, and commit."""
    assert f"`{name}`" in GUIDE
    text = (project / ANSWERS).read_text()
    (project / ANSWERS).write_text(re.sub(rf"(?m)^{name}: .*$", f"{name}: {value}", text))
    commit(project)


def updated(project: Path, *options: str) -> bool:
    """Update a project; return whether it got the new version."""
    done = copier_command(project, "update", "--defaults", *options)
    assert (done.returncode == 0) == (project / ADDED).exists(), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize(
    ("hook", "arguments", "code"),
    [
        ("demo", ["--foo"], 2),
        ("demo", ["a", "b"], 2),
        ("demo", ["-h"], 0),
        ("demo", ["a", "--help"], 0),
        ("release", ["--foo"], 2),
        ("release", [], 2),
        ("release", ["v1"], 2),
        ("release", ["--help"], 0),
    ],
)
def test_a_hook_used_wrongly_says_how_it_is_used(
    hook: str, arguments: list[str], code: int, tmp_path: Path
) -> None:
    command = [sys.executable, str(ROOT / "hooks" / f"{hook}.py"), *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert (done.stderr if code else done.stdout).startswith(f"usage: {hook}.py [-h] ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_a_project_of_a_clone_is_updated_from_where_the_clone_came_from(
    template: Path, options: tuple[str, ...]
) -> None:
    folder = clone(template, *options)
    project, noted = run_hook(folder)
    assert noted == ""
    assert answer(project, "_src_path") == f"file://{template}"
    shutil.rmtree(folder)
    add_version(template)
    assert updated(project)


def test_what_is_not_committed_in_a_clone_is_left_out_and_said(template: Path) -> None:
    folder = clone(template)
    (folder / "template" / "project.yaml.jinja").write_text("changed: true\n")
    project, noted = run_hook(folder)
    assert f"note: what is not committed in {folder} is left out" in noted
    assert "name" in yaml.safe_load((project / "project.yaml").read_text())
    add_version(template)
    assert updated(project)


def test_a_password_in_the_address_of_a_clone_is_not_written_down(template: Path) -> None:
    folder = clone(template)
    git(folder, "remote", "set-url", "origin", "https://me:secret@git.example.com/template")
    project, noted = run_hook(folder)
    assert noted == ""
    assert answer(project, "_src_path") == "git+https://git.example.com/template"


def test_a_commit_of_ones_own_is_updated_from_the_clone_wherever_that_goes(template: Path) -> None:
    folder = clone(template)
    commit(folder, "A change of the template that nobody else has")
    project, noted = run_hook(folder)
    assert f"note: updates come from {folder}; on another machine" in noted
    assert answer(project, "_src_path") == str(folder)
    (folder / "template" / ADDED).write_text("new\n")
    commit(folder)
    moved = folder.rename(folder.with_name("moved"))
    assert not updated(project)
    write_answer(project, "_src_path", str(moved))
    assert updated(project)


def test_a_folder_that_is_no_clone_says_that_its_project_cannot_be_updated(template: Path) -> None:
    folder = clone(template)
    shutil.rmtree(folder / ".git")
    project, noted = run_hook(folder)
    assert f"note: {folder} is no git clone, so the project cannot be updated" in noted
    assert not updated(project)
    again, answers = folder.parent / "again", f"--data-file={project / ANSWERS}"
    assert "`--data-file old/.copier-answers.yml`" in GUIDE
    to = (f"git+file://{template}", str(again))
    made = copier_command(project, "copy", "--vcs-ref=HEAD", "--defaults", answers, *to)
    assert made.returncode == 0
    commit(again)
    add_version(template)
    assert updated(again)


def test_a_shallow_clone_that_forgot_the_commit_has_a_way_out(template: Path) -> None:
    folder = clone(template, "--depth=1")
    project = folder.parent / "project"
    copier_command(project.parent, "copy", "--defaults", "--vcs-ref=HEAD", str(folder), "project")
    commit(project)
    add_version(template)
    git(folder, "fetch", "--quiet", "--depth=1", "origin", "main")
    git(folder, "reset", "--quiet", "--hard", "FETCH_HEAD")
    assert not updated(project)
    assert "`git fetch --unshallow`" in GUIDE
    git(folder, "fetch", "--quiet", "--unshallow")
    assert updated(project)


def test_copying_says_when_a_project_cannot_be_updated(template: Path) -> None:
    folder = clone(template)
    said = copier_command(folder.parent, "copy", "--defaults", "--vcs-ref=HEAD", "clone", "one")
    assert "write it as `_src_path`" in said.stderr
    assert "Updates find the template at clone, from the folder" in said.stderr
    project = folder.parent / "one"
    commit(project)
    (folder / "template" / ADDED).write_text("new\n")
    commit(folder)
    assert not updated(project)
    write_answer(project, "_src_path", str(folder))
    assert updated(project)
    shutil.rmtree(folder / ".git")
    said = copier_command(folder.parent, "copy", "--defaults", str(folder), "two")
    assert "is no git repository: this project cannot be updated" in said.stderr


def test_an_uncommitted_change_that_was_copied_has_a_way_out(template: Path) -> None:
    folder = clone(template)
    (folder / "LICENSE").write_text("draft\n")
    project = folder.parent / "project"
    copier_command(project.parent, "copy", "--defaults", "--vcs-ref=HEAD", str(folder), "project")
    commit(project)
    add_version(template)
    git(folder, "stash", "--include-untracked")
    git(folder, "pull", "--quiet")
    assert not updated(project)
    write_answer(project, "_commit", git(folder, "rev-parse", "HEAD~").strip())
    assert updated(project)


def test_the_address_of_a_file_needs_a_prefix(template: Path) -> None:
    folder = template.rename(template.with_suffix(""))
    made = ("copy", "--defaults", "--vcs-ref=HEAD")
    assert copier_command(folder.parent, *made, f"file://{folder}", "project").returncode
    address = f"git+file://{folder}"
    assert "`git+file:///" in GUIDE
    assert copier_command(folder.parent, *made, address, "project").returncode == 0
    project = folder.parent / "project"
    commit(project)
    add_version(folder)
    assert updated(project)


def test_a_project_past_the_last_release_waits_for_the_next_or_follows_the_newest(
    template: Path,
) -> None:
    git(template, "tag", "v0.1.0")
    folder = clone(template)
    commit(folder)
    git(folder, "push", "--quiet")
    project, _ = run_hook(folder)
    assert not updated(project)
    add_version(template)
    assert not updated(project)
    assert "`--vcs-ref HEAD`" in GUIDE
    assert updated(project, "--vcs-ref=HEAD")
    (project / ADDED).unlink()
    git(project, "checkout", "--quiet", ".")
    git(template, "tag", "v0.2.0", "HEAD")
    assert updated(project)
