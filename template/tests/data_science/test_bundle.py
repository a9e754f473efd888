"""The step code is one bundle, named by its content and by nothing else."""

import io
import os
import tarfile
from pathlib import Path

from data_science.pipeline.bundle import Bundle, read_bundle
from project.aws import Connection


def folder_with(tmp_path: Path, name: str, content: str) -> Path:
    folder = tmp_path / name
    (folder / "part").mkdir(parents=True)
    (folder / "train.py").write_text(content)
    (folder / "part" / "helper.py").write_text("1")
    return folder


def test_the_same_sources_have_the_same_hash(tmp_path: Path) -> None:
    one, two = folder_with(tmp_path, "one", "x = 1"), folder_with(tmp_path, "two", "x = 1")
    os.utime(two / "train.py", (0, 0))
    (two / "__pycache__").mkdir()
    (two / "__pycache__" / "train.pyc").write_text("byte code")
    (two / ".DS_Store").write_text("hidden")
    assert read_bundle(one).hash == read_bundle(two).hash


def test_a_changed_source_has_another_hash(tmp_path: Path) -> None:
    one, two = folder_with(tmp_path, "one", "x = 1"), folder_with(tmp_path, "two", "x = 2")
    assert read_bundle(one).hash != read_bundle(two).hash


def test_the_boundary_between_name_and_content_counts() -> None:
    assert Bundle({"a": b"bc"}).hash != Bundle({"ab": b"c"}).hash


def test_an_upload_holds_the_files_and_the_archive(connection: Connection) -> None:
    bundle = Bundle({"part/helper.py": b"1", "train.py": b"2"})
    prefix = bundle.upload(connection)
    assert prefix.endswith(f"/code/{bundle.hash}")
    key = prefix.removeprefix(f"s3://{connection.bucket}/")
    listed = connection.s3.list_objects_v2(Bucket=connection.bucket, Prefix=key)["Contents"]
    names = {item["Key"].removeprefix(f"{key}/") for item in listed}
    assert names == {"sourcedir.tar.gz", "steps/part/helper.py", "steps/train.py"}
    body = connection.s3.get_object(Bucket=connection.bucket, Key=f"{key}/sourcedir.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(body["Body"].read())) as archive:
        assert archive.getnames() == ["part/helper.py", "train.py"]


def test_what_is_there_is_not_uploaded_again(connection: Connection) -> None:
    bundle = Bundle({"train.py": b"once"})
    key = bundle.upload(connection).removeprefix(f"s3://{connection.bucket}/")
    archive = {"Bucket": connection.bucket, "Key": f"{key}/sourcedir.tar.gz"}
    first = connection.s3.head_object(**archive)["LastModified"]
    bundle.upload(connection)
    assert connection.s3.head_object(**archive)["LastModified"] == first
