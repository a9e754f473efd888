"""What the settings let a model be judged by."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_science.config import settings as loading
from data_science.config.quality import METRICS, metrics_of, threshold_problem
from data_science.config.settings import Quality, load_settings
from project.errors import ProjectError
from project.settings import ROOT, load_project


def test_the_metrics_are_those_that_the_steps_declare() -> None:
    assert {"accuracy", "precision", "recall", "f1", "auc"} <= set(metrics_of("classification"))
    assert {"r2", "rmse", "mse", "mae"} <= set(metrics_of("regression"))
    assert set(METRICS) == {*metrics_of("classification"), *metrics_of("regression")}


def test_errors_are_better_when_they_are_less_and_shares_when_they_are_more() -> None:
    lower = {name for name in METRICS if Quality(metric=name, threshold=0.5).less_is_better}
    assert {"rmse", "mse", "mae"} <= lower
    assert not lower & {"accuracy", "precision", "recall", "f1", "auc", "r2"}


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"must be one of .*accuracy, precision, recall, f1, auc"):
        Quality(metric="acuracy", threshold=0.5)
    with pytest.raises(ValueError, match=r"must be one of .*accuracy, precision, recall, f1, auc"):
        Quality(metric="f1", threshold=0.5, thresholds={"acuracy": 0.5})


@pytest.mark.parametrize("problem_type", ["classification", "regression"])
def test_an_unknown_metric_is_refused_with_those_of_the_problem(
    problem_type: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = yaml.safe_load((ROOT / "data_science" / "settings.yaml").read_text())
    fitting = metrics_of(problem_type)
    document["quality"] = {"metric": fitting[0], "threshold": 0, "thresholds": {"mapple": 1}}
    (tmp_path / "data_science").mkdir()
    (tmp_path / "data_science" / "settings.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.setattr(loading, "ROOT", tmp_path)
    with pytest.raises(ProjectError) as refused:
        load_settings(problem_type)
    assert str(refused.value).endswith(
        f"key `quality.thresholds.mapple`: must be one of {', '.join(fitting)}, or one that you "
        "add to data_science/steps/metrics.py, not 'mapple'"
    )


def test_a_metric_has_one_threshold() -> None:
    with pytest.raises(ValueError, match="f1 has its threshold under `threshold` already"):
        Quality(metric="f1", threshold=0.5, thresholds={"f1": 0.6})


@pytest.mark.parametrize(
    ("quality", "says"),
    [
        ({"thresholds": {"recall": 7}}, "key `quality.thresholds.recall`: recall is between 0 and"),
        ({"slices": {"sex": -1}}, "key `quality.slices.sex`: f1 is between 0 and 1"),
        ({"threshold": 2}, "key `quality.threshold`: f1 is between 0 and 1"),
        ({"thresholds": {"mae": 1}}, "key `quality.thresholds.mae`: mae does not fit classific"),
        ({"metric": "mae"}, "key `quality.metric`: mae does not fit classification; use one of "),
    ],
)
def test_a_rule_that_no_model_can_be_judged_by_is_refused(
    quality: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = load_settings(load_project().problem_type)
    rules = Quality(**{"metric": "f1", "threshold": 0.5, "positive": "a", **quality})
    changed = found.model_copy(update={"quality": rules})
    monkeypatch.setattr(loading, "load", lambda *_: changed)
    with pytest.raises(ProjectError, match=re.escape(says)):
        load_settings("classification")


@pytest.mark.parametrize(
    ("metric", "threshold", "says"),
    [
        ("f1", 7, "f1 is between 0 and 1, so its threshold cannot be 7"),
        ("auc", -0.1, "auc is between 0 and 1, so its threshold cannot be -0.1"),
        ("r2", 1.5, "r2 is at most 1, so its threshold cannot be 1.5"),
        ("rmse", -1, "rmse is at least 0, so its threshold cannot be -1"),
        ("f1", 1, ""),
        ("accuracy", 0, ""),
        ("r2", -3, ""),
        ("mae", 1000, ""),
    ],
)
def test_a_threshold_that_no_model_or_every_one_reaches_is_none(
    metric: str, threshold: float, says: str
) -> None:
    assert threshold_problem(metric, threshold) == says
