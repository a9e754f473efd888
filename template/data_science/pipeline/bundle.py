"""Packs the step code: for each script what it needs, at an S3 prefix that is the content's hash.

The same sources give the same prefix on every machine, so the pipeline definition stays
identical and SageMaker's step cache keeps working after an upsert. A change runs those steps again
whose script needs the file that was changed, and no others.
"""

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from data_science.config.declared import STEPS
from data_science.pipeline.references import Source, needed, read_source
from project import s3
from project.aws import Connection
from project.errors import ProjectError

ARCHIVE = "sourcedir.tar.gz"
STAND_IN = r"\bhash-of-(\w+\.py)\b"
"""Pattern of what `stand_in` returns."""


@dataclass(frozen=True)
class Bundle:
    """Files of `data_science/steps/`, by their path relative to it: all, or those of one script."""

    files: dict[str, bytes]

    @cached_property
    def hash(self) -> str:
        """SHA-256 over paths and contents, hexadecimal."""
        digest = hashlib.sha256()
        for name, content in self.files.items():
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The Python files, by their path.

        Raises
        ------
        ProjectError : one of them is no Python.
        """
        return {
            name: read_source(name, content)
            for name, content in self.files.items()
            if name.endswith(".py")
        }

    @property
    def scripts(self) -> list[str]:
        """The files that are run by themselves."""
        return [name for name, source in self.sources.items() if source.is_script]

    def of(self, script: str) -> "Bundle":
        """Return what a script needs, see `references.needed`.

        Raises
        ------
        ProjectError : it is not there.
        """
        if script not in self.files:
            raise ProjectError(f"data_science/steps/{script} is missing; a step runs it")
        wanted = needed(script, self.files, self.sources)
        return Bundle({name: content for name, content in self.files.items() if name in wanted})

    def upload(self, connection: Connection) -> None:
        """Upload what each script needs, unless it is there."""
        for script in self.scripts:
            self.of(script).upload_whole(connection)

    def upload_whole(self, connection: Connection) -> str:
        """Upload all files unless they are there, and return their S3 prefix.

        Processing jobs mount `steps/`; the training container unpacks `sourcedir.tar.gz`,
        which is written last: where it lies, everything lies.
        """
        uri = f"{code_prefix(connection)}/{self.hash}"
        if not s3.exists(connection, f"{uri}/{ARCHIVE}"):
            for name, content in self.files.items():
                s3.write(connection, f"{uri}/steps/{name}", content)
            s3.write(connection, f"{uri}/{ARCHIVE}", self._archive())
        return uri

    def _archive(self) -> bytes:
        buffer = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for name, content in self.files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return buffer.getvalue()


def code_prefix(connection: Connection) -> str:
    """Return the S3 prefix that the bundles lie under, each by its hash."""
    return f"{connection.prefix}/code"


def stand_in(script: str) -> str:
    """Return what stands for the hash of a script's bundle in a compiled definition."""
    return f"hash-of-{script}"


def read_bundle(folder: Path = STEPS) -> Bundle:
    """Read the step code; hidden files and byte code stay out.

    Parameters
    ----------
    folder : what goes into the containers.
    """
    paths = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return Bundle(
        {
            name.as_posix(): paths[name].read_bytes()
            for name in sorted(paths)
            if not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
        }
    )
