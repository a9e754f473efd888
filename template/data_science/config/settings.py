"""The content of `data_science/settings.yaml`, validated, and the quality rule it states."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from data_science.config.declared import declared_hyperparameters, hyperparameter_values
from data_science.config.notices import Notices
from data_science.config.quality import METRICS, metrics_of, threshold_problem
from data_science.config.tracking import Tracking
from data_science.config.triggers import Triggers
from data_science.config.tuning import Tuning, tuned
from project.errors import ProjectError
from project.names import saying
from project.settings import ROOT, Strict, load


def _known(metric: str, info: ValidationInfo) -> str:
    if metric not in METRICS:
        fitting = metrics_of(info.context["problem_type"]) if info.context else METRICS
        raise ValueError(
            f"must be one of {', '.join(fitting)}, or one that you add to "
            "data_science/steps/metrics.py"
        )
    return metric


def _instance_type(name: str) -> str:
    if not name.startswith("ml."):
        raise ValueError(f"an instance type of SageMaker starts with ml., as ml.{name} does")
    return name


InstanceType = Annotated[str, AfterValidator(_instance_type)]
Name = Annotated[str, AfterValidator(_known)]
Limit = Annotated[float, Field(allow_inf_nan=False)]
Image = Annotated[
    str,
    Field(pattern=r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9.-]+/[a-z0-9._/-]+[:@][A-Za-z0-9._:-]+$"),
    saying("must be the URI of an image in Amazon ECR, with its tag or digest"),
]


class Data(Strict):
    """Where the input comes from and how it is split.

    `split` is one of `METHODS` in `steps/split.py`; `split_by` names the column that it goes by,
    if it is `group` or `time`.
    """

    input: Annotated[
        str,
        Field(pattern=r"\.csv$"),
        saying("must be a CSV file of this project, or the S3 URI of one"),
    ]
    test_fraction: Annotated[float, Field(gt=0, lt=1)]
    seed: Annotated[int, Field(ge=0)]
    split: Literal["stratified", "random", "group", "time"] = "stratified"
    split_by: str | None = None

    @model_validator(mode="after")
    def _split_fits(self) -> Self:
        if self.split in ("group", "time"):
            if self.split_by is None:
                raise ValueError(f"split: {self.split} needs split_by, the column that it goes by")
        elif self.split_by is not None:
            raise ValueError(f"split: {self.split} goes by no column; remove split_by")
        return self


class Quality(Strict):
    """What a model must reach to be registered.

    `positive` is the class that precision, recall and f1 are about when there are two. Of
    `thresholds` each is for another metric than `metric`; of `slices` each is for `metric` in
    every part of the test set that a column tells apart. By `champion_margin` the metric may be
    worse than that of the newest approved version on the same test set. `cross_validation` is a
    number of folds.
    """

    metric: Name
    threshold: Limit
    positive: str | None = None
    thresholds: dict[Name, Limit] = Field(default_factory=dict)
    slices: dict[str, Limit] = Field(default_factory=dict)
    champion_margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    cross_validation: Annotated[int, Field(ge=2, le=50)] | None = None

    @model_validator(mode="after")
    def _each_metric_once(self) -> Self:
        if self.metric in self.thresholds:
            raise ValueError(f"{self.metric} has its threshold under `threshold` already")
        return self

    @property
    def less_is_better(self) -> bool:
        """Whether a threshold on the metric is an upper bound."""
        return bool(METRICS[self.metric].less_is_better)

    @property
    def named(self) -> list[tuple[str, str, float]]:
        """Each threshold: the key that it stands under, its metric, and itself."""
        return [
            ("threshold", self.metric, self.threshold),
            *[(f"thresholds.{name}", name, limit) for name, limit in self.thresholds.items()],
            *[(f"slices.{name}", self.metric, limit) for name, limit in self.slices.items()],
        ]


class Instances(Strict):
    """Instance types of the jobs, and those that the model may be deployed on."""

    processing: InstanceType
    training: InstanceType
    inference: Annotated[list[InstanceType], Field(min_length=1)]


LONGEST_TEXT = 2048
"""Characters that a model card takes in one of its texts; see `pipeline/model_card.py`."""


class ModelCard(Strict):
    """What a model card says that nobody can compute."""

    intended_uses: Annotated[str, Field(max_length=LONGEST_TEXT)] = "Not stated."
    limits: Annotated[str, Field(max_length=LONGEST_TEXT)] = "Not stated."


class Settings(Strict):
    """The content of `data_science/settings.yaml`.

    Once loaded, `hyperparameters` holds the value of each that `steps/hyperparameters.json`
    declares. `retries` says by the name of a step how often SageMaker tries it again. `image` is
    that of all jobs and of the endpoint, in place of the framework's own.
    """

    data: Data
    hyperparameters: dict[str, Any] = Field(default_factory=dict)
    quality: Quality
    instances: Instances
    cache_days: Annotated[int, Field(ge=0)]
    model_card: ModelCard = ModelCard()
    tuning: Tuning = Tuning()
    retries: dict[str, Annotated[int, Field(ge=1, le=20)]] = Field(default_factory=dict)
    triggers: Triggers = Triggers()
    notices: Notices = Notices()
    tracking: Tracking = None
    image: Image | None = None


def load_settings(problem_type: str) -> Settings:
    """Read `data_science/settings.yaml`.

    Parameters
    ----------
    problem_type : `classification` or `regression`, from `project.yaml`.

    Raises
    ------
    ProjectError : a key is wrong, a metric does not fit the problem type, a threshold is out of
        its metric's range, or a hyperparameter breaks its declaration.
    """
    context = {"problem_type": problem_type}
    settings = load(ROOT / "data_science" / "settings.yaml", Settings, context)
    for key, metric, threshold in settings.quality.named:
        if METRICS[metric].problem_type != problem_type:
            problem = f"{metric} does not fit {problem_type}; use one of "
            problem += ", ".join(metrics_of(problem_type))
            key = "metric" if key == "threshold" else key
        else:
            problem = threshold_problem(metric, threshold)
        if problem:
            raise ProjectError(f"data_science/settings.yaml: key `quality.{key}`: {problem}")
    values = hyperparameter_values(settings.hyperparameters)
    searched = tuned(settings.tuning, declared_hyperparameters())
    for name in settings.hyperparameters:
        if name in searched:
            raise ProjectError(
                f"data_science/settings.yaml: key `hyperparameters`: tuning searches for {name}; "
                "remove it there, or name under `tuning.hyperparameters` those to search for"
            )
    return settings.model_copy(update={"hyperparameters": values})
