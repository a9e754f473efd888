"""The tutorial's ten commands lead from its table to production, and its pictures are there."""

import csv
import sys
from pathlib import Path

from projects import ROOT, Runner, copy

sys.path.append(str(ROOT))
from hooks.pictures import PICTURES, TUTORIAL, commands


def test_ten_commands_lead_from_a_table_to_production(
    template: Path, tmp_path: Path, run: Runner
) -> None:
    start, enter, *others = commands()
    assert start[:5] == ["uv", "tool", "run", "copier", "copy"] and enter == ["cd", "churn"]
    assert len([start, *others]) <= 10
    project = copy(template, tmp_path / "churn", project_name="churn")
    said = {}
    try:
        for uv, _, *command in others:
            assert uv == "uv"
            quiet = ["--no-open"] if command[1] == "report" else []
            said[" ".join(command[:3])] = run.ok(project, *command, *quiet)
    finally:
        run(project, "sagemaker-local", "down")
    assert "version 1 serves production" in said["ops promote production"]
    with (project / "data" / "scores" / "churn.csv").open(newline="") as file:
        answers = list(csv.DictReader(file))
    assert len(answers) == 800 and not any(row["error"] for row in answers)
    right = sum(row["prediction"] == row["churned"] for row in answers)
    # Always answering "no" is right for 649.
    assert right > 660
    for page in PICTURES.values():
        assert (project / page).is_file()


def test_the_pictures_are_there() -> None:
    for name in PICTURES:
        content = (TUTORIAL / f"{name}.png").read_bytes()
        assert content.startswith(b"\x89PNG") and len(content) < 150_000
