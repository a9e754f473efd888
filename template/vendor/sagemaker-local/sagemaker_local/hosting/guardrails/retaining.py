"""UpdateEndpoint's RetainAllVariantProperties: what variants keep when a configuration comes."""

from collections.abc import Iterable, Mapping
from typing import Any

from sagemaker_local.storage.store import Body

_MEMBERS = {"DesiredInstanceCount": "InitialInstanceCount", "DesiredWeight": "InitialVariantWeight"}


def retaining(
    config: Mapping[str, Any], serves: Mapping[str, Any], excluded: Iterable[str]
) -> Body:
    """Return a configuration with the properties that variants of the same name have now.

    Parameters
    ----------
    config : the endpoint configuration that comes.
    serves : the one that serves, with what was changed since.
    excluded : the properties that come from `config` all the same, by VariantPropertyType.
    """
    kept = {kind: member for kind, member in _MEMBERS.items() if kind not in set(excluded)}
    old = {variant["VariantName"]: variant for variant in serves["ProductionVariants"]}
    variants = [
        variant
        | {
            member: old[variant["VariantName"]][member]
            for member in kept.values()
            if member in variant and member in old.get(variant["VariantName"], {})
        }
        for variant in config["ProductionVariants"]
    ]
    capture = {}
    if "DataCaptureConfig" not in excluded and "DataCaptureConfig" in serves:
        capture = {"DataCaptureConfig": serves["DataCaptureConfig"]}
    return {**config, "ProductionVariants": variants, **capture}
