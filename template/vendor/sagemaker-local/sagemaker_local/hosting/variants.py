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
    shadows = body.get("ShadowProductionVariants")
    return {
        "EndpointConfigName": config.name,
        "ProductionVariants": list(map(_summary, body["ProductionVariants"])),
        "ShadowProductionVariants": list(map(_summary, shadows)) if shadows else None,
        "DataCaptureConfig": describe_capture(body.get("DataCaptureConfig")),
        "_Deployed": {**body, "Name": config.name, "_Models": dict(models)},
    }


def _summary(variant: Mapping[str, Any]) -> Body:
    count = variant.get("InitialInstanceCount", 1)
    weight = variant["InitialVariantWeight"]
    return {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    }
