"""A database whose statements run in the caller's own thread.

aiosqlite gives every connection a thread, and a test that lives through days of polls would spend
most of its time on handing statements over. Each still lets the other tasks run first, so that
what may come between two statements does. For tests whose subject is the thread itself (a writer
that is cancelled, two programs at once) there is `Database.open`.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

import aiosqlite

from fvsamazon.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


async def open_at_once(path: Path, kind: type[Database] = Database) -> Database:
    """Open the database at `path`, made where it is missing."""
    connect = partial(aiosqlite.connect, check_same_thread=False)
    with mock.patch.object(aiosqlite, "connect", connect):
        database = await kind.open(path, create=True)
    for connection in (database._writer, database._reader):
        connection._execute = partial(_execute, connection)  # type: ignore[method-assign]
    return database


async def _execute(
    connection: aiosqlite.Connection, work: Callable[..., T], *given: Any, **named: Any
) -> T:
    if connection._connection is None:
        raise ValueError("Connection closed")
    await asyncio.sleep(0)
    return work(*given, **named)
