"""The variants of an endpoint: as they were configured, and as DescribeEndpoint shows them."""

from collections.abc import Mapping
from typing import Any

from sagemaker_local.hosting.capture import describe as describe_capture
from sagemaker_local.storage.store import Body, Resource

VARIANTS = ("ProductionVariants", "ShadowProductionVariants")


def configured(config: Mapping[str, Any]) -> list[Body]:
    """Return all variants of an endpoint configuration, the shadow behind the others."""
    return [variant for member in VARIANTS for variant in config.get(member, [])]


def deployed(config: Resource, models: Mapping[str, Body]) -> Body:
    """Return the members of an endpoint that follow from the configuration that it serves.

    Parameters
    ----------
    config : the endpoint configuration.
    models : the container of each model that it names.
    """
    body = config.body
    return {
        "EndpointConfigName": config.name,
        **summaries(body),
        "DataCaptureConfig": describe_capture(body.get("DataCaptureConfig")),
        "AsyncInferenceConfig": body.get("AsyncInferenceConfig"),
        "_Deployed": {**body, "Name": config.name, "_Models": dict(models)},
    }


def summaries(config: Mapping[str, Any]) -> Body:
    """Return the variants of a configuration as DescribeEndpoint shows them when they serve."""
    return {member: list(map(_summary, config.get(member, []))) or None for member in VARIANTS}


def _summary(variant: Mapping[str, Any]) -> Body:
    weight = variant["InitialVariantWeight"]
    shown = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if "ServerlessConfig" in variant:
        # As users of AWS show answers of DescribeEndpoint; unconfirmed.
        serverless = variant["ServerlessConfig"]
        return shown | {"CurrentInstanceCount": 0, "CurrentServerlessConfig": serverless}
    count = variant.get("InitialInstanceCount", 1)
    return shown | {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
