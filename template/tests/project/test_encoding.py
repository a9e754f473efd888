"""Text is UTF-8: `copier update` drops other bytes from a file that was edited."""

import os
import subprocess

import pytest

from project.settings import ROOT

TEXT = {".json", ".md", ".py", ".toml", ".yaml", ".yml"}


def test_text_files_are_utf_8() -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("the project is in no git repository yet")
    wrong = []
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        path = ROOT / name
        if path.is_file() and (path.suffix in TEXT or path.name.startswith(".")):
            content = path.read_bytes()
            try:
                content.decode("utf-8")
            except UnicodeDecodeError:
                wrong.append(name)
            else:
                # UTF-16 without a byte order mark.
                wrong += [name] if b"\0" in content else []
    assert not wrong, f"write {', '.join(wrong)} in UTF-8"
