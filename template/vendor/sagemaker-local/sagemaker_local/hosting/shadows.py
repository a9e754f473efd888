"""Shadow variants: they get copies of what production is asked, and nobody waits for them.

API reference, CreateEndpointConfig: a configuration has one production and one shadow variant. The
developer guide's example gives both the weight 1 to copy all requests; that the share is the
quotient of the weights is concluded from it and unconfirmed, as is that both sides of a copied
request are captured with one event id.
"""

import logging
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sagemaker_local.api.errors import AwsError
from sagemaker_local.hosting.capture import Capture
from sagemaker_local.hosting.fleet import Fleet
from sagemaker_local.hosting.invoking import Invocation, ask
from sagemaker_local.hosting.running_server import ModelServer
from sagemaker_local.storage.store import Resource

_log = logging.getLogger(__name__)
_AT_ONCE = 4
_MOST_WAITING = 200


class Shadows:
    """Copies requests to shadow variants, in the background.

    Parameters
    ----------
    fleet : where the model servers are.
    capture : records what they answer.
    """

    def __init__(self, fleet: Fleet, capture: Capture) -> None:
        self._fleet = fleet
        self._capture = capture
        self._workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="shadow")
        self._room = threading.Semaphore(_MOST_WAITING)

    def copy(
        self, endpoint: Resource, servers: Sequence[ModelServer], invocation: Invocation
    ) -> None:
        """Copy a request to the shadow variant, if there is one and it is in its share.

        Parameters
        ----------
        endpoint : what was invoked.
        servers : its model servers.
        invocation : what production is asked.
        """
        shadow = next((server for server in servers if server.is_shadow), None)
        if shadow is None:
            return
        whole = sum(server.weight for server in servers if not server.is_shadow)
        if random.random() * whole >= shadow.weight:
            return
        # A shadow that cannot keep up misses requests: they are not kept without end.
        if self._room.acquire(blocking=False):
            self._workers.submit(self._ask, endpoint, shadow.name, invocation)
        else:
            _log.warning("the shadow variant of %s is too slow for a copy", endpoint.name)

    def _ask(self, endpoint: Resource, shadow: str, invocation: Invocation) -> None:
        try:
            with self._fleet.use(endpoint.arn, shadow) as servers:
                for server in servers:
                    if server.is_shadow:
                        answer = ask(self._capture, endpoint.name, server, invocation)
                        if not answer.is_good:
                            where = f"shadow variant {server.name} of {endpoint.name}"
                            _log.warning("%s answered %d; see %s", where, answer.status, server.log)
        except AwsError as error:
            _log.warning("a copy for the shadow variant of %s: %s", endpoint.name, error)
        finally:
            self._room.release()
