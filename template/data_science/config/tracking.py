"""Where runs are logged to beside SageMaker, as `data_science/settings.yaml` says."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from project.names import saying
from project.settings import Strict

# The pattern is that of `CreatePresignedMlflowAppUrl` in the SageMaker API reference.
AppArn = Annotated[
    str,
    Field(pattern=r"^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:mlflow-app/.+$"),
    saying(
        "must be the ARN of an MLflow App, such as "
        "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-abc"
    ),
]


class Mlflow(Strict):
    """Runs are logged to MLflow.

    `uri` is the ARN of a SageMaker MLflow App, for the runs in AWS; all others, and without it
    those in AWS too, are logged to a store of this machine.
    """

    kind: Annotated[
        Literal["mlflow"], saying("must be mlflow; `tracking: none` logs runs to nothing else")
    ]
    uri: AppArn | None = None


def _in_full(value: Any) -> Any:
    if value == "none":
        return None
    return {"kind": value} if isinstance(value, str) else value


Tracking = Annotated[Mlflow | None, BeforeValidator(_in_full)]
"""Key `tracking` of the settings: `none`, `mlflow`, or a mapping with `kind`."""
