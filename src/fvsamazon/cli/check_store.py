"""What `check` finds out of the database and its disk; it creates and changes nothing."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from fvsamazon.cli import check_texts as texts
from fvsamazon.cli import context
from fvsamazon.cli.check_rows import Row
from fvsamazon.cli.wording import figure
from fvsamazon.errors import StoreError
from fvsamazon.store import schema
from fvsamazon.store.database import Database
from fvsamazon.store.lock import DaemonLock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fvsamazon.texts import Language

LITTLE_SPACE, NO_SPACE = 1.0, 0.1
"""GB free on the disk below which a warning, or a failure, is due."""
_GB = 1e9


async def database_rows(path: Path, language: Language) -> AsyncIterator[Row]:
    """Say whether the database is there, ours, writable, and has room."""
    try:
        if context.database_exists(path):
            yield await _existing(path, language)
        else:
            yield _missing(path, language)
    except StoreError as error:
        yield Row("database", "fail", error.say(language))
        return
    free = shutil.disk_usage(_nearest(path)).free / _GB
    yield _disk(free, language)


def _disk(free: float, language: Language) -> Row:
    detail = texts.DISK_FREE.say(language, free=figure(free, language))
    if free >= LITTLE_SPACE:
        return Row("disk", "ok", detail)
    remedy = texts.FREE_SPACE.say(language)
    return Row("disk", "warn" if free >= NO_SPACE else "fail", detail, remedy)


async def _existing(path: Path, language: Language) -> Row:
    database = await Database.open(path, create=False)
    try:
        version, compatible = await schema.version_of(database)
        schema.refuse_newer(database, compatible)
        if version < schema.SCHEMA_VERSION:
            return Row(
                "database",
                "warn",
                texts.DATABASE_OLDER.say(
                    language, path=path, version=version, needed=schema.SCHEMA_VERSION
                ),
                texts.RESTART.say(language),
            )
        async with database.transaction():
            pass  # the write lock can be had, and the file written
    finally:
        await database.close()
    daemon = texts.DAEMON_RUNS if DaemonLock.held(path) else texts.DAEMON_RUNS_NOT
    detail = texts.DATABASE_GOOD.say(
        language, path=path, version=version, daemon=daemon.say(language)
    )
    return Row("database", "ok", detail)


def _missing(path: Path, language: Language) -> Row:
    folder = _nearest(path)
    if os.access(folder, os.W_OK | os.X_OK):
        return Row("database", "ok", texts.NO_DATABASE.say(language, path=path))
    return Row(
        "database",
        "fail",
        texts.FOLDER_CLOSED.say(language, folder=folder, path=path),
        texts.OPEN_FOLDER.say(language),
    )


def _nearest(path: Path) -> Path:
    """Return the nearest folder above that exists."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())
