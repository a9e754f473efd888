"""The fleet: the deployments that serve, one an endpoint."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from sagemaker_local.api.actions import now
from sagemaker_local.api.errors import STOPPED_WITH_US, AwsError
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.cloudwatch.alarms import Alarms
from sagemaker_local.home import Home
from sagemaker_local.hosting.deployment import Deployment
from sagemaker_local.hosting.guardrails.guard import Guard
from sagemaker_local.hosting.guardrails.policy import AT_ONCE, Policy
from sagemaker_local.hosting.guardrails.traffic import Traffic
from sagemaker_local.hosting.running_server import DeploymentError, ModelServer, place_in_endpoint
from sagemaker_local.hosting.variants import configured, deployed
from sagemaker_local.processes.settings import Settings
from sagemaker_local.processes.workers import Workers
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.s3 import S3
from sagemaker_local.storage.store import Body, Resource, Store

ENDPOINT = ResourceKind(
    noun="Endpoint",
    path="endpoint",
    summaries="Endpoints",
    # ACK's controller (generator.yaml, Endpoint).
    missing='Could not find endpoint "{arn}".',
    duplicate='Cannot create already existing endpoint "{arn}".',
    status="EndpointStatus",
    newest_first=True,
)

IN_PROGRESS = ("Creating", "Updating", "RollingBack")
"""In these states an endpoint can neither be updated nor deleted."""
_SERVING = ("InService", "Updating", "RollingBack")

_log = logging.getLogger(__name__)
_REVIVAL_SECONDS = 60


class Fleet:
    """The deployments that serve, one an endpoint.

    Parameters
    ----------
    store : where the endpoints are.
    clients, home : of the server they belong to.
    s3 : where the artefacts are.
    workers : start the model servers.
    alarms : roll deployments back.
    settings : how fast the clock is.
    """

    def __init__(
        self,
        store: Store,
        clients: Clients,
        s3: S3,
        home: Home,
        workers: Workers,
        alarms: Alarms,
        settings: Settings,
    ) -> None:
        self._store = store
        self._clients = clients
        self._s3 = s3
        self._home = home
        self._workers = workers
        self._guard = Guard(store, alarms, settings)
        self._serving: dict[str, Traffic] = {}
        self._changed = threading.Condition()
        self._closing = False

    def deploy(
        self,
        endpoint: Resource,
        config: Resource,
        models: Mapping[str, Body],
        deployment_config: Body | None = None,
        policy: Policy = AT_ONCE,
    ) -> None:
        """Start the servers of a configuration, then lead the endpoint's traffic to them.

        Returns at once. When the new servers fail, the endpoint is Failed if it served nothing
        before, else it stays with what it served and tells the reason.

        Parameters
        ----------
        endpoint, config : what is deployed where.
        models : the container of each model that the configuration names.
        deployment_config : what Describe shows as the last deployment's.
        policy : how traffic moves, where there is some.
        """
        work = (endpoint, config, models, deployment_config, policy)
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
    def use(self, arn: str, variant: str | None = None) -> Iterator[list[ModelServer]]:
        """Return the servers of an endpoint, which are not stopped while the context lasts.

        Parameters
        ----------
        arn : of the endpoint.
        variant : the one that must be among them, if there is such; None for any.

        Raises
        ------
        AwsError : none serves it.
        """
        self.settle(arn)
        with self._changed:
            traffic = self._serving.get(arn)
            if traffic is None:
                raise AwsError("ValidationError", self._not_in_service(arn))
            found = traffic.choose(variant)
            # Taken while no switch can happen, else an old deployment could be stopped first.
            found.take()
        try:
            yield found.servers
        finally:
            found.give_back()

    def change(self, arn: str, variants: Mapping[str, Body]) -> None:
        """Have the servers of an endpoint serve their variants, by name, as they are now."""
        with self._changed:
            for server in self._servers(arn):
                server.variant.update(variants[server.name])

    def pids(self, arn: str) -> list[int]:
        """Return the processes that serve an endpoint."""
        with self._changed:
            servers = self._servers(arn)
        return [one.pid for one in servers if one.wait(0) is None]

    def remove(self, arn: str) -> None:
        """Stop what serves an endpoint, in the background."""
        with self._changed:
            traffic = self._serving.pop(arn, None)
        for deployment in traffic.fleets if traffic else []:
            threading.Thread(target=deployment.stop, daemon=True).start()

    def recover(self) -> None:
        """Serve again what was in service when an earlier server ended; fail what was not yet."""
        for item in self._store.resources(ENDPOINT.noun):
            status = item.body["EndpointStatus"]
            if status == "Creating":
                failed = {"EndpointStatus": "Failed", "FailureReason": STOPPED_WITH_US}
                self._store.change(item.arn, {**failed, "PendingDeploymentSummary": None})
            elif status in _SERVING:
                changes = {"EndpointStatus": "InService", "PendingDeploymentSummary": None}
                if status != "InService":
                    changes["FailureReason"] = STOPPED_WITH_US
                self._store.change(item.arn, changes)
                self._revive(item)

    def close(self) -> None:
        """Record no more failures: model servers now end because the server does."""
        with self._changed:
            self._closing = True
            for traffic in self._serving.values():
                for deployment in traffic.fleets:
                    deployment.leave_alone()

    def _ending(self) -> str:
        return STOPPED_WITH_US if self._closing else ""

    def _servers(self, arn: str) -> list[ModelServer]:
        traffic = self._serving.get(arn)
        return [server for fleet in (traffic.fleets if traffic else []) for server in fleet.servers]

    def _should_serve(self, arn: str) -> bool:
        found = self._store.by_arn(arn)
        return found is not None and found.body["EndpointStatus"] in _SERVING

    def _not_in_service(self, arn: str) -> str:
        found = self._store.by_arn(arn)
        if found is None or found.body["EndpointStatus"] != "Failed":
            return f"Endpoint {arn} is not in service."
        reason = found.body["FailureReason"]
        return f"Endpoint {arn} is Failed: {reason}; delete the endpoint and create it again."

    def _revive(self, endpoint: Resource) -> None:
        deployed = endpoint.body["_Deployed"]
        config = Resource("EndpointConfig", endpoint.region, deployed["Name"], "", deployed)
        last = endpoint.body.get("LastDeploymentConfig")
        self.deploy(endpoint, config, deployed["_Models"], last)

    def _deploy(
        self,
        endpoint: Resource,
        config: Resource,
        models: Mapping[str, Body],
        deployment_config: Body | None,
        policy: Policy,
    ) -> None:
        arn = endpoint.arn
        try:
            deployment = Deployment(self._starts(endpoint, config, models))
        except Exception as error:
            if not isinstance(error, DeploymentError):
                _log.exception("deploying %s", endpoint.name)
            self._fail(arn, str(error))
            return
        with self._changed:
            traffic = self._serving.get(arn)
            if traffic is not None:
                traffic.green = deployment
        if traffic is not None:
            reason = self._guard.shift(endpoint, traffic, policy, self._changed, self._ending)
            if reason:
                self._roll_back(arn, traffic, reason)
                return
        with self._changed:
            old = traffic.complete() if traffic is not None else None
            self._serving[arn] = traffic or Traffic(deployment)
            deployment.watch(lambda reason: self._lose(arn, deployment, reason))
            # Before others are woken: one of them may be an update that writes its own status.
            changed = self._store.change(
                arn,
                {
                    **deployed(config, models),
                    "EndpointStatus": "InService",
                    "LastDeploymentConfig": deployment_config,
                    "PendingDeploymentSummary": None,
                    "LastModifiedTime": now(),
                },
            )
            self._changed.notify_all()
        if changed is None:
            # It was deleted while its servers started.
            self.remove(arn)
        if old:
            old.stop()

    def _roll_back(self, arn: str, traffic: Traffic, reason: str) -> None:
        """Lead all traffic back to the blue fleet, and stop the green one.

        API reference, DescribeEndpoint, has RollingBack for changes of weights and capacities; that
        Terraform's provider waits for it after an update too (hashicorp/terraform-provider-aws
        pull request 49020) is all that speaks for deployments.
        """
        with self._changed:
            if not self._closing:
                self._store.change(arn, {"EndpointStatus": "RollingBack"})
            green = traffic.roll_back()
            if traffic.blue is None and self._serving.get(arn) is traffic:
                del self._serving[arn]
        if green is not None:
            threading.Thread(target=green.stop, daemon=True).start()
        self._fail(arn, reason)

    def _starts(
        self, endpoint: Resource, config: Resource, models: Mapping[str, Body]
    ) -> list[Callable[[], ModelServer]]:
        def start(variant: Body) -> ModelServer:
            place = place_in_endpoint(
                self._home, endpoint.region, endpoint.name, variant["VariantName"]
            )
            return ModelServer(
                self._clients,
                self._s3,
                self._home,
                self._workers,
                place,
                variant,
                models[variant["ModelName"]],
                config.body,
            )

        return [partial(start, variant) for variant in configured(config.body)]

    def _lose(self, arn: str, deployment: Deployment, reason: str) -> None:
        """Note that a deployment, a server of which cannot be started again, serves no more."""
        with self._changed:
            traffic = self._serving.get(arn)
            if self._closing or traffic is None or traffic.blue is not deployment:
                return
            if traffic.green is not None:
                traffic.blue = None
            else:
                del self._serving[arn]
            found = self._store.by_arn(arn)
            # What an update brings decides about an endpoint that is Updating.
            if found is not None and found.body["EndpointStatus"] == "InService":
                self._fail(arn, reason)
        deployment.stop()

    def _fail(self, arn: str, reason: str) -> None:
        with self._changed:
            if self._closing:
                return
            status = "InService" if arn in self._serving else "Failed"
            self._store.change(
                arn,
                {
                    "EndpointStatus": status,
                    "FailureReason": reason[:1024],
                    "PendingDeploymentSummary": None,
                    "LastModifiedTime": now(),
                },
            )
            self._changed.notify_all()
