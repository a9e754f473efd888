"""Guards a deployment: moves its traffic, shows how far it is, and says what is wrong with it."""

import threading
from collections.abc import Callable

from sagemaker_local.cloudwatch.alarms import Alarms
from sagemaker_local.hosting.guardrails.pending import moved
from sagemaker_local.hosting.guardrails.policy import Policy
from sagemaker_local.hosting.guardrails.shifting import shift
from sagemaker_local.hosting.guardrails.traffic import Traffic
from sagemaker_local.processes.settings import Settings
from sagemaker_local.storage.store import Resource, Store


class Guard:
    """Leads traffic to new fleets.

    Parameters
    ----------
    store : where the endpoints are.
    alarms : end deployments.
    settings : how fast the clock is.
    """

    def __init__(self, store: Store, alarms: Alarms, settings: Settings) -> None:
        self._store = store
        self._alarms = alarms
        self._settings = settings

    def shift(
        self,
        endpoint: Resource,
        traffic: Traffic,
        policy: Policy,
        lock: threading.Condition,
        hindered: Callable[[], str],
    ) -> str:
        """Lead all traffic to the green fleet; returns why not, empty if it is there.

        Parameters
        ----------
        endpoint : which one is deployed to.
        traffic : its fleets.
        policy : the steps, and what ends them.
        lock : of the traffic.
        hindered : returns why nothing can go on at all, empty if it can.
        """

        def move(percent: float, status: str) -> None:
            with lock:
                traffic.shift(percent)
            with self._store.transaction():
                found = self._store.by_arn(endpoint.arn)
                if found is not None:
                    summary = moved(found.body["PendingDeploymentSummary"], percent, status)
                    self._store.change(endpoint.arn, {"PendingDeploymentSummary": summary})

        def trouble() -> str:
            tripped = self._alarms.in_alarm(endpoint.region, policy.alarms)
            if tripped and not hindered():
                # The words are unconfirmed.
                return f"Deployment rolled back: alarm {', '.join(tripped)} went into ALARM state."
            return hindered() or (traffic.green.death() if traffic.green else "")

        return shift(policy, self._settings.clocked, move, trouble)
