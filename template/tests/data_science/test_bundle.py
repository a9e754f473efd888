"""The step code is one bundle, named by its content and by nothing else."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from data_science.pipeline.bundle import Bundle, read_bundle
from project import s3
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
    prefix = bundle.upload_whole(connection)
    assert prefix.endswith(f"/code/{bundle.hash}")
    key = prefix.removeprefix(f"s3://{connection.bucket}/")
    listed = connection.s3.list_objects_v2(Bucket=connection.bucket, Prefix=key)["Contents"]
    names = {item["Key"].removeprefix(f"{key}/") for item in listed}
    assert names == {"sourcedir.tar.gz", "steps/part/helper.py", "steps/train.py"}
    body = connection.s3.get_object(Bucket=connection.bucket, Key=f"{key}/sourcedir.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(body["Body"].read())) as archive:
        assert archive.getnames() == ["part/helper.py", "train.py"]


FILES = {
    "train.py": b"""
import json, model
from part import helper
SERVING = ("inference.py", "schema.json")
if __name__ == "__main__":
    pass
""",
    "model.py": b"A = 1",
    "inference.py": b"from table import read",
    "table.py": b"",
    "schema.json": b"{}",
    "part/__init__.py": b"",
    "part/helper.py": b"from . import inner",
    "part/inner.py": b"from .deep.er import thing",
    "part/deep/er.py": b"",
    "evaluate.py": b"import table\nif '__main__' == __name__:\n    import metrics",
    "metrics.py": b"",
    "words.txt": b"named nowhere",
    "plugin.py": b"import found_by_nobody",
}
EVERYWHERE = {"words.txt", "plugin.py"}


@pytest.mark.parametrize(
    ("script", "wants"),
    [
        (
            "train.py",
            {
                "train.py",
                "model.py",
                "inference.py",
                "table.py",
                "schema.json",
                "part/__init__.py",
                "part/helper.py",
                "part/inner.py",
                "part/deep/er.py",
            },
        ),
        ("evaluate.py", {"evaluate.py", "table.py", "metrics.py"}),
    ],
)
def test_a_script_gets_what_it_needs_and_what_nobody_names(script: str, wants: set[str]) -> None:
    bundle = Bundle(FILES)
    assert bundle.scripts == ["train.py", "evaluate.py"]
    assert set(bundle.of(script).files) == wants | EVERYWHERE


def test_every_script_is_uploaded_with_its_own_files(connection: Connection) -> None:
    bundle = Bundle(FILES)
    bundle.upload(connection)
    for script in bundle.scripts:
        part = bundle.of(script)
        uri = f"{connection.prefix}/code/{part.hash}"
        assert s3.read(connection, f"{uri}/steps/{script}") == FILES[script]
        with tarfile.open(fileobj=io.BytesIO(s3.read(connection, f"{uri}/sourcedir.tar.gz"))) as it:
            assert it.getnames() == list(part.files)


def test_what_is_there_is_not_uploaded_again(connection: Connection) -> None:
    bundle = Bundle({"train.py": b"once"})
    key = bundle.upload_whole(connection).removeprefix(f"s3://{connection.bucket}/")
    archive = {"Bucket": connection.bucket, "Key": f"{key}/sourcedir.tar.gz"}
    first = connection.s3.head_object(**archive)["LastModified"]
    bundle.upload_whole(connection)
    assert connection.s3.head_object(**archive)["LastModified"] == first
