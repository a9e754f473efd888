"""Searching for hyperparameters: the trials of a run, the best of them, and why a trial failed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
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
    text = text.replace("trials: 10", "trials: 3").replace("folds: 3", "folds: 2")
    tracked = problem == "classification"
    settings.write_text(text.replace("tracking: none", "tracking: mlflow") if tracked else text)
    try:
        said = run.ok(project, "ds", "run", "--local")
        assert "registered version 1: " in said
        assert ("\nlog the run to MLflow … " in said) == tracked
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
        if tracked:
            synced = json.loads(run.ok(project, "ds", "track", "sync", "--local", "--json"))
            assert [one["mlflow"] for one in synced] == ["there already"] * 2
            check_logged(project, trials, versions[0])
    finally:
        run(project, "sagemaker-local", "down")


def check_logged(project: Path, trials: list[dict[str, Any]], version: dict[str, Any]) -> None:
    """Look up in MLflow what the two runs were logged with."""
    client = mlflow.MlflowClient(f"sqlite:///{project}/data/mlflow/mlflow.db")
    found = client.search_runs(["1"])
    below = {one.info.run_name: one for one in found if "mlflow.parentRunId" in one.data.tags}
    [good] = [one for one in found if "model_version" in one.data.tags]
    assert good.info.status == "FINISHED"
    assert version["metrics"].items() <= good.data.metrics.items()
    assert version["hyperparameters"].items() <= good.data.params.items()
    names = sorted(file.path for file in client.list_artifacts(good.info.run_id))
    assert names == ["evaluation.json", "report.html"]
    for trial in trials:
        one = below[trial["job"]]
        assert one.data.tags["mlflow.parentRunId"] == good.info.run_id
        assert one.data.params == trial["hyperparameters"]
        assert trial["value"] in one.data.metrics.values()
    [bad] = [one for one in found if one.info.run_name not in below and one is not good]
    assert bad.info.status == "FAILED"
    assert "no model today" in bad.data.tags["mlflow.note.content"]
