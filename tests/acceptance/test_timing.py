"""Guarantee 1: a version is recorded within 125 s, one poll interval and 10 s of its time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from fvsamazon.clock import from_micros
from fvsamazon.windows import LIVE_SHARE
from support.clocks import FakeClock
from support.house import House, spec
from support.paper_amazon import PaperAmazon
from support.proof import end, start

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

HOUR = 3_600.0
PUBLISHED = 0.0056
PROMISE = 125.0 + 10.0


@pytest.mark.parametrize(
    ("rate", "interval", "hours", "gap", "page"),
    [
        pytest.param(PUBLISHED, None, 12, 120.0, 100, id="published rate, half a day"),
        pytest.param(PUBLISHED, None, 2, 6.0, 100, id="published rate, busy"),
        pytest.param(0.056, 30.0, 1, 10.0, 100, id="every thirty seconds"),
        pytest.param(1.0, 5.0, 0.3, 4.0, 20, id="every five seconds, small pages"),
    ],
)
@pytest.mark.slow
async def test_every_version_is_recorded_in_time(
    tmp_path: Path, rate: float, interval: float | None, hours: float, gap: float, page: int
) -> None:
    clock, dice = FakeClock(), random.Random(1)
    amazon = PaperAmazon(clock, rate=rate, page_size=page)
    plan = spec(start_from=clock.now(), poll_interval=interval)
    house = House(tmp_path / "fvsamazon.db", clock, amazon, plan)
    await start(house)
    try:
        await house.run(HOUR)
        made: list[tuple[str, datetime]] = []
        until = clock.elapsed() + hours * HOUR
        while clock.elapsed() < until:
            if not made or dice.random() < 0.6:
                order = amazon.add()
            else:
                order = amazon.orders[dice.choice(made[-200:])[0]]
                amazon.update(order, status=dice.choice(["SHIPPED", "CANCELLED", "UNSHIPPED"]))
            made.append((order.order_id, order.updated))
            await house.run(dice.uniform(0.1, 2) * gap)
        limit = PROMISE + (interval or LIVE_SHARE / rate)
        await house.run(limit + 1)
        assert await house.missing() == set()
        rows = await house.database.all(
            "select o.order_id, v.updated_at, v.seen_at from order_version v "
            "join orders o on o.id = v.order_row"
        )
        seen = {
            (one["order_id"], from_micros(one["updated_at"])): from_micros(one["seen_at"])
            for one in rows
        }
        latest = {order.order_id: order.updated for order in amazon.orders.values()}
        delays = [(seen[one] - one[1]).total_seconds() for one in made if one in seen]
        assert max(delays) <= limit
        # A version that was replaced before Amazon could show it is none that it showed.
        never = [one for one in made if one not in seen]
        for order_id, updated in never:
            after = [at for other, at in made if other == order_id and at > updated]
            assert after, f"{order_id} of {updated} was never recorded"
            assert (min(after) - updated).total_seconds() <= limit
        assert latest.keys() == {order_id for order_id, _ in made}
        assert len(delays) > 150
        assert amazon.throttled == 0
    finally:
        await end(house)
