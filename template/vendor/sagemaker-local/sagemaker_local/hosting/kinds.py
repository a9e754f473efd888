"""The kinds of inference an endpoint configuration can ask for, and what does not go with which.

Where a rule is from stands beside it; AWS's words for each are unconfirmed.
"""

from collections.abc import Mapping
from typing import Any

from sagemaker_local.api.errors import invalid, unsupported
from sagemaker_local.hosting.variants import configured
from sagemaker_local.storage.store import Body

_GIGABYTE = 1024


def is_serverless(config: Mapping[str, Any]) -> bool:
    """Return whether a variant of an endpoint configuration is serverless."""
    return any("ServerlessConfig" in variant for variant in configured(config))


def is_asynchronous(config: Mapping[str, Any]) -> bool:
    """Return whether an endpoint configuration is for asynchronous inference."""
    return "AsyncInferenceConfig" in config


def check_kind(config: Mapping[str, Any], models: Mapping[str, Body]) -> None:
    """Refuse an endpoint configuration whose parts do not go together.

    Parameters
    ----------
    config : the request.
    models : the models that it names, as they were created.

    Raises
    ------
    AwsError : `ValidationException`.
    """
    variants = configured(config)
    if "ShadowProductionVariants" in config:
        # API reference, CreateEndpointConfig: "you can only specify one variant for
        # ProductionVariants and one variant for ShadowProductionVariants".
        if len(variants) != 2:
            raise invalid(
                "with ShadowProductionVariants there is one of them and one ProductionVariant"
            )
        # Developer guide, "Exclusions" of shadow tests.
        if is_serverless(config) or is_asynchronous(config):
            raise invalid("a shadow variant needs real-time inference on instances")
    if is_serverless(config):
        _check_serverless(config, variants, models)
    if is_asynchronous(config) and "S3OutputPath" not in config["AsyncInferenceConfig"].get(
        "OutputConfig", {}
    ):
        raise unsupported("AsyncInferenceConfig.OutputConfig without S3OutputPath")


def _check_serverless(
    config: Mapping[str, Any], variants: list[Body], models: Mapping[str, Body]
) -> None:
    # Developer guide, "Feature exclusions" of Serverless Inference.
    if len(variants) > 1:
        raise invalid("a serverless endpoint has one production variant")
    if config.get("DataCaptureConfig", {"EnableCapture": False}).get("EnableCapture", True):
        raise invalid("a serverless endpoint has no DataCaptureConfig")
    if is_asynchronous(config):
        raise invalid("a serverless endpoint has no AsyncInferenceConfig")
    for member, what in (("VpcConfig", "VpcConfig"), ("EnableNetworkIsolation", "isolation")):
        if config.get(member) or any(model.get(member) for model in models.values()):
            raise invalid(f"a serverless endpoint's model has no {what}: {member}")
    for variant in variants:
        asked, name = variant["ServerlessConfig"], variant["VariantName"]
        for member in ("InstanceType", "InitialInstanceCount"):
            if member in variant:
                raise invalid(f"variant {name} has either {member} or ServerlessConfig")
        # API reference, ProductionVariantServerlessConfig.
        if asked["MemorySizeInMB"] % _GIGABYTE:
            raise invalid(f"MemorySizeInMB of variant {name} must be in 1 GB increments")
        check_concurrency(name, asked)


def check_concurrency(variant: str, serverless: Mapping[str, Any]) -> None:
    """Refuse more provisioned concurrency than there may be concurrency.

    Raises
    ------
    AwsError : `ValidationException`; API reference, ProductionVariantServerlessConfig.
    """
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise invalid(f"ProvisionedConcurrency of variant {variant} is above its MaxConcurrency")


def check_update(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse an update to a configuration of a kind that the endpoint cannot become.

    Parameters
    ----------
    old, new : the configuration that serves, and the one to come.

    Raises
    ------
    AwsError : `ValidationException`.
    """
    # Developer guide, Serverless Inference: an instance-based endpoint cannot become serverless,
    # the other way is allowed.
    if is_serverless(new) and not is_serverless(old):
        raise invalid("an endpoint on instances cannot be updated to a serverless one")
    # That a real-time endpoint cannot become asynchronous, nor the reverse, is unconfirmed.
    if is_asynchronous(new) != is_asynchronous(old):
        raise invalid("an endpoint cannot be updated from or to AsyncInferenceConfig")
