"""The copies made of the database before its migrations: a purge reaches them too.

A copy is no database that runs; it is opened here alone, and only to erase what the database
itself no longer holds.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import aiosqlite
import anyio

from fvsamazon.store.database import IN_MEMORY, wrap

if TYPE_CHECKING:
    from pathlib import Path

_ERASED = """
update slot set sealed = zeroblob(length(sealed)) where id in (
  select c.slot from personal as c
  left join live.personal as p on p.order_row = c.order_row and p.field = c.field
  where p.order_row is null
)
"""
_DROPPED = """
delete from personal where not exists (
  select 1 from live.personal as p
  where p.order_row = personal.order_row and p.field = personal.field
)
"""
_DOCUMENTS = """
update outbox set document = {value} where document is not null and order_row in (
  select order_row from live.order_privacy where erased_at is not null
)
"""


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

    A copy that is damaged says nothing about the database itself.
    """
    failed = {}
    for copy in copies(path):
        with anyio.CancelScope(shield=True):
            try:
                await _purge(copy, path)
            except sqlite3.Error as error:
                failed[copy] = str(wrap(error))
    return failed


async def _purge(copy: Path, live: Path) -> None:
    connection = await aiosqlite.connect(copy, timeout=5.0, isolation_level=None)
    try:
        await connection.execute(IN_MEMORY)
        await connection.execute("pragma secure_delete = on")
        await connection.execute("attach database ? as live", (str(live),))
        tables = {
            str(row[0])
            for row in await connection.execute_fetchall(
                "select m.name from main.sqlite_schema as m where m.type = 'table'"
            )
        }
        await connection.execute("begin immediate")
        try:
            if "personal" in tables:
                await connection.execute(_ERASED)
                await connection.execute(_DROPPED)
            if "outbox" in tables:
                await connection.execute(_DOCUMENTS.format(value="zeroblob(length(document))"))
                await connection.execute(_DOCUMENTS.format(value="null"))
        except BaseException:
            await connection.rollback()
            raise
        await connection.commit()
    finally:
        await connection.close()
