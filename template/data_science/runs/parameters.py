"""Checks the values for a pipeline's parameters, before anything is started with them."""

import math
import re
from collections.abc import Mapping
from typing import Any

from data_science.config.declared import declared_hyperparameters, hyperparameter_problem
from data_science.config.quality import threshold_problem
from data_science.config.settings import Settings
from data_science.config.tuning import tuned

PROVENANCE = ("GitCommit", "TemplateVersion")
"""Parameters that say where a run came from, and change nothing of what it makes."""

CHAMPION = "ChampionModelUrl"
"""Parameter of a pipeline that compares models: the artefact of the newest approved version."""

CHAMPION_NAME = "ChampionName"
"""Parameter that says what the report calls that model."""


def parameter_problem(
    definition: Mapping[str, Any], settings: Settings, parameters: Mapping[str, str]
) -> str:
    """Return what is wrong with the values for the pipeline's parameters; empty when nothing is.

    Parameters
    ----------
    definition : the pipeline definition that declares them.
    settings : names the metric that the threshold is for.
    parameters : the values, by name.
    """
    types = {parameter["Name"]: parameter["Type"] for parameter in definition["Parameters"]}
    searched = tuned(settings.tuning, declared_hyperparameters())
    for name, value in parameters.items():
        if name in searched:
            return (
                f"tuning searches for {name}; turn it off in data_science/settings.yaml, or name "
                "under `tuning.hyperparameters` those to search for"
            )
        if name not in types:
            return f"the pipeline has no parameter {name}; it has {', '.join(types)}"
        if not _is_of_type(types[name], value):
            return f"{name} is of type {types[name]}, which {value!r} is not"
    # The pattern is that of `S3Uri` in the SageMaker API reference, without https.
    if not re.fullmatch(r"s3://[^/]+/.+", parameters.get("InputDataUrl", "s3://bucket/key")):
        return (
            f"InputDataUrl must be s3://bucket/key, not {parameters['InputDataUrl']!r}; a file of "
            "this machine is named by `data.input` in data_science/settings.yaml"
        )
    if "QualityThreshold" in parameters:
        threshold = float(parameters["QualityThreshold"])
        problem = threshold_problem(settings.quality.metric, threshold)
        if problem:
            return f"QualityThreshold: {problem}"
    return hyperparameter_problem(dict(parameters))


def values(definition: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str | float]:
    """Return the value of each parameter that a run works with.

    Parameters
    ----------
    definition : the pipeline definition, whose defaults stand for what is not given.
    given : values by name, as texts.
    """
    found: dict[str, str | float] = {}
    for parameter in definition["Parameters"]:
        value = given.get(parameter["Name"], parameter.get("DefaultValue", ""))
        found[parameter["Name"]] = float(value) if parameter["Type"] == "Float" else str(value)
    return found


def completed(given: Mapping[str, str], usual: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters to start a run with.

    Parameters
    ----------
    given : values that were asked for, by name.
    usual : values of those that were not.
    """
    # The usual name is that of the usual champion.
    unfit = {CHAMPION_NAME} if CHAMPION in given else set()
    return {name: value for name, value in usual.items() if name not in unfit} | dict(given)


def _is_of_type(type_name: str, value: str) -> bool:
    try:
        number: float = {"Integer": int, "Float": float}.get(type_name, len)(value)
        return math.isfinite(number)
    except (ValueError, OverflowError):
        return False
