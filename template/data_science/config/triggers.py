"""What starts the pipeline by itself, as `data_science/settings.yaml` declares it."""

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
    saying("must be an S3 prefix, such as s3://bucket/incoming/"),
]


class Triggers(Strict):
    """What starts the pipeline by itself; none of it by default.

    `schedule` is a rate or a cron expression in UTC, `new_data` an S3 prefix under which a new
    object starts a run. `role` is the ARN of the role that EventBridge starts the pipeline with.
    """

    schedule: Schedule | None = None
    new_data: Prefix | None = None
    role: Role | None = None

    @property
    def declared(self) -> bool:
        """Whether there is any."""
        return self.schedule is not None or self.new_data is not None

    @model_validator(mode="after")
    def _role_is_there(self) -> Self:
        if self.declared and self.role is None:
            raise ValueError("name the role that EventBridge starts the pipeline with, as `role`")
        return self
