"""The model servers behind one endpoint configuration: kept up and stopped together."""

import logging
import threading
from collections.abc import Callable, Sequence

from sagemaker_local.hosting.running_server import INVOCATION_SECONDS, ModelServer

_log = logging.getLogger(__name__)
_DEATHS = 3
"""So often in a row a model server dies before it is given up. What AWS does is unconfirmed."""


class Deployment:
    """All model servers of an endpoint configuration; one that dies is started again.

    Parameters
    ----------
    starts : start a server each, one a variant.

    Raises
    ------
    DeploymentError : one of them does not come up.
    """

    def __init__(self, starts: Sequence[Callable[[], ModelServer]]) -> None:
        self.servers: list[ModelServer] = []
        self._starts = starts
        self._in_use = 0
        self._left_alone = False
        self._changed = threading.Condition()
        try:
            for start in starts:
                self.servers.append(start())
        except BaseException:
            self.stop()
            raise

    @property
    def names(self) -> list[str]:
        """The names of its variants."""
        return [server.name for server in self.servers]

    def watch(self, give_up: Callable[[str], None]) -> None:
        """Start servers again that die, from now on.

        Parameters
        ----------
        give_up : is called with the reason when one cannot be started again, but for a shadow.
        """
        for index, server in enumerate(self.servers):
            act = _log.warning if server.is_shadow else give_up
            threading.Thread(target=self._keep_up, args=(index, act), daemon=True).start()

    def take(self) -> None:
        """Note that a request uses the servers."""
        with self._changed:
            self._in_use += 1

    def give_back(self) -> None:
        """Note that a request no longer uses the servers."""
        with self._changed:
            self._in_use -= 1
            self._changed.notify_all()

    def death(self) -> str:
        """Return which server has ended, empty if none has; for a fleet that is not watched yet."""
        for server in self.servers:
            code = server.wait(0)
            if code is not None and not server.is_shadow:
                return f"The model server of variant {server.name} ended with code {code}"
        return ""

    def leave_alone(self) -> None:
        """Start no server again."""
        with self._changed:
            self._left_alone = True

    def stop(self) -> None:
        """Stop the servers once the requests they work on are answered."""
        with self._changed:
            self._left_alone = True
            self._changed.wait_for(lambda: self._in_use == 0, timeout=INVOCATION_SECONDS)
        for server in self.servers:
            server.stop()

    def _keep_up(self, index: int, give_up: Callable[[str], None]) -> None:
        deaths = 0
        while True:
            server = self.servers[index]
            code = server.wait()
            deaths = 1 if server.has_answered else deaths + 1
            ended = f"The model server of variant {server.name} ended with code {code}"
            with self._changed:
                if self._left_alone:
                    return
            server.stop()
            if deaths >= _DEATHS:
                give_up(
                    f"{ended} {deaths} times without an answer between; the log is in {server.log}"
                )
                return
            _log.warning("%s and is started again; its log is %s", ended, server.log)
            try:
                started = self._starts[index]()
            except Exception as error:
                give_up(f"{ended} and could not be started again: {error}")
                return
            with self._changed:
                if not self._left_alone:
                    self.servers[index] = started
                    continue
            started.stop()
            return
