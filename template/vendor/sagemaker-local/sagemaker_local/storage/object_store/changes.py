"""Announces what was created and deleted in buckets that ask for it."""

from collections.abc import Callable
from typing import Any

from sagemaker_local.storage.object_store.buckets import Buckets
from sagemaker_local.storage.object_store.objects import StoredObject

Announce = Callable[[str, str, str, dict[str, Any]], None]
"""Announces an event: its region, detail type, the ARN it is about, its detail."""


class Changes:
    """The events of S3 (user guide, "EventBridge event message structure").

    Parameters
    ----------
    buckets : those that ask for events.
    announce : announces one.
    """

    def __init__(self, buckets: Buckets, announce: Announce) -> None:
        self._buckets = buckets
        self._announce = announce

    def created(self, bucket: str, item: StoredObject, reason: str) -> None:
        """Announce a new object, or a new body of one; the reason is the operation."""
        detail = {"key": item.key, "size": item.size, "etag": item.etag}
        self._tell(bucket, "Object Created", detail, {"reason": reason})

    def deleted(self, bucket: str, key: str, reason: str) -> None:
        """Announce that an object is gone; the reason is the operation."""
        more = {"reason": reason, "deletion-type": "Permanently Deleted"}
        self._tell(bucket, "Object Deleted", {"key": key}, more)

    def _tell(self, bucket: str, kind: str, item: dict[str, Any], more: dict[str, str]) -> None:
        if self._buckets.has_events(bucket):
            detail = {"version": "0", "bucket": {"name": bucket}, "object": item, **more}
            region = self._buckets.region(bucket) or ""
            self._announce(region, kind, f"arn:aws:s3:::{bucket}", detail)
