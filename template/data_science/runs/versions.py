"""Reads the metrics of registered model versions."""

from project import s3
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version


def metrics(connection: Connection, version: Version) -> dict[str, float]:
    """Return a version's metrics by name; empty when it was registered without any.

    The file is in SageMaker's model-quality schema: groups of `{metric: {"value": …}}`.

    Raises
    ------
    ProjectError : the file is gone, or is another.
    """
    if not version.metrics_uri:
        return {}
    document = s3.read_json(connection, version.metrics_uri)
    try:
        return {
            name: float(metric["value"])
            for group in document.values()
            for name, metric in group.items()
            if "value" in metric
        }
    except (AttributeError, TypeError, ValueError):
        raise ProjectError(f"{version.metrics_uri} holds no metrics of a model") from None
