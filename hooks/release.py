"""Makes a release of what is committed: changelog, commit, tag, and the record for the tests."""

import argparse
import datetime
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = ROOT / "CHANGELOG.md"
PYPROJECT = ROOT / "pyproject.toml"
RELEASES = ROOT / "tests" / "releases.yaml"
UNRELEASED = "## Unreleased\n"


def git(*arguments: str) -> str:
    """Return what a git command prints in this repository."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def problem(version: str) -> str:
    """Return why there can be no such release now; nothing when there can."""
    numbers = [int(number) for number in version.split(".")]
    for earlier in re.findall(r'^"(.*?)":', RELEASES.read_text("utf-8"), re.MULTILINE):
        if numbers <= [int(number) for number in earlier.split(".")]:
            return f"{version} does not come after {earlier}, which is released"
    if git("status", "--porcelain"):
        return "commit or stash your changes first"
    if not CHANGELOG.read_text("utf-8").partition(UNRELEASED)[2].partition("\n## ")[0].strip():
        return f"{CHANGELOG.name} says nothing under {UNRELEASED.strip()!r}"
    return ""


def like_a_version(text: str) -> str:
    """Return a version as it is; an argument that is none is wrong use."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise argparse.ArgumentTypeError(f"{text} is no version like 1.2.3")
    return text


def main() -> None:
    """Exit with 0 when the release is made, 1 when it cannot be, 2 for wrong use."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python3 hooks/release.py 0.2.0 (on main)"
    )
    parser.add_argument("version", metavar="VERSION", type=like_a_version)
    version = parser.parse_args().version
    if wrong := problem(version):
        raise SystemExit(f"error: {wrong}")
    heading = f"## {version} ({datetime.date.today().isoformat()})\n"
    CHANGELOG.write_text(CHANGELOG.read_text("utf-8").replace(UNRELEASED, heading, 1), "utf-8")
    project = re.sub(
        r'(?m)^version = ".*"$', f'version = "{version}"', PYPROJECT.read_text("utf-8")
    )
    PYPROJECT.write_text(project, "utf-8")
    git("commit", "--quiet", "--all", "--allow-empty", f"--message=Release {version}")
    git("tag", f"v{version}")
    # A commit cannot hold its own name, so the record is in the next one.
    commit = git("rev-parse", "HEAD")
    with RELEASES.open("a", encoding="utf-8") as file:
        file.write(f'"{version}": "{commit}"\n')
    git("commit", "--quiet", "--all", f"--message=Record the release {version}")
    print(f"released {version}: {commit}\nnow: git push origin HEAD v{version}")


if __name__ == "__main__":
    main()
