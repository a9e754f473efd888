"""Tuning: what is searched, and how a trial is judged."""

import re
from typing import Any

import pandas as pd
import pytest
from columns import Schema
from failure import StepError
from hyperparameters import Hyperparameter
from sklearn.dummy import DummyClassifier, DummyRegressor
from validation import PRINTED, cross_validated

from data_science.config.tuning import OBJECTIVE, Tuning, tuned
from project.errors import ProjectError

DECLARED = {
    "depth": Hyperparameter("depth", "int", 3, min=1, max=9),
    "rate": Hyperparameter("rate", "float", 0.1, min=0, max=1),
    "growing": Hyperparameter("growing", "float", 0.1, min=0),
    "kernel": Hyperparameter("kernel", "choice", "a", values=("a", "b")),
    "fast": Hyperparameter("fast", "bool", True),
}


def test_all_that_has_a_range_is_searched_unless_some_are_named() -> None:
    assert tuned(Tuning(), DECLARED) == []
    assert tuned(Tuning(enabled=True), DECLARED) == ["depth", "rate", "kernel", "fast"]
    assert tuned(Tuning(enabled=True, hyperparameters=["rate"]), DECLARED) == ["rate"]
    grid = Tuning(enabled=True, strategy="Grid", hyperparameters=["kernel", "fast"])
    assert tuned(grid, DECLARED) == ["kernel", "fast"]


@pytest.mark.parametrize(
    ("settings", "declared", "reason"),
    [
        ({"hyperparameters": ["other"]}, DECLARED, "other is not declared"),
        ({"hyperparameters": ["growing"]}, DECLARED, "growing has no range"),
        ({"strategy": "Grid"}, DECLARED, "Grid searches choices alone, and depth is of type int"),
        ({}, {"growing": DECLARED["growing"]}, "no hyperparameter has a range"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    settings: dict[str, Any], declared: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ProjectError, match=reason):
        tuned(Tuning(enabled=True, **settings), declared)


def test_sagemaker_finds_the_value_in_the_line_that_a_trial_prints() -> None:
    line = PRINTED.format(metric="f1", value=0.0000123456)
    found = re.search(OBJECTIVE.format(metric="f1"), line)
    assert found is not None
    assert float(found[1]) == 1.23456e-05


def schema(target: str | list[str]) -> Schema:
    columns: dict[str, str | list[str]] = {"x": "number", "y": target}
    return {"target": "y", "columns": columns, "unseen_categories": "refuse"}


def test_each_part_is_judged_by_a_model_that_did_not_see_it() -> None:
    table = pd.DataFrame({"x": [0.0, 0.0, 0.0], "y": [0.0, 3.0, 6.0]})
    # The mean of the two others misses by 4.5, 0 and 4.5: one row a part.
    found = cross_validated(DummyRegressor, table, schema("number"), 3, None)
    assert sorted(found["mae"]) == [0, 4.5, 4.5]
    assert sorted(found["mse"]) == [0, 20.25, 20.25]


def test_the_parts_of_a_classifier_have_alike_shares_of_each_class() -> None:
    table = pd.DataFrame({"x": range(12), "y": ["no", "no", "no", "yes"] * 3})

    def build() -> DummyClassifier:
        return DummyClassifier(strategy="most_frequent")

    of_classes = schema(["no", "yes"])
    found = cross_validated(build, table, of_classes, 3, "yes")
    assert found["accuracy"] == [0.75, 0.75, 0.75]
    assert found["recall"] == [0, 0, 0]
    assert cross_validated(build, table, of_classes, 3, "no")["recall"] == [1, 1, 1]


def test_fewer_rows_than_parts_are_refused() -> None:
    table = pd.DataFrame({"x": [0.0, 0.0, 0.0], "y": [0.0, 3.0, 6.0]})
    with pytest.raises(StepError, match="3 rows are too few for 5 folds"):
        cross_validated(DummyRegressor, table, schema("number"), 5, None)
