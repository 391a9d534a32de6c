"""The store: private from the first byte, all or nothing, owned by one, told when restored."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import pytest

from fvsamazon.clock import to_micros
from fvsamazon.errors import NewerSchema, StoreBusy, StoreCorrupt, StoreError, StoreUnavailable
from fvsamazon.orders import OrderRecord, Unreadable
from fvsamazon.store import accounts, buckets, coverage, orders, schema
from fvsamazon.store.database import Database
from fvsamazon.store.lock import DaemonLock, Marker

if TYPE_CHECKING:
    from pathlib import Path

NOW = to_micros(datetime(2026, 11, 23, 12, tzinfo=UTC))
EUROPE = frozenset({("Europe", "main")})


def order(
    number: int = 1, *, minute: int = 0, status: str = "UNSHIPPED", content: bytes = b"a"
) -> OrderRecord:
    updated = datetime(2026, 11, 23, 10, tzinfo=UTC) + timedelta(minutes=minute)
    return OrderRecord(
        order_id=f"305-0000000-{number:07}",
        created_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        updated_at=updated,
        created_text="2026-11-23T09:00:00Z",
        updated_text=updated.strftime("%Y-%m-%dT%H:%M:%SZ"),
        marketplace_id="A1PA6795UKMFR9",
        channel="AMAZON",
        status=status,
        fulfilled_by="MERCHANT",
        currency="EUR",
        grand_total="12.50",
        payload=b'{"orderId":"x"}',
        content_hash=content,
    )


async def account(
    database: Database,
    name: str = "main",
    *,
    token: str = "Atzr|one",
    known: frozenset[tuple[str, str]] = EUROPE,
) -> accounts.AccountRow:
    return await accounts.ensure(
        database,
        region="Europe",
        name=name,
        refresh_token=token,
        client_secret="secret",
        configured=known,
        now=NOW,
    )


async def record(
    database: Database, account_id: int, *found: OrderRecord | Unreadable
) -> orders.Recorded:
    async with database.transaction() as tx:
        return await orders.record(
            tx, region="Europe", account_id=account_id, found=found, now=NOW, program="test"
        )


async def test_every_file_is_private_from_the_first_byte(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = await Database.open(tmp_path / "fvsamazon.db", create=True)
        await schema.migrate(database)
        await Marker(database).advance()
        lock = DaemonLock.acquire(database.path)
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        await database.close()
        lock.release()
    finally:
        os.umask(before)
    assert {"fvsamazon.db", "fvsamazon.db-wal", "fvsamazon.db-marker"} <= set(modes)
    assert set(modes.values()) == {0o600}


async def test_a_missing_file_is_made_only_on_demand(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="fvsamazon run"):
        await Database.open(tmp_path / "none.db", create=False)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "fvsamazon.db"
    path.write_bytes(b"these are somebody's notes, and no database at all\n" * 100)
    with pytest.raises(StoreCorrupt, match="restore a backup"):
        await Database.open(path, create=True)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("create table customers (id integer)")
    connection.close()
    database = await Database.open(foreign, create=True)
    with pytest.raises(StoreError, match="not a database of fvsamazon"):
        await schema.migrate(database)
    await database.close()


async def test_a_newer_file_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("update meta set value = '99' where key = 'compatible_version'")
    with pytest.raises(NewerSchema, match="newer fvsamazon"):
        await schema.migrate(database)
    with pytest.raises(NewerSchema):
        await schema.require_current(database)


async def test_a_newer_file_that_says_it_is_compatible_opens(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("update meta set value = '99' where key = 'schema_version'")
    assert await schema.migrate(database) == (99, 99)


async def test_one_daemon_a_file(tmp_path: Path) -> None:
    path = tmp_path / "fvsamazon.db"
    lock = DaemonLock.acquire(path)
    assert DaemonLock.held(path)
    with pytest.raises(StoreBusy, match="systemctl stop"):
        DaemonLock.acquire(path)
    lock.release()
    assert not DaemonLock.held(path)


def test_a_killed_daemon_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "fvsamazon.db"
    script = f"""
        import os, signal, pathlib
        from fvsamazon.store.lock import DaemonLock
        DaemonLock.acquire(pathlib.Path({str(path)!r}))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert done.returncode == -9
    DaemonLock.acquire(path).release()


async def test_a_restored_file_is_told_from_the_one_that_ran_last(
    database: Database, tmp_path: Path
) -> None:
    marker = Marker(database)
    assert await marker.check()
    await marker.advance()
    backup = tmp_path / "backup.db"
    await database.vacuum_into(backup)
    await marker.advance()
    assert await marker.check()
    shutil.copy(backup, tmp_path / "restored.db")
    shutil.copy(tmp_path / "fvsamazon.db-marker", tmp_path / "restored.db-marker")
    restored = await Database.open(tmp_path / "restored.db", create=False)
    assert not await Marker(restored).check()
    await restored.close()


async def test_a_kill_between_marker_and_database_is_no_restore(database: Database) -> None:
    marker = Marker(database)
    await marker.advance()
    row = await database.one("select value from meta where key = 'marker'")
    assert row
    side = database.path.with_name("fvsamazon.db-marker")
    side.write_text(f"{row['value']}\nnext-one", "ascii")
    assert await marker.check()


async def test_a_lost_marker_counts_as_a_restore(database: Database) -> None:
    marker = Marker(database)
    await marker.advance()
    database.path.with_name("fvsamazon.db-marker").unlink()
    assert not await marker.check()


async def test_a_cancelled_writer_leaves_no_lock_behind(database: Database) -> None:
    async def slow() -> None:
        async with database.transaction() as tx:
            await tx.execute("insert into meta (key, value) values ('slow', '1')")
            await anyio.sleep(0.05)

    for delay in (0.0, 0.001, 0.01, 0.03):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(slow)
            await anyio.sleep(delay)
            group.cancel_scope.cancel()
        async with database.transaction() as tx:
            await tx.execute("delete from meta where key = 'slow'")


async def test_a_failed_transaction_changes_nothing(database: Database) -> None:
    with pytest.raises(StoreError):
        async with database.transaction() as tx:
            await tx.execute("insert into meta (key, value) values ('half', '1')")
            await tx.execute("insert into meta (key, value) values ('half', '2')")
    assert await database.one("select 1 from meta where key = 'half'") is None


async def test_a_reader_sees_only_what_is_committed(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("insert into meta (key, value) values ('open', '1')")
        assert await database.one("select 1 from meta where key = 'open'") is None
    assert await database.one("select 1 from meta where key = 'open'")


async def test_another_programs_lock_is_trouble_that_passes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fvsamazon.store.database.BUSY_TIMEOUT", 0.05)
    other = await Database.open(database.path, create=False)
    async with database.transaction() as tx:
        await tx.execute("insert into meta (key, value) values ('mine', '1')")
        with pytest.raises(StoreUnavailable, match="locked"):
            async with other.transaction():
                pass
    async with other.transaction() as tx:
        await tx.execute("delete from meta where key = 'mine'")
    await other.close()


async def test_a_full_disk_is_trouble_that_passes(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("pragma max_page_count = 1")
    with pytest.raises(StoreUnavailable, match="disk is full"):
        async with database.transaction() as tx:
            await tx.execute("insert into meta (key, value) values ('big', hex(zeroblob(4000000)))")
    async with database.transaction() as tx:
        await tx.execute("pragma max_page_count = 1000000")
        await tx.execute("insert into meta (key, value) values ('small', 'x')")


async def test_new_changed_touched_and_repeated_are_told_apart(database: Database) -> None:
    row = await account(database)
    first = await record(database, row.id, order())
    assert first.new == ["305-0000000-0000001"]
    again = await record(database, row.id, order())
    assert (again.new, again.changed, again.touched) == ([], [], [])
    touched = await record(database, row.id, order(minute=5))
    assert touched.touched
    assert not touched.changed
    changed = await record(database, row.id, order(minute=6, status="SHIPPED", content=b"b"))
    assert changed.changed
    assert changed.news[0][1] > first.news[0][1]
    [stored] = await orders.get(database, "305-0000000-0000001")
    assert stored["status"] == "SHIPPED"
    assert len(await orders.versions(database, stored["id"])) == 3
    counted = await accounts.counters(database)
    assert counted[row.id, "orders"] == 1
    assert counted[row.id, "versions"] == 3


async def test_an_older_version_never_overwrites_and_is_still_recorded(
    database: Database,
) -> None:
    row = await account(database)
    await record(database, row.id, order(minute=9, status="SHIPPED", content=b"b"))
    late = await record(database, row.id, order(minute=2, status="PENDING", content=b"c"))
    assert late.changed == []
    [stored] = await orders.get(database, "305-0000000-0000001")
    assert stored["status"] == "SHIPPED"
    assert [v["status"] for v in await orders.versions(database, stored["id"])] == [
        "PENDING",
        "SHIPPED",
    ]


async def test_an_order_twice_on_one_page_is_one_order(database: Database) -> None:
    row = await account(database)
    outcome = await record(
        database,
        row.id,
        order(),
        order(minute=1, status="SHIPPED", content=b"b"),
        order(),
    )
    assert outcome.new == ["305-0000000-0000001"]
    [stored] = await orders.get(database, "305-0000000-0000001")
    assert stored["status"] == "SHIPPED"
    assert stored["first_shipped_at"] == stored["updated_at"]


async def test_the_first_sight_of_shipped_stays(database: Database) -> None:
    row = await account(database)
    await record(database, row.id, order(minute=1, status="SHIPPED", content=b"b"))
    await record(database, row.id, order(minute=9, status="SHIPPED", content=b"c"))
    [stored] = await orders.get(database, "305-0000000-0000001")
    assert stored["first_shipped_at"] == to_micros(order(minute=1).updated_at)


async def test_the_first_account_keeps_an_order(database: Database) -> None:
    both = EUROPE | {("Europe", "second")}
    first = await account(database, known=both)
    second = await account(database, "second", token="Atzr|two", known=both)
    await record(database, first.id, order())
    outcome = await record(database, second.id, order(minute=5, content=b"z"))
    assert outcome.foreign == ["305-0000000-0000001"]
    [stored] = await orders.get(database, "305-0000000-0000001")
    assert stored["account"] == "main"
    assert stored["content_hash"] == b"a"


async def test_an_unreadable_order_is_set_aside_until_it_can_be_read(database: Database) -> None:
    row = await account(database)
    bad = Unreadable("305-0000000-0000001", "amount is no number")
    nameless = Unreadable(None, "no order id", "abc123")
    outcome = await record(database, row.id, bad, nameless)
    assert outcome.unreadable == ["305-0000000-0000001", "unknown-abc123"]
    due = await orders.next_unreadable(database, row.id, now=NOW, program="test")
    assert due == NOW + orders.FIRST_RETRY
    due = await orders.next_unreadable(database, row.id, now=NOW, program="newer")
    assert isinstance(due, orders.DueUnreadable)
    assert len(await orders.unreadable(database)) == 2
    await record(database, row.id, order())
    ids = ["305-0000000-0000001", "305-0000000-0000002"]
    async with database.transaction() as tx:
        read = await orders.among_unreadable(tx, row.id, ids)
        assert read == ids[:1]
        await orders.forget_unreadable(tx, row.id, read)
    assert [r["order_id"] for r in await orders.unreadable(database)] == ["unknown-abc123"]


async def test_a_renamed_account_keeps_its_place_and_a_new_token_too(database: Database) -> None:
    row = await account(database)
    renamed = await account(database, "lt", known=frozenset({("Europe", "lt")}))
    assert renamed.id == row.id
    fresh_token = await account(
        database, "lt", token="Atzr|new", known=frozenset({("Europe", "lt")})
    )
    assert fresh_token.id == row.id
    other = await account(database, "other", token="Atzr|new", known=frozenset({("Europe", "lt")}))
    assert other.id != row.id


async def test_no_secret_lies_in_the_account_table(database: Database) -> None:
    await account(database, token="Atzr|very-secret-token")
    async with database.transaction():
        pass
    await database.checkpoint()
    assert b"very-secret-token" not in database.path.read_bytes()


async def test_coverage_of_no_filter_serves_a_filter_that_comes_later(
    database: Database,
) -> None:
    row = await account(database)
    everything = await coverage.join(
        database, row.id, (), high=1000, target=None, default_target=100
    )
    done = replace(everything["*"], live_mark=5000, history_low=100)
    async with database.transaction() as tx:
        await coverage.save(tx, row.id, [done])
    filtered = await coverage.join(
        database, row.id, ("DE",), high=6000, target=None, default_target=5100
    )
    assert filtered["DE"].live_mark == 5000
    assert filtered["DE"].history_low == 100
    wider = await coverage.join(
        database, row.id, ("DE", "FR"), high=6000, target=50, default_target=5100
    )
    assert wider["FR"].live_mark == 5000
    assert {entry.history_target for entry in wider.values()} == {50}


async def test_a_marketplace_that_joins_gets_a_history_of_its_own(database: Database) -> None:
    row = await account(database)
    await coverage.join(database, row.id, ("DE",), high=1000, target=None, default_target=100)
    both = await coverage.join(
        database, row.id, ("DE", "FR"), high=2000, target=None, default_target=1100
    )
    assert (both["DE"].history_high, both["DE"].history_target) == (1000, 100)
    assert (both["FR"].history_low, both["FR"].history_target) == (2000, 1100)
    later = await coverage.join(
        database, row.id, ("DE",), high=3000, target=900, default_target=2100
    )
    assert later["DE"].history_target == 100


async def test_a_distrusted_bucket_is_of_unknown_past(database: Database) -> None:
    row = await account(database)
    full = buckets.BucketRow(20.0, 5.0, "boot", NOW, 0.0056, 20.0, 0)
    async with database.transaction() as tx:
        await buckets.change(tx, row.id, "searchOrders", lambda _: (full, None))
    await buckets.distrust(database)
    found = await buckets.peek(database, row.id, "searchOrders")
    assert found == replace(full, boot=buckets.RESTORED)
