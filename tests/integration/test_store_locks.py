"""The store: a lock that another program holds, wrong statements, exchanged tokens."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import aiosqlite
import anyio
import pytest

from fvsamazon.errors import StoreError, StoreUnavailable
from fvsamazon.poller.quota import GET, SEARCH, Quota
from fvsamazon.store import accounts, schema
from fvsamazon.store import database as store
from support.clocks import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fvsamazon.store.database import Database

PUT = "insert into meta (key, value) values (?, 'x')"


@pytest.fixture
def other(database: Database) -> Iterator[sqlite3.Connection]:
    """Another program that holds the write lock."""
    with closing(sqlite3.connect(database.path, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield connection


async def test_whoever_waits_for_another_programs_lock_can_be_called_off(
    database: Database, other: sqlite3.Connection
) -> None:
    with anyio.move_on_after(0.1) as scope:
        began = anyio.current_time()
        async with database.transaction():
            raise AssertionError("the other program holds the lock")
    assert scope.cancelled_caught
    assert anyio.current_time() - began < 4 * store.BUSY_SLICE
    other.execute("rollback")
    async with database.transaction() as tx:
        await tx.execute(PUT, ("mine",))
    assert await database.one("select 1 from meta where key = 'mine'")


async def test_a_lock_that_is_given_back_in_time_is_waited_for(
    database: Database, other: sqlite3.Connection
) -> None:
    async def give_back() -> None:
        await anyio.sleep(3 * store.BUSY_SLICE)
        other.execute("rollback")

    async with anyio.create_task_group() as group:
        group.start_soon(give_back)
        async with database.transaction() as tx:
            await tx.execute(PUT, ("mine",))
    assert await database.one("select 1 from meta where key = 'mine'")


async def test_a_crowd_that_waits_for_a_lock_is_refused_together(
    database: Database, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other they would keep the watchdog from its look for minutes."""
    monkeypatch.setattr(store, "BUSY_TIMEOUT", 0.5)
    refused: list[float] = []

    async def write(name: str) -> None:
        with pytest.raises(StoreUnavailable, match="locked"):
            async with database.transaction() as tx:
                await tx.execute(PUT, (name,))
        refused.append(anyio.current_time())

    began = anyio.current_time()
    async with anyio.create_task_group() as group:
        for n in range(12):
            group.start_soon(write, f"w{n}")
        await anyio.sleep(0.05)
        await database.answers()
        answered = anyio.current_time()
    assert len(refused) == 12
    assert max(refused) - began < 1.5
    assert answered - began < 1.5
    other.execute("rollback")
    async with database.transaction() as tx:
        await tx.execute(PUT, ("after",))


async def test_a_checkpoint_that_a_reader_prevents_can_be_called_off(database: Database) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select * from meta").fetchall()
        async with database.transaction() as tx:
            await tx.execute(PUT, ("behind the reader",))
        began = anyio.current_time()
        with anyio.move_on_after(0.1):
            await database.checkpoint()
        assert anyio.current_time() - began < 4 * store.BUSY_SLICE
    assert await database.checkpoint()


async def test_a_wrong_statement_is_no_trouble_of_the_disk(database: Database) -> None:
    with pytest.raises(StoreError, match="refused a statement") as told:
        async with database.transaction() as tx:
            await tx.execute("insert into nowhere values (1)")
    assert not isinstance(told.value, StoreUnavailable)
    assert not store.is_trouble(told.value)
    with pytest.raises(StoreError, match="refused a statement"):
        await database.one("select nothing from meta")


async def test_a_part_that_fails_leaves_the_rest(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(PUT, ("before",))
        with pytest.raises(KeyError):
            async with tx.savepoint():
                await tx.execute(PUT, ("part",))
                async with tx.savepoint():
                    await tx.execute(PUT, ("part of the part",))
                raise KeyError("a bug")
        async with tx.savepoint():
            await tx.execute(PUT, ("after",))
    rows = await database.all("select key from meta where value = 'x' order by key")
    assert [row["key"] for row in rows] == ["after", "before"]


async def test_a_file_that_is_removed_or_replaced_is_told(database: Database) -> None:
    await database.answers()
    backup = database.path.with_name("backup.db")
    await database.vacuum_into(backup)
    await database.answers()
    moved = database.path.rename(database.path.with_name("old.db"))
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        await database.answers()
    backup.rename(database.path)
    with pytest.raises(StoreUnavailable, match="restart the service"):
        await database.answers()
    moved.replace(database.path)
    await database.answers()


# Refresh tokens that go from one known account to another.


async def take_up(database: Database, **tokens: str) -> dict[str, accounts.AccountRow]:
    """Take accounts up with their refresh tokens, as a start or a reload does."""
    known = frozenset(("Europe", name) for name in tokens)
    await accounts.retire(database, known)
    return {
        name: await accounts.ensure(
            database,
            region="Europe",
            name=name,
            refresh_token=token,
            client_secret="secret",
            configured=known,
            now=0,
        )
        for name, token in tokens.items()
    }


async def levels(database: Database, clock: FakeClock, rows: dict[str, accounts.AccountRow]) -> Any:
    return {name: (await Quota(database, clock, r.id).level(SEARCH))[0] for name, r in rows.items()}


async def spend(database: Database, clock: FakeClock, row: accounts.AccountRow) -> None:
    quota = Quota(database, clock, row.id)
    while not await quota.take(SEARCH):
        await quota.settled(SEARCH)


async def test_tokens_that_are_exchanged_bring_no_full_bucket(database: Database) -> None:
    clock = FakeClock()
    rows = await take_up(database, de="T1", fr="T2", it="T3")
    await spend(database, clock, rows["de"])
    # FR was never polled: its bucket is not even written down.
    rows = await take_up(database, de="T2", fr="T1", it="T3")
    assert await levels(database, clock, rows) == {"de": 0.0, "fr": 0.0, "it": 20.0}
    # Around three: whoever gets the empty one finds it so.
    clock.advance(86_400)
    await Quota(database, clock, rows["it"].id).take(SEARCH)
    await spend(database, clock, rows["fr"])
    rows = await take_up(database, de="T3", fr="T2", it="T1")
    assert max((await levels(database, clock, rows)).values()) <= 1.0


async def test_a_new_name_with_a_known_accounts_token_starts_with_its_bucket(
    database: Database,
) -> None:
    clock = FakeClock()
    rows = await take_up(database, de="T1")
    await spend(database, clock, rows["de"])
    rows = await take_up(database, de="T9", fr="T1")
    assert (await levels(database, clock, rows))["fr"] == 0.0
    rows = await take_up(database, at="T5", de="T9", fr="T1")
    assert (await levels(database, clock, rows))["at"] == 20.0


async def test_a_token_that_was_issued_anew_keeps_the_bucket(database: Database) -> None:
    clock = FakeClock()
    rows = await take_up(database, de="T1", fr="T2")
    await Quota(database, clock, rows["de"].id).take(SEARCH)
    rows = await take_up(database, de="T1b", fr="T2")
    assert await levels(database, clock, rows) == {"de": 19.0, "fr": 20.0}
    assert (await Quota(database, clock, rows["de"].id).level(GET))[0] == 30.0


@pytest.mark.parametrize("patience", [0.0, 0.0001, 0.2])
async def test_a_statement_that_takes_long_ends_with_the_task_that_asked(
    tmp_path: Path, patience: float
) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select sum(i) from n"
    connection = await aiosqlite.connect(tmp_path / "any.db")
    began = anyio.current_time()
    with anyio.move_on_after(patience) as scope:
        await store.interruptibly(connection, endless)
    assert scope.cancelled_caught
    assert anyio.current_time() - began < 5
    assert list(await connection.execute_fetchall("select 7")) == [(7,)]
    await connection.close()


async def test_a_stop_leaves_no_half_copy_from_before_a_migration(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = anyio.Event()

    async def endless(
        connection: aiosqlite.Connection, sql: str, values: tuple[str, ...] = ()
    ) -> None:
        await (await connection.execute(sql, values)).close()
        begun.set()
        await anyio.sleep_forever()

    monkeypatch.setattr(store, "interruptibly", endless)
    copy = schema.copy_path(database.path, schema.SCHEMA_VERSION)
    async with anyio.create_task_group() as group:
        group.start_soon(schema._copy, database, schema.SCHEMA_VERSION)
        await begun.wait()
        assert copy.exists()
        group.cancel_scope.cancel()
    assert not copy.exists()
