"""The SQLite file: opened safely, written by one transaction at a time.

Every write goes through `transaction()`. What comes out is committed or did not happen, also when
the task that asked is cancelled or the process is killed. Errors of SQLite leave this module as
`StoreUnavailable` (passes by itself) or `StoreCorrupt` (does not).
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

import aiosqlite
import anyio

from fvsamazon.errors import StoreCorrupt, StoreError, StoreUnavailable
from fvsamazon.store import texts
from fvsamazon.texts import system_trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
    from pathlib import Path

T = TypeVar("T")

BUSY_TIMEOUT = 5.0
"""Seconds to wait for the write lock of another process (a command beside the daemon)."""
BUSY_SLICE = 0.25
"""Seconds of one try for it. A try cannot be cancelled, so this is what a stop may wait for."""

_BEAT = 0.05
"""Seconds between two requests to end a statement: one that has not begun does not hear them."""

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma secure_delete = on",
)
IN_MEMORY = "pragma temp_store = memory"
"""For every connection: what SQLite sets aside for a moment goes to no other file."""


def wrap(error: sqlite3.Error) -> StoreError:
    """Return what an error of SQLite means for the daemon, with the remedy in its text."""
    # Loaded here: a command that only answers a question has no log.
    from fvsamazon.logs.tracebacks import message  # noqa: PLC0415

    code, said = _code(error), message(error)
    if code in _CORRUPT:
        return StoreCorrupt(texts.DAMAGED.filled(said=said))
    if code == sqlite3.SQLITE_FULL:
        return StoreUnavailable(texts.DISK_FULL)
    if code in _BUSY:
        return StoreUnavailable(texts.LOCKED)
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return StoreUnavailable(texts.NOT_WRITABLE.filled(said=said))
    if isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR:
        return StoreUnavailable(texts.NO_ANSWER.filled(said=said))
    return StoreError(texts.REFUSED.filled(said=said))


def is_trouble(error: Exception) -> bool:
    """Tell the store's own trouble from a statement or a value that it refuses."""
    known = wrap(error) if isinstance(error, sqlite3.Error) else error
    return isinstance(known, (StoreUnavailable, StoreCorrupt))


def _code(error: sqlite3.Error) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


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

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Write a part: where it raises, that part did not happen and the rest goes on."""
        await self.execute("savepoint part")
        try:
            yield
        except BaseException:
            # A full disk may have ended the whole transaction.
            if self._connection.in_transaction:
                await self.execute("rollback to part")
                await self.execute("release part")
            raise
        await self.execute("release part")


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
        self._refusals = 0
        self._identity = _identity(path)
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
                        await (await patiently(partial(writer.execute, pragma))).close()
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
        refusals = self._refusals
        async with self._writing:
            if self._refusals != refusals:
                # Who waited behind one that another program kept out has waited as long as it:
                # were each to wait anew, a crowd of tasks would look like a hanging writer.
                raise StoreUnavailable(texts.LOCKED)
            await self._begin()
            with anyio.CancelScope(shield=True):
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

    async def _begin(self) -> None:
        try:
            cursor = await patiently(lambda: self._writer.execute("begin immediate"))
        except sqlite3.Error as error:
            self._refusals += _code(error) in _BUSY
            raise wrap(error) from error
        with anyio.CancelScope(shield=True):
            await cursor.close()

    async def _undo(self) -> None:
        if self._writer.in_transaction:
            await self._writer.rollback()

    async def all(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """Read committed rows."""
        async with self._reading:
            try:
                rows = await patiently(lambda: self._reader.execute_fetchall(sql, values))
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
            for _ in range(_tries()):
                with anyio.CancelScope(shield=True):
                    try:
                        rows = list(
                            await self._writer.execute_fetchall("pragma wal_checkpoint(truncate)")
                        )
                    except sqlite3.Error as error:
                        raise wrap(error) from error
                if rows and rows[0][0] == 0:
                    return True
                await anyio.lowlevel.checkpoint()
        return False

    async def vacuum_into(self, target: Path) -> None:
        """Write a whole copy of the database to `target`, an empty or missing file.

        A large one takes minutes, which no stop waits for: cancelled, it leaves half a copy.
        """
        async with self._writing:
            try:
                await interruptibly(self._writer, "vacuum into ?", (str(absolute(target)),))
            except sqlite3.Error as error:
                raise wrap(error) from error

    async def answers(self) -> None:
        """Prove that no writer hangs and that the file can be read (for the watchdog).

        A file that was removed, or that a backup was moved over, goes on to be written while
        nobody else sees it, and is gone with the process.
        """
        if _identity(self.path) != self._identity:
            raise StoreUnavailable(texts.REPLACED.filled(path=self.path))
        async with self._writing:
            pass
        await self.one("select count(*) from meta")


async def _connect(path: Path) -> aiosqlite.Connection:
    timeout = min(BUSY_SLICE, BUSY_TIMEOUT)
    connection = await aiosqlite.connect(absolute(path), timeout=timeout, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        await (await connection.execute(IN_MEMORY)).close()
    except BaseException:
        await connection.close()
        raise
    return connection


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _tries() -> int:
    return max(1, round(BUSY_TIMEOUT / BUSY_SLICE))


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Try again while another program holds the lock; between two tries one can be cancelled."""
    for left in reversed(range(_tries())):
        try:
            with anyio.CancelScope(shield=True):
                return await ask()
        except sqlite3.Error as error:
            if not left or _code(error) not in _BUSY:
                raise
        await anyio.lowlevel.checkpoint()
    raise AssertionError  # pragma: no cover - the last try returned or raised


async def interruptibly(
    connection: aiosqlite.Connection, sql: str, values: Sequence[Any] = ()
) -> None:
    """Run a statement that may take long; a cancelled task ends it instead of waiting for it."""
    await anyio.lowlevel.checkpoint()
    try:
        await (await connection.execute(sql, values)).close()
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await _end(connection)
        raise


async def _end(connection: aiosqlite.Connection) -> None:
    """End the statement that a connection's thread runs, or is about to begin."""
    through = anyio.Event()

    async def wait() -> None:
        # Behind the statement in the connection's own thread: when this is through, so is it.
        with suppress(sqlite3.Error):
            await (await connection.execute("select 1")).close()
        through.set()

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        while not through.is_set():
            await connection.interrupt()
            with anyio.move_on_after(_BEAT):
                await through.wait()


def absolute(path: Path) -> Path:
    """Return a path that SQLite cannot take for an address, as it does with `file:…`."""
    return path.absolute()


def require(path: Path) -> None:
    """Raise `StoreError` where there is no database file."""
    if not path.is_file():
        raise StoreError(texts.MISSING.filled(path=path))


def make_private(path: Path) -> None:
    """Make an empty file that only its owner can read, unless it is there already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite would make what a link leads to, and let everybody read it.
        real = os.path.realpath(path)
        os.close(os.open(real, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        _close_to_others(path)
    except OSError as error:
        told = texts.NOT_MADE.filled(path=path, trouble=system_trouble(error))
        raise StoreUnavailable(told) from error


def _close_to_others(path: Path) -> None:
    """Take from a file, as one that was copied back, what it grants to every user.

    What it grants to a group stays: that is how a backup gets at it.
    """
    for name in (path, f"{path}-wal", f"{path}-shm"):
        with suppress(OSError):
            # A descriptor of the name alone: closing any other would drop SQLite's locks.
            handle = os.open(os.path.realpath(name), os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                status = os.fstat(handle)
                if status.st_uid == os.geteuid() and status.st_mode & 0o007:
                    mode = stat.S_IMODE(status.st_mode) & ~0o007
                    os.chmod(f"/proc/self/fd/{handle}", mode)  # noqa: PTH101 - a descriptor
            finally:
                os.close(handle)
