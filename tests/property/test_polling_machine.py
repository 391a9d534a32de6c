"""Polls, crashes, faults and living orders in any sequence end with the store equal to the truth.

One event loop a machine; time is moved by hand, so that days pass in a second. The test command
tries a few sequences; the slow test many more.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from support.clocks import FakeClock
from support.house import House, spec
from support.proof import Crash, Fuse, FusedAmazon, assert_single, end, fused_commits, live, start

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from support.paper_amazon import PaperOrder

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
RATE, INTERVAL = 0.2, 120.0
SEEN_AT_LAST = 72
"""Hours without new events after which everything must be recorded."""

QUOTA = {"errors": [{"code": "QuotaExceeded", "message": ""}]}
FAULTS = {
    "429": lambda: httpx.Response(429, json=QUOTA),
    "500": lambda: httpx.Response(500, json={"errors": [{"code": "InternalFailure"}]}),
    "503": lambda: httpx.Response(503, html="<html>busy</html>"),
    "empty": lambda: httpx.Response(200, content=b""),
    "cut": lambda: httpx.Response(200, content=b'{"orders": [{"orderId": "305'),
    "no orders": lambda: httpx.Response(200, json={"pagination": {}}),
    "expired": lambda: httpx.Response(
        403, json={"errors": [{"code": "Unauthorized", "details": "The access token has expired"}]}
    ),
}


class Polling(RuleBasedStateMachine):
    """One account, its real poller, and everything that may happen to both."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="fvsamazon-machine-"))
        self.stack.callback(shutil.rmtree, self.folder)
        self.loop = asyncio.new_event_loop()
        self.stack.callback(self.loop.close)
        self.fuse = Fuse()
        self.stack.enter_context(fused_commits(self.fuse))
        self.clock = FakeClock()
        self.amazon = FusedAmazon(self.clock, rate=RATE, page_size=3, fuse=self.fuse)
        self.amazon.fault = self.strike
        self.amazon.on_search = self.leave
        self.faults: list[str] = []
        self.leaving: list[PaperOrder] = []
        begin = self.clock.now() - timedelta(days=2)
        self.house = House(
            self.folder / "fvsamazon.db",
            self.clock,
            self.amazon,
            spec(start_from=begin, poll_interval=INTERVAL),
        )

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(work)

    def strike(self, _request: httpx.Request) -> httpx.Response | None:
        return FAULTS[self.faults.pop()]() if self.faults else None

    def leave(self) -> None:
        """An order is updated just after a page was cut: it leaves the window being read."""
        if self.leaving:
            self.amazon.update(self.leaving.pop(), status="SHIPPED")

    @initialize(
        target=orders,
        page_size=st.integers(2, 5),
        ages=st.lists(st.floats(0, 1.9 * DAY), max_size=12),
        recent=st.lists(st.floats(0, HOUR), max_size=12),
    )
    def begin(self, page_size: int, ages: list[float], recent: list[float]) -> Any:
        self.amazon.page_size = page_size
        made = [self.amazon.add(age=age) for age in (*ages, *recent)]
        self.do(start(self.house))
        return multiple(*made)

    @rule(seconds=st.floats(1, 3 * HOUR))
    def time_passes(self, seconds: float) -> None:
        self.do(live(self.house, seconds))

    @rule(steps=st.integers(1, 4))
    def some_steps(self, steps: int) -> None:
        async def work() -> None:
            for _ in range(steps):
                self.clock.advance(max(0.0, await self.house.task.poller.step()))

        self.do(work())

    @rule(target=orders, count=st.integers(1, 8), late=st.one_of(st.none(), st.floats(1, 5 * HOUR)))
    def orders_come(self, count: int, late: float | None) -> Any:
        made = [self.amazon.add() for _ in range(count)]
        if late is not None:
            made[0].hidden_until = self.amazon.now() + timedelta(seconds=late)
        return multiple(*made)

    @rule(order=orders, status=st.sampled_from(["SHIPPED", "CANCELLED", "UNSHIPPED"]))
    def an_order_changes(self, order: PaperOrder, status: str) -> None:
        self.amazon.update(order, status=status)

    @rule(order=orders)
    def an_order_leaves_its_window(self, order: PaperOrder) -> None:
        self.leaving.append(order)

    @rule(order=orders, broken=st.booleans())
    def an_order_cannot_be_read(self, order: PaperOrder, broken: bool) -> None:
        order.broken = broken
        self.amazon.update(order)

    @rule(fault=st.sampled_from(sorted(FAULTS)), count=st.integers(1, 4))
    def amazon_fails(self, fault: str, count: int) -> None:
        self.faults += [fault] * count

    @rule(effects=st.integers(1, 30))
    def the_process_is_killed(self, effects: int) -> None:
        self.fuse.at, self.fuse.names = effects, []
        try:
            self.do(live(self.house, 6 * HOUR))
        except Crash:
            pass
        finally:
            self.fuse.at = 0
        self.restart()

    @rule()
    def restart(self) -> None:
        self.do(end(self.house))
        self.do(start(self.house))

    @rule(seconds=st.floats(-2 * DAY, 2 * DAY))
    def the_clock_is_set(self, seconds: float) -> None:
        self.clock.jump(seconds)
        self.amazon.skew -= timedelta(seconds=seconds)

    @rule(seconds=st.floats(20, 6 * HOUR), wrong=st.one_of(st.just(0.0), st.floats(-DAY, DAY)))
    def the_machine_reboots(self, seconds: float, wrong: float) -> None:
        self.do(end(self.house))
        self.clock.reboot(seconds)
        self.the_clock_is_set(wrong)
        self.do(start(self.house))

    @invariant()
    def no_request_came_without_a_token(self) -> None:
        assert self.amazon.throttled == 0

    def teardown(self) -> None:
        try:
            if "task" in vars(self.house):
                self.do(self.settle())
        finally:
            self.do(end(self.house))
            self.stack.close()

    async def settle(self) -> None:
        """Nothing happens any more; in time everything is recorded, once."""
        self.faults.clear()
        self.leaving.clear()
        for order in self.amazon.orders.values():
            order.broken = False
        truth = {k: (o.updated, o.status) for k, o in self.amazon.orders.items()}
        for _ in range(SEEN_AT_LAST):
            if await self.house.stored() == truth:
                break
            await live(self.house, HOUR)
        assert await self.house.stored() == truth
        await live(self.house, 10 * MINUTE)
        assert (await self.house.row()).state == "ok"
        assert self.amazon.throttled == 0
        await assert_single(self.house)


def check(*, examples: int, steps: int, derandomize: bool) -> None:
    run_state_machine_as_test(
        Polling,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=derandomize,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_happens_the_store_ends_equal_to_the_truth() -> None:
    check(examples=10, steps=15, derandomize=True)


@pytest.mark.slow
def test_whatever_happens_at_length() -> None:
    check(examples=100, steps=30, derandomize=False)
