"""Endpoints: the actions, and the fleet of deployments that serve."""

import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sagemaker_local.actions import Call, action, now
from sagemaker_local.deployment import Deployment, DeploymentError, ModelServer
from sagemaker_local.errors import AwsError, invalid
from sagemaker_local.jobs import STOPPED_WITH_US
from sagemaker_local.kinds import Kind, create, find, offer
from sagemaker_local.models import ENDPOINT_CONFIG, MODEL
from sagemaker_local.store import Body, Resource

if TYPE_CHECKING:
    from sagemaker_local.service import SageMaker

ENDPOINT = Kind(
    noun="Endpoint",
    path="endpoint",
    summaries="Endpoints",
    missing='Could not find endpoint "{arn}".',
    duplicate='Cannot create already existing endpoint "{arn}".',
    status="EndpointStatus",
    newest_first=True,
)
offer(ENDPOINT, "Describe", "List")


@action("CreateEndpoint")
def create_endpoint(call: Call) -> Body:
    """Create an endpoint; it is InService when its model servers answer."""
    with call.store.transaction():
        config = find(call, ENDPOINT_CONFIG, call.request["EndpointConfigName"])
        endpoint = create(call, ENDPOINT, EndpointStatus="Creating")
        models = _containers(call, config)
    call.sagemaker.fleet.deploy(endpoint, config, models, call.request.get("DeploymentConfig"))
    return endpoint.body


@action("UpdateEndpoint")
def update_endpoint(call: Call) -> Body:
    """Move an endpoint to another configuration: blue/green, all at once."""
    call.sagemaker.fleet.settle(find(call, ENDPOINT).arn)
    with call.store.transaction():
        endpoint = find(call, ENDPOINT)
        status = endpoint.body["EndpointStatus"]
        if status in ("Creating", "Updating"):
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        if status != "InService":
            raise invalid(f'Cannot update endpoint "{endpoint.arn}" in status {status}.')
        config = find(call, ENDPOINT_CONFIG, call.request["EndpointConfigName"])
        models = _containers(call, config)
        call.store.change(
            endpoint.arn,
            {"EndpointStatus": "Updating", "FailureReason": None, "LastModifiedTime": now()},
        )
    call.sagemaker.fleet.deploy(endpoint, config, models, call.request.get("DeploymentConfig"))
    return endpoint.body


@action("DeleteEndpoint")
def delete_endpoint(call: Call) -> None:
    """Delete an endpoint and stop its model servers."""
    call.sagemaker.fleet.settle(find(call, ENDPOINT).arn)
    with call.store.transaction():
        endpoint = find(call, ENDPOINT)
        if endpoint.body["EndpointStatus"] in ("Creating", "Updating"):
            raise invalid(f'Cannot delete in-progress endpoint "{endpoint.arn}".')
        call.store.delete(endpoint.arn)
    call.sagemaker.fleet.remove(endpoint.arn)


_REVIVAL_SECONDS = 60


class Fleet:
    """The deployments that serve, one an endpoint.

    Parameters
    ----------
    sagemaker : the service they belong to.
    """

    def __init__(self, sagemaker: "SageMaker") -> None:
        self._sagemaker = sagemaker
        self._serving: dict[str, Deployment] = {}
        self._changed = threading.Condition()
        self._closing = False

    def deploy(
        self,
        endpoint: Resource,
        config: Resource,
        models: Mapping[str, Body],
        deployment_config: Body | None = None,
    ) -> None:
        """Start the servers of a configuration, then lead the endpoint's traffic to them.

        Returns at once. When the new servers fail, the endpoint is Failed if it served nothing
        before, else it stays with what it served and tells the reason.

        Parameters
        ----------
        endpoint, config : what is deployed where.
        models : the container of each model that the configuration names.
        deployment_config : what Describe shows as the last deployment's.
        """
        work = (endpoint, config, models, deployment_config)
        threading.Thread(
            target=self._deploy, args=work, name=f"deploy {endpoint.name}", daemon=True
        ).start()

    def settle(self, arn: str) -> None:
        """Wait while an endpoint that was in service is started again after a restart."""
        with self._changed:
            self._changed.wait_for(
                lambda: arn in self._serving or not self._should_serve(arn), _REVIVAL_SECONDS
            )

    @contextmanager
    def use(self, arn: str) -> Iterator[list[ModelServer]]:
        """Return the servers of an endpoint, which are not stopped while the context lasts.

        Raises
        ------
        AwsError : none serves it.
        """
        self.settle(arn)
        with self._changed:
            found = self._serving.get(arn)
            if found is None:
                raise AwsError("ValidationError", f"Endpoint {arn} is not in service.")
            # Taken while no switch can happen, else an old deployment could be stopped first.
            found.take()
        try:
            yield found.servers
        finally:
            found.give_back()

    def pids(self, arn: str) -> list[int]:
        """Return the processes that serve an endpoint."""
        found = self._serving.get(arn)
        return [server.pid for server in found.servers] if found else []

    def remove(self, arn: str) -> None:
        """Stop what serves an endpoint, in the background."""
        with self._changed:
            deployment = self._serving.pop(arn, None)
        if deployment:
            threading.Thread(target=deployment.stop, daemon=True).start()

    def recover(self) -> None:
        """Serve again what was in service when an earlier server ended; fail what was not yet."""
        store = self._sagemaker.store
        for item in store.resources(ENDPOINT.noun):
            status = item.body["EndpointStatus"]
            if status == "Creating":
                failed = {"EndpointStatus": "Failed", "FailureReason": STOPPED_WITH_US}
                store.change(item.arn, failed)
            elif status in ("InService", "Updating"):
                changes = {"EndpointStatus": "InService"}
                if status == "Updating":
                    changes["FailureReason"] = STOPPED_WITH_US
                store.change(item.arn, changes)
                self._revive(item)

    def close(self) -> None:
        """Record no more failures: model servers now end because the server does."""
        with self._changed:
            self._closing = True

    def _should_serve(self, arn: str) -> bool:
        found = self._sagemaker.store.by_arn(arn)
        return found is not None and found.body["EndpointStatus"] in ("InService", "Updating")

    def _revive(self, endpoint: Resource) -> None:
        deployed = endpoint.body["_Deployed"]
        config = Resource("EndpointConfig", endpoint.region, deployed["Name"], "", deployed)
        self.deploy(endpoint, config, deployed["_Models"])

    def _deploy(
        self,
        endpoint: Resource,
        config: Resource,
        models: Mapping[str, Body],
        deployment_config: Body | None,
    ) -> None:
        arn = endpoint.arn
        try:
            deployment = Deployment(self._start(endpoint, config, models))
        except Exception as error:
            if not isinstance(error, DeploymentError):
                traceback.print_exc()
            self._fail(arn, str(error))
            return
        with self._changed:
            old = self._serving.get(arn)
            self._serving[arn] = deployment
            # Before others are woken: one of them may be an update that writes its own status.
            changed = self._sagemaker.store.change(
                arn,
                {
                    "EndpointStatus": "InService",
                    "EndpointConfigName": config.name,
                    "ProductionVariants": [_summary(v) for v in config.body["ProductionVariants"]],
                    "LastDeploymentConfig": deployment_config,
                    "LastModifiedTime": now(),
                    "_Deployed": {
                        "Name": config.name,
                        "ProductionVariants": config.body["ProductionVariants"],
                        "_Models": models,
                    },
                },
            )
            self._changed.notify_all()
        if changed is None:
            # It was deleted while its servers started.
            self.remove(arn)
        if old:
            old.stop()

    def _start(
        self, endpoint: Resource, config: Resource, models: Mapping[str, Body]
    ) -> list[ModelServer]:
        servers: list[ModelServer] = []
        try:
            for variant in config.body["ProductionVariants"]:
                container = models[variant["ModelName"]]
                servers.append(
                    ModelServer(self._sagemaker, endpoint.region, endpoint.name, variant, container)
                )
        except BaseException:
            for server in servers:
                server.stop()
            raise
        return servers

    def _fail(self, arn: str, reason: str) -> None:
        with self._changed:
            if self._closing:
                return
            status = "InService" if arn in self._serving else "Failed"
            self._sagemaker.store.change(
                arn,
                {
                    "EndpointStatus": status,
                    "FailureReason": reason[:1024],
                    "LastModifiedTime": now(),
                },
            )
            self._changed.notify_all()


def _containers(call: Call, config: Resource) -> dict[str, Body]:
    names = [variant["ModelName"] for variant in config.body["ProductionVariants"]]
    return {name: find(call, MODEL, name).body["_Container"] for name in names}


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
