"""Archives are unpacked as far as they are files inside the folder, and not too large."""

import contextlib
import io
import tarfile

import pytest
from kit import targz

from sagemaker_local.storage.archives import pack, unpack


def test_what_is_packed_is_unpacked(tmp_path):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "a" / "deep" / "file").write_text("here")
    for name in ("1.tar.gz", "2.tar.gz"):
        pack(tmp_path / "a", tmp_path / name)
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()
    with (tmp_path / "1.tar.gz").open("rb") as archive:
        unpack(archive, tmp_path / "b")
    assert (tmp_path / "b" / "deep" / "file").read_text() == "here"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"most_bytes": 7}, "it holds more than 7 bytes"),
        ({"most_members": 1}, "it holds more than 1 members"),
    ],
)
def test_an_archive_that_holds_too_much_is_refused(tmp_path, limits, reason):
    archive = io.BytesIO(targz({"a": "1234", "b": "5678"}))
    with pytest.raises(tarfile.ExtractError, match=reason):
        unpack(archive, tmp_path / "out", **limits)
    assert not (tmp_path / "out" / "b").exists()


@pytest.mark.parametrize("name", ["../out-of-it", "/etc/out-of-it"])
def test_a_member_stays_in_the_folder(tmp_path, name):
    with contextlib.suppress(tarfile.TarError):
        unpack(io.BytesIO(targz({name: "x"})), tmp_path / "deep" / "out")
    outside = [path for path in tmp_path.rglob("out-of-it") if "out/" not in f"{path.parent}/"]
    assert outside == []


# Named, since an archive holds the second that it was made in: each worker would call it otherwise.
@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", targz({"a": "x" * 5000})[:-30]],
    ids=["nothing", "a text", "cut off"],
)
def test_what_is_no_archive_is_told(tmp_path, content):
    with pytest.raises(tarfile.TarError):
        unpack(io.BytesIO(content), tmp_path / "out")
