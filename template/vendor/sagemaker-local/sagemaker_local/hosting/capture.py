"""Data capture: what endpoints are asked and what they answer, as SageMaker's JSON lines in S3.

The form of a line and of its key is the developer guide's, "Capture data from real-time endpoint".
That an inference id stands in `eventMetadata.inferenceId` is from "Ingest Ground Truth labels and
merge them with predictions"; that custom attributes are a list of one text, and how a file is
called (minute, second, millisecond, id), is from examples of AWS's and unconfirmed.
"""

import base64
import json
import logging
import queue
import random
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagemaker_local.api.events import iso
from sagemaker_local.storage.s3 import S3

_log = logging.getLogger(__name__)
_FLUSH_SECONDS = 1.0
"""How long lines are collected; AWS takes "a couple of minutes"."""
_MOST_LINES = 1000
_FLUSH = object()


@dataclass(frozen=True)
class Side:
    """One side of an invocation.

    Attributes
    ----------
    content : the body.
    kind : its content type, as it was sent.
    """

    content: bytes
    kind: str


@dataclass(frozen=True)
class Event:
    """One invocation that was answered with a status of 2xx.

    Attributes
    ----------
    id : its event id.
    endpoint, variant : what answered.
    asked, answered : both sides of it.
    time : when, in seconds since 1970.
    inference_id, custom_attributes : what the caller sent with it; empty if nothing.
    """

    id: str
    endpoint: str
    variant: str
    asked: Side
    answered: Side
    time: float
    inference_id: str = ""
    custom_attributes: str = ""


def line(config: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """Return what is captured of an event.

    Parameters
    ----------
    config : a `DataCaptureConfig`.
    event : the event.
    """
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    data = {}
    for mode, side in (("Input", event.asked), ("Output", event.answered)):
        if modes & {mode, "InputAndOutput"}:
            text, encoding = _encode(config.get("CaptureContentTypeHeader", {}), side)
            data[f"endpoint{mode}"] = {
                "observedContentType": side.kind,
                "mode": mode.upper(),
                "data": text,
                "encoding": encoding,
            }
    about: dict[str, Any] = {"eventId": event.id}
    if event.custom_attributes:
        about["customAttributes"] = [event.custom_attributes]
    if event.inference_id:
        about["inferenceId"] = event.inference_id
    about["inferenceTime"] = iso(event.time)
    return {"captureData": data, "eventMetadata": about, "eventVersion": "0"}


def _encode(headers: Mapping[str, list[str]], side: Side) -> tuple[str, str]:
    """Return a body as text, and how it was made one: CSV and JSON stay, others become BASE64."""
    kind = side.kind.partition(";")[0].strip().lower()
    for encoding, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
        if kind in [given.lower() for given in headers.get(member, [])]:
            return side.content.decode(errors="replace"), encoding
    return base64.b64encode(side.content).decode(), "BASE64"


def describe(config: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the `DataCaptureConfig` of DescribeEndpoint; None where nothing is configured."""
    if config is None:
        return None
    enabled = config.get("EnableCapture", True)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


class Capture:
    """Writes what is captured, in the background: no invocation waits for it.

    Parameters
    ----------
    s3 : where it goes.
    """

    def __init__(self, s3: S3) -> None:
        self._s3 = s3
        self._queue: queue.Queue[Any] = queue.Queue()
        self._flushed = threading.Semaphore(0)
        threading.Thread(target=self._write, name="data capture", daemon=True).start()

    def take(self, config: Mapping[str, Any] | None, event: Event) -> None:
        """Capture an event, if its endpoint is configured so and it is in the sample.

        Parameters
        ----------
        config : the `DataCaptureConfig` that the server was deployed with, or None.
        event : the event.
        """
        if config is None or not config.get("EnableCapture", True):
            return
        if random.random() * 100 < config["InitialSamplingPercentage"]:
            self._queue.put((config, event))

    def close(self, seconds: float = 5.0) -> None:
        """Store what was taken; waits no longer than so many seconds."""
        self._queue.put(_FLUSH)
        self._flushed.acquire(timeout=seconds)

    def _write(self) -> None:
        while True:
            batch = [self._queue.get()]
            deadline = datetime.now(UTC).timestamp() + _FLUSH_SECONDS
            while batch[-1] is not _FLUSH and len(batch) < _MOST_LINES:
                left = deadline - datetime.now(UTC).timestamp()
                try:
                    batch.append(self._queue.get(timeout=max(left, 0)))
                except queue.Empty:
                    break
            for key, lines in _files(item for item in batch if item is not _FLUSH).items():
                try:
                    self._s3.put(key, "".join(lines).encode(), "application/jsonl")
                except Exception as error:
                    # The model's answers matter more than the record of them.
                    _log.warning("%d captured requests are lost: %s", len(lines), error)
            if batch[-1] is _FLUSH:
                self._flushed.release()


def _files(batch: Iterable[tuple[Mapping[str, Any], Event]]) -> dict[str, list[str]]:
    """Return the lines of a batch by the URI of the file that they belong in."""
    names: dict[str, str] = {}
    files: dict[str, list[str]] = {}
    for config, event in batch:
        time = datetime.fromtimestamp(event.time, UTC)
        folder = f"{event.endpoint}/{event.variant}/{time:%Y/%m/%d/%H}"
        place = f"{config['DestinationS3Uri'].rstrip('/')}/{folder}"
        name = f"{time:%M-%S}-{time.microsecond // 1000:03}-{uuid.uuid4()}.jsonl"
        uri = f"{place}/{names.setdefault(place, name)}"
        files.setdefault(uri, []).append(json.dumps(line(config, event)) + "\n")
    return files
