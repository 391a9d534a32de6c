"""Both roads, the whole schema and the row of migrations, end in the same database."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from typing import TYPE_CHECKING

from fvsamazon.store import schema
from fvsamazon.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


def shape(path: Path) -> dict[str, object]:
    """Return everything that makes a database's form."""
    connection = sqlite3.connect(path)
    tables = [
        name for (name,) in connection.execute("select name from sqlite_schema where type='table'")
    ]
    found: dict[str, object] = {
        table: (
            connection.execute(f"pragma table_xinfo({table})").fetchall(),
            connection.execute(f"pragma foreign_key_list({table})").fetchall(),
            sorted(
                (row[1:], connection.execute(f"pragma index_xinfo({row[1]})").fetchall())
                for row in connection.execute(f"pragma index_list({table})")
            ),
        )
        for table in sorted(tables)
    }
    found["strict"] = sorted(connection.execute("pragma table_list").fetchall())
    connection.close()
    return found


async def test_the_schema_and_the_migrations_agree(tmp_path: Path) -> None:
    migrated = await Database.open(tmp_path / "migrated.db", create=True)
    assert await schema.migrate(migrated) == (0, schema.SCHEMA_VERSION)
    assert await schema.migrate(migrated) == (schema.SCHEMA_VERSION, schema.SCHEMA_VERSION)
    await migrated.close()
    whole = sqlite3.connect(tmp_path / "whole.db")
    whole.executescript(files("fvsamazon.store").joinpath("sql/schema.sql").read_text("utf-8"))
    whole.close()
    assert shape(tmp_path / "migrated.db") == shape(tmp_path / "whole.db")


async def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [number for number, _ in schema.migrations()]
    assert numbers == list(range(1, schema.SCHEMA_VERSION + 1))
