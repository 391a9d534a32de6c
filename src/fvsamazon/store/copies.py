"""The copies made of the database before its migrations: a purge reaches them too.

A copy is no database that runs; it is opened here alone, and only to erase what the database
itself no longer holds.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING

import aiosqlite
import anyio

from fvsamazon.store import queries
from fvsamazon.store.database import BUSY_SLICE, IN_MEMORY, absolute, interruptibly, patiently, wrap

if TYPE_CHECKING:
    from pathlib import Path

_STEPS = (
    ("personal", "personal_due", ("overwrite_personal", "drop_personal")),
    ("outbox", "documents_due", ("overwrite_documents", "drop_documents")),
)
"""Table of the copy, what tells that there is something to erase, and how: most often there is
nothing, and then no lock is asked for."""


def copies(path: Path) -> list[Path]:
    """Return the copies that lie beside a database."""
    return sorted(
        copy
        for copy in path.parent.glob("*-before-*")
        if copy.name.startswith(f"{path.name}-before-")
        and copy.name.removeprefix(f"{path.name}-before-").isdigit()
    )


async def purge(path: Path) -> dict[Path, str]:
    """Erase from every copy what is erased in the database; return those that would not, and why.

    A copy that is damaged says nothing about the database itself. One that another program holds
    is waited for as the database is: a task can be cancelled between two tries.
    """
    failed = {}
    for copy in copies(path):
        try:
            await _purge(copy, path)
        except sqlite3.Error as error:
            failed[copy] = str(wrap(error))
    return failed


async def _purge(copy: Path, live: Path) -> None:
    sql = queries.load("copies")
    with anyio.CancelScope(shield=True):
        connection = await aiosqlite.connect(
            absolute(copy), timeout=BUSY_SLICE, isolation_level=None
        )
    try:
        for statement in (IN_MEMORY, "pragma secure_delete = on"):
            await patiently(partial(connection.execute, statement))
        await patiently(
            partial(connection.execute, "attach database ? as live", (str(absolute(live)),))
        )
        rows = await patiently(
            partial(
                connection.execute_fetchall,
                "select m.name from main.sqlite_schema as m where m.type = 'table'",
            )
        )
        tables = {str(row[0]) for row in rows}
        wanted: list[str] = []
        for table, due, steps in _STEPS:
            if table in tables:
                found = await patiently(partial(connection.execute_fetchall, sql[due]))
                wanted += steps if list(found) else ()
        if not wanted:
            return
        await patiently(partial(connection.execute, "begin immediate"))
        for step in wanted:
            await interruptibly(connection, sql[step])
        await patiently(connection.commit)
    finally:
        # What was begun and not committed ends with the connection.
        with anyio.CancelScope(shield=True):
            await connection.close()
