"""The machine's clock: set ahead or back by hours or a year, while running or between.

Whatever it says, nothing waits longer than its own schedule's interval, and Amazon's quota is kept.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from support.clocks import FakeClock
from support.delivery_house import DeliveryHouse, amazon_order, delivery_house
from support.house import House, spec
from support.paper_amazon import PaperAmazon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

HOUR = 3_600.0
DAY = 24 * HOUR
YEAR = 365 * DAY
INTERVAL = 1.11 / 0.0056
JUMPS = [-YEAR, -DAY, -HOUR, -150.0, 150.0, HOUR, DAY, YEAR]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = FakeClock()
    made = House(
        tmp_path / "fvsamazon.db",
        clock,
        PaperAmazon(clock),
        account=spec(start_from=clock.now()),
    )
    yield await made.open()
    await made.close()


@pytest.fixture
async def booking(tmp_path: Path) -> AsyncIterator[DeliveryHouse]:
    async with delivery_house(tmp_path / "fvsamazon.db") as made:
        yield made


def jump(house: House, seconds: float) -> None:
    """Set this machine's clock; Amazon's goes on as before."""
    house.clock.jump(seconds)
    house.amazon.skew -= timedelta(seconds=seconds)


def pauses(house: House, since: int, family: str = "lastUpdatedAfter") -> list[float]:
    """Return the seconds between searches by Amazon's clock, those after call number `since`."""
    at = [c.at for c in house.amazon.calls[since:] if family in c.query and c.status == 200]
    return [(b - a).total_seconds() for a, b in itertools.pairwise(at)]


@pytest.mark.parametrize("restart", [False, True], ids=["running", "between"])
@pytest.mark.parametrize("seconds", JUMPS)
async def test_no_jump_stops_live_polls_or_the_sweep(
    house: House, seconds: float, *, restart: bool
) -> None:
    await house.run(2 * HOUR + 100)
    before = len(house.amazon.calls)
    last = house.amazon.calls[-1].at
    jump(house, seconds)
    if restart:
        await house.restart()
    order = house.amazon.add()
    await house.run(6 * HOUR)
    gaps = pauses(house, before)
    first = next(c.at for c in house.amazon.calls[before:] if "lastUpdatedAfter" in c.query)
    # A bound that Amazon refuses, because our clock was ahead, costs one short pause.
    assert max([*gaps, (first - last).total_seconds()]) <= 2 * INTERVAL + 10
    sweeps = [c for c in house.amazon.calls[before:] if "createdAfter" in c.query]
    assert len(sweeps) >= 2
    assert order.order_id in await house.stored()
    assert house.amazon.throttled == 0


@pytest.mark.parametrize("seconds", JUMPS)
async def test_a_clock_that_is_set_while_an_account_rests_ends_no_later(
    house: House, seconds: float
) -> None:
    await house.run(HOUR)

    def down(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(500) if request.url.path.endswith("/orders") else None

    house.amazon.fault = down
    await house.run(HOUR)
    jump(house, seconds)
    await house.restart()
    before = len(house.amazon.calls)
    house.amazon.fault = None
    await house.run(20 * 60)
    assert (await house.row()).state == "ok"
    assert len(house.amazon.calls) > before
    assert house.amazon.throttled == 0


@pytest.mark.parametrize("seconds", JUMPS)
async def test_a_token_outlives_no_jump_and_is_asked_for_once(house: House, seconds: float) -> None:
    asked = []

    def watch(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "lwa.test":
            asked.append(house.clock.passed)
        return None

    house.amazon.fault = watch
    await house.run(HOUR / 2)
    jump(house, seconds)
    before = len(asked)
    end = house.clock.elapsed() + 3 * HOUR
    while house.clock.elapsed() < end:
        house.clock.advance(max(1.0, await house.task.tokens.step()))
    assert 3 <= len(asked) - before <= 5


@pytest.mark.parametrize("seconds", JUMPS)
async def test_where_an_account_sells_is_asked_again_within_a_day(
    house: House, seconds: float
) -> None:
    await house.heal(HOUR)
    jump(house, seconds)
    await house.restart()
    before = len(house.amazon.calls)
    await house.heal(DAY + HOUR)
    asked = [c for c in house.amazon.calls[before:] if "Participations" in c.operation]
    assert 1 <= len(asked) <= 2


@pytest.mark.parametrize("seconds", [-YEAR, -DAY, YEAR])
async def test_what_is_due_for_finvalda_waits_for_no_clock(
    booking: DeliveryHouse, seconds: float
) -> None:
    booking.finvalda.faults.add("http_error", seconds=900)
    await booking.record(amazon_order())
    await booking.work(60)
    async with booking.database.transaction() as tx:
        later = int((booking.clock.now().timestamp() + 300) * 1e6)
        await tx.execute("update outbox set next_attempt_at = ?", (later,))
    booking.clock.jump(seconds)
    booking.finvalda.faults.clear()
    await booking.work(900)
    assert (await booking.state(), booking.sales()) == ("booked", 1)


async def test_orders_recorded_under_a_clock_a_year_ahead_are_booked_when_it_is_right(
    booking: DeliveryHouse,
) -> None:
    booking.clock.jump(YEAR)
    await booking.record(amazon_order())
    booking.clock.jump(-YEAR)
    await booking.restart()
    await booking.work(600)
    assert (await booking.state(), booking.sales()) == ("booked", 1)
