"""Who is told of a run that fails, as `data_science/settings.yaml` declares it."""

from typing import Annotated

from pydantic import Field

from project.names import saying
from project.settings import Strict

# A FIFO topic wants a message group, which the target of a rule has no member for (`Target` in the
# EventBridge API reference).
Topic = Annotated[
    str,
    Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"),
    saying(
        "must be the ARN of a standard SNS topic, such as "
        "arn:aws:sns:us-east-1:123456789012:failures"
    ),
]


class Notices(Strict):
    """Who is told of a run that fails; nobody by default.

    `topic` is the ARN of an SNS topic in the region of the project.
    """

    topic: Topic | None = None
