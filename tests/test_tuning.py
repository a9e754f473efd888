"""Searching for hyperparameters: the trials of a run, the best of them, and why a trial failed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from projects import Runner, copy


@pytest.mark.parametrize(
    ("problem", "strategy", "best"),
    [("classification", "Bayesian", max), ("regression", "Random", min)],
)
def test_the_best_trial_is_registered_and_a_failed_one_says_why(
    template: Path,
    tmp_path: Path,
    run: Runner,
    problem: str,
    strategy: str,
    best: Callable[[list[float]], float],
) -> None:
    project = copy(template, tmp_path / "project", layout="data-science", problem_type=problem)
    settings = project / "data_science" / "settings.yaml"
    text = settings.read_text().replace("metric: r2", "metric: rmse").replace(": 0.3", ": 1000")
    text = text.replace(
        "enabled: false\n  strategy: Bayesian", f"enabled: true\n  strategy: {strategy}"
    )
    settings.write_text(text.replace("trials: 10", "trials: 3").replace("folds: 3", "folds: 2"))
    try:
        assert "registered version 1: " in run.ok(project, "ds", "run", "--local")
        trials = json.loads(run.ok(project, "ds", "trials", "--local", "--json"))
        versions = json.loads(run.ok(project, "ds", "versions", "--local", "--json"))

        assert [trial["status"] for trial in trials] == ["Completed"] * 3
        values = [trial["value"] for trial in trials]
        assert values == sorted(values, reverse=best is max)
        assert values[0] == best(values)
        assert len({trial["hyperparameters"]["regularization"] for trial in trials}) == 3
        assert versions[0]["hyperparameters"] == trials[0]["hyperparameters"]

        one = f"Train {trials[0]['job']}: "
        of_train = run.ok(project, "ds", "logs", "Train", "--local").splitlines()
        assert of_train[0].startswith(one)
        assert {line.split(": ")[0] for line in of_train} == {
            f"Train {trial['job']}" for trial in trials
        }
        assert one in run.ok(project, "ds", "logs", "--local")
        [listed] = json.loads(run.ok(project, "ds", "runs", "--local", "--json"))
        for name, value in trials[0]["hyperparameters"].items():
            assert listed["parameters"][name] == value

        refused = run(project, "ds", "run", "--local", "--param", "regularization=1")
        assert "tuning searches for regularization" in refused.stderr.splitlines()[-1]
        chosen = settings.read_text()
        settings.write_text(
            chosen.replace("hyperparameters: {}", "hyperparameters: {regularization: 1}")
        )
        refused = run(project, "ds", "run", "--local")
        assert "key `hyperparameters`: tuning searches for regul" in refused.stderr
        settings.write_text(chosen)

        model = project / "data_science" / "steps" / "model.py"
        model.write_text(model.read_text() + "\nraise ValueError('no model today')\n")
        done = run(project, "ds", "run", "--local")
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert last.startswith("error: Train: ") and "no model today" in last
    finally:
        run(project, "sagemaker-local", "down")
