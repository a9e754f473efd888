"""Packs the step code as one bundle whose S3 prefix is the hash of its content.

The same sources give the same prefix on every machine, so the pipeline definition stays
identical and SageMaker's step cache keeps working after an upsert.
"""

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from data_science.config.declared import STEPS
from project import s3
from project.aws import Connection

ARCHIVE = "sourcedir.tar.gz"


@dataclass(frozen=True)
class Bundle:
    """The files of `data_science/steps/`, by their path relative to it."""

    files: dict[str, bytes]

    @cached_property
    def hash(self) -> str:
        """SHA-256 over paths and contents, hexadecimal."""
        digest = hashlib.sha256()
        for name, content in self.files.items():
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def uri(self, connection: Connection) -> str:
        """Return the S3 prefix that the bundle lies under."""
        return code_uri(connection, self.hash)

    def upload(self, connection: Connection) -> str:
        """Upload the bundle unless it is there, and return its S3 prefix.

        Processing jobs mount `steps/`; the training container unpacks `sourcedir.tar.gz`,
        which is written last: where it lies, everything lies.
        """
        uri = self.uri(connection)
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


def code_uri(connection: Connection, bundle_hash: str) -> str:
    """Return the S3 prefix that the bundle of a hash lies under."""
    return f"{connection.prefix}/code/{bundle_hash}"


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
