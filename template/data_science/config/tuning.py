"""What the settings say of hyperparameter tuning, and the ranges that follow from declarations."""

from typing import Annotated, Any, Literal

from pydantic import Field

from project.errors import ProjectError
from project.settings import Strict

OBJECTIVE = r"validation {metric}: (\S+)"
"""Finds the value that a trial prints; `steps/validation.py` holds the line."""


class Tuning(Strict):
    """Key `tuning` of the settings: whether Train searches for hyperparameters, and how.

    `hyperparameters` names those to search; without it, all that declare a range. `trials` are run
    at most, `parallel` of them at once. Each is judged by the metric of `quality` over `folds`
    parts of the training set.
    """

    enabled: bool = False
    strategy: Literal["Bayesian", "Random", "Grid"] = "Bayesian"
    trials: Annotated[int, Field(ge=1, le=750)] = 10
    parallel: Annotated[int, Field(ge=1, le=10)] = 2
    folds: Annotated[int, Field(ge=2, le=20)] = 3
    hyperparameters: list[str] = Field(default_factory=list)


def tuned(tuning: Tuning, declared: dict[str, Any]) -> list[str]:
    """Return the names of the hyperparameters that tuning searches.

    Parameters
    ----------
    declared : a `Hyperparameter` of `steps/hyperparameters.py` by its name.

    Raises
    ------
    ProjectError : one is not declared or has no range, there is none, or the strategy does not
        take it: Grid takes choices alone ("Hyperparameter tuning strategies available in Amazon
        SageMaker AI" in the developer guide).
    """
    if not tuning.enabled:
        return []
    place = "data_science/settings.yaml: key `tuning.hyperparameters`"
    file = "data_science/steps/hyperparameters.json"
    names = tuning.hyperparameters or [name for name, one in declared.items() if has_range(one)]
    for name in names:
        if name not in declared:
            raise ProjectError(f"{place}: {name} is not declared in {file}")
        if not has_range(declared[name]):
            raise ProjectError(f"{place}: {name} has no range; give it min and max in {file}")
        if tuning.strategy == "Grid" and declared[name].type not in ("choice", "bool"):
            raise ProjectError(
                f"data_science/settings.yaml: key `tuning.strategy`: Grid searches choices alone, "
                f"and {name} is of type {declared[name].type}; use Bayesian or Random, or declare "
                "it as a choice"
            )
    if not names:
        raise ProjectError(f"{place}: no hyperparameter has a range; declare one in {file}")
    return names


def has_range(one: Any) -> bool:
    """Say whether a declared hyperparameter can be searched: a choice, or a number with limits."""
    return one.type in ("choice", "bool") or max(abs(one.min), abs(one.max)) < float("inf")
