"""Every file of a project is in one ownership tier, and Copier and the reference agree on which."""

import re
from pathlib import Path, PurePosixPath

import pytest

from projects import LAYOUTS, ROOT, Rendered, commit, copy, files, tier, tiers, update


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_file_is_in_exactly_one_tier(rendered: Rendered, layout: str) -> None:
    for path in files(rendered[layout, "classification"]):
        assert tier(path) in ("template", "seed", "keep")


def test_every_pattern_names_a_file(rendered: Rendered) -> None:
    paths = files(rendered["monorepo", "classification"])
    for name, patterns in tiers().items():
        for pattern in patterns:
            found = [path for path in paths if PurePosixPath("/", path).match(pattern)]
            assert found, f"{pattern} of the tier {name} matches no file"


def test_the_reference_lists_the_tiers() -> None:
    text = (ROOT / "docs" / "reference" / "files.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| (seed|keep) \|", text, re.MULTILINE)
    listed = {name: sorted(path for path, of in rows if of == name) for name in ("seed", "keep")}
    assert listed == {
        name: sorted(pattern.removeprefix("/") for pattern in patterns)
        for name, patterns in tiers().items()
    }


def test_an_update_leaves_seeds_alone_and_brings_back_what_must_exist(
    template: Path, tmp_path: Path
) -> None:
    project = copy(template, tmp_path / "project")
    before = files(project)
    seeds = [path for path in before if tier(path) == "seed"]
    keeps = [path for path in before if tier(path) == "keep"]
    (project / seeds[0]).write_text("mine\n")
    for path in [*seeds[1:], *keeps[1:]]:
        (project / path).unlink()
    (project / keeps[0]).write_text("mine\n")
    commit(project)
    update(project)
    after = files(project)
    assert after[seeds[0]] == after[keeps[0]] == b"mine\n"
    assert not set(seeds[1:]) & set(after)
    assert {path: after[path] for path in keeps[1:]} == {path: before[path] for path in keeps[1:]}
