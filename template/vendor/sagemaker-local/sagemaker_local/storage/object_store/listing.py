"""Lists of objects: ListObjects, ListObjectsV2 and ListObjectVersions."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from werkzeug.wrappers import Response

from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.objects import Objects, StoredObject, successor
from sagemaker_local.storage.object_store.requests import S3Request
from sagemaker_local.storage.object_store.xml import Element, document, stamp


@dataclass(frozen=True)
class Page:
    """A page of a list.

    Attributes
    ----------
    objects : those on the page.
    prefixes : what other keys start with, up to the delimiter.
    next : where the next page starts, and whether the key itself belongs to it; None at the end.
    """

    objects: list[StoredObject]
    prefixes: list[str]
    next: tuple[str, bool] | None
    last: str


def page_of(
    objects: Objects, bucket: str, prefix: str, delimiter: str, start: tuple[str, bool], size: int
) -> Page:
    """Return a page of the objects of a bucket, keys in UTF-8's binary order.

    Parameters
    ----------
    objects, bucket : what is listed.
    prefix : only keys that start with it.
    delimiter : keys that hold it after the prefix appear as one; empty for none.
    start : the key to start at, and whether it belongs to the page.
    size : how many objects and common prefixes there are on the page at most.
    """
    found: list[StoredObject] = []
    prefixes: list[str] = []
    last = ""
    while True:
        if len(found) + len(prefixes) == size:
            more = next(objects.keys_from(bucket, *start, prefix), None)
            return Page(found, prefixes, start if more and size else None, last)
        for item in objects.keys_from(bucket, *start, prefix):
            cut = item.key.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                common = item.key[: cut + len(delimiter)]
                prefixes.append(common)
                end = successor(common)
                if end is None:
                    return Page(found, prefixes, None, common)
                # What starts alike is one entry, however much there is of it.
                last, start = common, (end, True)
                break
            found.append(item)
            last, start = item.key, (item.key, False)
            if len(found) + len(prefixes) == size:
                break
        else:
            return Page(found, prefixes, None, last)


def answer_list(objects: Objects, request: S3Request) -> Response:
    """Answer ListObjectsV2, ListObjects or ListObjectVersions."""
    bucket, query = request.bucket, request.query
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    size = request.page_size("max-keys")
    encode = encoder(query.get("encoding-type"))
    if "versions" in query:
        start = (query.get("key-marker", ""), False)
    elif query.get("list-type") == "2":
        start = (query.get("start-after", ""), False)
        if "continuation-token" in query:
            start = _read_token(query["continuation-token"])
    else:
        start = (query.get("marker", ""), False)
        # After a common prefix the next page starts behind all that it stands for.
        if delimiter and start[0].endswith(delimiter):
            start = (successor(start[0]) or start[0], True)
    page = page_of(objects, bucket, prefix, delimiter, start, size)
    head: list[Element] = [
        ("Name", bucket),
        ("Prefix", encode(prefix)),
        ("MaxKeys", str(size)),
        ("IsTruncated", "true" if page.next else "false"),
    ]
    if delimiter:
        head.append(("Delimiter", encode(delimiter)))
    if "encoding-type" in query:
        head.append(("EncodingType", "url"))
    common: list[Element] = [
        ("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in page.prefixes
    ]
    if "versions" in query:
        if page.next:
            head += [("NextKeyMarker", encode(page.last)), ("NextVersionIdMarker", "null")]
        versions: list[Element] = [
            ("Version", [("VersionId", "null"), ("IsLatest", "true"), *_entry(item, encode)])
            for item in page.objects
        ]
        return document("ListVersionsResult", [*head, *versions, *common])
    if query.get("list-type") == "2":
        head.append(("KeyCount", str(len(page.objects) + len(page.prefixes))))
        for name in ("continuation-token", "start-after"):
            if name in query:
                member = "".join(word.capitalize() for word in name.split("-"))
                head.append((member, encode(query[name])))
        if page.next:
            head.append(("NextContinuationToken", _write_token(page.next)))
    else:
        head.append(("Marker", encode(query.get("marker", ""))))
        if page.next:
            head.append(("NextMarker", encode(page.last)))
    contents: list[Element] = [("Contents", _entry(item, encode)) for item in page.objects]
    return document("ListBucketResult", [*head, *contents, *common])


def _entry(item: StoredObject, encode: Callable[[str], str]) -> Iterator[Element]:
    yield ("Key", encode(item.key))
    yield ("LastModified", stamp(item.modified))
    yield ("ETag", f'"{item.etag}"')
    yield ("Size", str(item.size))
    yield ("StorageClass", "STANDARD")


def encoder(kind: str | None) -> Callable[[str], str]:
    """Return what keys are written with, by the `encoding-type` that a request asks for."""
    return (lambda text: quote(text, safe="/*-._")) if kind == "url" else lambda text: text


def _write_token(position: tuple[str, bool]) -> str:
    key, inclusive = position
    return base64.urlsafe_b64encode(f"{'=' if inclusive else '+'}{key}".encode()).decode()


def _read_token(token: str) -> tuple[str, bool]:
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        text = ""
    if text[:1] not in ("=", "+"):
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect")
    return text[1:], text[0] == "="
