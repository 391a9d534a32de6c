"""Versions of the database file.

`SCHEMA_VERSION` is what this code writes; `COMPATIBLE_VERSION` the oldest code that may still open
a file of this version. A file whose own compatible version lies beyond ours is refused. Before a
migration the file is copied by SQLite itself (a plain copy of a WAL database is not one).
"""

from __future__ import annotations

import uuid
from importlib.resources import files
from typing import TYPE_CHECKING

import anyio

from fvsamazon.errors import NewerSchema, StoreError, StoreUnavailable
from fvsamazon.store import texts
from fvsamazon.store.database import make_private

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.store.database import Database, Transaction

SCHEMA_VERSION = 4
COMPATIBLE_VERSION = 4


def migrations() -> list[tuple[int, str]]:
    """Return the numbered migrations, oldest first."""
    folder = files("fvsamazon.store").joinpath("sql/migrations")
    scripts = sorted((f.name, f) for f in folder.iterdir() if f.name.endswith(".sql"))
    return [(int(name[:4]), script.read_text("utf-8")) for name, script in scripts]


def statements(script: str) -> list[str]:
    """Split a script at its semicolons (`executescript` would commit behind our back)."""
    lines = (line.split("--", 1)[0].rstrip() for line in script.splitlines())
    return [s.strip() for s in "\n".join(lines).split(";\n") if s.strip()]


async def version_of(database: Database) -> tuple[int, int]:
    """Return the file's version and the oldest code that may open it; (0, 0) when empty."""
    known = await database.one("select 1 from sqlite_schema where type = 'table' and name = 'meta'")
    if known is None:
        if await database.one("select 1 from sqlite_schema limit 1"):
            raise StoreError(texts.FOREIGN.filled(path=database.path))
        return 0, 0
    rows = await database.all(
        "select key, value from meta where key in ('schema_version', 'compatible_version')"
    )
    values = {row["key"]: int(row["value"]) for row in rows}
    return values.get("schema_version", 0), values.get("compatible_version", 0)


async def migrate(database: Database) -> tuple[int, int]:
    """Bring the file to this code's version; return the versions before and after.

    Raises `NewerSchema` for a file that this code must not touch.
    """
    before, compatible = await version_of(database)
    refuse_newer(database, compatible)
    if before >= SCHEMA_VERSION:
        return before, before
    if before:
        await _copy(database, before)
    async with database.transaction() as tx:
        for number, script in migrations():
            if number > before:
                for statement in statements(script):
                    await tx.execute(statement)
        await _put(tx, "schema_version", str(SCHEMA_VERSION))
        await _put(tx, "compatible_version", str(COMPATIBLE_VERSION))
        if not before:
            await _put(tx, "hash_key", uuid.uuid4().hex + uuid.uuid4().hex)
    return before, SCHEMA_VERSION


async def require_current(database: Database) -> None:
    """Refuse a file that this code cannot use without a migration."""
    version, compatible = await version_of(database)
    refuse_newer(database, compatible)
    if version < SCHEMA_VERSION:
        raise StoreError(
            texts.OLDER.filled(path=database.path, version=version, needed=SCHEMA_VERSION)
        )


def refuse_newer(database: Database, compatible: int) -> None:
    """Raise `NewerSchema` where only newer code may open the file."""
    if compatible > SCHEMA_VERSION:
        raise NewerSchema(
            texts.NEWER.filled(path=database.path, needed=compatible, version=SCHEMA_VERSION)
        )


def copy_path(path: Path, version: int) -> Path:
    """Return where the copy made before a migration from `version` lies."""
    return path.with_name(f"{path.name}-before-{version + 1}")


async def _copy(database: Database, version: int) -> None:
    target = copy_path(database.path, version)
    target.unlink(missing_ok=True)
    try:
        make_private(target)
        await database.vacuum_into(target)
    except StoreUnavailable as error:
        raise StoreUnavailable(texts.NO_COPY.filled(why=error)) from error
    except anyio.get_cancelled_exc_class():
        target.unlink(missing_ok=True)
        raise


async def _put(tx: Transaction, key: str, value: str) -> None:
    await tx.execute(
        "insert into meta (key, value) values (?, ?) "
        "on conflict (key) do update set value = excluded.value",
        (key, value),
    )
