"""Publishes SageMaker's events to EventBridge, and keeps them in a file."""

import json
import logging
import queue
import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sagemaker_local.home import trim
from sagemaker_local.places import account_of, place_of, region_of
from sagemaker_local.storage.other_services import OtherServices

_log = logging.getLogger(__name__)
_BATCH = 10
"""How many events EventBridge takes at once (API reference, PutEvents)."""
_MOST_BYTES = 10_000_000
_TIMES = ("CreationTime", "LastModifiedTime")


class Events:
    """Where state changes are announced.

    Parameters
    ----------
    path : the file that every event is appended to, one JSON document a line; it begins anew when
        it is long, see `trim`.
    services : whose EventBridge the events go to.
    """

    def __init__(self, path: Path, services: OtherServices) -> None:
        self._path = path
        self._services = services
        self._lock = threading.Lock()
        self._queue: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._deliver, name="events", daemon=True).start()

    def publish(
        self,
        region: str,
        kind: str,
        about: str | Sequence[str],
        detail: dict[str, Any],
        source: str = "aws.sagemaker",
    ) -> None:
        """Announce a state change.

        The event's form is in the developer guide, "Events that Amazon SageMaker AI sends to
        Amazon EventBridge". It is in the file when this returns, in EventBridge a little later,
        as in AWS.

        Parameters
        ----------
        region : where it happened.
        kind : the event's `detail-type`.
        about : what changed, by its ARN, or several ARNs.
        detail : its new state, as Describe answers it; times that are numbers are written out.
        source : the service that announces it.
        """
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": source,
            "account": account_of(region),
            "time": iso(datetime.now(UTC).timestamp()),
            "region": region_of(region),
            "resources": [about] if isinstance(about, str) else list(about),
            "detail": detail
            | {name: iso(detail[name]) for name in _TIMES if isinstance(detail.get(name), float)},
        }
        try:
            with self._lock:
                trim(self._path, _MOST_BYTES)
                with self._path.open("a") as file:
                    file.write(json.dumps(event) + "\n")
        except OSError as error:
            # What has happened is no failure of the request, even on a full disk.
            _log.warning("event %s is not in the file: %s", event["id"], error)
        self._queue.put(event)

    def _deliver(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            for region in {_place(event) for event in batch}:
                events = [event for event in batch if _place(event) == region]
                try:
                    self._put(region, events)
                except Exception:
                    # One rule with a broken target must not silence the other events.
                    for event in events:
                        self._put_alone(region, event)

    def _put(self, region: str, events: list[dict[str, Any]]) -> None:
        entries = [
            {
                "Time": datetime.fromisoformat(event["time"]).timestamp(),
                "Source": event["source"],
                "DetailType": event["detail-type"],
                "Resources": event["resources"],
                "Detail": json.dumps(event["detail"]),
            }
            for event in events
        ]
        headers = {
            "X-Amz-Target": "AWSEvents.PutEvents",
            "Content-Type": "application/x-amz-json-1.1",
        }
        body = json.dumps({"Entries": entries}).encode()
        answer = self._services.request(
            "POST", "/", region=region, service="events", headers=headers, body=body
        )
        if answer.status_code != HTTPStatus.OK:
            raise RuntimeError(answer.get_data(as_text=True))

    def _put_alone(self, region: str, event: dict[str, Any]) -> None:
        try:
            self._put(region, [event])
        except Exception as error:
            _log.warning("event %s was not delivered: %s", event["id"], error)


def _place(event: dict[str, Any]) -> str:
    return place_of(event["account"], event["region"])


def iso(seconds: float) -> str:
    """Return a time, in seconds since 1970, as events have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
