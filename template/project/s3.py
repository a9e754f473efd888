"""Reads and writes single S3 objects by their URI, with the rights of the home."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from project.aws import Connection
from project.aws_errors import found
from project.errors import ProjectError

LARGEST = 64 * 1024 * 1024
"""Most bytes that `read` returns; what is larger has no business where it is used."""
_CHUNK = 1024 * 1024


def split_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the key of an `s3://bucket/key` URI.

    Raises
    ------
    ProjectError : it is no S3 URI.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise ProjectError(f"{uri!r} is no S3 URI, such as s3://bucket/key")
    return bucket, key


def exists(connection: Connection, uri: str) -> bool:
    """Say whether there is an object at that URI."""
    bucket, key = split_uri(uri)
    # The key itself is the first of those that begin with it.
    first = connection.home.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    return any(item["Key"] == key for item in first.get("Contents", []))


def etag(connection: Connection, uri: str) -> str:
    """Return an object's ETag, which changes when the object is written; nothing is downloaded.

    Raises
    ------
    ProjectError : there is no such object.
    """
    bucket, key = split_uri(uri)
    answer = _there(uri, lambda: connection.home.s3.head_object(Bucket=bucket, Key=key))
    return str(answer["ETag"]).strip('"')


def sha256(connection: Connection, uri: str) -> str:
    """Return the SHA-256 of an object of any size, in hexadecimal digits.

    Raises
    ------
    ProjectError : there is no such object.
    """
    answer = _get(connection, uri)
    digest = hashlib.sha256()
    while chunk := answer["Body"].read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def read(connection: Connection, uri: str) -> bytes:
    """Return an object's bytes.

    Raises
    ------
    ProjectError : there is no such object, or it is too large to be held in memory.
    """
    answer = _get(connection, uri)
    if answer["ContentLength"] > LARGEST:
        raise ProjectError(f"{uri} is larger than {LARGEST} bytes; make it smaller")
    body: bytes = answer["Body"].read()
    return body


def read_json(connection: Connection, uri: str) -> Any:
    """Return the content of a JSON object.

    Raises
    ------
    ProjectError : there is no such object, or it is no JSON.
    """
    try:
        return json.loads(read(connection, uri))
    except ValueError:
        raise ProjectError(f"{uri} is not valid JSON; make anew what names it") from None


def write(connection: Connection, uri: str, body: bytes | BinaryIO) -> None:
    """Write an object whole, up to 5 GB; readers see the old one or the new one."""
    bucket, key = split_uri(uri)
    connection.home.s3.put_object(Bucket=bucket, Key=key, Body=body)


def download(connection: Connection, uri: str, path: Path) -> None:
    """Copy an object, of any size, to a file.

    Raises
    ------
    ProjectError : there is no such object.
    """
    answer = _get(connection, uri)
    with path.open("wb") as file:
        shutil.copyfileobj(answer["Body"], file, _CHUNK)


def _get(connection: Connection, uri: str) -> dict[str, Any]:
    bucket, key = split_uri(uri)
    return _there(uri, lambda: connection.home.s3.get_object(Bucket=bucket, Key=key))


def _there(uri: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    answer = found(call)
    if answer is None:
        raise ProjectError(f"{uri} is not there; put it back, or make anew what names it")
    return answer
