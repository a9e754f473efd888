"""What a request to S3 says beside its body: headers, tags, ranges, conditions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import parse_qsl, unquote

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
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
_META = "x-amz-meta-"
_ENCRYPTION = "x-amz-server-side-encryption"
_REFUSED = (
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    f"{_ENCRYPTION}-customer-algorithm",
)
# What lies in an archive could not be read before it is restored.
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
# What a bucket's owner has anyhow; buckets have no other ACLs unless they ask for it.
_ACLS = ("private", "bucket-owner-full-control")
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_LONGEST_PAGE = 1000
_MOST_METADATA = 2048
_MOST_TAGS = 10


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
        if (storage := self.headers.get("x-amz-storage-class")) in _ARCHIVES:
            raise S3Error("NotImplemented", f"the storage class {storage}")
        self.check_acl()
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
        own_names = [name for name in kept if name.startswith(_META)]
        if sum(len(name) - len(_META) + len(kept[name]) for name in own_names) > _MOST_METADATA:
            raise S3Error("MetadataTooLarge")
        return kept

    def check_acl(self) -> None:
        """Refuse to grant what nobody would be granted.

        Raises
        ------
        S3Error : it has an ACL other than the one that every object has.
        """
        grants = [name for name in self.headers if name.startswith("x-amz-grant-")]
        if grants or self.headers.get("x-amz-acl", "private") not in _ACLS:
            raise S3Error("AccessControlListNotSupported")

    def check_bucket_name(self) -> None:
        """Refuse a name that no bucket may have.

        Raises
        ------
        S3Error : it breaks a rule of the user guide, "General purpose bucket naming rules".
        """
        name = self.bucket
        if (
            not _BUCKET_NAME.fullmatch(name)
            or _ADDRESS.fullmatch(name)
            or ".." in name
            or name.startswith(_RESERVED_STARTS)
            or name.endswith(_RESERVED_ENDS)
        ):
            raise S3Error("InvalidBucketName")

    def page_size(self, parameter: str) -> int:
        """Return how many entries a page of a list may have.

        Raises
        ------
        S3Error : the parameter that says so is no number.
        """
        text = self.query.get(parameter, str(_LONGEST_PAGE))
        if not text.isdecimal():
            raise S3Error("InvalidArgument", f"{parameter} is not a number")
        return min(int(text), _LONGEST_PAGE)

    def check_owner(self, account: str) -> None:
        """Refuse to act on buckets that are another account's.

        Raises
        ------
        S3Error : it expects such a bucket.
        """
        for name in ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"):
            if self.headers.get(name, account) != account:
                raise S3Error("AccessDenied", "Access Denied")

    def check_expiry(self, now: float) -> None:
        """Refuse a presigned address when its time is over (both versions of signatures).

        Raises
        ------
        S3Error : it has expired.
        """
        expires = self.query.get("Expires", "")
        if "X-Amz-Expires" in self.query:
            try:
                begin = datetime.strptime(self.query.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ")
                end = begin.replace(tzinfo=UTC).timestamp() + int(self.query["X-Amz-Expires"])
            except ValueError:
                raise S3Error("AccessDenied", "X-Amz-Date or X-Amz-Expires is no time") from None
            expires = str(int(end))
        if expires.isdecimal() and now > int(expires):
            raise S3Error("AccessDenied", "Request has expired")

    def copy_source(self) -> tuple[str, str, str | None]:
        """Return bucket, key and version of what it copies."""
        text, _, version = self.headers["x-amz-copy-source"].partition("?versionId=")
        bucket, _, key = unquote(text).lstrip("/").partition("/")
        return bucket, key, version or None

    def copied_headers(self, source: StoredObject) -> dict[str, str]:
        """Return the headers of a copy (API reference, CopyObject).

        Class and encryption are always those that the request asks for, and the checksums those
        of the body; the rest is copied unless it is to be replaced.
        """
        given = self.kept_headers()
        body = {k: v for k, v in source.headers.items() if k.startswith("x-amz-checksum-")}
        if self.headers.get("x-amz-metadata-directive", "COPY") == "REPLACE":
            return given | body
        copied = {k: v for k, v in source.headers.items() if not _is_placement(k)}
        return copied | {k: v for k, v in given.items() if _is_placement(k)}

    def is_copy_of_itself(self) -> bool:
        """Return whether it copies an object to where it is, and changes nothing of it."""
        changes = self.headers.get("x-amz-metadata-directive") == "REPLACE" or any(
            map(_is_placement, self.headers)
        )
        return self.copy_source()[:2] == (self.bucket, self.key) and not changes

    def tags(self) -> list[list[str]]:
        """Return the tags that it gives an object in its header."""
        pairs = parse_qsl(self.headers.get("x-amz-tagging", ""), keep_blank_values=True)
        return checked_tags([[key, value] for key, value in pairs])

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
        if first and last and int(first) > int(last):
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


def encryption(headers: Mapping[str, str]) -> dict[str, str]:
    """Return those of an object's headers that are answered when it is written, too."""
    return {name: value for name, value in headers.items() if name.startswith(_ENCRYPTION)}


def check_version(version: str | None) -> None:
    """Refuse any version but the one that every object has.

    Raises
    ------
    S3Error : it is another one.
    """
    if version not in (None, "null"):
        raise S3Error("NoSuchVersion")


def checked_tags(tags: list[list[str]]) -> list[list[str]]:
    """Return the tags of an object, which are few, and differ.

    Raises
    ------
    S3Error : there are more than S3 allows, or two of one key.
    """
    if len(tags) > _MOST_TAGS:
        raise S3Error("BadRequest", f"Object tags cannot be greater than {_MOST_TAGS}")
    if len({key for key, _ in tags}) < len(tags):
        raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key")
    return tags


def _is_placement(header: str) -> bool:
    names = ("x-amz-storage-class", "x-amz-website-redirect-location")
    return header in names or header.startswith(_ENCRYPTION)


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
