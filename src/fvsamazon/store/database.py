"""The SQLite file: opened safely, written by one transaction at a time.

Every write goes through `transaction()`. What comes out is committed or did not happen, also when
the task that asked is cancelled or the process is killed. Errors of SQLite leave this module as
`StoreUnavailable` (passes by itself) or `StoreCorrupt` (does not).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import aiosqlite
import anyio

from fvsamazon.errors import StoreCorrupt, StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from pathlib import Path

BUSY_TIMEOUT = 5.0
"""Seconds to wait for the write lock of another process (a command beside the daemon)."""

_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma secure_delete = on",
    "pragma temp_store = memory",
)


def wrap(error: sqlite3.Error) -> StoreError:
    """Return what an error of SQLite means for the daemon, with the remedy in its text."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in _CORRUPT:
        return StoreCorrupt(f"the database is damaged ({error}); restore a backup")
    if code == sqlite3.SQLITE_FULL:
        return StoreUnavailable("the disk is full; free space on the database's file system")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreUnavailable("the database is locked by another program; end that program")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return StoreUnavailable(f"the database cannot be written ({error}); check its permissions")
    if isinstance(error, sqlite3.OperationalError):
        return StoreUnavailable(f"the database does not answer ({error}); check the disk")
    return StoreError(f"the database refused a statement ({error})")


class Transaction:
    """Statements between BEGIN IMMEDIATE and COMMIT."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> int:
        """Run one statement; return the number of rows it changed."""
        cursor = await self._connection.execute(sql, values)
        count = cursor.rowcount
        await cursor.close()
        return count

    async def insert(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> int:
        """Run one INSERT; return the new row's id."""
        cursor = await self._connection.execute(sql, values)
        row = cursor.lastrowid
        await cursor.close()
        return row or 0

    async def execute_many(self, sql: str, rows: Iterable[Sequence[Any] | dict[str, Any]]) -> None:
        await (await self._connection.executemany(sql, rows)).close()

    async def all(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        return list(await self._connection.execute_fetchall(sql, values))

    async def one(
        self, sql: str, values: Sequence[Any] | dict[str, Any] = ()
    ) -> sqlite3.Row | None:
        rows = await self.all(sql, values)
        return rows[0] if rows else None


class Database:
    """One open file: a connection that writes, one that only reads what is committed."""

    def __init__(
        self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection
    ) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._writing = anyio.Lock()
        self._reading = anyio.Lock()
        self.on_commit: Callable[[], None] | None = None
        """Called after each commit: whoever watches the store's health listens here."""

    @classmethod
    async def open(cls, path: Path, *, create: bool) -> Self:
        """Open the file; with `create` make it, readable by its owner alone, where it is missing.

        Raises `StoreError` where there is no file to open, `StoreUnavailable` and `StoreCorrupt`.
        """
        if create:
            make_private(path)
        else:
            require(path)
        # aiosqlite opens in a thread of its own: a cancelled opening would leave it behind
        # (omnilib/aiosqlite issue 259).
        with anyio.CancelScope(shield=True):
            try:
                writer = await _connect(path)
                try:
                    for pragma in _PRAGMAS:
                        await (await writer.execute(pragma)).close()
                    reader = await _connect(path)
                    await (await reader.execute("pragma query_only = on")).close()
                except BaseException:
                    await writer.close()
                    raise
            except sqlite3.Error as error:
                raise wrap(error) from error
        return cls(path, writer, reader)

    async def close(self) -> None:
        """Close both connections, after the transaction in progress."""
        with anyio.CancelScope(shield=True):
            async with self._writing, self._reading:
                await self._reader.close()
                await self._writer.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Write: all of it or nothing.

        A task cancelled inside BEGIN would leave the lock owned by nobody, so waiting for our turn
        can be cancelled, and what follows cannot. Keep network calls out of it.
        """
        async with self._writing:
            with anyio.CancelScope(shield=True):
                try:
                    await (await self._writer.execute("begin immediate")).close()
                except sqlite3.Error as error:
                    raise wrap(error) from error
                try:
                    yield Transaction(self._writer)
                    await self._writer.commit()
                    if self.on_commit is not None:
                        self.on_commit()
                except sqlite3.Error as error:
                    await self._undo()
                    raise wrap(error) from error
                except BaseException:
                    await self._undo()
                    raise

    async def _undo(self) -> None:
        if self._writer.in_transaction:
            await self._writer.rollback()

    async def all(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """Read committed rows."""
        async with self._reading:
            try:
                with anyio.CancelScope(shield=True):
                    rows = await self._reader.execute_fetchall(sql, values)
            except sqlite3.Error as error:
                raise wrap(error) from error
        return list(rows)

    async def one(
        self, sql: str, values: Sequence[Any] | dict[str, Any] = ()
    ) -> sqlite3.Row | None:
        """Read the first committed row, None where there is none."""
        rows = await self.all(sql, values)
        return rows[0] if rows else None

    async def checkpoint(self) -> bool:
        """Fold the WAL into the file and empty it; False when a reader prevented it."""
        async with self._writing:
            with anyio.CancelScope(shield=True):
                try:
                    rows = list(
                        await self._writer.execute_fetchall("pragma wal_checkpoint(truncate)")
                    )
                except sqlite3.Error as error:
                    raise wrap(error) from error
        return bool(rows) and rows[0][0] == 0

    async def vacuum_into(self, target: Path) -> None:
        """Write a whole copy of the database to `target`, an empty or missing file."""
        async with self._writing:
            with anyio.CancelScope(shield=True):
                try:
                    await (await self._writer.execute("vacuum into ?", (str(target),))).close()
                except sqlite3.Error as error:
                    raise wrap(error) from error

    async def answers(self) -> None:
        """Prove that no writer hangs and that the file can be read (for the watchdog)."""
        async with self._writing:
            pass
        await self.one("select count(*) from meta")


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def require(path: Path) -> None:
    """Raise `StoreError` where there is no database file."""
    if not path.is_file():
        raise StoreError(f"there is no database {path}; `fvsamazon run` makes it")


def make_private(path: Path) -> None:
    """Make an empty file that only its owner can read, unless it is there already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreUnavailable(
            f"the database {path} cannot be made ({error.strerror}); "
            "check the folder's permissions and FVSAMAZON_DATABASE"
        ) from error
