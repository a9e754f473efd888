"""boto3 clients of this very server, for our own use of other AWS services."""

import threading
from typing import Any

from sagemaker_local.home import Running
from sagemaker_local.places import key_of, region_of


class Clients:
    """Clients for this very server, shared by all threads.

    Parameters
    ----------
    running : the server's address and keys.
    """

    def __init__(self, running: Running) -> None:
        self.running = running
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Any:
        """Return the boto3 client of a service in a region."""
        # Imported here: the start of the server need not wait for it.
        import boto3
        from botocore.config import Config

        with self._lock:
            key = (service, region)
            if key not in self._clients:
                # A proxy of the environment must not be asked for an address on loopback.
                self._clients[key] = boto3.session.Session().client(
                    service,
                    region_name=region_of(region),
                    endpoint_url=self.running.url,
                    aws_access_key_id=key_of(region, self.running.access_key),
                    aws_secret_access_key=self.running.secret_key,
                    config=Config(proxies={}, max_pool_connections=50),
                )
            return self._clients[key]
