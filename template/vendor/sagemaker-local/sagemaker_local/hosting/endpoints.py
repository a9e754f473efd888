"""Endpoints: the actions."""

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.resources import create, find, offer
from sagemaker_local.hosting.fleet import ENDPOINT, Fleet
from sagemaker_local.hosting.kinds import check_update
from sagemaker_local.hosting.models import ENDPOINT_CONFIG, MODEL
from sagemaker_local.hosting.variants import configured
from sagemaker_local.storage.store import Body, Resource

offer(ENDPOINT, "Describe", "List")


@action("CreateEndpoint")
def create_endpoint(call: Call) -> Body:
    """Create an endpoint; it is InService when its model servers answer."""
    with call.store.transaction():
        config = find(call, ENDPOINT_CONFIG, call.request["EndpointConfigName"])
        endpoint = create(call, ENDPOINT, EndpointStatus="Creating")
        models = _containers(call, config)
    call.parts[Fleet].deploy(endpoint, config, models, call.request.get("DeploymentConfig"))
    return endpoint.body


@action("UpdateEndpoint")
def update_endpoint(call: Call) -> Body:
    """Move an endpoint to another configuration: blue/green, all at once."""
    call.parts[Fleet].settle(find(call, ENDPOINT).arn)
    with call.store.transaction():
        endpoint = find(call, ENDPOINT)
        status = endpoint.body["EndpointStatus"]
        if status in ("Creating", "Updating"):
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        if status != "InService":
            raise invalid(f'Cannot update endpoint "{endpoint.arn}" in status {status}.')
        config = find(call, ENDPOINT_CONFIG, call.request["EndpointConfigName"])
        check_update(endpoint.body["_Deployed"], config.body)
        models = _containers(call, config)
        call.store.change(
            endpoint.arn,
            {"EndpointStatus": "Updating", "FailureReason": None, "LastModifiedTime": now()},
        )
    call.parts[Fleet].deploy(endpoint, config, models, call.request.get("DeploymentConfig"))
    return endpoint.body


@action("DeleteEndpoint")
def delete_endpoint(call: Call) -> None:
    """Delete an endpoint and stop its model servers."""
    call.parts[Fleet].settle(find(call, ENDPOINT).arn)
    with call.store.transaction():
        endpoint = find(call, ENDPOINT)
        if endpoint.body["EndpointStatus"] in ("Creating", "Updating"):
            # AWS's operator for Kubernetes, DeleteEndpointInProgressMessagePrefix.
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        call.store.delete(endpoint.arn)
    call.parts[Fleet].remove(endpoint.arn)


def _containers(call: Call, config: Resource) -> dict[str, Body]:
    names = [variant["ModelName"] for variant in configured(config.body)]
    return {name: find(call, MODEL, name).body["_Container"] for name in names}
