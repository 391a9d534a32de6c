"""Personal data from the page that brings it to the bytes that are gone."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import structlog

from fvsamazon import keyfile, logs, privacy, status
from fvsamazon.assembly import keeper
from fvsamazon.clock import to_micros
from fvsamazon.keyfile import KeyUnusable
from fvsamazon.privacy import Keeper, PrivacyPlan
from fvsamazon.retention import ClockUntrusted
from fvsamazon.settings import PersonalDataSettings, Settings
from fvsamazon.store import accounts, copies, orders, personal
from fvsamazon.vault import WRONG_KEY, Damaged
from support.amazon_samples import CANARIES
from support.clocks import FakeClock
from support.personal import (
    KEY,
    OTHER_KEY,
    Office,
    found_in,
    raw_bytes,
    stamp,
    wire,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ID = "305-1234567-7654321"
DAYS = 86_400.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def office(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Office]:
    made = await Office(tmp_path / "f.db", clock).open()
    yield made
    await made.database.close()


@pytest.fixture
def log() -> Any:
    with structlog.testing.capture_logs() as lines:
        yield lines


def shipped(clock: FakeClock, order_id: str = ID, **more: Any) -> dict[str, Any]:
    """Return an order whose newest version is from now."""
    values: dict[str, Any] = {
        "lastUpdatedTime": stamp(clock.now()),
        "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
    }
    return wire(order_id, **(values | more))


def delivered(clock: FakeClock, order_id: str = ID) -> dict[str, Any]:
    package = {
        "packageReferenceId": "1",
        "packageStatus": {"status": "DELIVERED"},
        "shipTime": stamp(clock.now() - timedelta(days=2)),
        "packageItems": [],
    }
    return shipped(clock, order_id, packages=[package])


async def test_what_is_personal_is_kept_encrypted_and_nowhere_else(office: Office) -> None:
    await office.record(wire())
    kept = await office.kept()
    assert kept is not None
    assert kept["buyer"]["buyerName"] == CANARIES["buyerName"]
    assert kept["recipient"]["deliveryAddress"]["addressLine1"] == CANARIES["line1"]
    assert kept["recipient"]["deliveryAddress"]["tomorrow"] == {"x": CANARIES["unknownAddress"]}
    raw = raw_bytes(office.path)
    assert not [name for name, canary in CANARIES.items() if canary.encode() in raw]
    rows = await office.database.all("select payload from orders")
    public = orders.unpack(rows[0]["payload"]).decode()
    assert not [name for name, canary in CANARIES.items() if canary in public]


async def test_switched_off_nothing_is_stored_and_what_is_there_keeps_its_clock(
    office: Office, clock: FakeClock
) -> None:
    await office.record(wire())
    office.use(PrivacyPlan(enabled=False))
    await office.record(wire("305-0000000-0000002"), delivered(clock))
    assert len(await office.ciphertexts()) == 1
    row = await office.database.one("select clock_at from order_privacy")
    assert row is not None
    assert row["clock_at"] == to_micros(clock.now())
    clock.advance(30 * DAYS)
    assert (await office.purger.purge()).orders == 1
    assert await office.ciphertexts() == []


async def test_a_part_opens_at_its_own_order_alone(office: Office) -> None:
    await office.record(wire(), wire("305-0000000-0000002"))
    async with office.database.transaction() as tx:
        rows = await tx.all("select order_row from personal order by order_row")
        first, second = (row["order_row"] for row in rows)
        sealed = [(await personal.part(tx, row)) for row in (first, second)]
        for row, other in ((first, sealed[1]), (second, sealed[0])):
            assert other is not None
            await personal.put(
                tx,
                order_row=row,
                field="order",
                version_at=0,
                sealed=(other.key_id, other.nonce, other.sealed),
                now=0,
            )
    with pytest.raises(Damaged, match="305-1234567-7654321 was changed"):
        await office.kept()


async def test_a_later_version_that_shows_less_takes_nothing_away(
    office: Office, clock: FakeClock
) -> None:
    await office.record(wire())
    clock.advance(60)
    later = shipped(clock)
    later["buyer"] = {}
    later["recipient"] = {"deliveryAddress": {"countryCode": "DE"}}
    await office.record(later)
    kept = await office.kept()
    assert kept is not None
    assert kept["buyer"]["buyerEmail"] == CANARIES["buyerEmail"]
    assert kept["recipient"]["deliveryAddress"]["phone"] == CANARIES["phone"]


async def test_an_older_version_that_comes_late_does_not_win(
    office: Office, clock: FakeClock
) -> None:
    newer = shipped(clock)
    newer["buyer"]["buyerName"] = "Newer"
    await office.record(newer)
    await office.record(wire())
    kept = await office.kept()
    assert kept is not None
    assert kept["buyer"]["buyerName"] == "Newer"


async def test_the_same_version_with_a_role_granted_since_is_kept(office: Office) -> None:
    await office.record(wire(buyer=None))
    await office.record(wire())
    kept = await office.kept()
    assert kept is not None
    assert kept["buyer"]["buyerName"] == CANARIES["buyerName"]


async def test_another_accounts_order_brings_nothing(office: Office, clock: FakeClock) -> None:
    await office.record(wire())
    first = await office.ciphertexts()
    office.account = await accounts.ensure(
        office.database,
        region="Europe",
        name="second",
        refresh_token="Atzr|u",
        client_secret="s",
        configured=frozenset({("Europe", "main"), ("Europe", "second")}),
        now=0,
    )
    await office.record(shipped(clock))
    assert await office.ciphertexts() == first


# --- when the clock begins


@pytest.mark.parametrize(
    ("facts", "start"),
    [
        ({"delivered": 5, "cancelled": None, "deliver_by": 3, "shipped": 1}, 5),
        ({"delivered": None, "cancelled": None, "deliver_by": 3, "shipped": 1}, 3),
        ({"delivered": None, "cancelled": None, "deliver_by": None, "shipped": 1}, 1),
        ({"delivered": None, "cancelled": 2, "deliver_by": 9, "shipped": None}, 2),
        ({"delivered": 5, "cancelled": 4, "deliver_by": 9, "shipped": 1}, 4),
        ({"delivered": None, "cancelled": None, "deliver_by": None, "shipped": None}, None),
    ],
)
def test_the_clock_starts_at_what_happened(facts: dict[str, int | None], start: int) -> None:
    assert privacy.clock_start(**facts) == start


async def test_the_clock_moves_from_the_plan_to_the_delivery(
    office: Office, clock: FakeClock
) -> None:
    by = clock.now() + timedelta(days=10)
    window = {"deliverByWindow": {"latestDateTime": stamp(by)}}
    await office.record(
        wire(fulfillment={"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT", **window})
    )
    row = await office.database.one("select clock_at from order_privacy")
    assert row is not None
    assert row["clock_at"] == to_micros(by)
    clock.advance(3 * DAYS)
    await office.record(delivered(clock))
    row = await office.database.one("select clock_at from order_privacy")
    assert row is not None
    assert row["clock_at"] == to_micros(clock.now())


@pytest.mark.parametrize(
    ("status", "days"), [("SHIPPED", 180), ("UNSHIPPED", 730)], ids=["sent", "not sent"]
)
async def test_a_delivery_promised_for_another_century_keeps_nothing_for_ever(
    office: Office, clock: FakeClock, status: str, days: int
) -> None:
    window = {"deliverByWindow": {"latestDateTime": "9999-12-31T23:59:59Z"}}
    await office.record(
        wire(fulfillment={"fulfillmentStatus": status, "fulfilledBy": "MERCHANT", **window})
    )
    clock.advance((days + 30) * DAYS)
    assert (await office.purger.purge()).orders == 1
    assert await office.kept() is None


async def test_a_clock_that_runs_is_not_stopped_by_a_version_without_the_date(
    office: Office, clock: FakeClock
) -> None:
    facts = {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"}
    by = clock.now() + timedelta(days=10)
    window = {"deliverByWindow": {"latestDateTime": stamp(by)}}
    await office.record(wire(fulfillment={**facts, **window}))
    clock.advance(60)
    await office.record(wire(fulfillment=facts, lastUpdatedTime=stamp(clock.now())))
    row = await office.database.one("select clock_at from order_privacy")
    assert row is not None
    assert row["clock_at"] == to_micros(by)
    clock.advance(41 * DAYS)
    assert (await office.purger.purge()).orders == 1


async def test_data_is_gone_before_the_limit_and_not_hours_before(
    office: Office, clock: FakeClock
) -> None:
    await office.record(delivered(clock))
    clock.advance(30 * DAYS - 3 * 3600)
    assert (await office.purger.purge()).orders == 0
    clock.advance(3600 + 1)
    assert (await office.purger.purge()).orders == 1
    assert await office.kept() is None


async def test_an_order_that_is_past_its_limit_already_is_not_kept_at_all(
    office: Office, clock: FakeClock
) -> None:
    order = delivered(clock)
    clock.advance(31 * DAYS)
    await office.record(order)
    assert await office.ciphertexts() == []
    assert (await orders.get(office.database, ID))[0]["status"] == "SHIPPED"


# --- erasure


async def test_a_purge_leaves_no_byte_in_any_file(office: Office, clock: FakeClock) -> None:
    """Orders of all sizes come, change and go in no order; what is erased is found nowhere."""
    rng = random.Random(8)
    live: dict[str, bytes] = {}
    gone: list[bytes] = []
    for turn in range(6):
        page = []
        for number in rng.sample(range(400), 60):
            order = shipped(clock, f"305-0000000-{number:07}")
            order["buyer"]["buyerName"] = (
                "n" * rng.randrange(400) + rng.randbytes(rng.randrange(700)).hex()
            )
            page.append(order)
        before = set(await office.ciphertexts())
        await office.record(*page)
        gone += before - set(await office.ciphertexts())
        rows = await office.database.all(
            "select order_row, s.sealed from personal as p join slot as s on s.id = p.slot"
        )
        live = {row["order_row"]: row["sealed"] for row in rows}
        chosen = rng.sample(sorted(live), len(live) // 3)
        async with office.database.transaction() as tx:
            await tx.execute(
                "update order_privacy set clock_at = ? where order_row in "
                f"({','.join(map(str, chosen))})",
                (to_micros(clock.now() - timedelta(days=40 + turn)),),
            )
        raw = raw_bytes(office.path)
        assert all(found_in(raw, live[row]) for row in chosen), "the search is blind"
        assert (await office.purger.purge()).orders == len(chosen)
        gone += [live.pop(row) for row in chosen]
        raw = raw_bytes(office.path)
        assert not [sealed for sealed in gone if found_in(raw, sealed)]
        assert all(found_in(raw, sealed) for sealed in live.values())
        clock.advance(60)
    assert len(gone) > 150


async def test_a_reader_delays_the_last_byte_and_the_next_step_takes_it(
    office: Office, clock: FakeClock
) -> None:
    await office.record(delivered(clock))
    (sealed,) = await office.ciphertexts()
    reader = sqlite3.connect(office.path)
    reader.execute("begin")
    reader.execute("select count(*) from orders").fetchone()
    clock.advance(31 * DAYS)
    await office.database._writer.execute("pragma busy_timeout = 50")
    assert await office.purger.step() == 60.0
    assert found_in(raw_bytes(office.path), sealed)
    reader.close()
    assert await office.purger.step() == 3600.0
    assert not found_in(raw_bytes(office.path), sealed)


async def test_bytes_that_a_reader_keeps_are_told_once_and_so_is_their_end(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    await office.record(delivered(clock))
    reader = sqlite3.connect(office.path)
    reader.execute("begin")
    reader.execute("select count(*) from orders").fetchone()
    clock.advance(31 * DAYS)
    erased_at = to_micros(clock.now())
    await office.database._writer.execute("pragma busy_timeout = 50")
    for _ in range(3):
        assert await office.purger.step() == 60.0
        clock.advance(60)
    (line,) = [line for line in log if line["event"] == "privacy.bytes_kept"]
    assert (line["log_level"], line["retry_in"]) == ("warning", 60.0)
    assert "Litestream" in line["remedy"]
    assert str(office.path) in line["remedy"]
    figures = await personal.figures(office.database)
    assert figures.bytes_kept_since == erased_at
    reader.close()
    for _ in range(2):
        assert await office.purger.step() == 3600.0
    (end,) = [line for line in log if line["event"] == "privacy.bytes_gone"]
    assert end["seconds"] == 180.0
    assert (await personal.figures(office.database)).bytes_kept_since is None


async def test_a_reader_that_keeps_nothing_erased_is_not_told(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    await office.record(delivered(clock))
    reader = sqlite3.connect(office.path)
    reader.execute("begin")
    reader.execute("select count(*) from orders").fetchone()
    await office.database._writer.execute("pragma busy_timeout = 50")
    await office.record(wire("305-0000000-0000002"))
    assert await office.purger.step() == 60.0
    reader.close()
    assert await office.purger.step() == 3600.0
    assert [line["event"] for line in log if line["event"].startswith("privacy.bytes")] == []


async def test_a_command_that_empties_the_log_leaves_its_end_for_the_service_to_tell(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    await office.record(delivered(clock))
    reader = sqlite3.connect(office.path)
    reader.execute("begin")
    reader.execute("select count(*) from orders").fetchone()
    clock.advance(31 * DAYS)
    await office.database._writer.execute("pragma busy_timeout = 50")
    await office.purger.step()
    reader.close()
    assert (await office.purger_for(1000).purge()).clean
    assert [line for line in log if line["event"] == "privacy.bytes_gone"] == []
    await office.purger.step()
    assert len([line for line in log if line["event"] == "privacy.bytes_gone"]) == 1


async def test_a_process_killed_between_erasing_and_cleaning_is_made_good(
    office: Office, clock: FakeClock
) -> None:
    await office.record(delivered(clock))
    (sealed,) = await office.ciphertexts()
    clock.advance(31 * DAYS)
    purger = office.purger
    await purger.purge_batch(to_micros(clock.now()))
    assert found_in(raw_bytes(office.path), sealed)
    assert (await purger.purge()).orders == 0
    assert not found_in(raw_bytes(office.path), sealed)


async def test_copies_from_before_a_migration_are_reached(office: Office, clock: FakeClock) -> None:
    await office.record(delivered(clock), wire("305-0000000-0000002"))
    copy = office.path.with_name("f.db-before-4")
    await office.database.vacuum_into(copy)
    assert copies.copies(office.path) == [copy]
    due, stays = await office.ciphertexts()
    clock.advance(31 * DAYS)
    assert found_in(copy.read_bytes(), due)
    await office.purger.purge()
    assert not found_in(copy.read_bytes(), due)
    assert found_in(copy.read_bytes(), stays)
    assert [file.name for file in copies.copies(office.path)] == ["f.db-before-4"]


async def test_a_purge_that_waits_for_copies_which_others_hold_can_be_stopped(
    office: Office, clock: FakeClock
) -> None:
    await office.record(delivered(clock))
    held = []
    for number in (3, 4):
        copy = office.path.with_name(f"f.db-before-{number}")
        await office.database.vacuum_into(copy)
        held.append(sqlite3.connect(copy, isolation_level=None))
        held[-1].execute("begin immediate")
    clock.advance(31 * DAYS)
    began = time.monotonic()
    with anyio.move_on_after(0.1):
        await office.purger.purge()
    assert time.monotonic() - began < 2
    for other in held:
        other.execute("rollback")
        other.close()
    assert await copies.purge(office.path) == {}


async def test_a_copy_of_an_earlier_database_is_reached_by_the_orders_names(
    office: Office, clock: FakeClock
) -> None:
    """A disk was lost and the database made anew: order 1 of the copy is order 1 no more."""
    await office.record(delivered(clock))
    (due,) = await office.ciphertexts()
    copy = office.path.with_name("f.db-before-3")
    await office.database.vacuum_into(copy)
    async with office.database.transaction() as tx:
        await tx.execute("update orders set order_id = '305-0000000-0000009'")
    assert found_in(copy.read_bytes(), due)
    await office.purger.purge()
    assert not found_in(copy.read_bytes(), due)
    assert len(await office.ciphertexts()) == 1


async def test_copies_that_hold_nothing_to_erase_are_not_asked_to_be_written(
    office: Office,
) -> None:
    copy = office.path.with_name("f.db-before-4")
    await office.database.vacuum_into(copy)
    other = sqlite3.connect(copy, isolation_level=None)
    other.execute("begin immediate")
    assert await copies.purge(office.path) == {}
    other.close()


async def test_a_copy_that_cannot_be_opened_stops_nothing_and_is_told(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    await office.record(delivered(clock))
    office.path.with_name("f.db-before-4").write_bytes(b"no database at all" * 100)
    clock.advance(31 * DAYS)
    assert await office.purger.step() == 3600.0
    assert await office.ciphertexts() == []
    (line,) = [line for line in log if line["event"] == "privacy.copy_kept"]
    assert line["file"].endswith("f.db-before-4")


async def test_what_was_sent_to_finvalda_goes_too(office: Office, clock: FakeClock) -> None:
    await office.record(delivered(clock))
    async with office.database.transaction() as tx:
        for kind, state in (("sale", "booked"), ("reservation", "in_doubt")):
            await tx.execute(
                "insert into outbox (order_row, kind, state, ordered_at, document, sent_at) "
                "values (1, ?, ?, 0, ?, 1)",
                (kind, state, f"DOCUMENT-{state}".encode()),
            )
    clock.advance(31 * DAYS)
    await office.purger.purge()
    raw = raw_bytes(office.path)
    assert b"DOCUMENT-booked" not in raw
    assert b"DOCUMENT-in_doubt" in raw, "it is still looked up by"
    async with office.database.transaction() as tx:
        await tx.execute("update outbox set state = 'booked' where state = 'in_doubt'")
    await office.purger.purge()
    assert b"DOCUMENT-in_doubt" not in raw_bytes(office.path)


async def test_an_erased_order_that_is_fetched_again_stays_empty(
    office: Office, clock: FakeClock
) -> None:
    await office.record(wire())
    done = await office.purger_for(1000).erase([1])
    assert (done.orders, done.parts, done.clean) == (1, 1, True)
    clock.advance(60)
    await office.record(wire(), shipped(clock), delivered(clock))
    assert await office.kept() is None
    assert (await office.erased()) is not None
    clock.advance(31 * DAYS)
    assert (await office.purger.purge()).orders == 0


async def test_an_order_can_be_erased_before_anything_of_it_was_kept(office: Office) -> None:
    office.use(PrivacyPlan(enabled=False))
    await office.record(wire())
    await office.purger_for(0).erase([1])
    office.use(PrivacyPlan(enabled=True, key=KEY))
    await office.record(wire())
    assert await office.kept() is None


async def test_the_record_of_an_erasure_names_the_order_and_nobody(office: Office) -> None:
    await office.record(wire())
    await office.purger_for(1000).erase([1])
    row = await office.database.one("select * from erasure")
    assert row is not None
    assert (row["why"], row["user_id"], row["order_row"], row["parts"]) == ("request", 1000, 1, 1)
    assert not [c for c in CANARIES.values() if c.encode() in raw_bytes(office.path)]


async def test_the_purge_refuses_by_a_clock_that_amazon_does_not_share(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    await office.record(delivered(clock))
    clock.advance(31 * DAYS)
    async with office.database.transaction() as tx:
        await accounts.update(tx, office.account.id, {"clock_offset": -int(1.01 * privacy.DAY)})
    with pytest.raises(ClockUntrusted):
        await office.purger.purge()
    assert await office.purger.step() == 3600.0
    refused = [line for line in log if line["event"] == "privacy.purge_refused"]
    assert refused
    assert refused[0]["log_level"] == "error"
    assert len(await office.ciphertexts()) == 1
    async with office.database.transaction() as tx:
        await accounts.update(tx, office.account.id, {"clock_offset": 3600 * 1_000_000})
    assert await office.purger.step() == 3600.0
    assert await office.ciphertexts() == []


async def test_a_purge_tells_what_it_did(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    await office.record(delivered(clock))
    clock.advance(31 * DAYS)
    assert (await office.purger.due())[0] == 1
    await office.purger.purge()
    (line,) = [line for line in log if line["event"] == "privacy.purged"]
    assert (line["orders"], line["fields"]) == (1, 1)


async def test_a_purge_that_finds_nothing_leaves_its_time(office: Office, clock: FakeClock) -> None:
    assert (await personal.figures(office.database)).last_purge is None
    await office.record(delivered(clock))
    await office.purger.step()
    first = await personal.figures(office.database)
    assert (first.last_purge, first.last_erasure) == (to_micros(clock.now()), None)
    clock.advance(3600)
    await office.purger.step()
    assert (await personal.figures(office.database)).last_purge == to_micros(clock.now())


async def test_a_purge_that_was_refused_leaves_no_time(office: Office) -> None:
    async with office.database.transaction() as tx:
        await accounts.update(tx, office.account.id, {"clock_offset": 2 * privacy.DAY})
    await office.purger.step()
    assert (await personal.figures(office.database)).last_purge is None


async def test_who_called_a_purge_is_recorded(office: Office, clock: FakeClock) -> None:
    await office.record(delivered(clock))
    clock.advance(31 * DAYS)
    await office.purger_for(1000).purge()
    row = await office.database.one("select why, user_id from erasure")
    assert row is not None
    assert tuple(row) == ("retention", 1000)


# --- keys


async def test_a_key_that_works_again_is_told_once_though_another_keeper_told_of_it(
    office: Office, clock: FakeClock, tmp_path: Path, log: list[dict[str, Any]]
) -> None:
    path = tmp_path / "key"
    office.use(PrivacyPlan(enabled=True, key_file=path))
    await office.keeper.look(office.database)
    first = office.keeper
    office.use(office.plan)
    await office.record(wire())
    clock.advance(60)
    keyfile.create(path)
    await office.record(wire())
    await office.record(wire("305-0000000-0000002"))
    await first.look(office.database)
    (line,) = [line for line in log if line["event"] == "privacy.key_usable"]
    assert (line["log_level"], line["seconds"]) == ("info", 60.0)
    assert line["key_id"] == keyfile.key_id(keyfile.read(path)).hex()
    away = path.rename(tmp_path / "away")
    await office.keeper.look(office.database)
    away.rename(path)
    office.use(office.plan)
    await office.keeper.look(office.database)
    told = [line["event"] for line in log if line["event"].startswith("privacy.key_")]
    assert told == ["privacy.key_unusable"] * 2 + ["privacy.key_usable"] + [
        "privacy.key_unusable",
        "privacy.key_usable",
    ]


async def test_what_a_command_beside_the_daemon_sees_is_left_for_the_daemon_to_tell(
    office: Office, tmp_path: Path, log: list[dict[str, Any]]
) -> None:
    path = tmp_path / "key"
    plan = PrivacyPlan(enabled=True, key_file=path)
    command = Keeper(plan, clock=office.clock, log=logs.get_logger(), beside_daemon=True)
    office.use(plan)
    await command.look(office.database)
    assert [line["event"] for line in log] == ["privacy.key_unusable"], "the person is told"
    await office.keeper.look(office.database)
    keyfile.create(path)
    daemons, office.keeper = office.keeper, command
    await office.record(wire(recipient={"deliveryAddress": {"countryCode": "DE"}}))
    assert [line["event"] for line in log] == ["privacy.key_unusable"] * 2
    await daemons.look(office.database)
    assert log[-1]["event"] == "privacy.key_usable"


async def test_a_key_that_always_worked_says_nothing(
    office: Office, log: list[dict[str, Any]]
) -> None:
    await office.record(wire())
    office.use(office.plan)
    await office.keeper.look(office.database)
    assert [line for line in log if line["event"].startswith("privacy.key_")] == []


async def test_without_a_key_orders_flow_and_nothing_personal_is_kept(
    office: Office, tmp_path: Path, log: list[dict[str, Any]]
) -> None:
    path = tmp_path / "key"
    office.use(PrivacyPlan(enabled=True, key_file=path))
    await office.record(wire())
    await office.record(wire("305-0000000-0000002"))
    told = [line for line in log if line["event"] == "privacy.key_unusable"]
    assert [line["why"] for line in told] == [f"the encryption key file {path} does not exist"]
    assert "fvsamazon key create" in told[0]["remedy"]
    assert await office.ciphertexts() == []
    assert len(await office.database.all("select 1 from orders")) == 2
    keyfile.create(path)
    await office.record(wire())
    assert len(await office.ciphertexts()) == 1, "the key is found without a restart"


async def test_a_wrong_key_is_told_and_writes_nothing(
    office: Office, log: list[dict[str, Any]]
) -> None:
    await office.record(wire())
    before = await office.ciphertexts()
    office.use(PrivacyPlan(enabled=True, key=OTHER_KEY))
    await office.keeper.look(office.database)
    await office.record(wire("305-0000000-0000002"))
    (line,) = [line for line in log if line["event"] == "privacy.key_unusable"]
    assert line["why"] == WRONG_KEY.en
    assert await office.ciphertexts() == before
    with pytest.raises(KeyUnusable):
        await office.kept()
    office.use(PrivacyPlan(enabled=True, key=KEY))
    await office.record(wire("305-0000000-0000002"))
    assert len(await office.ciphertexts()) == 2


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    keyfile.create(path)
    path.chmod(mode)
    with pytest.raises(KeyUnusable, match=f"can be read by others .mode {mode:04o}.; run chmod"):
        keyfile.read(path)


def test_a_key_is_made_for_its_owner_alone_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = keyfile.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keyfile.read(path) == key == base64.b64decode(path.read_text())
    with pytest.raises(FileExistsError):
        keyfile.create(path)
    assert keyfile.read(path) == key


def test_a_key_stands_in_no_text(tmp_path: Path) -> None:
    plan = PrivacyPlan(enabled=True, key=KEY, key_file=tmp_path / "key")
    vault = plan.vault()
    shown = f"{plan!r} {vault!r} {vault.keys()!r} {vars(vault.keys())!r}"
    for spelling in (KEY.hex(), base64.b64encode(KEY).decode(), repr(KEY)):
        assert spelling not in shown


# --- roles


async def test_a_missing_role_is_told_once(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    hidden = wire(recipient={"deliveryAddress": {"countryCode": "DE"}})
    await office.record(hidden)
    office.use(office.plan)
    await office.record(hidden)
    told = [line for line in log if line["event"] == "region.attention"]
    assert len(told) == 1
    assert "Direct-to-Consumer Shipping" in told[0]["why"]
    assert told[0]["order"] == ID
    assert told[0]["account"] == "main"
    await office.record(wire())
    await office.record(hidden | {"lastUpdatedTime": stamp(clock.now())})
    assert len([line for line in log if line["event"] == "region.attention"]) == 2


async def test_a_missing_role_stands_in_the_status_until_streets_come(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    hidden = wire(recipient={"deliveryAddress": {"countryCode": "DE"}})
    await office.record(hidden)
    since = clock.now()

    async def told() -> list[datetime | None]:
        report = await status.collect(office.database, clock)
        return [account.shipping_role_missing_since for account in report.accounts]

    clock.advance(3600)
    await office.record(hidden | {"lastUpdatedTime": stamp(clock.now())})
    assert await told() == [since]
    region = status.as_json(await status.collect(office.database, clock))["regions"]["Europe"]
    assert region["shipping_role_missing_since"] == stamp(since)
    assert [line for line in log if line["event"] == "region.recovered"] == []
    await office.record(wire("305-0000000-0000002"))
    assert await told() == [None]
    (line,) = [line for line in log if line["event"] == "region.recovered"]
    assert (line["account"], line["kind"], line["seconds"]) == ("main", "role", 3600.0)
    await office.record(wire("305-0000000-0000003"))
    assert len([line for line in log if line["event"] == "region.recovered"]) == 1


async def test_a_new_token_ends_the_notice_until_an_order_shows_that_it_did_not_help(
    office: Office, clock: FakeClock, log: list[dict[str, Any]]
) -> None:
    hidden = wire(recipient={"deliveryAddress": {"countryCode": "DE"}})
    await office.record(hidden)
    clock.advance(3600)
    office.account = await accounts.ensure(
        office.database,
        region="Europe",
        name="main",
        refresh_token="Atzr|another",
        client_secret="s",
        configured=frozenset({("Europe", "main")}),
        now=to_micros(clock.now()),
    )
    (account,) = (await status.collect(office.database, clock)).accounts
    assert account.shipping_role_missing_since is None
    clock.advance(60)
    for _ in range(2):
        await office.record(hidden | {"lastUpdatedTime": stamp(clock.now())})
    (account,) = (await status.collect(office.database, clock)).accounts
    assert account.shipping_role_missing_since == clock.now()
    assert len([line for line in log if line["event"] == "region.attention"]) == 2


async def test_an_order_sent_by_amazon_says_nothing_of_roles(
    office: Office, log: list[dict[str, Any]]
) -> None:
    hidden = wire(
        recipient={"deliveryAddress": {"countryCode": "DE"}},
        fulfillment={"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "AMAZON"},
    )
    await office.record(hidden)
    assert not [line for line in log if line["event"] == "region.attention"]


async def test_the_log_is_english_whatever_the_language(
    office: Office, log: list[dict[str, Any]]
) -> None:
    settings = Settings(language="lt", personal_data=PersonalDataSettings(enabled=True))
    office.keeper = keeper(settings, office.clock)
    await office.record(wire(recipient={"deliveryAddress": {"countryCode": "DE"}}))
    assert {line["event"] for line in log} == {"privacy.key_unusable", "region.attention"}
    assert all(f"{line['why']}{line['remedy']}".isascii() for line in log)


def test_nothing_personal_is_in_the_public_sample() -> None:
    assert json.dumps(wire()).count("Canary") > 20
