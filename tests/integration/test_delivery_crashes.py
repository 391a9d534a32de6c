"""A crash between every pair of effects: each due order is booked once all the same.

Effects are commits and requests. The process dies before and after each of them in turn; another
one takes over on the same database and finishes.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fvsamazon.store.database import Database, Transaction
from support.delivery_house import (
    RESERVATIONS,
    VAT_BUYER,
    DeliveryHouse,
    amazon_order,
    delivery_house,
    rules_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Crash(BaseException):
    """The process is gone."""


class Fuse:
    """Dies at the n-th moment."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.burnt = False

    def moment(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left == 0:
            self.left, self.burnt = None, True
            raise Crash


FUSE = Fuse()


class FusedDatabase(Database):
    """Dies before or after a commit."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        FUSE.moment()
        async with super().transaction() as tx:
            yield tx
        FUSE.moment()


class FusedTransport(httpx.AsyncBaseTransport):
    """Dies before a request leaves or when its answer is there, unread."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        FUSE.moment()
        answer = await self._inner.handle_async_request(request)
        try:
            FUSE.moment()
        except Crash:
            await answer.aclose()
            raise
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


def arm(house: DeliveryHouse) -> None:
    house.http._transport = FusedTransport(house.http._transport)


async def story(house: DeliveryHouse, faults: list[dict[str, Any]]) -> None:
    """Record, deliver and finish, through at most one crash."""
    for one in faults:
        house.finvalda.faults.add(**one)
    arm(house)
    try:
        await house.work(400, stride=25)
        FUSE.left = None
    except* Crash:
        await house.close()
        await house.open()
    await house.work(400, stride=25)


async def crash_everywhere(
    path: Path, text: str, tell: list[list[dict[str, Any]]], faults: list[dict[str, Any]]
) -> int:
    """Crash at every moment of a story in turn; return how many there were."""
    for place in range(1, 1_000):
        folder = path / f"{place}"
        folder.mkdir()
        async with delivery_house(folder / "fvsamazon.db", rules_of(text)) as house:
            await house.close()
            house.database_type = FusedDatabase
            FUSE.left, FUSE.burnt = None, False
            await house.open()
            # Everything before the last chapter goes well.
            for chapter in tell[:-1]:
                await house.record(*chapter)
                await house.work()
            await house.record(*tell[-1])
            FUSE.left = place
            await story(house, faults)
            burnt = FUSE.burnt
            sold = [one["document"] for one in house.live("PardDok")]
            assert len(sold) == len(set(sold)), (place, sold)
            assert house.finvalda.doubles() == {}, place
            states = await house.states()
            assert set(states) <= {"booked", "not_due"}, (place, states)
            expected = [one["orderId"] for one in tell[-1] if shipped(one)]
            assert sorted(sold) == sorted(expected), place
            assert house.live("PardRezDok") == [], place
            assert house.complaints() == [], place
        if not burnt:
            return place - 1
    raise AssertionError("the story never ends")


def shipped(order: dict[str, Any]) -> bool:
    return bool(order["fulfillment"]["fulfillmentStatus"] == "SHIPPED")


@pytest.mark.parametrize(
    "faults",
    [
        [],
        pytest.param(
            [{"kind": "lost_answer", "method": "InsertNewOperation"}], marks=pytest.mark.slow
        ),
        pytest.param(
            [{"kind": "lost_request", "method": "InsertNewOperation"}], marks=pytest.mark.slow
        ),
    ],
    ids=["all answered", "an answer lost", "a request lost"],
)
async def test_a_sale_with_a_new_client_through_every_crash(
    tmp_path: Path, faults: list[dict[str, Any]]
) -> None:
    crashes = await crash_everywhere(
        tmp_path,
        RESERVATIONS.replace('reservation = "PardRezDok"', ""),
        [[amazon_order(1, tax=VAT_BUYER)]],
        faults,
    )
    assert crashes > 20


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [{"kind": "lost_answer", "method": "DeleteOperation"}],
    ],
    ids=["all answered", "an answer lost"],
)
@pytest.mark.slow
async def test_a_reservation_and_its_sale_through_every_crash(
    tmp_path: Path, faults: list[dict[str, Any]]
) -> None:
    crashes = await crash_everywhere(
        tmp_path,
        RESERVATIONS,
        [
            [amazon_order(1, status="UNSHIPPED"), amazon_order(2, status="UNSHIPPED")],
            [amazon_order(1, minutes=5), amazon_order(2, status="CANCELLED", minutes=5)],
        ],
        faults,
    )
    assert crashes > 20
