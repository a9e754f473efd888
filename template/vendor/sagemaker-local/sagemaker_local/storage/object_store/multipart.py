"""Multipart uploads: begun, filled part by part, joined or given up."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from werkzeug.wrappers import Response

from sagemaker_local.storage.object_store.bodies import (
    CHECKSUM,
    DIGESTS,
    Digest,
    encoded,
    write_body,
)
from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.listing import encoder
from sagemaker_local.storage.object_store.objects import Objects, StoredObject
from sagemaker_local.storage.object_store.requests import S3Request, encryption
from sagemaker_local.storage.object_store.xml import Element, document, parse, stamp

_MOST_PARTS = 10_000
_SMALLEST_PART = 5 << 20
_LAST = "\U0010ffff"
"""Behind the id of every upload."""
# Which checksum an upload has, and of what: of the whole body, or of the checksums of its parts.
_CHECKSUMS = {"x-amz-checksum-algorithm": "", "x-amz-checksum-type": "COMPOSITE"}


def begin(objects: Objects, request: S3Request) -> Response:
    """Answer CreateMultipartUpload."""
    chosen = {name: request.headers[name] for name in _CHECKSUMS if name in request.headers}
    headers = request.kept_headers() | chosen
    upload = objects.begin_upload(request.bucket, request.key, headers, request.tags())
    content: list[Element] = [
        ("Bucket", request.bucket),
        ("Key", request.key),
        ("UploadId", upload),
    ]
    answer = document("InitiateMultipartUploadResult", content)
    answer.headers.update(chosen | encryption(headers))
    return answer


def put_part(objects: Objects, request: S3Request, stream: IO[bytes]) -> Response:
    """Answer UploadPart."""
    upload, number = _part(objects, request)
    file, written = objects.write(lambda path: write_body(request.headers, stream, path))
    objects.put_part(upload, number, file, written)
    return Response(headers={"etag": f'"{written.md5}"', **written.checksums})


def copy_part(objects: Objects, request: S3Request, span: tuple[int, int] | None) -> Response:
    """Answer UploadPartCopy."""
    upload, number = _part(objects, request)
    source, body = objects.open(*request.copy_source()[:2])
    with body:
        first, last = span or (0, source.size - 1)
        body.seek(first)
        length = {"content-length": str(last - first + 1)}
        file, written = objects.write(lambda path: write_body(length, body, path))
    objects.put_part(upload, number, file, written)
    etag = ("ETag", f'"{written.md5}"')
    return document("CopyPartResult", [("LastModified", stamp(source.modified)), etag])


def complete(objects: Objects, request: S3Request, content: bytes) -> tuple[Response, StoredObject]:
    """Answer CompleteMultipartUpload; returns also the object."""
    upload = request.query["uploadId"]
    headers, tags = objects.upload(request.bucket, request.key, upload)
    algorithm, kind = (headers.pop(name, default) for name, default in _CHECKSUMS.items())
    parts = _chosen(objects.parts(upload), content)
    name = f"{CHECKSUM}{algorithm.lower()}"
    digest = DIGESTS[name]() if name in DIGESTS else None
    is_whole = kind == "FULL_OBJECT"

    def join(path: Path) -> tuple[int, dict[str, str]]:
        size = objects.join_parts(parts, path, digest if is_whole else None)
        checksums = _checksums(name, kind, digest, parts) if digest is not None else {}
        if checksums and request.headers.get(name, checksums[name]) != checksums[name]:
            raise S3Error("BadDigest", algorithm)
        return size, checksums

    file, (size, checksums) = objects.write(join)
    md5 = hashlib.md5(b"".join(bytes.fromhex(part["md5"]) for part in parts))
    item = objects.put(
        request.bucket,
        request.key,
        file,
        size,
        f"{md5.hexdigest()}-{len(parts)}",
        headers | checksums,
        tags,
        request.check_write,
    )
    objects.end_upload(upload)
    place = f"/{request.bucket}/{quote(request.key)}"
    answer: list[Element] = [
        ("Location", place),
        ("Bucket", request.bucket),
        ("Key", request.key),
        ("ETag", f'"{item.etag}"'),
        *((_member(name), value) for name, value in checksums.items()),
    ]
    done = document("CompleteMultipartUploadResult", answer)
    done.headers.update(encryption(item.headers))
    return done, item


def abort(objects: Objects, request: S3Request) -> Response:
    """Answer AbortMultipartUpload."""
    objects.upload(request.bucket, request.key, request.query["uploadId"])
    objects.end_upload(request.query["uploadId"])
    return Response(status=204)


def list_parts(objects: Objects, request: S3Request) -> Response:
    """Answer ListParts."""
    upload = request.query["uploadId"]
    objects.upload(request.bucket, request.key, upload)
    after, size = request.query.get("part-number-marker", "0"), request.page_size("max-parts")
    if not after.isdecimal():
        raise S3Error("InvalidArgument", "part-number-marker is not a number")
    found = [item for item in objects.parts(upload).items() if item[0] > int(after)]
    page = found[:size]
    parts: list[Element] = [
        (
            "Part",
            [
                ("PartNumber", str(number)),
                ("LastModified", stamp(part["modified"])),
                ("ETag", f'"{part["md5"]}"'),
                ("Size", str(part["size"])),
            ],
        )
        for number, part in page
    ]
    head: list[Element] = [
        ("Bucket", request.bucket),
        ("Key", request.key),
        ("UploadId", upload),
        ("PartNumberMarker", after),
        *([("NextPartNumberMarker", str(page[-1][0]))] if page else []),
        ("MaxParts", str(size)),
        ("IsTruncated", "true" if len(found) > len(page) else "false"),
    ]
    return document("ListPartsResult", [*head, *parts])


def list_uploads(objects: Objects, request: S3Request) -> Response:
    """Answer ListMultipartUploads."""
    query, size = request.query, request.page_size("max-uploads")
    if "delimiter" in query:
        raise S3Error("NotImplemented", "the parameter delimiter in a list of uploads")
    uploads = objects.uploads(request.bucket, query.get("prefix", ""))
    if "key-marker" in query:
        after = (query["key-marker"], query.get("upload-id-marker", _LAST))
        uploads = [one for one in uploads if (one[1], one[0]) > after]
    page = uploads[:size]
    encode = encoder(query.get("encoding-type"))
    found: list[Element] = [
        ("Upload", [("Key", encode(key)), ("UploadId", upload), ("Initiated", stamp(started))])
        for upload, key, started in page
    ]
    head: list[Element] = [
        ("Bucket", request.bucket),
        ("KeyMarker", encode(query.get("key-marker", ""))),
        ("UploadIdMarker", query.get("upload-id-marker", "")),
        ("MaxUploads", str(size)),
        ("IsTruncated", "true" if len(uploads) > len(page) else "false"),
    ]
    if "encoding-type" in query:
        head.append(("EncodingType", "url"))
    if page:
        head += [("NextKeyMarker", encode(page[-1][1])), ("NextUploadIdMarker", page[-1][0])]
    return document("ListMultipartUploadsResult", [*head, *found])


def _chosen(there: Mapping[int, dict[str, Any]], content: bytes) -> list[dict[str, Any]]:
    """Return the parts that a request to complete an upload names."""
    chosen = []
    before = 0
    for element in parse(content).findall("Part"):
        number = element.findtext("PartNumber", "")
        part = there.get(int(number)) if number.isdecimal() else None
        if part is None or part["md5"] != element.findtext("ETag", "").strip('"'):
            raise S3Error("InvalidPart")
        for name, value in part["checksums"].items():
            if element.findtext(_member(name), value) != value:
                raise S3Error("InvalidPart")
        if int(number) <= before:
            raise S3Error("InvalidPartOrder")
        before = int(number)
        chosen.append(part)
    if not chosen:
        raise S3Error("MalformedXML")
    if any(part["size"] < _SMALLEST_PART for part in chosen[:-1]):
        raise S3Error("EntityTooSmall")
    return chosen


def _checksums(name: str, kind: str, digest: Digest, parts: list[dict[str, Any]]) -> dict[str, str]:
    """Return the headers of a joined object's checksum; none if a part came without its own."""
    if kind == "FULL_OBJECT":
        return {name: encoded(digest), f"{CHECKSUM}type": kind}
    if not all(name in part["checksums"] for part in parts):
        return {}
    for part in parts:
        digest.update(base64.b64decode(part["checksums"][name]))
    return {name: f"{encoded(digest)}-{len(parts)}", f"{CHECKSUM}type": kind}


def _part(objects: Objects, request: S3Request) -> tuple[str, int]:
    upload, number = request.query["uploadId"], request.query.get("partNumber", "")
    if not number.isdecimal() or not 1 <= int(number) <= _MOST_PARTS:
        raise S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000")
    objects.upload(request.bucket, request.key, upload)
    return upload, int(number)


def _member(header: str) -> str:
    """Return the member of a document that says what a header says: `ChecksumCRC32`."""
    name = header.removeprefix(CHECKSUM)
    return "ChecksumType" if name == "type" else f"Checksum{name.upper()}"
