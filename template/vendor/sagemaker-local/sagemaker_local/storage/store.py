"""What the local SageMaker remembers: resources, tags, and what is in S3, in one SQLite file."""

import errno
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.storage.query import Position, Query

VERSION = 2
"""Of the schema below; a database of another version is refused."""
_AT_WORK = "status IN ('Creating', 'Executing', 'InProgress', 'Starting', 'Stopping', 'Updating')"
SCHEMA = f"""
CREATE TABLE resources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, region TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL,
    arn TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    created REAL AS (json_extract(body, '$.CreationTime')),
    approval TEXT AS (json_extract(body, '$.ModelApprovalStatus')),
    work TEXT AS (json_extract(body, '$._CacheKey')),
    status TEXT AS (json_extract(body, '$.' || kind || 'Status')),
    UNIQUE (kind, region, name)
);
CREATE INDEX by_creation ON resources (kind, region, parent, id, created);
CREATE INDEX by_approval ON resources (kind, region, parent, approval, id, created)
    WHERE approval IS NOT NULL;
CREATE INDEX by_work ON resources (work) WHERE work IS NOT NULL;
CREATE INDEX at_work ON resources (kind, id) WHERE {_AT_WORK};
CREATE TABLE tags (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)
);
CREATE TABLE tokens (
    region TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL,
    digest TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (region, action, token)
);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE buckets (name TEXT PRIMARY KEY, region TEXT NOT NULL);
CREATE TABLE bucket_settings (
    bucket TEXT NOT NULL, query TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (bucket, query)
);
CREATE TABLE objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,
    etag TEXT NOT NULL, modified REAL NOT NULL, headers TEXT NOT NULL, tags TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
);
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL,
    headers TEXT NOT NULL, tags TEXT NOT NULL, started REAL NOT NULL
);
CREATE TABLE parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,
    md5 TEXT NOT NULL, checksums TEXT NOT NULL, modified REAL NOT NULL,
    PRIMARY KEY (upload, number)
);
"""

_COLUMNS = "kind, region, name, arn, body"

Body = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource; members of `body` that start with `_` are for ourselves, never answered."""

    kind: str
    region: str
    name: str
    arn: str
    body: Body


class AlreadyThereError(Exception):
    """A resource of that kind and name exists."""


class StoreError(Exception):
    """The database cannot be used; the message says what to do."""


def failure(error: Exception) -> str:
    """Return what is wrong with the state folder, and what to do; empty if the error is another."""
    if isinstance(error, sqlite3.Error):
        return f"the database cannot be used: {error}; {_advice(error, 'try again')}"
    if isinstance(error, OSError) and error.errno in _ADVICE_OF_FILES:
        advice = _ADVICE_OF_FILES[error.errno]
        return f"the state folder cannot be written: {error.strerror}; {advice}"
    return ""


_RESET = "`sagemaker-local reset` deletes it, with all that it remembers"
_MAKE_ROOM = "make room on its disk"
_ROOM_OR_RESET = f"{_MAKE_ROOM}; if there is room, {_RESET}"
_ADVICE = {
    sqlite3.SQLITE_CORRUPT: _RESET,
    sqlite3.SQLITE_FULL: _MAKE_ROOM,
    sqlite3.SQLITE_IOERR: _ROOM_OR_RESET,
    sqlite3.SQLITE_NOTADB: _RESET,
    sqlite3.SQLITE_READONLY: f"let it be written, or {_RESET}",
}
_ADVICE_OF_FILES = {
    errno.EDQUOT: _MAKE_ROOM,
    errno.ENOSPC: _MAKE_ROOM,
    errno.EROFS: "let it be written",
}


def _advice(error: sqlite3.Error, otherwise: str) -> str:
    # The lower byte is the primary code.
    return _ADVICE.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF, otherwise)


class Store:
    """The database, safe to use from many threads and to kill at any time.

    Raises
    ------
    StoreError : the file is no database, one of another version, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        try:
            self._create(path)
        except sqlite3.Error as error:
            advice = _advice(error, _ROOM_OR_RESET)
            raise StoreError(f"{path} cannot be used: {error}; {advice}") from None

    def _create(self, path: Path) -> None:
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version != VERSION and tables:
            raise StoreError(f"{path} was written by another version; {_RESET}")
        if not tables:
            # All or nothing: who is killed half-way must find a database to start with.
            script = f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"
            self.connection.executescript(script)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of the calling thread."""
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self._path, timeout=60, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            self._local.connection = connection
        found: sqlite3.Connection = self._local.connection
        return found

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do everything inside or nothing of it; other writers wait; may be nested."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN IMMEDIATE")
        after: list[Callable[[], object]] = []
        self._local.after_commit = after
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # Some errors end the transaction, and one that stays open would swallow the next.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        for act in after:
            act()

    def after_commit(self, act: Callable[[], object]) -> None:
        """Do something when what the calling thread has changed is stored; at once if it is."""
        if self.connection.in_transaction:
            self._local.after_commit.append(act)
        else:
            act()

    def create(self, resource: Resource) -> None:
        """Add a resource.

        Raises
        ------
        AlreadyThereError : one of that kind and name exists in the region.
        """
        parent = resource.name.rpartition("/")[0]
        row = (resource.kind, resource.region, parent, resource.name, resource.arn)
        try:
            with self.transaction() as connection:
                connection.execute(
                    "INSERT INTO resources (kind, region, parent, name, arn, body)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (*row, json.dumps(resource.body)),
                )
        except sqlite3.IntegrityError:
            raise AlreadyThereError(resource.arn) from None

    def get(self, kind: str, region: str, name: str) -> Resource | None:
        """Return the resource of that kind and name."""
        found = self._select("kind = ? AND region = ? AND name = ?", (kind, region, name))
        return found[0] if found else None

    def by_arn(self, arn: str) -> Resource | None:
        """Return the resource with that ARN."""
        found = self._select("arn = ?", (arn,))
        return found[0] if found else None

    def resources(self, kind: str, region: str | None = None, prefix: str = "") -> list[Resource]:
        """Return the resources of a kind in the order of their creation.

        Parameters
        ----------
        kind : which kind.
        region : only those of one region.
        prefix : only those whose name starts so.
        """
        where, values = "kind = ?", [kind]
        if region is not None:
            where, values = where + " AND region = ?", [*values, region]
        if prefix:
            # Names are compared as ranges, so that the index on them is used.
            where, values = (
                where + " AND name >= ? AND name < ?",
                [
                    *values,
                    prefix,
                    prefix[:-1] + chr(ord(prefix[-1]) + 1),
                ],
            )
        return self._select(where, tuple(values))

    def at_work(self, kind: str) -> list[Resource]:
        """Return the resources of a kind whose status says that something is being done.

        It takes no longer when there are many others.
        """
        return self._select(f"kind = ? AND {_AT_WORK}", (kind,))

    def count(self, kind: str, region: str, parent: str) -> int:
        """Return how many resources of a kind have the same parent, such as versions a group."""
        (number,) = self.connection.execute(
            "SELECT count(*) FROM resources WHERE kind = ? AND region = ? AND parent = ?",
            (kind, region, parent),
        ).fetchone()
        return int(number)

    def page(self, query: Query) -> list[tuple[Position, Resource]]:
        """Return what a query asks for, each with its position in the whole list."""
        where, values = query.condition()
        key, way = query.key, "DESC" if query.descending else "ASC"
        rows = self.connection.execute(
            f"SELECT {key}, id, {_COLUMNS} FROM resources"
            f" WHERE {where} ORDER BY {key} {way}, id {way} LIMIT ?",
            (*values, query.size),
        )
        return [([value, number], _resource(row)) for value, number, *row in rows]

    def same_work(self, key: str) -> Iterator[Resource]:
        """Yield the steps with a cache key, the newest first."""
        for row in self.connection.execute(
            f"SELECT {_COLUMNS} FROM resources WHERE work = ? ORDER BY id DESC", (key,)
        ):
            yield _resource(row)

    def change(self, arn: str, members: Mapping[str, Any]) -> Resource | None:
        """Set members of a resource's body, None to remove; returns it, or None if it is gone."""
        with self.transaction() as connection:
            found = self.by_arn(arn)
            if found is None:
                return None
            found.body.update(members)
            for member in [name for name, value in members.items() if value is None]:
                del found.body[member]
            connection.execute(
                "UPDATE resources SET body = ? WHERE arn = ?", (json.dumps(found.body), arn)
            )
            return found

    def delete(self, arn: str) -> None:
        """Remove a resource and its tags."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM resources WHERE arn = ?", (arn,))
            connection.execute("DELETE FROM tags WHERE arn = ?", (arn,))

    def count_up(self, name: str) -> int:
        """Return the next number of a counter; a number is given once, whatever is deleted."""
        with self.transaction() as connection:
            row = connection.execute(
                "INSERT INTO counters VALUES (?, 1)"
                " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name,),
            ).fetchone()
            return int(row[0])

    def _select(self, where: str, values: tuple[str, ...]) -> list[Resource]:
        rows = self.connection.execute(
            f"SELECT {_COLUMNS} FROM resources WHERE {where} ORDER BY id", values
        )
        return [_resource(row) for row in rows]


def _resource(row: Sequence[str]) -> Resource:
    kind, region, name, arn, body = row
    return Resource(kind, region, name, arn, json.loads(body))
