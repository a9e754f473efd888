"""Serverless variants: at most so many requests at once, and those above are throttled."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sagemaker_local.api.errors import AwsError
from sagemaker_local.hosting.running_server import ModelServer


class Concurrency:
    """How many requests each serverless variant works on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def taken(self, arn: str, server: ModelServer) -> Iterator[None]:
        """Take one of a variant's places while the context lasts; others have no such limit.

        Parameters
        ----------
        arn : the endpoint's.
        server : the variant's.

        Raises
        ------
        AwsError : `ThrottlingException`, 400; all are taken. Developer guide: "any endpoint
            invocations beyond the maximum are throttled". Code and status as of other throttled
            invocations (opensearch-project/ml-commons issue 2429), whose message is null.
        """
        serverless = server.variant.get("ServerlessConfig")
        if serverless is None:
            yield
            return
        key, most = (arn, server.name), serverless["MaxConcurrency"]
        with self._lock:
            if self._used[key] >= most:
                said = f"Rate exceeded: variant {server.name} has a MaxConcurrency of {most}"
                raise AwsError("ThrottlingException", said)
            self._used[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._used[key] -= 1
