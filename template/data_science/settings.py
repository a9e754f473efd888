"""The content of `data_science/settings.yaml`, validated, and the quality rule it states."""

from typing import Annotated, Literal

from pydantic import Field

from project.errors import ProjectError
from project.settings import ROOT, Strict, load

METRICS = {
    "accuracy": "classification",
    "precision": "classification",
    "recall": "classification",
    "f1": "classification",
    "auc": "classification",
    "r2": "regression",
    "rmse": "regression",
    "mse": "regression",
    "mae": "regression",
}
"""Each metric a model may be judged by, with the problem type it belongs to."""

_LESS_IS_BETTER = {"rmse", "mse", "mae"}


class Data(Strict):
    """Where the input comes from and how it is split."""

    input: Annotated[str, Field(pattern=r"\.csv$")]
    test_fraction: Annotated[float, Field(gt=0, lt=1)]
    seed: Annotated[int, Field(ge=0)]


class Quality(Strict):
    """What a model must reach to be registered."""

    metric: Literal["accuracy", "precision", "recall", "f1", "auc", "r2", "rmse", "mse", "mae"]
    threshold: float

    @property
    def less_is_better(self) -> bool:
        """Whether the threshold is an upper bound."""
        return self.metric in _LESS_IS_BETTER


class Instances(Strict):
    """Instance types of the jobs, and those that the model may be deployed on."""

    processing: str
    training: str
    inference: Annotated[list[str], Field(min_length=1)]


class Settings(Strict):
    """The content of `data_science/settings.yaml`."""

    data: Data
    hyperparameters: dict[str, float | int | str]
    quality: Quality
    instances: Instances
    cache_days: Annotated[int, Field(ge=0)]


def load_settings(problem_type: str) -> Settings:
    """Read `data_science/settings.yaml`.

    Parameters
    ----------
    problem_type : `classification` or `regression`, from `project.yaml`.

    Raises
    ------
    ProjectError : a key is wrong, or the metric does not fit the problem type.
    """
    settings = load(ROOT / "data_science" / "settings.yaml", Settings)
    metric = settings.quality.metric
    if METRICS[metric] != problem_type:
        fitting = ", ".join(name for name, kind in METRICS.items() if kind == problem_type)
        raise ProjectError(
            f"data_science/settings.yaml: key `quality.metric`: {metric} does not fit "
            f"{problem_type}; use one of {fitting}"
        )
    return settings
