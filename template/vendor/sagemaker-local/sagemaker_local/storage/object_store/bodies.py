"""The bodies of requests, written to files as they arrive, and checked against their digests."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Protocol

from sagemaker_local.storage.object_store.errors import S3Error

CHUNK = 1 << 20
CHECKSUM = "x-amz-checksum-"


class Digest(Protocol):
    """What a checksum is computed with."""

    def update(self, data: bytes, /) -> None:
        """Add data."""

    def digest(self) -> bytes:
        """Return the checksum of all data."""


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


# What is not here is not checked, and not answered back: CRC32C and CRC64NVME would need a library.
DIGESTS: dict[str, Callable[[], Digest]] = {
    f"{CHECKSUM}crc32": _Crc32,
    f"{CHECKSUM}sha1": hashlib.sha1,
    f"{CHECKSUM}sha256": hashlib.sha256,
    f"{CHECKSUM}sha512": hashlib.sha512,
}
"""What each checksum is computed with, by the name of its header."""


class Written:
    """A body that lies in a file.

    Attributes
    ----------
    size : in bytes.
    md5 : its MD5, in hex.
    checksums : the checksums that came with it and were found right, by the name of their header.
    """

    def __init__(self, size: int, md5: str, checksums: dict[str, str]) -> None:
        self.size = size
        self.md5 = md5
        self.checksums = checksums


def encoded(digest: Digest) -> str:
    """Return a checksum as it is written in a header."""
    return base64.b64encode(digest.digest()).decode()


def write_body(headers: Mapping[str, str], stream: IO[bytes], path: Path) -> Written:
    """Write the body of a request to a file.

    Parameters
    ----------
    headers : of the request, their names in lower case.
    stream : the body as it arrives.
    path : the new file.

    Raises
    ------
    S3Error : the body ended too early, does not fit its checksum, or there is no room for it.
    """
    trailers: dict[str, str] = {}
    length = headers.get("content-length")
    size: str | None = length
    chunks = _read(stream, None if length is None else int(length))
    if headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        size = headers.get("x-amz-decoded-content-length")
        chunks = _decode(stream, trailers)
    md5 = hashlib.md5(usedforsecurity=False)
    digests = {name: make() for name, make in DIGESTS.items() if _is_expected(name, headers)}
    written = 0
    try:
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                md5.update(chunk)
                for digest in digests.values():
                    digest.update(chunk)
                written += len(chunk)
    except OSError as error:
        raise S3Error("InsufficientStorage", error.strerror or str(error)) from None
    if size is not None and written != int(size):
        raise S3Error("IncompleteBody")
    wanted = {"content-md5": md5, **digests}
    told = {**headers, **trailers}
    for name, digest in wanted.items():
        if name in told and encoded(digest) != told[name].strip():
            raise S3Error("BadDigest", name.removeprefix(CHECKSUM).upper())
    checksums = {name: told[name].strip() for name in digests if name in told}
    return Written(written, md5.hexdigest(), checksums)


def _is_expected(name: str, headers: Mapping[str, str]) -> bool:
    return name in headers or name in headers.get("x-amz-trailer", "").lower()


def _read(stream: IO[bytes], length: int | None) -> Iterator[bytes]:
    while length is None or length > 0:
        chunk = stream.read(CHUNK if length is None else min(CHUNK, length))
        if not chunk:
            return
        length = None if length is None else length - len(chunk)
        yield chunk


def _decode(stream: IO[bytes], trailers: dict[str, str]) -> Iterator[bytes]:
    """Yield what is in signed chunks (API reference, "Signature calculations … chunked upload")."""
    while True:
        head = stream.readline(4096).strip()
        try:
            length = int(head.split(b";", 1)[0], 16)
        except ValueError:
            raise S3Error("IncompleteBody") from None
        if length == 0:
            break
        for chunk in _read(stream, length):
            length -= len(chunk)
            yield chunk
        if length or stream.readline(4096) != b"\r\n":
            raise S3Error("IncompleteBody")
    while line := stream.readline(4096).strip():
        name, _, value = line.decode().partition(":")
        trailers[name.strip().lower()] = value.strip()
