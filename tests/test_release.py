"""`hooks/release.py` records a release that the update tests then find."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from projects import GIT_IDENTITY, ROOT, commit, git


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a repository with what a release changes."""
    for name in ("hooks/release.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "releases.yaml").write_text("# Every release.\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- The first.\n")
    commit(tmp_path)
    return tmp_path


def release(clone: Path, version: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(clone / "hooks" / "release.py"), version],
        env=GIT_IDENTITY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_releases_are_tagged_and_recorded_in_order(clone: Path) -> None:
    assert release(clone, "0.9.0").returncode == 0
    with (clone / "CHANGELOG.md").open("a") as changelog:
        changelog.write("\n## Unreleased\n\n- The second.\n")
    commit(clone)
    done = release(clone, "0.10.0")
    recorded = yaml.safe_load((clone / "tests" / "releases.yaml").read_text())
    assert list(recorded) == ["0.9.0", "0.10.0"]
    for version, ref in recorded.items():
        assert ref == git(clone, "rev-parse", f"v{version}").strip()
        released = git(clone, "show", f"{ref}:CHANGELOG.md")
        assert f"## {version} (20" in released
        assert "Unreleased" not in released
        assert f'version = "{version}"' in git(clone, "show", f"{ref}:pyproject.toml")
    assert done.stdout.splitlines()[0] == f"released 0.10.0: {recorded['0.10.0']}"
    assert git(clone, "status", "--porcelain") == ""


def test_a_release_that_cannot_be_is_refused_and_changes_nothing(clone: Path) -> None:
    assert "is no version like 1.2.3" in release(clone, "v1").stderr
    assert release(clone, "--help").returncode == 0
    (clone / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 0.0.1\n\n- Old.\n")
    assert "commit or stash your changes first" in release(clone, "1.0.0").stderr
    commit(clone)
    assert "says nothing under '## Unreleased'" in release(clone, "1.0.0").stderr
    (clone / "tests" / "releases.yaml").write_text('"1.0.0": "0000"\n')
    commit(clone)
    before = git(clone, "rev-parse", "HEAD")
    done = release(clone, "0.10.0")
    assert (done.returncode, done.stderr) == (
        1,
        "error: 0.10.0 does not come after 1.0.0, which is released\n",
    )
    assert git(clone, "rev-parse", "HEAD") == before


def test_the_record_names_whole_commits() -> None:
    recorded = yaml.safe_load((ROOT / "tests" / "releases.yaml").read_text()) or {}
    for version, ref in recorded.items():
        # Unquoted, a commit such as 1e10… would be a number.
        assert isinstance(version, str)
        assert isinstance(ref, str)
        assert len(ref) == 40
