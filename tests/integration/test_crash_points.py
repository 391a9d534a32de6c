"""A crash before and after every request and every commit, one by one; then on to the end.

The scenario has a live window, a history and a sweep of several pages, orders that are made,
changed and cancelled meanwhile, and one that cannot be read at first. Whatever the point, the
store ends equal to the truth, and no page is asked for twice but the one that was in flight.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.clocks import FakeClock
from support.house import House, spec
from support.proof import Crash, Fuse, FusedAmazon, assert_single, end, fused_commits, live, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.paper_amazon import Call

HOUR = 3_600.0
LENGTH = 300.0
"""Seconds that the scenario takes: four live polls, a history, and a round of the sweep."""


@pytest.fixture
def fuse() -> Iterator[Fuse]:
    """A fuse around every commit of every database."""
    made = Fuse()
    with fused_commits(made):
        yield made


class Scenario:
    """Seven minutes of one account's life."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        self.clock = FakeClock()
        self.amazon = FusedAmazon(self.clock, rate=0.2, page_size=3, fuse=fuse)
        for n in range(7):
            self.amazon.add(age=200 + n * 100)
        for n in range(8):
            self.amazon.add(age=(2 + 5 * n) * HOUR)
        bad = self.amazon.add(age=900)
        bad.broken = True
        first, second, old = (list(self.amazon.orders.values())[n] for n in (0, 1, 9))
        self.acts: list[tuple[float, Callable[[], object]]] = [
            (10.0, self.amazon.add),
            (20.0, lambda: self.amazon.update(first, status="SHIPPED")),
            (30.0, lambda: self.amazon.update(old, status="CANCELLED")),
            (40.0, lambda: self.amazon.update(second, status="CANCELLED")),
            (50.0, self.amazon.add),
            (75.0, lambda: setattr(bad, "broken", False)),
        ]
        start = self.clock.now() - timedelta(hours=40)
        plan = spec(start_from=start, poll_interval=90.0)
        self.house = House(path, self.clock, self.amazon, plan)
        self.end = self.clock.elapsed() + LENGTH

    async def play(self) -> None:
        """Go on from wherever the last process stopped."""
        await start(self.house)
        await live(self.house, self.end - self.clock.elapsed(), after=self.act, nap=self.following)

    def following(self) -> float:
        return self.acts[0][0] - self.clock.passed if self.acts else LENGTH

    def act(self) -> None:
        while self.acts and self.acts[0][0] <= self.clock.passed:
            self.acts.pop(0)[1]()

    @property
    def searches(self) -> list[Call]:
        return [call for call in self.amazon.calls if call.operation == "searchOrders"]

    def repeated(self) -> int:
        """Return how many searches asked for a page that had been asked for before."""
        pages = {tuple(sorted(call.query.items())) for call in self.searches}
        return len(self.searches) - len(pages)

    async def check(self) -> None:
        """Hold the store against the truth."""
        amazon, database = self.amazon, self.house.database
        stored = await self.house.stored()
        promised = self.clock.now() - timedelta(seconds=125 + 90 + 10)
        assert max(order.updated for order in amazon.orders.values()) <= promised
        assert stored == {k: (order.updated, order.status) for k, order in amazon.orders.items()}
        assert await database.all("select 1 from unreadable") == []
        assert amazon.throttled == 0
        await assert_single(self.house)
        assert not self.house.task.poller.history_left


async def test_the_scenario_holds_what_it_promises(tmp_path: Path, fuse: Fuse) -> None:
    scenario = Scenario(tmp_path / "fvsamazon.db", fuse)
    try:
        await scenario.play()
        await scenario.check()
        swept = "select 1 from account where sweep_round > 0 or sweep_mark is not null"
        assert await scenario.house.database.one(swept)
    finally:
        await end(scenario.house)
    calls = scenario.amazon.calls
    families = Counter(
        "created" if "createdAfter" in call.query else "updated"
        for call in calls
        if "paginationToken" in call.query
    )
    assert families["created"] >= 3, "a history of several pages"
    assert families["updated"] >= 3, "live windows of several pages"
    assert [c for c in calls if c.operation == "getOrder" and c.status == 200]
    assert scenario.repeated() == 0
    assert not scenario.acts


@pytest.mark.slow
async def test_a_crash_at_any_point_loses_and_doubles_nothing(tmp_path: Path, fuse: Fuse) -> None:
    whole = Scenario(tmp_path / "whole.db", fuse)
    try:
        await whole.play()
    finally:
        await end(whole.house)
    points = list(fuse.names)
    for number, name in enumerate(points, 1):
        fuse.at, fuse.names = number, []
        scenario = Scenario(tmp_path / f"{number}.db", fuse)
        try:
            with pytest.raises(Crash):
                await scenario.play()
            await end(scenario.house)
            await scenario.play()
            await scenario.check()
            assert scenario.repeated() <= 1
            assert len(scenario.searches) <= len(whole.searches) + 1
        except AssertionError as error:
            error.add_note(f"crashed at point {number} of {len(points)}, {name}")
            raise
        finally:
            await end(scenario.house)
    assert len(points) > 100


async def test_a_crash_loop_spends_no_more_than_the_quota(tmp_path: Path, fuse: Fuse) -> None:
    scenario = Scenario(tmp_path / "fvsamazon.db", fuse)
    fuse.always = "before the answer about orders comes"
    for _ in range(60):
        scenario.end = scenario.clock.elapsed() + 1.0
        try:
            await scenario.play()
        except Crash:
            pass
        finally:
            await end(scenario.house)
    assert 15 <= len(scenario.searches) <= 20
    assert scenario.amazon.throttled == 0
    fuse.always = None
    scenario.end = scenario.clock.elapsed() + 2 * LENGTH
    try:
        await scenario.play()
        await scenario.check()
    finally:
        await end(scenario.house)


async def test_the_rate_that_the_first_answer_tells_counts_for_the_next_poll(
    tmp_path: Path, fuse: Fuse
) -> None:
    """The plan is made within the page's own commit, and must see what that commit changed."""
    scenario = Scenario(tmp_path / "fvsamazon.db", fuse)
    try:
        await start(scenario.house)
        await scenario.house.run(5.0)
        due = (await scenario.house.row()).live_due_at
        assert due is not None
        assert due / 1e6 - scenario.clock.now().timestamp() <= 90.0
    finally:
        await end(scenario.house)


async def test_an_empty_bucket_fills_again_after_a_boot_with_the_clock_set_back(
    tmp_path: Path, fuse: Fuse
) -> None:
    """Its past is unknown; from the first look on it is not."""
    scenario = Scenario(tmp_path / "fvsamazon.db", fuse)
    house, clock = scenario.house, scenario.clock
    try:
        await start(house)
        while not await house.task.poller._quota.take("searchOrders"):
            pass
        await end(house)
        clock.reboot(30.0)
        clock.jump(-36_000.0)
        await start(house)
        waits = []
        while wait := await house.task.poller._quota.take("searchOrders"):
            waits.append(wait)
            clock.advance(wait)
            assert sum(waits) < 400, "a token takes three minutes at the published rate"
    finally:
        await end(house)
