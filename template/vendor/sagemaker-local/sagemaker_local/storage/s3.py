"""S3 as jobs and models use it: whole folders from and to a prefix."""

import json
import re
import shutil
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

from sagemaker_local.places import account_of
from sagemaker_local.storage.archives import unpack
from sagemaker_local.storage.object_store.bodies import CHUNK, write_body
from sagemaker_local.storage.object_store.buckets import Buckets
from sagemaker_local.storage.object_store.changes import Changes
from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.objects import Objects
from sagemaker_local.storage.object_store.requests import S3Request
from sagemaker_local.storage.object_store.sharing import check_shared

# S3's user guide, "Virtual hosting of general purpose buckets": the bucket is in the host's name or
# comes first in the path; some regions have a dash.
_ADDRESS = re.compile(r"(?:(.+)\.)?s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?")


class UploadError(Exception):
    """A file could not be stored."""


class MissingObjectError(Exception):
    """There is nothing at an S3 URI."""


class S3:
    """Files and folders from and to S3.

    Parameters
    ----------
    objects, buckets : what is stored where.
    changes : announces what is stored anew.
    """

    def __init__(self, objects: Objects, buckets: Buckets, changes: Changes) -> None:
        self._objects = objects
        self._buckets = buckets
        self._changes = changes

    def find(self, uri: str, kind: str = "S3Prefix") -> dict[str, PurePosixPath]:
        """Return the objects that SageMaker takes for an `S3Uri` of an `S3DataType`.

        Parameters
        ----------
        uri : an object, or a prefix of objects; with `ManifestFile` the manifest.
        kind : `S3Prefix` or `ManifestFile`.

        Returns
        -------
        The URI of each, with its path below the last `/` of the prefix.

        Raises
        ------
        MissingObjectError : nothing is there, or two keys would be the same file.
        """
        if kind == "ManifestFile":
            prefix, keys = read_manifest(uri, self.read(uri))
            bucket, base = split_uri(prefix)
            for key in keys:
                self.open(f"s3://{bucket}/{base}{key}").close()
            found = [base + key for key in keys]
        else:
            bucket, base = split_uri(uri)
            if self._buckets.region(bucket) is None:
                raise MissingObjectError(f"{uri}: {S3Error('NoSuchBucket')}")
            found = [item.key for item in self._objects.keys_from(bucket, "", True, base)]
        files = place(found, base)
        if not files:
            raise MissingObjectError(uri)
        return {f"s3://{bucket}/{key}": path for key, path in files.items()}

    def download(self, uri: str, folder: Path, kind: str = "S3Prefix") -> None:
        """Copy the objects that `find` returns into a folder.

        Raises
        ------
        MissingObjectError : as of `find`, or a key leads out of the folder.
        """
        files = self.find(uri, kind)
        folder.mkdir(parents=True, exist_ok=True)
        for source, relative in files.items():
            target = folder / relative
            if not target.resolve().is_relative_to(folder.resolve()):
                raise MissingObjectError(f"{uri}: {source!r} leads out of the folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            with self.open(source) as body, target.open("wb") as file:
                shutil.copyfileobj(body, file, CHUNK)

    def lets_read(self, uri: str, place: str) -> bool:
        """Return whether the account of a place may read an object, as far as it is another's."""
        bucket, key = split_uri(uri)
        owner = self._buckets.region(bucket)
        asked = S3Request("GET", bucket, key, {}, {})
        try:
            if owner is not None:
                policy = self._buckets.policy(bucket)
                check_shared(owner, policy, account_of(place), asked, [key])
        except S3Error:
            return False
        return True

    def upload(self, folder: Path, uri: str) -> None:
        """Copy every file below a folder to below an S3 URI."""
        bucket, prefix = split_uri(uri)
        base = prefix.rstrip("/") + "/" if prefix else ""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.upload_file(path, f"s3://{bucket}/{base}{path.relative_to(folder)}")

    def upload_file(self, path: Path, uri: str) -> None:
        """Copy one file to an S3 URI.

        Raises
        ------
        UploadError : S3 refused it.
        """
        with path.open("rb") as body:
            self._store(uri, body, "binary/octet-stream")

    def put(self, uri: str, content: bytes, kind: str) -> None:
        """Store bytes, of a content type, at an S3 URI.

        Raises
        ------
        UploadError : S3 refused it.
        """
        self._store(uri, BytesIO(content), kind)

    def _store(self, uri: str, body: IO[bytes], kind: str) -> None:
        bucket, key = split_uri(uri)
        objects = self._objects
        try:
            file, written = objects.write(lambda to: write_body({}, body, to))
            headers = {"content-type": kind}
            item = objects.put(bucket, key, file, written.size, written.md5, headers, [])
        except S3Error as error:
            raise UploadError(f"{uri}: {error.code}: {error}") from None
        self._changes.created(bucket, item, "PutObject")

    def unpack(self, uri: str, folder: Path) -> None:
        """Unpack a tar.gz object into a folder.

        Raises
        ------
        MissingObjectError : it is not there.
        tarfile.TarError : it is no such archive, or holds too much.
        """
        with self.open(uri) as archive:
            unpack(archive, folder)

    def read(self, uri: str) -> bytes:
        """Return the content of one object.

        Raises
        ------
        MissingObjectError : it is not there.
        """
        with self.open(uri) as body:
            return body.read()

    def etag(self, uri: str) -> str | None:
        """Return the ETag of one object, without quotation marks; None when it is not there."""
        try:
            bucket, key = split_uri(uri)
        except MissingObjectError:
            return None
        item = None if self._buckets.region(bucket) is None else self._objects.get(bucket, key)
        return None if item is None else item.etag

    def open(self, uri: str) -> IO[bytes]:
        """Return the content of one object, to read from.

        Raises
        ------
        MissingObjectError : it is not there.
        """
        bucket, key = split_uri(uri)
        try:
            if self._buckets.region(bucket) is None:
                raise S3Error("NoSuchBucket")
            return self._objects.open(bucket, key)[1]
        except S3Error as error:
            raise MissingObjectError(f"{uri}: {error.code}: {error}") from None


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI, or of S3's own address of an object.

    The model of SageMaker's API allows both (the pattern of `S3Uri` and `Url`).
    """
    parts = urlsplit(uri)
    path = uri.split("/", 3)[3] if uri.count("/") > 2 else ""
    if parts.scheme == "s3" and parts.netloc:
        return parts.netloc, path
    address = _ADDRESS.fullmatch(parts.netloc) if parts.scheme == "https" else None
    if address is None:
        raise MissingObjectError(f"{uri} is not an S3 URI")
    bucket, _, key = (address[1], "", path) if address[1] else path.partition("/")
    return bucket, key


def read_manifest(uri: str, content: bytes) -> tuple[str, list[str]]:
    """Return the prefix and the keys below it that a manifest lists.

    API reference, S3DataSource: `[{"prefix": "s3://bucket/prefix/"}, "key", …]`.

    Parameters
    ----------
    uri : of the manifest, for messages.
    content : its JSON.

    Raises
    ------
    MissingObjectError : it is no manifest.
    """
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    match document:
        case [{"prefix": str(prefix)}, *keys] if all(isinstance(key, str) for key in keys):
            return prefix, keys
    raise MissingObjectError(
        f'{uri} is no manifest of the form [{{"prefix": "s3://bucket/prefix/"}}, "key", …]'
    )


def place(keys: Iterable[str], prefix: str) -> dict[str, PurePosixPath]:
    """Return where below a folder each key goes that was found with a prefix.

    Parameters
    ----------
    keys : the keys; those that end with a slash stand for folders and are left out.
    prefix : what all of them start with; a whole key, a folder, or the start of a name.

    Raises
    ------
    MissingObjectError : two keys would be the same file, or one a file and a folder.
    """
    placed: dict[str, PurePosixPath] = {}
    for key in keys:
        if key.endswith("/"):
            continue
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        if not key.startswith(folder):
            folder = prefix[: prefix.rfind("/") + 1]
        # A file system has no names of no letters, as in `a//b`.
        placed[key] = PurePosixPath(*filter(None, key.removeprefix(folder).split("/")))
    by_path: dict[PurePosixPath, str] = {}
    for key, path in placed.items():
        if path in by_path:
            raise MissingObjectError(f"the keys {by_path[path]!r} and {key!r} are one file here")
        by_path[path] = key
    for key, path in placed.items():
        for parent in path.parents:
            if parent in by_path:
                raise MissingObjectError(
                    f"the key {by_path[parent]!r} is a file, and a folder for {key!r}"
                )
    return placed
