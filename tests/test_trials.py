"""Random edits through random versions: no edit is lost in an update that ends well.

`UPDATE_TRIALS=500 uv run pytest tests/test_trials.py` runs more of them; a trial is its number.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from plumbum import local

from projects import (
    ANSWERS,
    LAYOUTS,
    Files,
    commit,
    copy,
    files,
    git,
    retire,
    tier,
    tiers,
    update,
    write_snapshot,
)

TRIALS = int(os.environ.get("UPDATE_TRIALS", "3"))
VERSIONS = 3
# It says which line ends git writes, and what is vendored; without it, neither can be compared.
ATTRIBUTES = ".gitattributes"
FRAMEWORKS = "template/frameworks/"
MARKS = (b"<<<<<<< before updating", b"||||||| ", b"=======\n", b">>>>>>> after updating")
# What users have in their git configuration, and what has broken tools before.
SETTINGS = (
    "apply.whitespace=fix",
    "color.ui=always",
    "commit.gpgSign=true",
    "core.autocrlf=true",
    "diff.algorithm=patience",
    "diff.context=0",
    "diff.mnemonicPrefix=true",
    "diff.noprefix=true",
    "diff.renames=copies",
    "merge.conflictStyle=diff3",
    "core.hooksPath=/dev/null",
    "user.useConfigOnly=true",
)


class Hand:
    """Edits files at random; every line that it writes is like no other.

    Parameters
    ----------
    chance : decides.
    name : whose lines they are.
    """

    def __init__(self, chance: random.Random, name: str) -> None:
        self._chance = chance
        self._name = name
        self._written = 0

    def line(self) -> bytes:
        """Return a line that is nowhere yet."""
        self._written += 1
        return f"# {self._name} wrote this as number {self._written}\n".encode()

    def edit(self, path: Path) -> set[bytes]:
        """Insert, replace and delete lines of a file; return those that were written."""
        lines = path.read_bytes().splitlines(keepends=True)
        written = set()
        for _ in range(self._chance.randint(1, 3)):
            place = self._chance.randint(0, len(lines))
            # A line of Jinja is not replaced: what is left would be none.
            free = place < len(lines) and b"{" not in lines[place]
            action = self._chance.choice(("insert", "replace", "delete") if free else ("insert",))
            if action != "delete":
                written.add(new := self.line())
                lines[place : place + (action == "replace")] = [new]
            else:
                del lines[place]
        if self._chance.random() < 0.1 and lines:
            lines[-1] = lines[-1].rstrip(b"\n")
        path.write_bytes(b"".join(lines))
        return {line for line in written if line in b"".join(lines) + b"\n"}

    def some(self, paths: list[str], most: int) -> list[str]:
        """Return some of the paths."""
        return self._chance.sample(sorted(paths), min(len(paths), self._chance.randint(1, most)))


def make_versions(folder: Path, chance: random.Random) -> list[str]:
    """Make a template of several versions; return their commits, the oldest first."""
    write_snapshot(folder)
    # A third of the files takes a third of the time.
    for file in sorted((folder / "template").rglob("*.py")):
        # Those are parts of files.
        if chance.random() < 2 / 3 and FRAMEWORKS not in str(file):
            file.unlink()
    commit(folder)
    hand, commits = Hand(chance, "the template"), [head(folder)]
    for number in range(1, VERSIONS):
        paths = git(folder, "ls-files", "template").splitlines()
        ours = ("answers_file}}.jinja", ATTRIBUTES)
        paths = [path for path in paths if not path.endswith(ours) and FRAMEWORKS not in path]
        edited = hand.some(paths, 12)
        for path in edited:
            hand.edit(folder / path)
        for path in hand.some(list(set(paths) - set(edited)), 2):
            name = path.removeprefix("template/").removesuffix(".jinja")
            if tier(name) in ("template", "vendored"):
                (folder / path).unlink()
            if tier(name) == "template":
                retire(folder, name)
        new = Path(chance.choice(edited)).with_name(f"new-{number}.md")
        (folder / new).write_bytes(hand.line() * 3)
        commit(folder)
        commits.append(head(folder))
    return commits


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD").strip()


class User:
    """Works in a project, and knows what must be in it after an update."""

    def __init__(self, project: Path, chance: random.Random) -> None:
        self.project = project
        self._chance = chance
        self._hand = Hand(chance, "the user")
        self.lines: dict[str, set[bytes]] = {}
        self.deleted: set[str] = set()

    def work(self) -> None:
        """Edit, delete, move and add files, and commit."""
        there = sorted(set(files(self.project)) - {ANSWERS, ATTRIBUTES})
        for path in self._hand.some(there, 15):
            before = self.lines.get(path, set())
            self.lines[path] = before | self._hand.edit(self.project / path)
            content = (self.project / path).read_bytes() + b"\n"
            self.lines[path] = {line for line in self.lines[path] if line in content}
        for path in self._hand.some(there, 3):
            (self.project / path).unlink()
            self.deleted.add(path)
            moved = self.lines.pop(path, set())
            if self._chance.random() < 0.3 and moved:
                (self.project / path).with_name("moved.txt").write_bytes(b"".join(sorted(moved)))
                self.lines[str(Path(path).with_name("moved.txt"))] = moved
        own = Path(self._chance.choice(there)).with_name(
            self._chance.choice(("mine.py", "größe €.txt", "with space.md", "new-1.md", "new-2.md"))
        )
        line = self._hand.line()
        (self.project / own).parent.mkdir(parents=True, exist_ok=True)
        (self.project / own).write_bytes(line)
        self.deleted.discard(str(own))
        self.lines[str(own)] = {line}
        commit(self.project)

    def check(self, before: Files, old: Files, new: Files, template: Path) -> None:
        """Compare the project with what it was, and with fresh copies of both versions."""
        found = files(self.project)
        for path, lines in self.lines.items():
            if tier(path, template) == "vendored" and path not in new:
                continue
            assert path in found, f"{path} went, with edits"
            lost = {line for line in lines if line.strip() not in found[path]}
            assert not lost, f"{path} lost {lost}"
        for path, content in before.items():
            of = tier(path, template)
            if old.get(path) == new.get(path) or of in ("seed", "keep", "retired"):
                assert path == ANSWERS or found.get(path) == content, f"{path} of {of} changed"
            elif content == old.get(path) and path in new:
                assert found[path] == new[path], f"{path} is not what the template has"
        back = {path for path in self.deleted & set(found) if tier(path, template) != "keep"}
        assert not back, f"{back} came back"

    def resolve(self) -> None:
        """Keep both sides of every conflict, and commit."""
        for path, content in files(self.project).items():
            if MARKS[0] in content:
                lines = content.splitlines(keepends=True)
                (self.project / path).write_bytes(
                    b"".join(line for line in lines if not line.startswith(MARKS))
                )
        commit(self.project)


@pytest.fixture
def hostile(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Give git some of the settings that users have."""
    chance = random.Random(request.node.callspec.params["trial"])
    configuration = tmp_path / "gitconfig"
    for setting in chance.sample(SETTINGS, 4):
        name, _, value = setting.partition("=")
        git(tmp_path, "config", f"--file={configuration}", name, value)
    with local.env(GIT_CONFIG_GLOBAL=str(configuration)), pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
        patch.setenv("GIT_CONFIG_COUNT", "1")
        # The commits of a test cannot be signed.
        patch.setenv("GIT_CONFIG_KEY_0", "commit.gpgSign")
        patch.setenv("GIT_CONFIG_VALUE_0", "false")
        yield


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("trial", range(TRIALS))
def test_no_edit_is_lost(tmp_path: Path, trial: int) -> None:
    chance = random.Random(trial)
    template = tmp_path / "template"
    template.mkdir()
    commits = make_versions(template, chance)
    layout = chance.choice(LAYOUTS)
    fresh = [files(copy(template, tmp_path / ref, ref=ref, layout=layout)) for ref in commits]
    user = User(copy(template, tmp_path / "project", ref=commits[0], layout=layout), chance)
    commit(user.project)
    for number in range(1, VERSIONS):
        user.work()
        before = files(user.project)
        git(template, "checkout", "--quiet", commits[number])
        tiers.cache_clear()
        update(user.project, ref=commits[number])
        user.check(before, fresh[number - 1], fresh[number], template)
        user.resolve()
