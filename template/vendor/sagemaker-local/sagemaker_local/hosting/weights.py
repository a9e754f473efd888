"""UpdateEndpointWeightsAndCapacities: other weights and counts for variants that serve."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.resources import find
from sagemaker_local.hosting.fleet import ENDPOINT, Fleet
from sagemaker_local.hosting.variants import VARIANTS, configured
from sagemaker_local.storage.store import Body, Store

_INITIAL = {"Weight": "InitialVariantWeight", "InstanceCount": "InitialInstanceCount"}


@action("UpdateEndpointWeightsAndCapacities")
def update_weights_and_capacities(call: Call) -> Body:
    """Change the weights and instance counts of variants; the endpoint is Updating meanwhile.

    What AWS says of a variant that is not there is unconfirmed.
    """
    call.parts[Fleet].settle(find(call, ENDPOINT).arn)
    wanted = call.request["DesiredWeightsAndCapacities"]
    with call.store.transaction():
        endpoint = find(call, ENDPOINT)
        status = endpoint.body["EndpointStatus"]
        if status in ("Creating", "Updating"):
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        if status != "InService":
            raise invalid(f'Cannot update endpoint "{endpoint.arn}" in status {status}.')
        body = _changed(endpoint.body, wanted, "Desired")
        call.store.change(
            endpoint.arn, {**body, "EndpointStatus": "Updating", "LastModifiedTime": now()}
        )
    work = (call.store, call.parts[Fleet], endpoint.arn, wanted)
    threading.Thread(target=_apply, args=work, daemon=True).start()
    return endpoint.body


def _apply(store: Store, fleet: Fleet, arn: str, wanted: Sequence[Mapping[str, Any]]) -> None:
    fleet.weigh(arn, {item["VariantName"]: item.get("DesiredWeight") for item in wanted})
    with store.transaction():
        found = store.by_arn(arn)
        if found is None:
            return
        serves = found.body["_Deployed"]
        asked = {item["VariantName"]: item for item in wanted}
        for variant in configured(serves):
            for what, member in _INITIAL.items():
                value = asked.get(variant["VariantName"], {}).get(f"Desired{what}")
                if value is not None:
                    variant[member] = value
        body = _changed(found.body, wanted, "Current")
        changes = {**body, "_Deployed": serves, "EndpointStatus": "InService"}
        store.change(arn, {**changes, "LastModifiedTime": now()})


def _changed(body: Body, wanted: Sequence[Mapping[str, Any]], side: str) -> Body:
    """Return an endpoint's variants with what is wanted on one side, `Desired` or `Current`."""
    summaries = {
        summary["VariantName"]: summary for member in VARIANTS for summary in body.get(member, [])
    }
    for item in wanted:
        name = item["VariantName"]
        if name not in summaries:
            raise invalid(f'Could not find variant "{name}" of endpoint "{body["EndpointArn"]}".')
        for what in _INITIAL:
            if f"Desired{what}" in item:
                summaries[name][f"{side}{what}"] = item[f"Desired{what}"]
    return {member: body[member] for member in VARIANTS if member in body}
