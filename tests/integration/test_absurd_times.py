"""Moments that no calendar of ours has room for, wherever an answer can name one.

A Date header is what windows are reckoned by, an order's times decide what is done with it, and
both come from outside: none of them may stop a poller, and no order behind it may be lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.clocks import FakeClock
from support.delivery_house import amazon_order, delivery_house
from support.house import House
from support.paper_amazon import PaperAmazon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

HOUR = 3_600.0
LAST, FIRST = "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = FakeClock()
    opened = await House(tmp_path / "fvsamazon.db", clock, PaperAmazon(clock)).open()
    yield opened
    await opened.close()


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 01 Jan 0100 00:00:00 +2359",
    ],
)
async def test_a_senseless_date_header_does_not_stop_the_polls(
    house: House, date: str, status: int
) -> None:
    """A proxy's clock may say anything, for an hour, on every answer."""

    def odd(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "lwa.test":
            return None
        return httpx.Response(status, json={"orders": [], "payload": []}, headers={"date": date})

    await house.run(HOUR)
    house.amazon.fault = odd
    await house.run(HOUR)
    await house.restart()
    house.amazon.fault = None
    house.amazon.add()
    await house.run(2 * HOUR)
    assert await house.missing() == set()
    assert len(await house.stored()) == 1


@pytest.mark.parametrize("bound", [LAST, FIRST, "0001-01-01T00:00:00+14:00"])
async def test_a_senseless_bound_loses_no_order(house: House, bound: str) -> None:
    def odd(request: httpx.Request) -> httpx.Response | None:
        if "orders" not in request.url.path:
            return None
        body = {"orders": [], "lastUpdatedBefore": bound, "createdBefore": bound}
        return house.amazon._json(200, body)

    house.amazon.fault = odd
    await house.run(600.0)
    house.amazon.fault = None
    house.amazon.add()
    await house.run(2 * HOUR)
    assert len(await house.stored()) == 1


@pytest.mark.parametrize("moment", [LAST, FIRST])
@pytest.mark.parametrize("name", ["createdTime", "lastUpdatedTime", "shipTime"])
async def test_an_order_of_no_time_of_ours_stops_no_other(
    tmp_path: Path, moment: str, name: str
) -> None:
    odd: dict[str, Any] = amazon_order(1)
    if name == "shipTime":
        odd["packages"] = [{"packageReferenceId": "1", "shipTime": moment}]
    else:
        odd[name] = moment
    async with delivery_house(tmp_path / "fvsamazon.db") as house:
        await house.record(odd, amazon_order(2))
        await house.work(600.0)
        assert await house.state(2) == "booked"
