"""Objects are read and written by their URI, and what is wrong with one is said of that URI."""

from pathlib import Path

import pytest

from project import s3
from project.aws import Connection
from project.errors import ProjectError


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://bucket/key", ("bucket", "key")),
        ("s3://bucket/a/b/", ("bucket", "a/b/")),
        ("s3://bucket//a", ("bucket", "/a")),
        ("s3://bucket/s3://x/y", ("bucket", "s3://x/y")),
        ("s3://bucket", ("bucket", "")),
    ],
)
def test_a_uri_is_a_bucket_and_a_key(uri: str, parts: tuple[str, str]) -> None:
    assert s3.split_uri(uri) == parts


@pytest.mark.parametrize(
    "text", ["", "bucket/key", "s3:/bucket/key", "S3://bucket/key", "s3:///key"]
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(ProjectError) as refused:
        s3.split_uri(text)
    assert str(refused.value) == f"{text!r} is no S3 URI, such as s3://bucket/key"


def test_an_object_is_written_found_and_read(fresh: Connection, tmp_path: Path) -> None:
    uri = f"{fresh.prefix}/test/object.json"
    assert not s3.exists(fresh, uri)
    # One comes before it in the list, and the name of another begins as its own does.
    s3.write(fresh, f"{fresh.prefix}/a", b"")
    s3.write(fresh, f"{uri}.more", b"")
    assert not s3.exists(fresh, uri)
    s3.write(fresh, uri, b'{"a": [1, null]}')
    assert s3.exists(fresh, uri)
    assert s3.read(fresh, uri) == b'{"a": [1, null]}'
    assert s3.read_json(fresh, uri) == {"a": [1, None]}
    s3.download(fresh, uri, tmp_path / "object")
    assert (tmp_path / "object").read_bytes() == b'{"a": [1, null]}'


def test_what_is_wrong_with_an_object_is_said(
    fresh: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"{fresh.prefix}/test/wrong"
    missing = f"{uri} is not there; put it back, or make anew what names it"
    for read in (s3.read, s3.read_json):
        with pytest.raises(ProjectError) as refused:
            read(fresh, uri)
        assert str(refused.value) == missing
    with pytest.raises(ProjectError) as refused:
        s3.download(fresh, uri, tmp_path / "object")
    assert str(refused.value) == missing
    assert not (tmp_path / "object").exists()
    s3.write(fresh, uri, b"{")
    with pytest.raises(ProjectError) as refused:
        s3.read_json(fresh, uri)
    assert str(refused.value) == f"{uri} is not valid JSON; make anew what names it"
    monkeypatch.setattr(s3, "LARGEST", 3)
    s3.write(fresh, uri, b"123")
    assert s3.read(fresh, uri) == b"123"
    s3.write(fresh, uri, b"1234")
    with pytest.raises(ProjectError) as refused:
        s3.read(fresh, uri)
    assert str(refused.value) == f"{uri} is larger than 3 bytes; make it smaller"
