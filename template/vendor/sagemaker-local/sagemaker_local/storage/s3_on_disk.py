"""Keeps S3 over a restart: every object that moto holds in memory is also on disk."""

import json
import threading
import uuid
from pathlib import Path
from urllib.parse import quote, unquote
from xml.etree import ElementTree

from werkzeug.wrappers import Request, Response

from sagemaker_local.storage.other_services import OtherServices
from sagemaker_local.storage.store import Store

_KEPT_HEADERS = ("content-type", "content-encoding", "content-disposition", "cache-control")
_PLACE = (
    '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>"
)


class S3OnDisk:
    """The copy of S3 on disk: latest versions, content type and metadata, and bucket tags.

    Parameters
    ----------
    store : the database that says what is there.
    folder : holds the bodies.
    services : whose S3 is copied.
    """

    def __init__(self, store: Store, folder: Path, services: OtherServices) -> None:
        self._store = store
        self._folder = folder
        self._services = services
        self._lock = threading.Lock()
        self._restored = threading.Event()

    def serve(self, request: Request, region: str) -> Response:
        """Answer an S3 request, and keep what it changed before the client hears of it."""
        self._restored.wait()
        answer = Response.from_app(self._services, request.environ)
        if request.method in ("PUT", "POST", "DELETE") and answer.status_code < 300:
            bucket, _, key = request.path.lstrip("/").partition("/")
            with self._lock:
                self._keep(request, region, bucket, key)
        return answer

    def restore(self) -> None:
        """Put everything back into moto's empty S3."""
        connection = self._store.connection
        regions = {}
        for name, region, tagging in connection.execute("SELECT * FROM buckets"):
            regions[name] = region
            place = b"" if region == "us-east-1" else _PLACE.format(region).encode()
            self._services.request("PUT", f"/{name}", region=region, body=place)
            if tagging:
                self._services.request(
                    "PUT", f"/{name}", region=region, query="tagging", body=tagging.encode()
                )
        used = set()
        for bucket, key, file, headers in connection.execute("SELECT * FROM objects"):
            used.add(file)
            self._services.request(
                "PUT",
                f"/{bucket}/{key}",
                region=regions[bucket],
                headers=json.loads(headers),
                body=(self._folder / file).read_bytes(),
            )
        # A kill between writing a file and recording it leaves a file that nothing names.
        for path in self._folder.iterdir():
            if path.name not in used:
                path.unlink()
        self._restored.set()

    def _keep(self, request: Request, region: str, bucket: str, key: str) -> None:
        # What a request changes is told by its query: parts, tags and policies leave the object.
        query = set(request.args) - {"x-id", "versionId"}
        if not key:
            self._keep_bucket(request, region, bucket, query)
        elif not query or (request.method == "POST" and "uploadId" in query):
            self._keep_object(bucket, key, region)

    def _keep_bucket(self, request: Request, region: str, bucket: str, query: set[str]) -> None:
        with self._store.transaction() as connection:
            if "delete" in query:
                rows = connection.execute("SELECT key FROM objects WHERE bucket = ?", (bucket,))
                there = self._keys(bucket, region)
                for key in [key for (key,) in rows if key not in there]:
                    self._replace(bucket, key, None)
            elif "tagging" in query:
                tags = self._services.request("GET", f"/{bucket}", region=region, query="tagging")
                tagging = tags.get_data(as_text=True) if tags.status_code == 200 else ""
                connection.execute(
                    "UPDATE buckets SET tagging = ? WHERE name = ?", (tagging, bucket)
                )
            elif not query and request.method == "PUT":
                connection.execute(
                    "INSERT OR IGNORE INTO buckets (name, region) VALUES (?, ?)", (bucket, region)
                )
            elif not query and request.method == "DELETE":
                connection.execute("DELETE FROM buckets WHERE name = ?", (bucket,))

    def _keep_object(self, bucket: str, key: str, region: str) -> None:
        # What arrived may be in signed chunks, a copy, or parts: moto's answer is the object.
        answer = self._services.request("GET", f"/{bucket}/{key}", region=region)
        if answer.status_code != 200:
            self._replace(bucket, key, None)
            return
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name.lower() in _KEPT_HEADERS or name.lower().startswith("x-amz-meta-")
        }
        file = uuid.uuid4().hex
        (self._folder / file).write_bytes(answer.get_data())
        self._replace(bucket, key, (file, json.dumps(headers)))

    def _replace(self, bucket: str, key: str, new: tuple[str, str] | None) -> None:
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT file FROM objects WHERE bucket = ? AND key = ?", (bucket, key)
            ).fetchone()
            connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
            if new is not None:
                connection.execute("INSERT INTO objects VALUES (?, ?, ?, ?)", (bucket, key, *new))
        if row is not None:
            (self._folder / row[0]).unlink(missing_ok=True)

    def _keys(self, bucket: str, region: str) -> set[str]:
        keys: set[str] = set()
        after = ""
        while True:
            query = f"list-type=2&encoding-type=url&start-after={quote(after)}"
            page = self._services.request("GET", f"/{bucket}", region=region, query=query)
            found = [
                unquote(element.text or "")
                for element in ElementTree.fromstring(page.get_data()).iter()
                if element.tag.endswith("}Key")
            ]
            if not found:
                return keys
            keys.update(found)
            after = found[-1]
