"""The content of `data_science/settings.yaml`, validated, and the quality rule it states."""

from typing import Annotated

from pydantic import AfterValidator, Field

from data_science.quality import METRICS, metrics_of
from project.errors import ProjectError
from project.settings import ROOT, Strict, load


def _known(metric: str) -> str:
    if metric not in METRICS:
        raise ValueError(f"must be one of {', '.join(METRICS)}")
    return metric


class Data(Strict):
    """Where the input comes from and how it is split."""

    input: Annotated[str, Field(pattern=r"\.csv$")]
    test_fraction: Annotated[float, Field(gt=0, lt=1)]
    seed: Annotated[int, Field(ge=0)]


class Quality(Strict):
    """What a model must reach to be registered."""

    metric: Annotated[str, AfterValidator(_known)]
    threshold: Annotated[float, Field(allow_inf_nan=False)]

    @property
    def less_is_better(self) -> bool:
        """Whether the threshold is an upper bound."""
        return METRICS[self.metric].less_is_better


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
    if METRICS[metric].problem_type != problem_type:
        fitting = ", ".join(metrics_of(problem_type))
        raise ProjectError(
            f"data_science/settings.yaml: key `quality.metric`: {metric} does not fit "
            f"{problem_type}; use one of {fitting}"
        )
    return settings
