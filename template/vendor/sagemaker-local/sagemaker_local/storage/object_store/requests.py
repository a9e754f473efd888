"""What a request to S3 says beside its body: headers, tags, ranges, conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import parse_qsl

from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.objects import StoredObject

_KEPT = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
_META = "x-amz-meta-"
_REFUSED = ("x-amz-object-lock-mode", "x-amz-server-side-encryption-customer-algorithm")


@dataclass(frozen=True)
class S3Request:
    """A request for a bucket or an object.

    Attributes
    ----------
    method : of HTTP.
    bucket, key : what it is about; an empty key for the bucket itself.
    query : its parameters; those without a value are there with an empty one.
    headers : their names in lower case, as they were sent.
    """

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    def kept_headers(self) -> dict[str, str]:
        """Return the headers that are kept with an object.

        Raises
        ------
        S3Error : it asks for what we do not have.
        """
        for name in _REFUSED:
            if name in self.headers:
                raise S3Error("NotImplemented", name)
        kept = {
            name: value
            for name, value in self.headers.items()
            if name in _KEPT or name.startswith(_META)
        }
        # How the body travelled is no property of the object.
        codings = [part.strip() for part in kept.pop("content-encoding", "").split(",")]
        if own := ",".join(part for part in codings if part not in ("", "aws-chunked")):
            kept["content-encoding"] = own
        kept.setdefault("content-type", "binary/octet-stream")
        return kept

    def tags(self) -> list[list[str]]:
        """Return the tags that it gives an object in its header."""
        pairs = parse_qsl(self.headers.get("x-amz-tagging", ""), keep_blank_values=True)
        return [[key, value] for key, value in pairs]

    def check_write(self, old: StoredObject | None) -> None:
        """Refuse to write over what the request does not expect there.

        Raises
        ------
        S3Error : `If-None-Match` or `If-Match` does not hold.
        """
        if self.headers.get("if-none-match") == "*" and old is not None:
            raise S3Error("PreconditionFailed")
        if "if-match" in self.headers:
            if old is None:
                raise S3Error("NoSuchKey")
            if not _matches(self.headers["if-match"], old):
                raise S3Error("PreconditionFailed")

    def check_read(self, item: StoredObject, prefix: str = "") -> None:
        """Refuse to read an object that the request does not want.

        Parameters
        ----------
        item : the object.
        prefix : what the names of the conditions start with, for the source of a copy.

        Raises
        ------
        S3Error : a condition does not hold.
        """
        changed = "PreconditionFailed" if prefix else "NotModified"
        match = self.headers.get(f"{prefix}if-match")
        none_match = self.headers.get(f"{prefix}if-none-match")
        if match is not None and not _matches(match, item):
            raise S3Error("PreconditionFailed")
        if none_match is not None and _matches(none_match, item):
            raise S3Error(changed)
        since = _seconds(self.headers.get(f"{prefix}if-modified-since"))
        until = _seconds(self.headers.get(f"{prefix}if-unmodified-since"))
        if none_match is None and since is not None and int(item.modified) <= since:
            raise S3Error(changed)
        if match is None and until is not None and int(item.modified) > until:
            raise S3Error("PreconditionFailed")

    def range_of(self, size: int) -> tuple[int, int] | None:
        """Return first and last byte that it asks for, None for all of them.

        Raises
        ------
        S3Error : there are none of these bytes.
        """
        unit, _, span = self.headers.get("range", "").partition("=")
        first, dash, last = span.partition("-")
        if unit.strip() != "bytes" or not dash or "," in span:
            return None
        try:
            if not first:
                start, end = max(0, size - int(last)), size - 1
            else:
                start, end = int(first), min(int(last), size - 1) if last else size - 1
        except ValueError:
            return None
        if start > end or start >= size:
            raise S3Error("InvalidRange")
        return start, end


def answered_headers(item: StoredObject, request: S3Request) -> dict[str, str]:
    """Return the headers that are answered with an object."""
    headers = dict(item.headers)
    if request.headers.get("x-amz-checksum-mode", "").upper() != "ENABLED" or (
        "range" in request.headers
    ):
        headers = {k: v for k, v in headers.items() if not k.startswith("x-amz-checksum-")}
    for name in request.query:
        if name.startswith("response-"):
            headers[name.removeprefix("response-")] = request.query[name]
    headers["etag"] = f'"{item.etag}"'
    headers["last-modified"] = formatdate(item.modified, usegmt=True)
    headers["accept-ranges"] = "bytes"
    if item.tags:
        headers["x-amz-tagging-count"] = str(len(item.tags))
    return headers


def _matches(wanted: str, item: StoredObject) -> bool:
    asked = [part.strip().removeprefix("W/").strip('"') for part in wanted.split(",")]
    return "*" in asked or item.etag in asked


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
