"""What an update does to text: it merges, and where it cannot, it is seen."""

import subprocess
import sys
from pathlib import Path

import copier
import pytest
import yaml
from plumbum import local

from projects import ROOT, commit, copy, files, git, start, update


def test_tags_and_the_project_id_survive_what_the_template_adds(
    template: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    git(template, "clone", "--quiet", str(template), str(older))
    source = older / "template" / "project.yaml.jinja"
    project = copy(older, tmp_path / "project")
    settings = project / "project.yaml"
    mine = settings.read_text().replace("id: null", "id: p-abc")
    settings.write_text(mine.replace("tags: {}", "tags:\n  team: churn"))
    commit(project)
    marker = next(line for line in source.read_text().splitlines() if "yours below" in line)
    source.write_text(source.read_text().replace(marker, f"# A new key.\nnew: 1\n\n{marker}"))
    commit(older)
    update(project)
    found = yaml.safe_load(settings.read_text())
    assert (found["id"], found["tags"], found["new"]) == ("p-abc", {"team": "churn"}, 1)


def test_the_commands_of_the_message_find_conflicts_and_files_that_went(
    two_versions: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    template, ref = two_versions
    project = tmp_path / "project"
    start(template, project, ref)
    mine = (project / "project.yaml").read_text().replace("# as it was", "# as I like it")
    (project / "project.yaml").write_text(mine)
    commit(project)
    copier.run_update(project, defaults=True, overwrite=True, vcs_ref="HEAD")
    said = [line.strip() for line in capfd.readouterr().err.splitlines()]
    guide = (ROOT / "docs" / "how-to" / "update-a-project.md").read_text()
    conflicts, went = [line for line in said if line.startswith("git ")][:2]
    for command, shown in ((conflicts, "project.yaml:"), (went, "vendor/sagemaker-local/")):
        found = subprocess.run(command, shell=True, cwd=project, capture_output=True, text=True)
        assert found.stdout.startswith(shown)
        assert command in guide


def test_a_checkout_for_windows_is_updated_alike(
    two_versions: tuple[Path, str], tmp_path: Path
) -> None:
    template, ref = two_versions
    there, here = tmp_path / "there", tmp_path / "here"
    start(template, there, ref)
    windows = tmp_path / "gitconfig"
    windows.write_text("[core]\n\tautocrlf = true\n")
    with local.env(GIT_CONFIG_GLOBAL=str(windows)), pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(windows))
        git(tmp_path, "clone", "--quiet", str(there), str(here))
        (here / "project.yaml").write_text((here / "project.yaml").read_text() + "# mine\n")
        commit(here)
        update(here)
        assert git(here, "status", "--porcelain", "--", "project/errors.py") == ""
    (there / "project.yaml").write_text((there / "project.yaml").read_text() + "# mine\n")
    commit(there)
    update(there)
    assert files(here) == files(there)


LATIN_1 = "# Grüße\n".encode("latin-1")


def test_bytes_that_are_no_utf_8_get_lost_and_the_projects_own_check_finds_them_before(
    two_versions: tuple[Path, str], tmp_path: Path
) -> None:
    template, ref = two_versions
    project = tmp_path / "project"
    start(template, project, ref)
    own = [sys.executable, "-B", "-m", "pytest", "-q", "tests/project/test_encoding.py"]
    assert subprocess.run(own, cwd=project, capture_output=True).returncode == 0
    settings = project / "data_science" / "settings.yaml"
    utf_16 = project / "AGENTS.md"
    settings.write_bytes(LATIN_1 + settings.read_bytes())
    utf_16.write_bytes(utf_16.read_text().replace("coding", "my").encode("utf-16-le"))
    commit(project)
    said = subprocess.run(own, cwd=project, capture_output=True, text=True).stdout
    assert "write AGENTS.md, data_science/settings.yaml in UTF-8" in said
    update(project)
    # Once Copier keeps them, neither the check nor its reason in the guide is needed any more.
    assert LATIN_1 not in settings.read_bytes()
    assert "Rules for my" not in utf_16.read_bytes().replace(b"\0", b"").decode()
