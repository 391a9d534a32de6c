"""A real SQLite file for whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fvsamazon.store import schema
from fvsamazon.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database of this version."""
    opened = await Database.open(tmp_path / "fvsamazon.db", create=True)
    await schema.migrate(opened)
    yield opened
    await opened.close()
