"""Reads what the steps declare by the steps' own rules, so that each rule is stated once."""

import importlib.util
from functools import cache
from types import ModuleType
from typing import Any

from project.errors import ProjectError
from project.settings import ROOT

STEPS = ROOT / "data_science" / "steps"
"""What runs in the containers. It is no package there: its files lie in one folder."""


@cache
def rules(name: str) -> ModuleType:
    """Import a file of the step code that imports no other of them.

    Parameters
    ----------
    name : such as `columns`. The steps are no package: in a container they lie in
        one folder, and import each other by these names.
    """
    spec = importlib.util.spec_from_file_location(f"{__package__}.{name}", STEPS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{STEPS / name}.py cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def declared_hyperparameters() -> dict[str, Any]:
    """Return what `steps/hyperparameters.json` declares, a `Hyperparameter` by its name.

    Raises
    ------
    ProjectError : the file is missing or malformed, or a name is one of `PIPELINE_PARAMETERS`.
    """
    own = rules("hyperparameters")
    try:
        declared: dict[str, Any] = own.load_hyperparameters()
    except FileNotFoundError:
        raise ProjectError("data_science/steps/hyperparameters.json is missing") from None
    except own.HyperparameterError as error:
        raise ProjectError(f"data_science/steps/{error}") from None
    for name in declared:
        if name in PIPELINE_PARAMETERS:
            raise ProjectError(
                f"data_science/steps/hyperparameters.json: {name} is a parameter of the pipeline; "
                "name the hyperparameter differently"
            )
    return declared


def hyperparameter_values(given: dict[str, Any]) -> dict[str, Any]:
    """Return the value of each declared hyperparameter.

    Parameters
    ----------
    given : those that are not the declared default.

    Raises
    ------
    ProjectError : one is not declared, or its value does not fit.
    """
    declared = declared_hyperparameters()
    place = "data_science/settings.yaml: key `hyperparameters`"
    for name in given:
        if name not in declared:
            raise ProjectError(
                f"{place}: {name} is not declared in data_science/steps/hyperparameters.json, "
                f"which has {', '.join(declared) or 'none'}"
            )
    try:
        return {name: one.check(given.get(name, one.default)) for name, one in declared.items()}
    except rules("hyperparameters").HyperparameterError as error:
        raise ProjectError(f"{place}: {error}") from None


def hyperparameter_problem(parameters: dict[str, str]) -> str:
    """Return what is wrong with the hyperparameters among a run's parameters; empty for nothing."""
    for name, one in declared_hyperparameters().items():
        if name in parameters:
            try:
                one.parse(parameters[name])
            except rules("hyperparameters").HyperparameterError as error:
                return str(error)
    return ""


PIPELINE_PARAMETERS = (
    "InputDataUrl",
    "InputDataVersion",
    "QualityThreshold",
    "GitCommit",
    "TemplateVersion",
)
"""The pipeline's parameters beside the hyperparameters."""
