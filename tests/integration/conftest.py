"""A real SQLite file, and one account's poller on it, for whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fvsamazon.store import schema
from fvsamazon.store.database import Database
from support.clocks import FakeClock
from support.house import House
from support.paper_amazon import PaperAmazon

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


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One account, newly taken up, with time moved by hand."""
    clock = FakeClock()
    opened = await House(tmp_path / "fvsamazon.db", clock, PaperAmazon(clock)).open()
    yield opened
    await opened.close()
