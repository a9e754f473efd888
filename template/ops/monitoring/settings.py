"""What a stage's file says under `monitoring`: when to look for drift, and what counts as drift."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from project.names import saying
from project.settings import Strict

# The forms are those of "Setting a schedule pattern for scheduled rules" in the EventBridge guide.
Schedule = Annotated[
    str,
    Field(pattern=r"^(rate|cron)\([^()]+\)$", max_length=256),
    saying("must be a rate or a cron expression, such as rate(1 day) or cron(0 6 * * ? *)"),
]
Role = Annotated[
    str,
    Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"),
    saying("must be the ARN of a role, such as arn:aws:iam::123456789012:role/events"),
]
Prefix = Annotated[
    str,
    Field(pattern=r"^s3://[^/]+/.*$"),
    saying("must be an S3 prefix, such as s3://bucket/labels/"),
]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Limits(Strict):
    """How far traffic may be from the baseline; what chance explains is no drift in any case.

    `psi` is the population stability index of a column or of the predictions, `mean_shift` how far
    a mean may move, in standard deviations of the baseline. The others are shares of the rows:
    `missing` more empty cells than in the baseline, `out_of_range` numbers below its least or above
    its largest, `unseen` categories that the schema does not list, `unreadable` rows that do not
    fit the columns. `quality` is how much worse a metric may be, as a share of what it was in the
    evaluation.
    """

    psi: Positive = 0.2
    mean_shift: Positive = 0.5
    missing: Share = 0.05
    out_of_range: Share = 0.05
    unseen: Share = 0.01
    unreadable: Share = 0.01
    quality: Share = 0.1


class Bias(Strict):
    """Whether a classifier treats the values of some columns alike.

    `difference` is how far the share of rows that are said to be positive, and with labels the
    accuracy, may be from that of the other rows. `positive` names the class; by default the one
    of the evaluation.
    """

    columns: Annotated[list[str], Field(min_length=1)]
    difference: Share = 0.2
    positive: str | None = None


class Monitoring(Strict):
    """The drift job of a stage.

    `schedule` is when `ops monitor STAGE --schedule` lets it run by itself, `hours` how far back it
    looks, `records` the fewest rows that it judges. `captured` is where captured data lie, by
    default where the endpoint says that it captures to; `labels` where the truth arrives, as
    "Ingest Ground Truth labels and merge them with predictions" in the developer guide has it.
    With `retrain` drift starts the training pipeline. `role` is the one that EventBridge starts
    pipelines with.
    """

    schedule: Schedule | None = None
    hours: Annotated[int, Field(ge=1, le=24 * 366)] = 24
    records: Annotated[int, Field(ge=1)] = 100
    limits: Limits = Limits()
    labels: Prefix | None = None
    captured: Prefix | None = None
    bias: Bias | None = None
    instance_type: str = "ml.m5.large"
    retrain: bool = False
    role: Role | None = None

    @model_validator(mode="after")
    def _role_is_there(self) -> Self:
        if self.schedule is not None and self.role is None:
            raise ValueError("name the role that EventBridge starts the pipeline with, as `role`")
        return self
