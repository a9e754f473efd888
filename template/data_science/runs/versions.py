"""Reads what registered model versions say of themselves: metrics and hyperparameters."""

import json
from typing import Any

from project import s3
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version


def metrics(connection: Connection, version: Version) -> dict[str, float]:
    """Return a version's metrics by name; empty when it was registered without any.

    Raises
    ------
    ProjectError : the file is gone, or is another.
    """
    if not version.metrics_uri:
        return {}
    return metrics_in(s3.read_json(connection, version.metrics_uri), version.metrics_uri)


def metrics_in(document: Any, uri: str) -> dict[str, float]:
    """Return the metrics in a document by name.

    Parameters
    ----------
    document : in SageMaker's model-quality schema: groups of `{metric: {"value": …}}`, whose names
        end with `_metrics`; what else stands beside them is left alone.
    uri : where it was read, for the message.

    Raises
    ------
    ProjectError : it is another.
    """
    try:
        return {
            name: float(metric["value"])
            for title, group in document.items()
            if title.endswith("_metrics")
            for name, metric in group.items()
            if "value" in metric
        }
    except (AttributeError, TypeError, ValueError):
        raise ProjectError(f"{uri} holds no metrics of a model") from None


def hyperparameters(version: Version) -> dict[str, str]:
    """Return the hyperparameters that a version's model card names; empty without a card."""
    card = version.package.get("ModelCard", {}).get("ModelCardContent", "{}")
    try:
        details = json.loads(card)["training_details"]["training_job_details"]
        listed = details["user_provided_hyper_parameters"]
        return {str(one["name"]): str(one["value"]) for one in listed}
    except (KeyError, TypeError, ValueError):
        # Another than ours, which need not have any of it.
        return {}
