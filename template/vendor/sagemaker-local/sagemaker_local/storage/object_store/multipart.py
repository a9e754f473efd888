"""Multipart uploads: begun, filled part by part, joined or given up."""

from typing import IO
from urllib.parse import quote

from werkzeug.wrappers import Response

from sagemaker_local.storage.object_store.bodies import write_body
from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.objects import Objects, StoredObject
from sagemaker_local.storage.object_store.requests import S3Request
from sagemaker_local.storage.object_store.xml import Element, document, parse, stamp

_MOST_PARTS = 10_000
_SMALLEST_PART = 5 << 20


def begin(objects: Objects, request: S3Request) -> Response:
    """Answer CreateMultipartUpload."""
    upload = objects.begin_upload(
        request.bucket, request.key, request.kept_headers(), request.tags()
    )
    content: list[Element] = [
        ("Bucket", request.bucket),
        ("Key", request.key),
        ("UploadId", upload),
    ]
    return document("InitiateMultipartUploadResult", content)


def put_part(objects: Objects, request: S3Request, stream: IO[bytes]) -> Response:
    """Answer UploadPart."""
    upload = request.query["uploadId"]
    number = request.query["partNumber"]
    if not number.isdecimal() or not 1 <= int(number) <= _MOST_PARTS:
        raise S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000")
    objects.upload(request.bucket, request.key, upload)
    file, written = objects.write(lambda path: write_body(request.headers, stream, path))
    objects.put_part(upload, int(number), file, written.size, written.md5)
    return Response(headers={"etag": f'"{written.md5}"', **written.checksums})


def copy_part(
    objects: Objects, request: S3Request, source: StoredObject, span: tuple[int, int] | None
) -> Response:
    """Answer UploadPartCopy."""
    upload = request.query["uploadId"]
    objects.upload(request.bucket, request.key, upload)
    first, last = span or (0, source.size - 1)
    with objects.path(source.file).open("rb") as body:
        body.seek(first)
        length = {"content-length": str(last - first + 1)}
        file, written = objects.write(lambda path: write_body(length, body, path))
    objects.put_part(upload, int(request.query["partNumber"]), file, written.size, written.md5)
    etag = ("ETag", f'"{written.md5}"')
    return document("CopyPartResult", [("LastModified", stamp(source.modified)), etag])


def complete(objects: Objects, request: S3Request, content: bytes) -> tuple[Response, StoredObject]:
    """Answer CompleteMultipartUpload; returns also the object."""
    upload = request.query["uploadId"]
    headers, tags = objects.upload(request.bucket, request.key, upload)
    there = objects.parts(upload)
    chosen = []
    before = 0
    for element in parse(content).findall("Part"):
        number = element.findtext("PartNumber", "")
        part = there.get(int(number)) if number.isdecimal() else None
        if part is None or part["md5"] != element.findtext("ETag", "").strip('"'):
            raise S3Error("InvalidPart")
        if int(number) <= before:
            raise S3Error("InvalidPartOrder")
        before = int(number)
        chosen.append(part)
    if not chosen:
        raise S3Error("MalformedXML")
    if any(part["size"] < _SMALLEST_PART for part in chosen[:-1]):
        raise S3Error("EntityTooSmall")
    file, whole = objects.write(lambda path: objects.join_parts(chosen, path))
    item = objects.put(
        request.bucket,
        request.key,
        file,
        whole.size,
        whole.md5,
        headers,
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
    ]
    return document("CompleteMultipartUploadResult", answer), item


def abort(objects: Objects, request: S3Request) -> Response:
    """Answer AbortMultipartUpload."""
    objects.upload(request.bucket, request.key, request.query["uploadId"])
    objects.end_upload(request.query["uploadId"])
    return Response(status=204)


def list_parts(objects: Objects, request: S3Request) -> Response:
    """Answer ListParts, all on one page."""
    upload = request.query["uploadId"]
    objects.upload(request.bucket, request.key, upload)
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
        for number, part in objects.parts(upload).items()
    ]
    head: list[Element] = [("Bucket", request.bucket), ("Key", request.key), ("UploadId", upload)]
    return document("ListPartsResult", [*head, ("IsTruncated", "false"), *parts])


def list_uploads(objects: Objects, request: S3Request) -> Response:
    """Answer ListMultipartUploads, all on one page."""
    found: list[Element] = [
        ("Upload", [("Key", key), ("UploadId", upload), ("Initiated", stamp(started))])
        for upload, key, started in objects.uploads(request.bucket, request.query.get("prefix", ""))
    ]
    head: list[Element] = [("Bucket", request.bucket), ("IsTruncated", "false")]
    return document("ListMultipartUploadsResult", [*head, *found])
