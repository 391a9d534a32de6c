"""What the delivery writes for itself: a full disk, an order it chokes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from fvsamazon.delivery import intents
from fvsamazon.errors import StoreUnavailable
from fvsamazon.store import database, outbox
from support.delivery_house import amazon_order, delivery_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from support.delivery_house import DeliveryHouse


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[DeliveryHouse]:
    """Six orders that were recorded before there was a Finvalda."""
    async with delivery_house(tmp_path / "fvsamazon.db") as made:
        made.sink.plan = None
        for number in range(1, 7):
            await made.record(amazon_order(number))
        yield made


async def test_a_disk_that_is_full_at_a_commit_passes_over_no_order(
    house: DeliveryHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "BITE", 2)
    real = outbox.save_meta
    bites = [0]

    async def save_meta(tx: Any, key: str, value: str) -> None:
        await real(tx, key, value)
        bites[0] += key == outbox.TAKEN_UP
        if bites[0] in {2, 3}:
            raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(outbox, "save_meta", save_meta)
    refused = 0
    for _ in range(10):
        try:
            await house.worker.step()
        except StoreUnavailable:
            refused += 1
    assert refused == 2
    await house.work(60)
    assert [house.sales(number) for number in range(1, 7)] == [1] * 6


async def test_one_order_that_the_catch_up_chokes_on_keeps_no_other_back(
    house: DeliveryHouse,
) -> None:
    async with house.database.transaction() as tx:
        await tx.execute(
            "update orders set status = 'CANCELLED', payload = x'00' where order_id like '%3'"
        )
    failed = 0
    for _ in range(40):
        try:
            house.clock.advance(await house.worker.step())
        except Exception:  # noqa: BLE001 - the guard's part
            failed += 1
    assert failed == 1
    assert [house.sales(number) for number in (1, 2, 4, 5, 6)] == [1] * 5
    assert await house.state(3) == "failed"


async def test_a_finvalda_that_is_back_is_told_though_the_disk_is_full_just_then(
    house: DeliveryHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.finvalda.faults.add("http_error", seconds=100)
    await house.work(60)
    row = await outbox.destination(house.database)
    assert row is not None
    assert row["state"] == "down"
    real = outbox.save_destination
    refused = [0]

    async def save_destination(tx: Any, values: Any) -> None:
        if values["state"] == "up" and not refused[0]:
            refused[0] = 1
            raise StoreUnavailable("the disk is full")
        await real(tx, values)

    monkeypatch.setattr(outbox, "save_destination", save_destination)
    with pytest.raises(StoreUnavailable):
        await house.work(600)
    await house.work(600)
    row = await outbox.destination(house.database)
    assert row is not None
    assert row["state"] == "up"
    assert [house.sales(number) for number in range(1, 7)] == [1] * 6


async def test_an_order_whose_answer_could_not_be_noted_is_looked_up_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program locks the database between Finvalda's answer and the note of it."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.3)
    path = tmp_path / "fvsamazon.db"
    async with delivery_house(path) as house:
        await house.record(amazon_order(1), amazon_order(2))
        client = house.worker._client
        real = client.insert_operation
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            answered = 0

            async def insert(*given: Any, **named: Any) -> Any:
                nonlocal answered
                saved = await real(*given, **named)
                answered += 1
                if answered == 1:
                    other.execute("begin immediate")
                return saved

            monkeypatch.setattr(client, "insert_operation", insert)
            with pytest.raises(StoreUnavailable):
                for _ in range(10):
                    await house.worker.step()
            assert answered == 1
            other.execute("rollback")
        for _ in range(3):
            with suppress(StoreUnavailable):
                await house.work(600)
        assert await house.states() == {"booked": 2}
        assert [house.sales(number) for number in (1, 2)] == [1, 1]
