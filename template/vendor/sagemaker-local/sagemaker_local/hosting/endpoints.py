"""Endpoints: the actions."""

from dataclasses import replace

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.resources import create, find, offer
from sagemaker_local.cloudwatch.alarms import Alarms
from sagemaker_local.hosting.fleet import ENDPOINT, IN_PROGRESS, Fleet
from sagemaker_local.hosting.guardrails.pending import pending
from sagemaker_local.hosting.guardrails.policy import Policy, read_policy
from sagemaker_local.hosting.guardrails.retaining import retaining
from sagemaker_local.hosting.kinds import check_update
from sagemaker_local.hosting.models import ENDPOINT_CONFIG, MODEL
from sagemaker_local.hosting.variants import configured
from sagemaker_local.storage.store import Body, Resource

offer(ENDPOINT, "Describe", "List")


@action("CreateEndpoint")
def create_endpoint(call: Call) -> Body:
    """Create an endpoint; it is InService when its model servers answer.

    A deployment configuration is for later updates to reuse: it does not deploy in steps
    (developer guide, "Use canary traffic shifting").
    """
    deployment_config = call.request.get("DeploymentConfig")
    with call.store.transaction():
        config = find(call, ENDPOINT_CONFIG, call.request["EndpointConfigName"])
        _policy(call, deployment_config, config)
        summary = pending(config.name, config.body)
        endpoint = create(
            call.without("DeploymentConfig"),
            ENDPOINT,
            EndpointStatus="Creating",
            PendingDeploymentSummary=summary,
        )
        models = _containers(call, config)
    call.parts[Fleet].deploy(endpoint, config, models, deployment_config)
    return endpoint.body


@action("UpdateEndpoint")
def update_endpoint(call: Call) -> Body:
    """Move an endpoint to another configuration: blue/green, as its DeploymentConfig says."""
    call.parts[Fleet].settle(find(call, ENDPOINT).arn)
    with call.store.transaction():
        endpoint = find(call, ENDPOINT)
        status = endpoint.body["EndpointStatus"]
        if status in IN_PROGRESS:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        if status != "InService":
            raise invalid(f'Cannot update endpoint "{endpoint.arn}" in status {status}.')
        config = _coming(call, endpoint)
        check_update(endpoint.body["_Deployed"], config.body)
        deployment_config = call.request.get("DeploymentConfig")
        if deployment_config is None and call.request.get("RetainDeploymentConfig"):
            deployment_config = endpoint.body.get("LastDeploymentConfig")
        policy = _policy(call, deployment_config, config)
        models = _containers(call, config)
        call.store.change(
            endpoint.arn,
            {
                "EndpointStatus": "Updating",
                # Gone "as soon as a new update is applied": AWS's controller for Kubernetes
                # (aws-controllers-k8s/sagemaker-controller, pull request 7).
                "FailureReason": None,
                "PendingDeploymentSummary": pending(config.name, config.body),
                "LastModifiedTime": now(),
            },
        )
    call.parts[Fleet].deploy(endpoint, config, models, deployment_config, policy)
    return endpoint.body


@action("DeleteEndpoint")
def delete_endpoint(call: Call) -> None:
    """Delete an endpoint and stop its model servers."""
    call.parts[Fleet].settle(find(call, ENDPOINT).arn)
    with call.store.transaction():
        endpoint = find(call, ENDPOINT)
        if endpoint.body["EndpointStatus"] in IN_PROGRESS:
            # AWS's operator for Kubernetes, DeleteEndpointInProgressMessagePrefix.
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        call.store.delete(endpoint.arn)
    call.parts[Fleet].remove(endpoint.arn)


def _coming(call: Call, endpoint: Resource) -> Resource:
    """Return the configuration that an update brings, with what variants shall keep."""
    config = find(call, ENDPOINT_CONFIG, call.request["EndpointConfigName"])
    if not call.request.get("RetainAllVariantProperties"):
        return config
    excluded = call.request.get("ExcludeRetainedVariantProperties", [])
    kinds = [item["VariantPropertyType"] for item in excluded]
    return replace(config, body=retaining(config.body, endpoint.body["_Deployed"], kinds))


def _policy(call: Call, deployment_config: Body | None, config: Resource) -> Policy:
    """Return how traffic is to move; its alarms must exist (what AWS says then is unconfirmed)."""
    policy = read_policy(deployment_config, config.body["ProductionVariants"])
    missing = call.parts[Alarms].missing(call.region, policy.alarms) if policy.alarms else []
    if missing:
        raise invalid(f"Could not find CloudWatch alarm(s): {', '.join(missing)}.")
    return policy


def _containers(call: Call, config: Resource) -> dict[str, Body]:
    names = [variant["ModelName"] for variant in configured(config.body)]
    return {name: find(call, MODEL, name).body["_Container"] for name in names}
