"""UpdateEndpointWeightsAndCapacities: other weights and capacities for variants that serve."""

import copy
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.resources import find
from sagemaker_local.hosting.fleet import ENDPOINT, IN_PROGRESS, Fleet
from sagemaker_local.hosting.kinds import check_concurrency
from sagemaker_local.hosting.variants import VARIANTS, configured, summaries
from sagemaker_local.storage.store import Body, Store

_INITIAL = {"DesiredWeight": "InitialVariantWeight", "DesiredInstanceCount": "InitialInstanceCount"}
_SHOWN = ("Weight", "InstanceCount", "ServerlessConfig")


@action("UpdateEndpointWeightsAndCapacities")
def update_weights_and_capacities(call: Call) -> Body:
    """Change the weights and capacities of variants; the endpoint is Updating meanwhile."""
    call.parts[Fleet].settle(find(call, ENDPOINT).arn)
    with call.store.transaction():
        endpoint = find(call, ENDPOINT)
        status = endpoint.body["EndpointStatus"]
        if status in IN_PROGRESS:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        if status != "InService":
            raise invalid(f'Cannot update endpoint "{endpoint.arn}" in status {status}.')
        wanted = call.request["DesiredWeightsAndCapacities"]
        config = _changed(endpoint.body["_Deployed"], wanted)
        shown = pending(endpoint.body, config)
        changes = {**shown, "EndpointStatus": "Updating", "LastModifiedTime": now()}
        call.store.change(endpoint.arn, changes)
    work = (call.store, call.parts[Fleet], endpoint.arn, config)
    threading.Thread(target=_apply, args=work, daemon=True).start()
    return endpoint.body


def _changed(config: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]]) -> Body:
    """Return a configuration with what is wanted of its variants.

    What AWS says of a variant that is not there, or of a capacity that it has not, is unconfirmed.
    """
    changed: Body = copy.deepcopy(dict(config))
    variants = {variant["VariantName"]: variant for variant in configured(changed)}
    for item in wanted:
        name = item["VariantName"]
        if name not in variants:
            raise invalid(f"variant {name} not found; there are {', '.join(variants)}")
        variant = variants[name]
        serverless = variant.get("ServerlessConfig")
        given = {"ServerlessUpdateConfig", "DesiredInstanceCount"} & set(item)
        other = "DesiredInstanceCount" if serverless else "ServerlessUpdateConfig"
        if other in given:
            kind = "serverless" if serverless else "on instances"
            raise invalid(f"variant {name} is {kind} and has no {other}")
        for member, initial in _INITIAL.items():
            if member in item:
                variant[initial] = item[member]
        if serverless:
            serverless |= item.get("ServerlessUpdateConfig", {})
            check_concurrency(name, serverless)
    return changed


def pending(endpoint: Mapping[str, Any], config: Mapping[str, Any]) -> Body:
    """Return an endpoint's variants on their way to what a configuration has.

    Parameters
    ----------
    endpoint : as it is.
    config : as the one that it serves, with other weights and capacities.
    """
    then = {variant["VariantName"]: variant for variant in configured(_there(summaries(config)))}
    shown = {member: list(endpoint[member]) for member in VARIANTS if member in endpoint}
    for variants in shown.values():
        for index, variant in enumerate(variants):
            wanted = then[variant["VariantName"]]
            desired = {
                f"Desired{what}": wanted[f"Current{what}"]
                for what in _SHOWN
                if f"Current{what}" in wanted and f"Current{what}" in variant
            }
            variants[index] = variant | desired
    return shown


def _there(body: Mapping[str, Any]) -> Body:
    return {name: value for name, value in body.items() if value is not None}


def _apply(store: Store, fleet: Fleet, arn: str, config: Body) -> None:
    fleet.change(arn, {variant["VariantName"]: variant for variant in configured(config)})
    changes = {**summaries(config), "_Deployed": config, "EndpointStatus": "InService"}
    store.change(arn, {**changes, "LastModifiedTime": now()})
