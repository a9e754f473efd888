"""S3 as jobs and models use it: whole folders from and to a prefix."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from sagemaker_local.storage.archives import unpack
from sagemaker_local.storage.clients import Clients


class UploadError(Exception):
    """A file could not be stored."""


class MissingObjectError(Exception):
    """There is nothing at an S3 URI."""


class S3:
    """Files and folders from and to S3.

    Parameters
    ----------
    clients : whose S3 it is.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def download(self, region: str, uri: str, folder: Path) -> None:
        """Copy the objects at an S3 URI into a folder, as SageMaker does for `S3Prefix`.

        Parameters
        ----------
        region : the region to ask in.
        uri : an object, or a prefix of objects.
        folder : where to put them; keys keep their path below the prefix's last `/`.

        Raises
        ------
        MissingObjectError : nothing is there, or two keys would be the same file.
        """
        bucket, prefix = split_uri(uri)
        s3 = self._clients.client("s3", region)
        try:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        except ClientError as error:
            raise MissingObjectError(f"{uri}: {error}") from None
        files = place(keys, prefix)
        if not files:
            raise MissingObjectError(uri)
        folder.mkdir(parents=True, exist_ok=True)
        for key, relative in files.items():
            target = folder / relative
            if not target.resolve().is_relative_to(folder.resolve()):
                raise MissingObjectError(f"{uri}: the key {key!r} leads out of the folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, key, str(target))

    def upload(self, region: str, folder: Path, uri: str) -> None:
        """Copy every file below a folder to below an S3 URI."""
        bucket, prefix = split_uri(uri)
        base = prefix.rstrip("/") + "/" if prefix else ""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.upload_file(region, path, f"s3://{bucket}/{base}{path.relative_to(folder)}")

    def upload_file(self, region: str, path: Path, uri: str) -> None:
        """Copy one file to an S3 URI.

        Raises
        ------
        UploadError : S3 refused it.
        """
        from boto3.exceptions import Boto3Error

        bucket, key = split_uri(uri)
        try:
            self._clients.client("s3", region).upload_file(str(path), bucket, key)
        except Boto3Error as error:
            raise UploadError(str(error)) from None

    def unpack(self, region: str, uri: str, folder: Path) -> None:
        """Unpack a tar.gz object into a folder.

        Raises
        ------
        MissingObjectError : it is not there.
        tarfile.TarError : it is no such archive, or holds too much.
        """
        bucket, key = split_uri(uri)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.parent) as archive:
            try:
                self._clients.client("s3", region).download_fileobj(bucket, key, archive)
            except ClientError as error:
                raise MissingObjectError(f"{uri}: {error}") from None
            archive.seek(0)
            unpack(archive, folder)

    def read(self, region: str, uri: str) -> bytes:
        """Return the content of one object.

        Raises
        ------
        MissingObjectError : it is not there.
        """
        bucket, key = split_uri(uri)
        try:
            answer: Mapping[str, Any] = self._clients.client("s3", region).get_object(
                Bucket=bucket, Key=key
            )
        except ClientError as error:
            raise MissingObjectError(f"{uri}: {error}") from None
        content: bytes = answer["Body"].read()
        return content


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise MissingObjectError(f"{uri} is not an S3 URI")
    return parts.netloc, uri.split("/", 3)[3] if uri.count("/") > 2 else ""


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
