"""S3 over HTTP: objects are ours, and outlive the server; what buckets have is moto's."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from werkzeug.wrappers import Request, Response

from sagemaker_local.places import account_of, region_of
from sagemaker_local.storage.object_store import multipart
from sagemaker_local.storage.object_store.bodies import CHUNK, Written, write_body
from sagemaker_local.storage.object_store.buckets import Buckets
from sagemaker_local.storage.object_store.changes import Changes
from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.listing import answer_list
from sagemaker_local.storage.object_store.objects import Objects, StoredObject
from sagemaker_local.storage.object_store.requests import (
    S3Request,
    answered_headers,
    check_version,
    checked_tags,
    encryption,
)
from sagemaker_local.storage.object_store.sharing import check_shared
from sagemaker_local.storage.object_store.xml import Element, document, parse, refusal, stamp

_NO_CHANGE = (
    "This copy request is illegal because it is trying to copy an object to itself without "
    "changing the object's metadata, storage class, website redirect location or encryption "
    "attributes."
)
# Parameters of a request that do not make it another operation.
_INCIDENTAL = {"x-id", "versionId", "partNumber", "AWSAccessKeyId", "Signature", "Expires"}
_LISTED = {"list-type", "versions", "uploads"}
_LIST_OPTIONS = {
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "marker",
    "max-keys",
    "max-uploads",
    "prefix",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
}


class S3Service:
    """S3 for one server.

    Parameters
    ----------
    objects : what is stored.
    buckets : the buckets that it is stored in.
    changes : announces what was created and deleted.
    """

    def __init__(self, objects: Objects, buckets: Buckets, changes: Changes) -> None:
        self._objects = objects
        self._buckets = buckets
        self._changes = changes

    def restore(self) -> None:
        """Bring the buckets back after a start; objects need none of it."""
        self._objects.clean()
        self._buckets.restore()

    def lend(self, bucket: str, key: str) -> bytes:
        """Return an object that another service is about to read, and let it.

        Raises
        ------
        S3Error : it is not there.
        """
        _, body = self._objects.open(bucket, key)
        with body:
            content = body.read()
        self._buckets.lend(bucket, key, content)
        return content

    def serve(self, request: Request, region: str) -> Response:
        """Answer one request."""
        bucket, _, key = request.path.lstrip("/").partition("/")
        sent = request.environ.get("sagemaker_local.headers") or request.headers.items()
        asked = S3Request(
            request.method,
            bucket,
            key,
            request.args.to_dict(),
            {name.lower(): value for name, value in sent},
        )
        try:
            if bucket:
                asked.check_bucket_name()
            owner = self._buckets.region(bucket) if bucket else None
            asked.check_owner(account_of(owner or region))
            asked.check_expiry(time.time())
            self._check_shared(request, asked, owner, account_of(region))
            if not key:
                return self._bucket(request, asked, region)
            if self._buckets.region(bucket) is None:
                raise S3Error("NoSuchBucket")
            return self._object(request, asked)
        except S3Error as error:
            return refusal(error, request.path)

    def _check_shared(
        self, request: Request, asked: S3Request, owner: str | None, caller: str
    ) -> None:
        """Refuse what the policy of another account's bucket does not allow."""
        creates = asked.method == "PUT" and not asked.key and not request.query_string
        if owner is not None and account_of(owner) != caller and not creates:
            keys = [asked.key] if asked.key else []
            if asked.method == "POST" and "delete" in asked.query:
                named = parse(request.get_data()).findall("Object")
                keys = [element.findtext("Key", "") for element in named]
            check_shared(owner, self._buckets.policy(asked.bucket), caller, asked, keys)
        if "x-amz-copy-source" in asked.headers:
            bucket, key, _ = asked.copy_source()
            source, place = S3Request("GET", bucket, key, {}, {}), self._buckets.region(bucket)
            if place is not None:
                check_shared(place, self._buckets.policy(bucket), caller, source, [key])

    def _bucket(self, request: Request, asked: S3Request, region: str) -> Response:
        names = {name for name in asked.query if not name.startswith("X-Amz-")} - _INCIDENTAL
        is_list = asked.method == "GET" and names <= _LISTED | _LIST_OPTIONS
        home = self._buckets.region(asked.bucket) if asked.bucket else None
        there = home is not None
        if asked.bucket and not there and (is_list or asked.method == "HEAD"):
            raise S3Error("NoSuchBucket")
        if home is not None and asked.method == "HEAD":
            return Response(headers={"x-amz-bucket-region": region_of(home)})
        if there and is_list:
            if "uploads" in names:
                return multipart.list_uploads(self._objects, asked)
            return answer_list(self._objects, asked)
        if there and asked.method == "POST" and "delete" in names:
            return self._delete_many(asked, request.get_data())
        return self._buckets.serve(request, asked, region)

    def _object(self, request: Request, asked: S3Request) -> Response:
        query, method = asked.query, asked.method
        names = {
            name
            for name in query
            if not name.startswith(("X-Amz-", "response-")) and name not in _INCIDENTAL
        }
        if "uploadId" in names:
            if method == "PUT" and "x-amz-copy-source" in asked.headers:
                return multipart.copy_part(self._objects, asked, self._copy_source(asked)[1])
            if method == "PUT":
                return multipart.put_part(self._objects, asked, request.stream)
            if method == "POST":
                answer, item = multipart.complete(self._objects, asked, request.get_data())
                self._changes.created(asked.bucket, item, "CompleteMultipartUpload")
                return answer
            if method == "DELETE":
                return multipart.abort(self._objects, asked)
            return multipart.list_parts(self._objects, asked)
        if "uploads" in names and method == "POST":
            return multipart.begin(self._objects, asked)
        if "tagging" in names:
            return self._tagging(asked, request.get_data())
        if "partNumber" in query and "uploadId" not in query:
            names.add("partNumber")
        if names or method not in ("GET", "HEAD", "PUT", "DELETE"):
            raise S3Error("NotImplemented", f"{method} of an object's {', '.join(sorted(names))}")
        check_version(query.get("versionId"))
        if method == "PUT" and "x-amz-copy-source" in asked.headers:
            return self._copy(asked)
        if method == "PUT":
            return self._put(request, asked)
        if method == "DELETE":
            if "if-match" in asked.headers:
                asked.check_write(self._objects.get(asked.bucket, asked.key))
            self._delete(asked.bucket, asked.key, "DeleteObject")
            return Response(status=204)
        return self._get(asked)

    def _put(self, request: Request, asked: S3Request) -> Response:
        headers, tags = asked.kept_headers(), asked.tags()
        file, written = self._objects.write(
            lambda path: write_body(asked.headers, request.stream, path)
        )
        item = self._objects.put(
            asked.bucket,
            asked.key,
            file,
            written.size,
            written.md5,
            headers | written.checksums,
            tags,
            asked.check_write,
        )
        self._changes.created(asked.bucket, item, "PutObject")
        told = {**written.checksums, **encryption(item.headers)}
        return Response(headers={"etag": f'"{item.etag}"', **told})

    def _get(self, asked: S3Request) -> Response:
        item, file = self._objects.open(asked.bucket, asked.key)
        with ExitStack() as opened:
            opened.enter_context(file)
            asked.check_read(item)
            headers = answered_headers(item, asked)
            span = asked.range_of(item.size)
            first, last = span or (0, item.size - 1)
            headers["content-length"] = str(last - first + 1)
            status = 200
            if span is not None:
                status, headers["content-range"] = 206, f"bytes {first}-{last}/{item.size}"
            if asked.method == "HEAD":
                return Response(status=status, headers=headers)
            body = _read_span(file, first, last - first + 1)
            answer = Response(body, status, headers, direct_passthrough=True)
            answer.call_on_close(opened.pop_all().close)
            return answer

    def _copy(self, asked: S3Request) -> Response:
        source, _ = self._copy_source(asked)
        if asked.is_copy_of_itself():
            raise S3Error("InvalidRequest", _NO_CHANGE)
        headers = asked.copied_headers(source)
        retag = asked.headers.get("x-amz-tagging-directive", "COPY") == "REPLACE"

        def link(path: Path) -> Written:
            # A file is never written twice, so that two objects may share one.
            original = self._objects.path(source.file)
            try:
                os.link(original, path)
            except FileNotFoundError:
                raise S3Error("NoSuchKey") from None
            except OSError:
                shutil.copyfile(original, path)
            return Written(source.size, source.etag, {})

        file, _ = self._objects.write(link)
        item = self._objects.put(
            asked.bucket,
            asked.key,
            file,
            source.size,
            source.etag,
            headers,
            asked.tags() if retag else source.tags,
            asked.check_write,
        )
        self._changes.created(asked.bucket, item, "CopyObject")
        content: list[Element] = [
            ("LastModified", stamp(item.modified)),
            ("ETag", f'"{item.etag}"'),
        ]
        answer = document("CopyObjectResult", content)
        answer.headers.update(encryption(item.headers))
        return answer

    def _copy_source(self, asked: S3Request) -> tuple[StoredObject, tuple[int, int] | None]:
        bucket, key, version = asked.copy_source()
        check_version(version)
        if self._buckets.region(bucket) is None:
            raise S3Error("NoSuchBucket")
        source = self._existing(bucket, key)
        asked.check_read(source, "x-amz-copy-source-")
        span = asked.headers.get("x-amz-copy-source-range")
        if span is None:
            return source, None
        ranged = S3Request("GET", bucket, key, {}, {"range": span})
        return source, ranged.range_of(source.size)

    def _tagging(self, asked: S3Request, content: bytes) -> Response:
        item = self._existing(asked.bucket, asked.key)
        check_version(asked.query.get("versionId"))
        if asked.method == "GET":
            tags: list[Element] = [
                ("Tag", [("Key", key), ("Value", value)]) for key, value in item.tags
            ]
            return document("Tagging", [("TagSet", tags)])
        new: list[list[str]] = []
        if asked.method == "PUT":
            new = checked_tags(
                [
                    [tag.findtext("Key", ""), tag.findtext("Value", "")]
                    for tag in parse(content).iter("Tag")
                ]
            )
        self._objects.set_tags(asked.bucket, asked.key, new)
        return Response(status=200 if asked.method == "PUT" else 204)

    def _delete_many(self, asked: S3Request, content: bytes) -> Response:
        asked_for = parse(content)
        quiet = asked_for.findtext("Quiet", "false").lower() == "true"
        results: list[Element] = []
        for element in asked_for.findall("Object"):
            key, version = element.findtext("Key", ""), element.findtext("VersionId")
            named = [("Key", key)] if version is None else [("Key", key), ("VersionId", version)]
            try:
                check_version(version)
            except S3Error as error:
                reason = [("Code", error.code), ("Message", str(error))]
                results.append(("Error", [*named, *reason]))
                continue
            self._delete(asked.bucket, key, "DeleteObjects")
            if not quiet:
                results.append(("Deleted", named))
        return document("DeleteResult", results)

    def _existing(self, bucket: str, key: str) -> StoredObject:
        item = self._objects.get(bucket, key)
        if item is None:
            raise S3Error("NoSuchKey")
        return item

    def _delete(self, bucket: str, key: str, reason: str) -> None:
        if self._objects.delete(bucket, key):
            self._changes.deleted(bucket, key, reason)


def _read_span(file: IO[bytes], first: int, length: int) -> Iterator[bytes]:
    file.seek(first)
    while length > 0:
        chunk = file.read(min(CHUNK, length))
        if not chunk:
            return
        length -= len(chunk)
        yield chunk
