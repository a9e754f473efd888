"""Looks at the instance type that a stage asks for, before SageMaker is asked for it."""

from collections.abc import Collection

from ops.stage import Stage
from project.aws import Connection
from project.known import refuse_unknown
from project.registry import Version


def known_types(connection: Connection) -> list[str]:
    """Return the instance types that endpoints may run on, as this botocore knows them."""
    shape = connection.sagemaker.meta.service_model.shape_for("ProductionVariantInstanceType")
    return list(shape.enum)


def refuse_unknown_type(stage: Stage, known: Collection[str]) -> None:
    """Refuse an instance type that there is not.

    Parameters
    ----------
    stage : the stage.
    known : the instance types that there are.

    Raises
    ------
    ProjectError : names the file and the key, and the types that are spelt alike.
    """
    wanted = stage.settings.instance_type
    refuse_unknown(
        f"{stage.file}: key `instance_type`", f"endpoints do not run on {wanted}", wanted, known
    )


def unforeseen(stage: Stage, version: Version) -> str:
    """Return a note that data science did not name a stage's instance type; empty if it did."""
    named = version.package["InferenceSpecification"].get(
        "SupportedRealtimeInferenceInstanceTypes", []
    )
    wanted = stage.settings.instance_type
    if not named or wanted in named:
        return ""
    return (
        f"{version.name} was registered for {', '.join(named)}; "
        f"`instance_type` in {stage.file} is {wanted}"
    )
