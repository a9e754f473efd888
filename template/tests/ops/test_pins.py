"""What has changed since a version was registered is refused, and named."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest

from demo.example_version import register
from ops import pins
from ops.pins import Pins, changed
from project import contract, registry, s3
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version
from tests.ops.offline import offline_version

DIGEST = f"sha256:{'0a' * 32}"


def uri(version: Version, what: str) -> str:
    """Return where a version's artefact, payload or answers lie."""
    return str(
        {
            "artefact": version.container["ModelDataUrl"],
            "payload": version.package["SamplePayloadUrl"],
            "answers": version.metadata[contract.EXPECTED_ANSWERS],
        }[what]
    )


def without(version: Version, *names: str) -> Version:
    """Return a version as release 0.2.0 registered it: without these pins."""
    metadata = {key: text for key, text in version.metadata.items() if key not in names}
    container = {key: text for key, text in version.container.items() if key not in names}
    package = {
        **version.package,
        "CustomerMetadataProperties": metadata,
        "InferenceSpecification": {"Containers": [container]},
    }
    return dataclasses.replace(version, package=package)


@pytest.mark.parametrize("what", ["artefact", "payload", "answers"])
def test_what_was_overwritten_is_named(fresh: Connection, what: str) -> None:
    version = registry.version(fresh, register(fresh))
    seen = pins.check(fresh, version)
    assert pins.check(fresh, version) == seen

    s3.write(fresh, uri(version, what), b"other")

    with pytest.raises(ProjectError) as refused:
        pins.check(fresh, version)
    assert str(refused.value) == (
        f"version 1 is not what data science registered: other {what} ({uri(version, what)}); "
        "put back what was there, or register the model anew"
    )


def test_everything_that_changed_is_named_and_what_is_gone(fresh: Connection) -> None:
    version = registry.version(fresh, register(fresh))
    for what in ("payload", "answers"):
        s3.write(fresh, uri(version, what), b"other")
    with pytest.raises(ProjectError, match=r"other payload \(.*\), answers \("):
        pins.check(fresh, version)
    bucket, key = s3.split_uri(uri(version, "artefact"))
    fresh.s3.delete_object(Bucket=bucket, Key=key)
    with pytest.raises(ProjectError, match=r"version 1 is not whole: .*model.tar.gz is not there"):
        pins.check(fresh, version)


def test_the_same_bytes_with_another_etag_are_no_change(fresh: Connection) -> None:
    version = registry.version(fresh, register(fresh))
    seen = pins.check(fresh, version)
    bucket, key = s3.split_uri(uri(version, "artefact"))
    body = s3.read(fresh, uri(version, "artefact"))
    upload = fresh.s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    named = {"Bucket": bucket, "Key": key, "UploadId": upload}
    part = fresh.s3.upload_part(**named, PartNumber=1, Body=body)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    fresh.s3.complete_multipart_upload(**named, MultipartUpload=parts)

    assert s3.etag(fresh, uri(version, "artefact")).endswith("-1")
    assert pins.check(fresh, version).digest == seen.digest


def test_a_version_without_pins_is_let_through_and_its_digest_tells(fresh: Connection) -> None:
    version = without(registry.version(fresh, register(fresh)), "ModelDataETag", *contract.PINS)
    before = pins.check(fresh, version)

    for what in ("artefact", "answers"):
        s3.write(fresh, uri(version, what), b"other")

    after = pins.check(fresh, version)
    assert changed(before.digest, after.digest) == ["artefact", "answers"]


@pytest.mark.parametrize("quoted", ["{}", '"{}"'])
def test_the_registrys_own_etag_is_enough(fresh: Connection, quoted: str) -> None:
    version = without(registry.version(fresh, register(fresh)), contract.ARTEFACT_PIN)
    version.container["ModelDataETag"] = quoted.format(version.container["ModelDataETag"])  # type: ignore[index]
    pins.check(fresh, version)
    s3.write(fresh, uri(version, "artefact"), b"other")
    with pytest.raises(ProjectError, match="other artefact"):
        pins.check(fresh, version)


def test_a_downloaded_artefact_must_be_the_one_that_was_evaluated(tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(b"model")
    package = offline_version().package

    def pinned(**metadata: str) -> Version:
        return offline_version(package={**package, "CustomerMetadataProperties": metadata})

    pins.check_artefact(archive, pinned())
    pins.check_artefact(archive, pinned(model_data_sha256=hashlib.sha256(b"model").hexdigest()))
    with pytest.raises(ProjectError, match=r"other artefact \(s3://bucket/3/model.tar.gz\)"):
        pins.check_artefact(archive, pinned(model_data_sha256="0" * 64))


def test_a_digest_names_the_parts_that_differ() -> None:
    one = Pins("a", "b", "c", "d", "e")
    digest = one.digest

    assert len(digest) == 84
    assert changed(digest, digest) == []
    assert changed(digest, dataclasses.replace(one, image="x", payload="y").digest) == [
        "payload",
        "image",
    ]
    everything = ["artefact", "payload", "answers", "image", "environment"]
    assert changed("of another release", digest) == everything
    assert changed("of another release", "of another release") == []


@pytest.mark.parametrize(
    ("container", "image"),
    [
        ({"Image": "host:5000/image:1"}, "host:5000/image:1"),
        ({"Image": "host:5000/image:1", "ImageDigest": DIGEST}, f"host:5000/image@{DIGEST}"),
        ({"Image": "image", "ImageDigest": DIGEST}, f"image@{DIGEST}"),
        ({"Image": f"host/image@{DIGEST}", "ImageDigest": DIGEST}, f"host/image@{DIGEST}"),
    ],
)
def test_an_image_is_deployed_by_its_digest(container: dict[str, Any], image: str) -> None:
    package = {"InferenceSpecification": {"Containers": [container]}}
    assert offline_version(package=package).image == image
