"""S3 as boto3 and other clients use it: what AWS answers, and nothing kept for show."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import BUCKET, refusal, wait_until

from sagemaker_local.storage.object_store.listing import page_of
from sagemaker_local.storage.object_store.objects import Objects, successor
from sagemaker_local.storage.store import Store

PART = 5 << 20


@pytest.fixture
def s3(local):
    return local.s3


def body_of(s3, key, **options):
    return s3.get_object(Bucket=BUCKET, Key=key, **options)["Body"].read()


def test_an_object_comes_back_with_all_that_was_given(s3):
    given = {
        "ContentType": "text/plain",
        "ContentEncoding": "identity",
        "CacheControl": "no-cache",
        "Metadata": {"plain": "1", "under_score": "2", "dash-ed": "3"},
    }
    put = s3.put_object(Bucket=BUCKET, Key="a b/ü+%2F//x", Body=b"hello", Tagging="k=v", **given)
    assert put["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    got = s3.get_object(Bucket=BUCKET, Key="a b/ü+%2F//x")
    assert got["Body"].read() == b"hello"
    assert {name: got[name] for name in given} == given
    assert (got["ContentLength"], got["TagCount"]) == (5, 1)
    head = s3.head_object(Bucket=BUCKET, Key="a b/ü+%2F//x")
    assert (head["ETag"], head["ContentLength"]) == (put["ETag"], 5)
    tags = s3.get_object_tagging(Bucket=BUCKET, Key="a b/ü+%2F//x")["TagSet"]
    assert tags == [{"Key": "k", "Value": "v"}]


def test_what_is_not_there(s3):
    assert refusal(s3.get_object, Bucket=BUCKET, Key="absent")[0] == "NoSuchKey"
    assert refusal(s3.head_object, Bucket=BUCKET, Key="absent")[0] == "404"
    assert refusal(s3.get_object, Bucket="absent-bucket", Key="x")[0] == "NoSuchBucket"
    assert refusal(s3.put_object, Bucket="absent-bucket", Key="x", Body=b"")[0] == "NoSuchBucket"
    assert refusal(s3.list_objects_v2, Bucket="absent-bucket")[0] == "NoSuchBucket"
    # Deleting what is not there is no error in S3.
    s3.delete_object(Bucket=BUCKET, Key="absent")


@pytest.mark.parametrize(
    ("span", "content"),
    [("bytes=0-1", b"01"), ("bytes=7-", b"789"), ("bytes=-3", b"789"), ("bytes=8-99", b"89")],
)
def test_ranges(s3, span, content):
    s3.put_object(Bucket=BUCKET, Key="digits", Body=b"0123456789")
    got = s3.get_object(Bucket=BUCKET, Key="digits", Range=span)
    assert got["Body"].read() == content
    assert got["ContentRange"].endswith("/10")
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_range_beyond_the_end(s3):
    s3.put_object(Bucket=BUCKET, Key="digits", Body=b"0123456789")
    code, _ = refusal(s3.get_object, Bucket=BUCKET, Key="digits", Range="bytes=10-")
    assert code == "InvalidRange"


@pytest.mark.parametrize("span", ["bytes=3-1", "lines=1-2", "bytes=0-1,3-4", "bytes=-"])
def test_what_is_no_range_is_passed_over(s3, span):
    s3.put_object(Bucket=BUCKET, Key="digits", Body=b"0123456789")
    got = s3.get_object(Bucket=BUCKET, Key="digits", Range=span)
    assert (got["ResponseMetadata"]["HTTPStatusCode"], got["Body"].read()) == (200, b"0123456789")


def test_conditions(s3):
    etag = s3.put_object(Bucket=BUCKET, Key="once", Body=b"1", IfNoneMatch="*")["ETag"]
    code, _ = refusal(s3.put_object, Bucket=BUCKET, Key="once", Body=b"2", IfNoneMatch="*")
    assert (code, body_of(s3, "once")) == ("PreconditionFailed", b"1")
    s3.put_object(Bucket=BUCKET, Key="once", Body=b"3", IfMatch=etag)
    code, _ = refusal(s3.put_object, Bucket=BUCKET, Key="once", Body=b"4", IfMatch=etag)
    assert (code, body_of(s3, "once")) == ("PreconditionFailed", b"3")
    assert refusal(s3.get_object, Bucket=BUCKET, Key="once", IfMatch=etag)[0] == (
        "PreconditionFailed"
    )
    code, _ = refusal(s3.delete_object, Bucket=BUCKET, Key="once", IfMatch=etag)
    assert (code, body_of(s3, "once")) == ("PreconditionFailed", b"3")
    newest = s3.head_object(Bucket=BUCKET, Key="once")["ETag"]
    assert refusal(s3.get_object, Bucket=BUCKET, Key="once", IfNoneMatch=newest)[0] == "304"


def test_one_of_many_writers_wins(local, s3):
    def write(number):
        try:
            s3.put_object(Bucket=BUCKET, Key="raced", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(write, range(8)) if number is not None]
    assert [body_of(s3, "raced")] == [b"%d" % number for number in winners]


def test_a_body_that_does_not_fit_its_checksum_is_refused(s3):
    code, _ = refusal(
        s3.put_object, Bucket=BUCKET, Key="broken", Body=b"x", ChecksumSHA256="0" * 43 + "="
    )
    assert code == "BadDigest"
    assert refusal(s3.head_object, Bucket=BUCKET, Key="broken")[0] == "404"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256", "SHA512"])
def test_checksums_are_kept(s3, algorithm):
    put = s3.put_object(Bucket=BUCKET, Key="sum", Body=b"hello", ChecksumAlgorithm=algorithm)
    digest = {
        "CRC32": zlib.crc32(b"hello").to_bytes(4, "big"),
        "SHA1": hashlib.sha1(b"hello").digest(),
        "SHA256": hashlib.sha256(b"hello").digest(),
        "SHA512": hashlib.sha512(b"hello").digest(),
    }[algorithm]
    assert put[f"Checksum{algorithm}"] == base64.b64encode(digest).decode()
    s3.copy_object(Bucket=BUCKET, Key="sum-2", CopySource=f"{BUCKET}/sum")
    for key in ("sum", "sum-2"):
        head = s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
        assert head[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]


def test_multipart_uploads(s3, tmp_path):
    content = bytes(range(256)) * (PART * 2 // 256) + b"the end"
    (tmp_path / "big").write_bytes(content)
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_file(
        str(tmp_path / "big"),
        BUCKET,
        "big",
        ExtraArgs={"Metadata": {"a": "b"}, "ContentType": "text/x"},
        Config=config,
    )
    parts = [content[:PART], content[PART : 2 * PART], content[2 * PART :]]
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    head = s3.head_object(Bucket=BUCKET, Key="big")
    assert head["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    assert (head["Metadata"], head["ContentType"]) == ({"a": "b"}, "text/x")
    s3.download_file(BUCKET, "big", str(tmp_path / "back"), Config=config)
    assert (tmp_path / "back").read_bytes() == content
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_the_checksum_of_a_joined_upload(s3, kind):
    bodies = [b"1" * PART, b"2"]
    begun = s3.create_multipart_upload(
        Bucket=BUCKET, Key="summed", ChecksumAlgorithm="CRC32", ChecksumType=kind
    )
    asked = {"Bucket": BUCKET, "Key": "summed", "UploadId": begun["UploadId"]}
    parts = []
    for number, body in enumerate(bodies, 1):
        part = s3.upload_part(**asked, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        sums = {"ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        parts.append({"PartNumber": number, **sums})
    wrong = [parts[0], parts[1] | {"ChecksumCRC32": "AAAAAA=="}]
    code, _ = refusal(s3.complete_multipart_upload, **asked, MultipartUpload={"Parts": wrong})
    assert code == "InvalidPart"
    code, _ = refusal(
        s3.complete_multipart_upload,
        **asked,
        MultipartUpload={"Parts": parts},
        ChecksumCRC32="AAAAAA==",
    )
    assert code == "BadDigest"
    s3.complete_multipart_upload(**asked, MultipartUpload={"Parts": parts})
    whole = zlib.crc32(b"".join(bodies))
    if kind == "COMPOSITE":
        whole = zlib.crc32(b"".join(zlib.crc32(body).to_bytes(4, "big") for body in bodies))
    wanted = base64.b64encode(whole.to_bytes(4, "big")).decode()
    head = s3.head_object(Bucket=BUCKET, Key="summed", ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"] == wanted + ("-2" if kind == "COMPOSITE" else "")
    assert head["ChecksumType"] == kind


def test_an_upload_that_is_given_up_leaves_nothing(local, s3):
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="given-up")["UploadId"]
    asked = {"Bucket": BUCKET, "Key": "given-up", "UploadId": upload}
    etag = s3.upload_part(**asked, PartNumber=2, Body=b"second")["ETag"]
    s3.upload_part(**asked, PartNumber=1, Body=b"first")
    listed = [(part["PartNumber"], part["Size"]) for part in s3.list_parts(**asked)["Parts"]]
    assert listed == [(1, 5), (2, 6)]
    wrong = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    assert refusal(s3.complete_multipart_upload, **asked, MultipartUpload=wrong)[0] == "InvalidPart"
    files = len(list((local.home / "s3").iterdir()))
    s3.abort_multipart_upload(**asked)
    assert len(list((local.home / "s3").iterdir())) == files - 2
    assert refusal(s3.list_parts, **asked)[0] == "NoSuchUpload"


def test_parts_and_uploads_are_listed_page_by_page(s3):
    asked = {"Bucket": BUCKET, "Key": "paged/parts"}
    upload = s3.create_multipart_upload(**asked)["UploadId"]
    for number in (1, 3, 4, 9):
        s3.upload_part(**asked, UploadId=upload, PartNumber=number, Body=bytes([number]))
    first = s3.list_parts(**asked, UploadId=upload, MaxParts=3)
    assert [part["PartNumber"] for part in first["Parts"]] == [1, 3, 4]
    told = first["IsTruncated"], first["NextPartNumberMarker"], first["MaxParts"]
    assert told == (True, 4, 3)
    rest = s3.list_parts(**asked, UploadId=upload, PartNumberMarker=4)
    assert [part["PartNumber"] for part in rest["Parts"]] == [9]
    assert (rest["IsTruncated"], rest["PartNumberMarker"]) == (False, 4)
    pages = s3.get_paginator("list_parts").paginate(
        **asked, UploadId=upload, PaginationConfig={"PageSize": 2}
    )
    numbers = [[part["PartNumber"] for part in page["Parts"]] for page in pages]
    assert numbers == [[1, 3], [4, 9]]
    begun = [("paged/parts", upload)]
    for key in ("paged/a", "paged/a", "paged/z"):
        begun.append((key, s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]))
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=BUCKET, Prefix="paged/", PaginationConfig={"PageSize": 3}
    )
    pages = [page["Uploads"] for page in pages]
    assert [len(page) for page in pages] == [3, 1]
    listed = [(one["Key"], one["UploadId"]) for page in pages for one in page]
    assert sorted(listed) == sorted(begun)
    assert [key for key, _ in listed] == ["paged/a", "paged/a", "paged/parts", "paged/z"]
    code, message = refusal(s3.list_multipart_uploads, Bucket=BUCKET, Delimiter="/")
    assert (code, "delimiter" in message) == ("NotImplemented", True)
    for key, one in begun:
        s3.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=one)


def test_an_error_about_what_xml_cannot_say_is_xml(s3):
    assert refusal(s3.get_object, Bucket=BUCKET, Key="nul\0, \x1f and <b>")[0] == "NoSuchKey"
    assert refusal(s3.create_multipart_upload, Bucket=BUCKET, Key="\0" * 1025)[0] == (
        "KeyTooLongError"
    )


def test_copies(s3):
    s3.put_object(Bucket=BUCKET, Key="from/ü", Body=b"x", Metadata={"a": "1"}, Tagging="t=1")
    source = {"Bucket": BUCKET, "Key": "from/ü"}
    s3.copy_object(Bucket=BUCKET, Key="to", CopySource=source)
    assert s3.head_object(Bucket=BUCKET, Key="to")["Metadata"] == {"a": "1"}
    changes = {
        "MetadataDirective": "REPLACE",
        "Metadata": {"b": "2"},
        "TaggingDirective": "REPLACE",
    }
    s3.copy_object(Bucket=BUCKET, Key="to", CopySource=source, **changes)
    assert s3.head_object(Bucket=BUCKET, Key="to")["Metadata"] == {"b": "2"}
    assert s3.get_object_tagging(Bucket=BUCKET, Key="to")["TagSet"] == []
    # A copy is an object of its own, in a class of its own.
    s3.copy_object(Bucket=BUCKET, Key="cold", CopySource=source, StorageClass="STANDARD_IA")
    s3.copy_object(Bucket=BUCKET, Key="warm", CopySource=f"{BUCKET}/cold")
    assert s3.head_object(Bucket=BUCKET, Key="cold")["StorageClass"] == "STANDARD_IA"
    warm = s3.head_object(Bucket=BUCKET, Key="warm")
    assert ("StorageClass" in warm, warm["Metadata"]) == (False, {"a": "1"})
    code, _ = refusal(s3.copy_object, Bucket=BUCKET, Key="to", CopySource=f"{BUCKET}/to")
    assert code == "InvalidRequest"
    s3.delete_object(Bucket=BUCKET, Key="from/ü")
    assert body_of(s3, "to") == b"x"


def test_lists(local, s3):
    s3.create_bucket(Bucket="bucket-of-lists")
    keys = ["a", "b/1", "b/2", "b/c/3", "b0", "ü/x"]
    for key in keys:
        s3.put_object(Bucket="bucket-of-lists", Key=key, Body=key.encode())
    everything = s3.get_paginator("list_objects_v2").paginate(
        Bucket="bucket-of-lists", PaginationConfig={"PageSize": 2}
    )
    assert [item["Key"] for page in everything for item in page["Contents"]] == keys
    top = s3.list_objects_v2(Bucket="bucket-of-lists", Delimiter="/")
    assert [item["Key"] for item in top["Contents"]] == ["a", "b0"]
    assert [item["Prefix"] for item in top["CommonPrefixes"]] == ["b/", "ü/"]
    assert top["KeyCount"] == 4
    old = s3.get_paginator("list_objects").paginate(
        Bucket="bucket-of-lists", Prefix="b", Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    seen = [
        entry.get("Key", entry.get("Prefix"))
        for page in old
        for entry in [*page.get("Contents", []), *page.get("CommonPrefixes", [])]
    ]
    assert sorted(seen) == ["b/", "b0"]
    odd = s3.list_objects_v2(Bucket="bucket-of-lists", StartAfter="b0\uffff\x01")
    assert (odd["StartAfter"], [item["Key"] for item in odd["Contents"]]) == (
        "b0\uffff\x01",
        ["ü/x"],
    )
    versions = s3.list_object_versions(Bucket="bucket-of-lists")["Versions"]
    assert [version["Key"] for version in versions] == keys
    assert refusal(s3.delete_bucket, Bucket="bucket-of-lists")[0] == "BucketNotEmpty"
    gone = {"Objects": [{"Key": key} for key in [*keys, "absent"]]}
    assert len(s3.delete_objects(Bucket="bucket-of-lists", Delete=gone)["Deleted"]) == 7
    s3.delete_bucket(Bucket="bucket-of-lists")


def test_a_presigned_address_needs_no_key_of_its_own(s3):
    s3.put_object(Bucket=BUCKET, Key="shared", Body=b"for you")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "shared"})
    assert urllib.request.urlopen(address).read() == b"for you"


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_address_ends(local, s3, version):
    s3.put_object(Bucket=BUCKET, Key="shared", Body=b"for you")
    address = local.client("s3", signature_version=version).generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": "shared"}, ExpiresIn=-5
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(address)


def test_no_version_but_the_only_one_is_touched(s3):
    s3.put_object(Bucket=BUCKET, Key="single", Body=b"1")
    other = {"Bucket": BUCKET, "Key": "single", "VersionId": "3sL4kqtJlcpXroDTDmJ"}
    for call in (s3.get_object, s3.delete_object, s3.get_object_tagging):
        assert refusal(call, **other)[0] == "NoSuchVersion"
    source = {"Bucket": BUCKET, "Key": "single", "VersionId": "3sL4kqtJlcpXroDTDmJ"}
    code, _ = refusal(s3.copy_object, Bucket=BUCKET, Key="second", CopySource=source)
    assert code == "NoSuchVersion"
    doomed = {"Objects": [{"Key": "single", "VersionId": "3sL4kqtJlcpXroDTDmJ"}]}
    errors = s3.delete_objects(Bucket=BUCKET, Delete=doomed)["Errors"]
    assert [(error["Key"], error["Code"]) for error in errors] == [("single", "NoSuchVersion")]
    assert body_of(s3, "single", VersionId="null") == b"1"
    s3.delete_object(Bucket=BUCKET, Key="single", VersionId="null")
    assert refusal(s3.head_object, Bucket=BUCKET, Key="single")[0] == "404"


def test_tags_are_few_and_differ(s3):
    s3.put_object(Bucket=BUCKET, Key="tagged", Body=b"", Tagging="a=1")
    tags = [{"Key": str(number), "Value": ""} for number in range(11)]
    asked = {"Bucket": BUCKET, "Key": "tagged"}
    assert refusal(s3.put_object_tagging, **asked, Tagging={"TagSet": tags})[0] == "BadRequest"
    code, _ = refusal(s3.put_object_tagging, **asked, Tagging={"TagSet": tags[:1] * 2})
    assert code == "InvalidTag"
    s3.put_object_tagging(**asked, Tagging={"TagSet": tags[:10]})
    assert s3.head_object(**asked)["TagCount"] == 10


def test_encryption_is_answered_back(s3):
    wanted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key", "BucketKeyEnabled": True}
    put = s3.put_object(Bucket=BUCKET, Key="secret", Body=b"", **wanted)
    head = s3.head_object(Bucket=BUCKET, Key="secret")
    for answer in (put, head):
        assert {name: answer[name] for name in wanted} == wanted


def test_what_would_be_kept_without_effect_is_refused(s3):
    enabled = {"Status": "Enabled"}
    code, message = refusal(
        s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration=enabled
    )
    assert (code, message) == (
        "NotImplemented",
        "the local SageMaker does not support versioning of objects",
    )
    queue = {"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}
    code, _ = refusal(
        s3.put_bucket_notification_configuration,
        Bucket=BUCKET,
        NotificationConfiguration={"QueueConfigurations": [queue]},
    )
    assert code == "NotImplemented"
    assert refusal(s3.get_object_acl, Bucket=BUCKET, Key="x")[0] == "NotImplemented"
    given = {"Bucket": BUCKET, "Key": "x", "Body": b""}
    assert refusal(s3.put_object, **given, StorageClass="GLACIER")[0] == "NotImplemented"
    assert refusal(s3.put_object, **given, Metadata={"k": "v" * 2048})[0] == "MetadataTooLarge"
    assert refusal(s3.put_object, **given, ACL="public-read")[0] == (
        "AccessControlListNotSupported"
    )
    assert refusal(s3.put_object, **given, ExpectedBucketOwner="1" * 12)[0] == "AccessDenied"
    code, _ = refusal(s3.get_object, Bucket=BUCKET, Key="x", PartNumber=1)
    assert code == "NotImplemented"


def test_changes_are_announced_where_a_bucket_asks_for_it(local, s3):
    s3.create_bucket(Bucket="bucket-of-events")
    s3.put_object(Bucket="bucket-of-events", Key="silent", Body=b"")
    s3.put_bucket_notification_configuration(
        Bucket="bucket-of-events", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    s3.put_object(Bucket="bucket-of-events", Key="data/new.csv", Body=b"1,2")
    s3.delete_object(Bucket="bucket-of-events", Key="data/new.csv")

    def told():
        lines = (local.home / "events.jsonl").read_text().splitlines()
        return [event for event in map(json.loads, lines) if event["source"] == "aws.s3"]

    created, deleted = wait_until(told, lambda events: len(events) == 2)
    assert created["detail-type"] == "Object Created"
    assert created["resources"] == ["arn:aws:s3:::bucket-of-events"]
    assert created["detail"]["object"]["key"] == "data/new.csv"
    assert (created["detail"]["object"]["size"], created["detail"]["reason"]) == (3, "PutObject")
    assert deleted["detail-type"] == "Object Deleted"


def test_what_was_written_and_never_recorded_goes_and_nothing_else(tmp_path):
    store = Store(tmp_path / "state.db")
    store.connection.execute("INSERT INTO buckets VALUES ('b', 'us-east-1')")
    folder = tmp_path / "s3"
    folder.mkdir()
    (folder / "recorded").touch()
    Objects(store, folder).put("b", "key", "recorded", 0, "etag", {}, [])
    (folder / "left over").touch()
    objects = Objects(store, folder)
    # A request that comes before the cleaning, and is recorded after it.
    (folder / "under way").touch()
    objects.clean()
    assert {path.name for path in folder.iterdir()} == {"recorded", "under way"}


keys = st.lists(st.text("ab/ü\U0010ffff", min_size=1, max_size=4), unique=True, max_size=12)


@settings(max_examples=80, deadline=None)
@given(keys, st.sampled_from(["", "a", "b/"]), st.sampled_from(["", "/"]), st.integers(1, 4))
def test_the_pages_together_are_the_list(tmp_path_factory, keys, prefix, delimiter, size):
    folder = tmp_path_factory.mktemp("objects")
    store = Store(folder / "state.db")
    store.connection.execute("INSERT INTO buckets (name, region) VALUES ('b', 'us-east-1')")
    objects = Objects(store, folder)
    for key in keys:
        objects.put("b", key, "file", 0, "etag", {}, [])
    wanted = set()
    for key in keys:
        if key.startswith(prefix):
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            wanted.add(key if cut < 0 else key[: cut + 1])
    seen, start = [], ("", False)
    while start is not None:
        page = page_of(objects, "b", prefix, delimiter, start, size)
        entries = [item.key for item in page.objects] + page.prefixes
        assert len(entries) <= size
        seen += sorted(entries, key=str.encode)
        start = page.next
    assert seen == sorted(wanted, key=str.encode)


def test_the_text_after_all_that_start_alike():
    assert successor("") is None
    assert successor("a/") == "a0"
    assert successor("a\ud7ff") == "a\ue000"
    assert successor("a\U0010ffff") == "b"
    assert successor("\U0010ffff") is None
