"""What the steps compute is what the settings let a model be judged by."""

from collections.abc import Sequence

import pandas as pd
import pytest
from columns import Schema
from metrics import model_quality

from data_science.config.quality import METRICS, metric_group, metrics_of, threshold_problem
from data_science.config.settings import Quality


@pytest.mark.parametrize(
    ("target", "problem_type", "group"),
    [
        ("number", "regression", "regression_metrics"),
        (["a", "b"], "classification", "binary_classification_metrics"),
        (["a", "b", "c"], "classification", "multiclass_classification_metrics"),
    ],
)
def test_the_steps_name_metrics_and_groups_as_the_settings_do(
    target: str | list[str], problem_type: str, group: str
) -> None:
    schema: Schema = {"target": "y", "columns": {"x": "number", "y": target}}
    truth: Sequence[object] = [1.0, 2.0, 3.0] if isinstance(target, str) else target
    answer = {
        "predictions": truth,
        "probabilities": [{one: float(one == other) for one in target} for other in truth],
    }
    computed = model_quality(schema, pd.Series(truth), answer, "a" if "a" in target else None)
    assert metric_group(schema) == group
    assert {name: set(metrics) for name, metrics in computed.items()} == {
        group: set(metrics_of(problem_type))
    }


def test_errors_are_better_when_they_are_less_and_shares_when_they_are_more() -> None:
    lower = {name for name in METRICS if Quality(metric=name, threshold=0.5).less_is_better}
    assert lower == {"rmse", "mse", "mae"}


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="must be one of accuracy, precision, recall, f1, auc"):
        Quality(metric="acuracy", threshold=0.5)


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
