"""Every file of a project is in one ownership tier, and Copier and the reference agree on which."""

import re
from pathlib import Path

import pytest
import yaml

from projects import LAYOUTS, ROOT, Rendered, commit, copy, files, matches, tier, tiers, update


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_file_is_in_exactly_one_tier(rendered: Rendered, layout: str) -> None:
    found = {tier(path) for path in files(rendered[layout, "classification"])}
    assert found == {"template", "seed", "keep", "vendored"}


def test_every_pattern_names_a_file(rendered: Rendered) -> None:
    paths = files(rendered["monorepo", "classification"])
    for name, patterns in tiers().items():
        for pattern in patterns:
            found = [path for path in paths if matches(path, [pattern])]
            # What is retired is not delivered.
            assert bool(found) == (name != "retired"), f"{pattern} of the tier {name}: {found}"


def test_the_reference_lists_the_tiers() -> None:
    text = (ROOT / "docs" / "reference" / "files.md").read_text()
    listed = re.findall(rf"^\| `([^`]+)` \| ({'|'.join(tiers())}) \|", text, re.MULTILINE)
    assert sorted(listed) == sorted(
        (pattern.removeprefix("/"), name)
        for name, patterns in tiers().items()
        for pattern in patterns
    )


def test_a_seed_is_never_overwritten_by_copying_anew() -> None:
    configuration = yaml.safe_load((ROOT / "copier.yml").read_text())
    assert set(tiers()["seed"]) < set(configuration["_skip_if_exists"])


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
