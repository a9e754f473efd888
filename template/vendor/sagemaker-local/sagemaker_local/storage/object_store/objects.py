"""What is stored in S3: objects, and the parts of multipart uploads."""

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from sagemaker_local.storage.object_store.bodies import CHUNK, Digest, Written
from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.store import Store

_MAX_KEY = 1024
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class StoredObject:
    """One object.

    Attributes
    ----------
    key : its key.
    file : the name of the file that holds its body.
    size : in bytes.
    etag : without quotation marks.
    modified : when it was stored, in seconds since 1970.
    headers : what is answered with it: content type, metadata, checksums.
    tags : its tags, as the pairs that they were given as.
    """

    key: str
    file: str
    size: int
    etag: str
    modified: float
    headers: dict[str, str]
    tags: list[list[str]]


class Objects:
    """All objects, their bodies in a folder; safe to use from many threads and to kill at any time.

    Parameters
    ----------
    store : the database that says what is there.
    folder : holds the bodies.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        # What comes later may be written and not yet recorded.
        self._found = os.listdir(folder)

    def clean(self) -> None:
        """Delete what an earlier server left: files that were written and never recorded."""
        query = "SELECT file FROM objects UNION SELECT file FROM parts"
        used = {file for (file,) in self._store.connection.execute(query)}
        for file in self._found:
            if file not in used:
                self.path(file).unlink(missing_ok=True)
        self._found = []

    def path(self, file: str) -> Path:
        """Return where a body lies."""
        return self._folder / file

    def write(self, fill: Callable[[Path], _Result]) -> tuple[str, _Result]:
        """Write a new file; it is gone again when that fails. Returns its name."""
        file = uuid.uuid4().hex
        try:
            return file, fill(self.path(file))
        except BaseException:
            self.path(file).unlink(missing_ok=True)
            raise

    def get(self, bucket: str, key: str) -> StoredObject | None:
        """Return an object, None if it is not there."""
        row = self._store.connection.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key = ?", (bucket, key)
        ).fetchone()
        return None if row is None else _object(row)

    def open(self, bucket: str, key: str) -> tuple[StoredObject, IO[bytes]]:
        """Return an object, and its body to read and close.

        Raises
        ------
        S3Error : it is not there.
        """
        tried = ""
        while (item := self.get(bucket, key)) is not None and item.file != tried:
            try:
                return item, self.path(item.file).open("rb")
            except FileNotFoundError:
                # It was replaced since it was looked up.
                tried = item.file
        raise S3Error("NoSuchKey")

    def put(
        self,
        bucket: str,
        key: str,
        file: str,
        size: int,
        etag: str,
        headers: Mapping[str, str],
        tags: list[list[str]],
        check: Callable[[StoredObject | None], None] = lambda _: None,
    ) -> StoredObject:
        """Make a written file the body of an object.

        Parameters
        ----------
        bucket, key : which object.
        file : the name of the written file; it is deleted if the object is refused.
        size, etag, headers, tags : as in `StoredObject`.
        check : looks at the object that is there, before it is replaced; may refuse.

        Raises
        ------
        S3Error : the bucket is gone, the key is too long, or `check` refuses.
        """
        new = StoredObject(key, file, size, etag, round(time.time(), 3), dict(headers), tags)
        try:
            check_key(key)
            with self._store.transaction() as connection:
                there = "SELECT 1 FROM buckets WHERE name = ?"
                if connection.execute(there, (bucket,)).fetchone() is None:
                    raise S3Error("NoSuchBucket")
                old = self.get(bucket, key)
                check(old)
                connection.execute(
                    f"INSERT OR REPLACE INTO objects (bucket, {_COLUMNS})"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (bucket, *_row(new)),
                )
        except BaseException:
            self.path(file).unlink(missing_ok=True)
            raise
        if old is not None:
            self.path(old.file).unlink(missing_ok=True)
        return new

    def set_tags(self, bucket: str, key: str, tags: list[list[str]]) -> None:
        """Replace the tags of an object."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE objects SET tags = ? WHERE bucket = ? AND key = ?",
                (json.dumps(tags), bucket, key),
            )

    def delete(self, bucket: str, key: str) -> bool:
        """Delete an object; returns whether it was there."""
        with self._store.transaction() as connection:
            old = self.get(bucket, key)
            connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
        if old is not None:
            self.path(old.file).unlink(missing_ok=True)
        return old is not None

    def keys_from(
        self, bucket: str, start: str, inclusive: bool, prefix: str
    ) -> Iterator[StoredObject]:
        """Yield the objects with a prefix in the order of their keys, from a key on."""
        sign = ">=" if inclusive else ">"
        end = successor(prefix)
        below, values = ("", ()) if end is None else (" AND key < ?", (end,))
        rows = self._store.connection.execute(
            f"SELECT {_COLUMNS} FROM objects"
            f" WHERE bucket = ? AND key {sign} ? AND key >= ?{below} ORDER BY key",
            (bucket, start, prefix, *values),
        )
        return map(_object, rows)

    def begin_upload(
        self, bucket: str, key: str, headers: Mapping[str, str], tags: list[list[str]]
    ) -> str:
        """Begin a multipart upload; returns its id.

        Raises
        ------
        S3Error : the key is too long.
        """
        check_key(key)
        upload = uuid.uuid4().hex
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)",
                (upload, bucket, key, json.dumps(headers), json.dumps(tags), time.time()),
            )
        return upload

    def upload(self, bucket: str, key: str, upload: str) -> tuple[dict[str, str], list[list[str]]]:
        """Return the headers and tags of an upload that is under way.

        Raises
        ------
        S3Error : there is none.
        """
        row = self._store.connection.execute(
            "SELECT headers, tags FROM uploads WHERE id = ? AND bucket = ? AND key = ?",
            (upload, bucket, key),
        ).fetchone()
        if row is None:
            raise S3Error("NoSuchUpload")
        return json.loads(row[0]), json.loads(row[1])

    def uploads(self, bucket: str, prefix: str) -> list[tuple[str, str, float]]:
        """Return id, key and start of the uploads that are under way."""
        rows = self._store.connection.execute(
            "SELECT id, key, started FROM uploads WHERE bucket = ? ORDER BY key, id",
            (bucket,),
        )
        return [row for row in rows if row[1].startswith(prefix)]

    def put_part(self, upload: str, number: int, file: str, written: Written) -> None:
        """Make a written file a part of an upload."""
        checksums = json.dumps(written.checksums)
        with self._store.transaction() as connection:
            old = connection.execute(
                "SELECT file FROM parts WHERE upload = ? AND number = ?", (upload, number)
            ).fetchone()
            connection.execute(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
                (upload, number, file, written.size, written.md5, checksums, time.time()),
            )
        if old is not None:
            self.path(old[0]).unlink(missing_ok=True)

    def parts(self, upload: str) -> dict[int, dict[str, Any]]:
        """Return file, size, md5, checksums and time of an upload's parts by their numbers."""
        columns = ("file", "size", "md5", "checksums", "modified")
        rows = self._store.connection.execute(
            f"SELECT number, {', '.join(columns)} FROM parts WHERE upload = ? ORDER BY number",
            (upload,),
        )
        parts = {number: dict(zip(columns, row, strict=True)) for number, *row in rows}
        for part in parts.values():
            part["checksums"] = json.loads(part["checksums"])
        return parts

    def join_parts(self, chosen: list[dict[str, Any]], path: Path, digest: Digest | None) -> int:
        """Write parts after each other into a file, and into a digest; returns its size."""
        try:
            with path.open("wb") as whole:
                for part in chosen:
                    with self.path(part["file"]).open("rb") as file:
                        while chunk := file.read(CHUNK):
                            whole.write(chunk)
                            if digest is not None:
                                digest.update(chunk)
                return whole.tell()
        except OSError as error:
            raise S3Error("InsufficientStorage", error.strerror or str(error)) from None

    def end_upload(self, upload: str) -> None:
        """Forget an upload and delete its parts."""
        files = [part["file"] for part in self.parts(upload).values()]
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM parts WHERE upload = ?", (upload,))
            connection.execute("DELETE FROM uploads WHERE id = ?", (upload,))
        for file in files:
            self.path(file).unlink(missing_ok=True)


_COLUMNS = "key, file, size, etag, modified, headers, tags"


def check_key(key: str) -> None:
    """Refuse the key of an object to be.

    Raises
    ------
    S3Error : it is too long.
    """
    if len(key.encode()) > _MAX_KEY:
        raise S3Error("KeyTooLongError")


def successor(prefix: str) -> str | None:
    """Return the first text after all that start with a prefix; None if there is no such text."""
    while prefix:
        code = ord(prefix[-1]) + 1
        # The code points of surrogates are no characters.
        code = 0xE000 if code == 0xD800 else code
        if code <= 0x10FFFF:
            return prefix[:-1] + chr(code)
        prefix = prefix[:-1]
    return None


def _object(row: tuple[Any, ...]) -> StoredObject:
    key, file, size, etag, modified, headers, tags = row
    return StoredObject(key, file, size, etag, modified, json.loads(headers), json.loads(tags))


def _row(item: StoredObject) -> tuple[Any, ...]:
    plain = (item.key, item.file, item.size, item.etag, item.modified)
    return (*plain, json.dumps(item.headers), json.dumps(item.tags))
