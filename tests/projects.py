"""Copies, updates and runs generated projects, through Copier's public API, git and uv."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import copier
import yaml
from pathspec import PathSpec

ROOT = Path(__file__).resolve().parents[1]
LAYOUTS = ("monorepo", "data-science", "ops")
PROBLEM_TYPES = ("classification", "regression")

ANSWERS = ".copier-answers.yml"

Files = dict[str, bytes]
"""A project's files by their path."""
Rendered = dict[tuple[str, str], Path]
"""Projects by their layout and problem type."""

GIT_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Somebody"), ("EMAIL", "somebody@example.com"))
}


def git(folder: Path, *arguments: str) -> str:
    """Return what a git command prints."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **GIT_IDENTITY},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def commit(folder: Path, message: str = "Change something") -> None:
    """Commit everything in a folder; make it a repository first when it is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")


def write_snapshot(folder: Path) -> None:
    """Fill a folder with the template's files as they are now, committed or not."""
    listed = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = git(ROOT, *listed, "--", "copier.yml", "template")
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def copy(template: Path, folder: Path, *, ref: str = "HEAD", **answers: Any) -> Path:
    """Make a project from a commit of a template repository; return its folder."""
    copier.run_copy(str(template), folder, data=answers, defaults=True, quiet=True, vcs_ref=ref)
    return folder


def start(template: Path, folder: Path, ref: str, **answers: str) -> Files:
    """Make a project from a commit of a template, in a repository of its own."""
    copy(template, folder, ref=ref, **answers)
    commit(folder)
    return files(folder)


def update(project: Path, *, ref: str = "HEAD", **answers: Any) -> None:
    """Bring a project to a commit of its template, as `copier update` does."""
    copier.run_update(project, data=answers, defaults=True, quiet=True, overwrite=True, vcs_ref=ref)


def retire(template: Path, path: str) -> None:
    """List a path as retired in a template's `copier.yml`."""
    text = (template / "copier.yml").read_text()
    before, marker, after = text.partition("  # retired: one path")
    begin, line, rest = after.partition("    {% if _copier_operation == 'update' %}\n")
    (template / "copier.yml").write_text(f"{before}{marker}{begin}{line}    /{path}\n{rest}")


def copier_command(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command `copier` in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "copier", *arguments],
        cwd=folder,
        env=os.environ | GIT_IDENTITY,
        capture_output=True,
        text=True,
        check=False,
    )


def files(project: Path) -> Files:
    """Return a project's files by their path, without git's own."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(project).parts
    }


def spoil_vendored(project: Path) -> None:
    """Put a file among the vendored ones that no check of the project's own would let pass."""
    text = "import os,sys\nx:int='a'\ndef test_bad(): assert False\n"
    (project / "vendor" / "sagemaker-local" / "test_bad.py").write_text(text)


def run_tool(project: Path, tool: str, *arguments: str) -> None:
    """Run a tool of this repository's environment in a project; fail with its output."""
    done = subprocess.run(
        [Path(sys.executable).with_name(tool), *arguments],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{tool} {' '.join(arguments)}:\n{done.stdout}"


def run_python(project: Path, code: str) -> str:
    """Run Python code in a project, with this repository's environment; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Runner:
    """Runs `uv run …` in generated projects, in one environment that each of them gets in turn.

    An environment holds more than a gigabyte; the packages of one project are those of the next,
    and uv installs only the project itself anew. It does so exactly: with a project of another name
    left in it, commands would run that one's code.
    """

    def __init__(self, environment: Path) -> None:
        outer = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PROJECT_TARGET"}
        self._variables = {
            **{key: value for key, value in os.environ.items() if key not in outer},
            **GIT_IDENTITY,
            "UV_PROJECT_ENVIRONMENT": str(environment),
            # Asking a package index about every package again takes longer than most tests.
            "UV_OFFLINE": "1",
        }

    def fill(self, project: Path) -> None:
        """Fetch the packages of a project that has all that others may need, and install them."""
        self.ok(project, "true", UV_OFFLINE="0")

    def __call__(
        self, project: Path, *command: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of a project, with more environment variables if there are any.

        It fails the test when it takes over ten minutes.
        """
        return subprocess.run(
            ["uv", "run", "--quiet", "--exact", *command],
            cwd=project,
            env=self._variables | variables,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def start(self, project: Path, *command: str) -> "subprocess.Popen[str]":
        """Start a command of a project and return at once."""
        return subprocess.Popen(
            ["uv", "run", "--quiet", "--exact", *command],
            cwd=project,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ok(self, project: Path, *command: str, **variables: str) -> str:
        """Run a command that must succeed; return what it prints."""
        done = self(project, *command, **variables)
        said = f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, said
        return done.stdout


@cache
def tiers(template: Path = ROOT) -> dict[str, list[str]]:
    """Return the path patterns of every tier but template, in git's notation.

    They are read from where they act: `copier.yml`, and the project's `.gitattributes`.
    """
    configuration = yaml.safe_load((template / "copier.yml").read_text())
    on_update = [entry for entry in configuration["_exclude"] if "_copier_operation" in entry]
    seeds = _paths(entry for entry in on_update if "before.layout" in entry)
    attributes = (template / "template" / ".gitattributes").read_text().splitlines()
    return {
        "seed": seeds,
        "keep": [path for path in configuration["_skip_if_exists"] if path not in seeds],
        "vendored": [line.split()[0] for line in attributes if line.endswith("linguist-vendored")],
        "retired": _paths(entry for entry in on_update if "before.layout" not in entry),
    }


def _paths(entries: Iterable[str]) -> list[str]:
    return [line for entry in entries for line in entry.splitlines() if line.startswith("/")]


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Return whether one of the patterns stands for a path, as Copier would say."""
    return bool(PathSpec.from_lines("gitignore", patterns).match_file(path))


def tier(path: str, template: Path = ROOT) -> str:
    """Return the tier of a project's file: template, seed, keep, vendored or retired."""
    found = [name for name, patterns in tiers(template).items() if matches(path, patterns)]
    assert len(found) <= 1, f"{path} is in the tiers {' and '.join(found)}"
    return found[0] if found else "template"
