"""Buckets: moto has them, with their tags and policies; the database brings them back."""

import io
import threading

from werkzeug.wrappers import Request, Response

from sagemaker_local.places import region_of
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
    store : the database that says which there are, and how they are set.
    services : which has them, too.
    """

    def __init__(self, store: Store, services: OtherServices) -> None:
        self._store = store
        self._services = services
        self._lock = threading.Lock()
        self._restored = threading.Event()

    def restore(self) -> None:
        """Put every bucket back into moto's empty S3, set as it was."""
        connection = self._store.connection
        for name, region in connection.execute("SELECT name, region FROM buckets"):
            name_of_region = region_of(region)
            place = b"" if name_of_region == "us-east-1" else _PLACE.format(name_of_region).encode()
            self._services.request("PUT", f"/{name}", region=region, body=place)
        for name, query, content, region in connection.execute(
            "SELECT bucket, query, content, region FROM bucket_settings"
            " JOIN buckets ON bucket = name"
        ):
            self._services.request("PUT", f"/{name}", region=region, query=query, body=content)
        self._restored.set()

    def policy(self, bucket: str) -> str:
        """Return a bucket's policy, a JSON document; empty if it has none."""
        kept = self._kept(bucket, "policy")
        return "" if kept is None else kept.decode(errors="replace")

    def region(self, bucket: str) -> str | None:
        """Return a bucket's region, in its owner's account; None if there is no such bucket."""
        row = self._store.connection.execute(
            "SELECT region FROM buckets WHERE name = ?", (bucket,)
        ).fetchone()
        return str(row[0]) if row else self._adopt(bucket)

    def has_events(self, bucket: str) -> bool:
        """Return whether a bucket's changes go to EventBridge."""
        kept = self._kept(bucket, "notification")
        return kept is not None and _sends_events(kept)

    def serve(self, request: Request, asked: S3Request, region: str) -> Response:
        """Answer a request for a bucket, and keep what it changed before the client hears of it.

        Raises
        ------
        S3Error : it asks for what would be kept and have no effect, or for the end of a bucket
            that holds objects.
        """
        content = request.get_data()
        request.environ["wsgi.input"] = io.BytesIO(content)
        _refuse(asked, content)
        self._restored.wait()
        if asked.method == "GET" and "notification" in asked.query:
            # moto leaves EventBridge out of its answer.
            kept = self._kept(asked.bucket, "notification")
            if kept is not None:
                return Response(kept, content_type="application/xml")
        if asked.method not in ("PUT", "DELETE"):
            return Response.from_app(self._services, request.environ)
        bucket, query = asked.bucket, _setting(request)
        if asked.method == "DELETE" and not query:
            self._take_back(bucket, region)
        with self._lock, self._store.transaction() as connection:
            objects = "SELECT 1 FROM objects WHERE bucket = ? LIMIT 1"
            is_end = asked.method == "DELETE" and not query
            if is_end and connection.execute(objects, (bucket,)).fetchone():
                raise S3Error("BucketNotEmpty")
            answer = Response.from_app(self._services, request.environ)
            if answer.status_code >= 300:
                return answer
            if is_end:
                for table in ("bucket_settings", "uploads"):
                    connection.execute(f"DELETE FROM {table} WHERE bucket = ?", (bucket,))
                connection.execute("DELETE FROM buckets WHERE name = ?", (bucket,))
            elif asked.method == "DELETE":
                connection.execute(
                    "DELETE FROM bucket_settings WHERE bucket = ? AND query = ?", (bucket, query)
                )
            elif query:
                connection.execute(
                    "INSERT OR REPLACE INTO bucket_settings VALUES (?, ?, ?)",
                    (bucket, query, content),
                )
            else:
                connection.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?)", (bucket, region))
        return answer

    def _kept(self, bucket: str, query: str) -> bytes | None:
        row = self._store.connection.execute(
            "SELECT content FROM bucket_settings WHERE bucket = ? AND query = ?", (bucket, query)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def lend(self, bucket: str, key: str, content: bytes) -> None:
        """Let the other services read an object, which they look for in moto's S3."""
        self._restored.wait()
        self._services.request("PUT", f"/{bucket}/{key}", region="us-east-1", body=content)

    def _take_back(self, bucket: str, region: str) -> None:
        while True:
            page = self._services.request("GET", f"/{bucket}", region=region)
            keys = [element.text for element in parse(page.get_data()).iter("Key")]
            if page.status_code != 200 or not keys:
                return
            for key in keys:
                self._services.request("DELETE", f"/{bucket}/{key}", region=region)

    def _adopt(self, bucket: str) -> str | None:
        """Take over a bucket that a stack of CloudFormation made; returns its region."""
        self._restored.wait()
        answer = self._services.request("HEAD", f"/{bucket}", region="us-east-1")
        if answer.status_code != 200:
            return None
        region = answer.headers["x-amz-bucket-region"]
        with self._store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?)", (bucket, region))
        return region


def _setting(request: Request) -> str:
    """Return the part of a query that says which setting of a bucket it is about."""
    parts = request.query_string.decode().split("&")
    return "&".join(sorted(part.removesuffix("=") for part in parts if part[:5] != "x-id="))


def _refuse(asked: S3Request, content: bytes) -> None:
    if asked.method == "POST" and not asked.query:
        raise S3Error("NotImplemented", "uploads of HTML forms")
    if asked.method != "PUT":
        return
    for name, what in _REFUSED.items():
        if name in asked.query:
            raise S3Error("NotImplemented", what)
    if asked.headers.get("x-amz-bucket-object-lock-enabled", "false").lower() == "true":
        raise S3Error("NotImplemented", _REFUSED["object-lock"])
    asked.check_acl()
    if "acl" in asked.query and content:
        raise S3Error("AccessControlListNotSupported")
    if "notification" in asked.query:
        _sends_events(content)


def _sends_events(content: bytes) -> bool:
    targets = {element.tag for element in parse(content)}
    if targets - {"EventBridgeConfiguration"}:
        raise S3Error("NotImplemented", "notifications of a bucket but to EventBridge")
    return bool(targets)
