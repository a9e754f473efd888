"""The arrows between the parts of a project, and inside them, point one way."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from projects import ROOT

TEMPLATE = ROOT / "template"
AWS = {"boto3", "botocore", "sagemaker", "s3fs", "awswrangler"}
PARTS = {"project", "data_science", "ops", "demo", "sagemaker_local"}
# The contracts of import-linter cover the packages; these folders are none.
FORBIDDEN = {
    "tests/project": PARTS - {"project"},
    "tests/data_science": PARTS - {"project", "data_science"},
    "tests/ops": PARTS - {"project", "ops", "demo"},
    "tests/demo": PARTS - {"project", "demo"},
    "data_science/steps": AWS | PARTS,
}


def test_the_contracts_in_pyproject_are_kept() -> None:
    paths = [TEMPLATE, TEMPLATE / "vendor" / "sagemaker-local"]
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def imported(path: Path) -> set[str]:
    """Return the top-level names that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_part_imports_only_what_it_may(folder: str) -> None:
    sources = sorted((TEMPLATE / folder).rglob("*.py"))
    assert sources
    for path in sources:
        wrong = imported(path) & FORBIDDEN[folder]
        assert not wrong, f"{path.relative_to(TEMPLATE)} imports {', '.join(sorted(wrong))}"


def test_steps_need_only_what_the_container_has() -> None:
    folder = TEMPLATE / "data_science" / "steps"
    own = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    container = {"joblib", "numpy", "pandas", "sklearn", "werkzeug"}
    for path in [*folder.rglob("*.py"), *(TEMPLATE / "frameworks").rglob("*.py")]:
        # A framework's container has the framework, beside what both containers have.
        found = container | ({path.parent.name} if path.name == "model.py" else set())
        wrong = imported(path) - own - {"model"} - found - sys.stdlib_module_names
        assert not wrong, f"{path.name} imports {', '.join(sorted(wrong))}"
