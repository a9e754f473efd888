"""Buckets: moto has them, with their tags and policies; the database brings them back."""

import io
import threading

from werkzeug.wrappers import Request, Response

from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.requests import S3Request
from sagemaker_local.storage.object_store.xml import parse
from sagemaker_local.storage.other_services import OtherServices
from sagemaker_local.storage.store import Store

_PLACE = (
    '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>"
)
# What changes objects, which moto does not have.
_REFUSED = {
    "versioning": "versioning of objects",
    "object-lock": "locking of objects",
    "replication": "replication of objects",
}


class Buckets:
    """All buckets.

    Parameters
    ----------
    store : the database that says which there are.
    services : which has them, too.
    """

    def __init__(self, store: Store, services: OtherServices) -> None:
        self._store = store
        self._services = services
        self._lock = threading.Lock()
        self._restored = threading.Event()

    def restore(self) -> None:
        """Put every bucket back into moto's empty S3."""
        rows = self._store.connection.execute("SELECT name, region, tagging FROM buckets")
        for name, region, tagging in rows:
            place = b"" if region == "us-east-1" else _PLACE.format(region).encode()
            self._services.request("PUT", f"/{name}", region=region, body=place)
            if tagging:
                self._services.request(
                    "PUT", f"/{name}", region=region, query="tagging", body=tagging.encode()
                )
        self._restored.set()

    def has_events(self, bucket: str) -> bool:
        """Return whether a bucket's changes go to EventBridge."""
        row = self._store.connection.execute(
            "SELECT events FROM buckets WHERE name = ?", (bucket,)
        ).fetchone()
        return row is not None and bool(row[0])

    def serve(self, request: Request, asked: S3Request, region: str) -> Response:
        """Answer a request for a bucket, and keep what it changed before the client hears of it.

        Raises
        ------
        S3Error : it asks for what would be kept and have no effect.
        """
        if asked.method == "PUT":
            for name, what in _REFUSED.items():
                if name in asked.query:
                    raise S3Error("NotImplemented", what)
        if asked.method == "POST" and not asked.query:
            raise S3Error("NotImplemented", "uploads of HTML forms")
        sends_events = None
        if asked.method == "PUT" and "notification" in asked.query:
            content = request.get_data()
            sends_events = _sends_events(content)
            request.environ["wsgi.input"] = io.BytesIO(content)
        self._restored.wait()
        with self._lock:
            answer = Response.from_app(self._services, request.environ)
            if answer.status_code < 300 and asked.method in ("PUT", "DELETE"):
                self._keep(asked, region, sends_events)
        return answer

    def _keep(self, asked: S3Request, region: str, sends_events: bool | None) -> None:
        bucket, query = asked.bucket, set(asked.query) - {"x-id"}
        with self._store.transaction() as connection:
            if "tagging" in query:
                tags = self._services.request("GET", f"/{bucket}", region=region, query="tagging")
                tagging = tags.get_data(as_text=True) if tags.status_code == 200 else ""
                connection.execute(
                    "UPDATE buckets SET tagging = ? WHERE name = ?", (tagging, bucket)
                )
            elif sends_events is not None:
                connection.execute(
                    "UPDATE buckets SET events = ? WHERE name = ?", (sends_events, bucket)
                )
            elif not query and asked.method == "PUT":
                connection.execute(
                    "INSERT OR IGNORE INTO buckets (name, region) VALUES (?, ?)", (bucket, region)
                )
            elif not query:
                connection.execute("DELETE FROM buckets WHERE name = ?", (bucket,))


def _sends_events(content: bytes) -> bool:
    targets = {element.tag for element in parse(content)}
    if targets - {"EventBridgeConfiguration"}:
        raise S3Error("NotImplemented", "notifications of a bucket but to EventBridge")
    return bool(targets)
