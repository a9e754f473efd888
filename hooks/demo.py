# /// script
# requires-python = ">=3.11"
# dependencies = ["copier>=9.19"]
#
# [tool.uv]
# exclude-newer = "2026-11-20T00:00:00Z"
# ///
"""Copies a project with the default answers into a new folder and runs its demo there."""

import argparse
import os
import re
import shlex
import subprocess
import sys
import time
import warnings
from pathlib import Path

import copier
from copier.errors import ShallowCloneWarning

ROOT = Path(__file__).resolve().parents[1]


def git(*arguments: str) -> str:
    """Return what a git command prints in this clone; nothing when it fails."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def origin() -> str:
    """Return the address that this clone came from and its commit is found at; nothing if none."""
    url = git("remote", "get-url", "origin")
    branches = git("branch", "--remotes", "--contains", "HEAD", "--format=%(refname)")
    # A local path has no colon before its first slash.
    if ":" not in url.partition("/")[0] or "refs/remotes/origin/" not in branches:
        return ""
    url = re.sub(r"^(https?://)[^/@]*@", r"\1", url)
    # This is how Copier knows the address of a git repository.
    return url if url.endswith(".git") else f"git+{url}"


def copy(folder: Path) -> None:
    """Make a project that can be updated, or say that it cannot be and why.

    An update needs the commit that the project was made from, so that is the clone's last one, its
    newest release or not; and where the template is, so that is where the clone came from.
    """
    top = git("rev-parse", "--show-toplevel")
    commit = git("rev-parse", "HEAD") if top and Path(top).resolve() == ROOT else ""
    with warnings.catch_warnings(action="ignore", category=ShallowCloneWarning):
        copier.run_copy(str(ROOT), folder, defaults=True, vcs_ref=commit or None, quiet=True)
    answers = folder / ".copier-answers.yml"
    if not commit:
        note(f"{ROOT} is no git clone, so the project cannot be updated")
    elif address := origin():
        text = answers.read_text("utf-8")
        line = re.compile(r"^_src_path:.*(\n .*)*$", re.MULTILINE)
        answers.write_text(line.sub(lambda _: f"_src_path: {address}", text), "utf-8")
    else:
        note(f"updates come from {ROOT}; on another machine, see docs/how-to/update-a-project.md")
    if commit and git("status", "--porcelain"):
        note(f"what is not committed in {ROOT} is left out: updates start from a commit")


def note(text: str) -> None:
    """Say what will matter at an update."""
    print(f"note: {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Exit with the demo's own exit code; 2 when the folder cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: uv run hooks/demo.py")
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        nargs="?",
        default=ROOT.parent / "my-project",
        help="where the project goes (default: my-project beside this clone)",
    )
    folder = parser.parse_args().folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        print(f"error: {folder} is not empty; name another folder", file=sys.stderr)
        raise SystemExit(2)
    paths = shlex.join([str(ROOT), str(folder)])
    print(f"$ uv tool run copier copy --defaults {paths}", flush=True)
    started = time.monotonic()
    copy(folder)
    print(f"  {time.monotonic() - started:.1f} s", flush=True)
    print(f"$ cd {shlex.quote(str(folder))}\n$ uv run demo", flush=True)
    environment = {**os.environ}
    # This script's own environment is not the project's.
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(["uv", "run", "demo"], cwd=folder, env=environment, check=False)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
