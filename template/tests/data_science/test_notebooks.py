"""The notebooks run from beginning to end, and hold no output."""

import subprocess
import sys
from pathlib import Path

import pytest

from data_science.config.settings import load_settings
from data_science.runs.inputs import EXAMPLE
from project.settings import ROOT, load_project

NOTEBOOKS = ROOT / "data_science" / "notebooks"
SOURCE = load_settings(load_project().problem_type).data.input


@pytest.mark.skipif(
    SOURCE != EXAMPLE and not (ROOT / SOURCE).is_file(), reason=f"{SOURCE} is not on this machine"
)
@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.py")), ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end(path: Path) -> None:
    done = subprocess.run([sys.executable, path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
