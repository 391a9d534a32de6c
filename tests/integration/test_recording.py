"""The writing of a page: a bug in what follows, a value the schema refuses.

Whatever one order does to the program, its page is committed, the others go on, and what was not
written for it is written later.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from structlog.testing import capture_logs

from fvsamazon import events
from fvsamazon.amazon.client import AmazonClient
from fvsamazon.assembly import Sinks
from fvsamazon.delivery.intents import IntentSink, Plan
from fvsamazon.errors import StoreUnavailable
from fvsamazon.logs import get_logger
from fvsamazon.poller.searching import Searcher
from fvsamazon.store import orders
from fvsamazon.supervisor import Guard
from support.clocks import FakeClock
from support.house import House, spec
from support.paper_amazon import PaperAmazon, PaperOrder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from fvsamazon.orders import OrderRecord, Unreadable
    from fvsamazon.store.accounts import AccountRow
    from fvsamazon.store.database import Transaction

HOUR = 3_600.0
YEAR = 365 * 24 * HOUR


class Spoilt:
    """A sink that writes and then meets a bug, at some orders; it counts how often it was asked."""

    def __init__(self) -> None:
        self.orders: set[str] | None = set()
        """Ids of those that it fails on; None: any."""
        self.error: Exception = KeyError("a bug")
        self.asked: dict[str, int] = {}

    async def recorded(
        self,
        tx: Transaction,
        account: AccountRow,
        found: Sequence[OrderRecord | Unreadable],
        _outcome: orders.Recorded,
    ) -> None:
        for item in found:
            name = item.order_id or "?"
            self.asked[name] = self.asked.get(name, 0) + 1
            await tx.execute(
                "insert or replace into meta (key, value) values (?, ?)",
                (f"seen:{name}", f"{account.name}"),
            )
            if self.orders is None or name in self.orders:
                raise self.error


@pytest.fixture
def spoilt() -> Spoilt:
    return Spoilt()


@pytest.fixture
async def house(tmp_path: Path, spoilt: Spoilt) -> AsyncIterator[House]:
    """An account that polls often, without a past, whose orders get intents."""
    clock = FakeClock()
    made = House(
        tmp_path / "fvsamazon.db",
        clock,
        PaperAmazon(clock, rate=1.0),
        account=spec(start_from=clock.now(), poll_interval=60.0),
        sink=Sinks(IntentSink(clock, Plan(early=True)), spoilt),
    )
    await made.open()
    yield made
    await made.close()


async def intents(house: House) -> set[str]:
    rows = await house.database.all(
        "select o.order_id from outbox as x join orders as o on o.id = x.order_row"
    )
    return {row["order_id"] for row in rows}


async def aside(house: House) -> dict[str, int]:
    rows = await house.database.all("select order_id, attempts from unreadable")
    return {row["order_id"]: row["attempts"] for row in rows}


def of(lines: Any, event: str) -> list[Any]:
    return [line for line in lines if line["event"] == event]


async def test_a_bug_in_what_follows_one_order_stops_no_page_and_loses_no_intent(
    house: House, spoilt: Spoilt
) -> None:
    made = [house.amazon.add(age=300 + n) for n in range(5)]
    bad = made[2].order_id
    spoilt.orders = {bad}
    with capture_logs() as lines:
        await house.run(HOUR)
    assert await house.missing() == set()
    assert await intents(house) == {order.order_id for order in made} - {bad}
    assert await aside(house) == {bad: 0}
    kept = await house.database.all("select key from meta where key like 'seen:%'")
    assert {row["key"].partition(":")[2] for row in kept} == await intents(house)
    [told] = of(lines, events.ORDER_SET_ASIDE)
    assert (told["order"], told["error"]) == (bad, "KeyError")
    assert told["exc_info"]
    assert of(lines, events.REGION_FAILED) == []
    assert (await house.row()).state == "ok"

    # It is tried again by itself; while the bug lasts less and less often.
    with capture_logs() as lines:
        before = spoilt.asked[bad]
        await house.heal(6 * HOUR)
    assert 6 <= spoilt.asked[bad] - before <= 18
    assert (await aside(house))[bad] >= 6
    assert of(lines, events.ORDER_SET_ASIDE) == []
    spoilt.orders = set()
    with capture_logs() as lines:
        await house.heal(2 * HOUR)
    assert len(of(lines, events.ORDER_HEALED)) == 1
    assert await intents(house) == {order.order_id for order in made}
    assert await aside(house) == {}


async def test_an_owed_intent_is_written_as_soon_as_the_order_is_shown_again(
    house: House, spoilt: Spoilt
) -> None:
    """The same version comes again in the overlap of the next window: no news, and owed."""
    order = house.amazon.add(age=300)
    spoilt.orders = {order.order_id}
    await house.run(120)
    assert await intents(house) == set()
    spoilt.orders = set()
    await house.run(120)
    assert await intents(house) == {order.order_id}
    assert await aside(house) == {}


async def test_an_intent_owed_for_a_change_survives_a_restart_with_another_program(
    house: House, spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = house.amazon.add(age=300)
    await house.run(HOUR)
    async with house.database.transaction() as tx:
        await tx.execute("update outbox set state = 'held', next_attempt_at = null")
    spoilt.orders = {order.order_id}
    house.amazon.update(order, status="SHIPPED")
    await house.run(HOUR)
    assert (await house.stored())[order.order_id][1] == "SHIPPED"
    waiting = "select 1 from outbox where next_attempt_at is not null"
    assert await house.database.all(waiting) == []
    spoilt.orders = set()
    monkeypatch.setattr("fvsamazon.poller.errands.__version__", "newer")
    monkeypatch.setattr("fvsamazon.poller.recording.__version__", "newer")
    await house.restart()
    await house.heal(1)
    assert len(await house.database.all(waiting)) == 1


async def test_a_bug_that_meets_every_order_delays_no_poll(house: House, spoilt: Spoilt) -> None:
    spoilt.orders = None
    made = [house.amazon.add(age=300 + n) for n in range(10)]
    with capture_logs() as lines:
        await house.run(HOUR)
    assert await house.missing() == set()
    assert len(await house.stored()) == len(made)
    polls = [call for call in house.amazon.calls if call.operation == "searchOrders"]
    assert len(polls) >= 55
    told = of(lines, events.ORDER_SET_ASIDE)
    assert len(told) == len(made)
    assert len([line for line in told if line["exc_info"]]) == 1
    spoilt.orders = set()
    await house.heal(2 * HOUR)
    assert await intents(house) == {order.order_id for order in made}
    assert await aside(house) == {}


async def test_what_the_schema_refuses_of_one_order_sets_that_one_aside(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [house.amazon.add(age=300 + n) for n in range(5)]
    bad = made[3].order_id
    real = orders._values

    def refused(item: OrderRecord, *given: Any) -> dict[str, Any]:
        values = real(item, *given)
        return {**values, "created_text": None} if item.order_id == bad else values

    monkeypatch.setattr(orders, "_values", refused)
    with capture_logs() as lines:
        await house.run(HOUR)
    assert set(await house.stored()) == {order.order_id for order in made} - {bad}
    assert await aside(house) == {bad: 0}
    assert of(lines, events.ORDER_SET_ASIDE)[0]["order"] == bad
    monkeypatch.setattr(orders, "_values", real)
    await house.heal(HOUR)
    assert await house.missing() == set()
    assert await intents(house) == {order.order_id for order in made}
    counter = await house.database.one("select value from counter where name = 'orders'")
    assert counter is not None
    assert counter["value"] == 5


@pytest.mark.parametrize(
    "trouble",
    [StoreUnavailable("the disk is full"), sqlite3.OperationalError("disk I/O error")],
    ids=["ours", "sqlite's"],
)
async def test_the_stores_own_trouble_in_what_follows_keeps_the_whole_page_back(
    house: House, spoilt: Spoilt, trouble: Exception
) -> None:
    house.amazon.add(age=300)
    spoilt.orders, spoilt.error = None, trouble
    with pytest.raises(StoreUnavailable):
        await house.run(60)
    assert await house.stored() == {}
    assert await aside(house) == {}
    spoilt.orders = set()
    await house.run(60)
    assert len(await house.stored()) == len(await intents(house)) == 1
    searches = [call for call in house.amazon.calls if call.operation == "searchOrders"]
    assert len({json.dumps(call.query) for call in searches}) == len(searches)


async def test_an_account_whose_page_can_never_be_written_stops_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search's own rows, say, and not an order's: nothing can be set aside."""
    other = House(
        house.path, house.clock, PaperAmazon(house.clock, rate=1.0), spec("other", poll_interval=60)
    )
    await other.open()
    real = Searcher._finish

    async def finish(self: Searcher, *given: Any) -> None:
        if self._account.name == "main":
            raise sqlite3.IntegrityError("NOT NULL constraint failed")
        await real(self, *given)

    monkeypatch.setattr(Searcher, "_finish", finish)
    house.amazon.add(age=300)
    order = other.amazon.add(age=300)
    guard = Guard(house.clock, get_logger())
    with capture_logs() as lines:
        for _ in range(30):
            for one in (house, other):
                where = {"region": "Europe", "account": one.account.name}
                async with guard.step(f"poll:{one.account.name}", **where):
                    await one.task.poller.step()
            house.clock.advance(60)
    assert order.order_id in await other.stored()
    assert (await other.row()).state == "ok"
    assert len(await house.stored()) == 1
    assert {line["account"] for line in of(lines, events.REGION_FAILED)} == {"main"}
    searches = [call for call in house.amazon.calls if call.operation == "searchOrders"]
    assert len(searches) == 1, "the page in hand is written again, not asked for again"
    await other.close()


# Orders that wait to be fetched again.


def broken(house: House, count: int) -> list[PaperOrder]:
    made = [house.amazon.add(age=300 + n) for n in range(count)]
    for order in made:
        order.broken = True
    return made


async def test_refused_credentials_are_asked_once_however_many_orders_wait(house: House) -> None:
    broken(house, 40)
    await house.run(60)
    assert len(await aside(house)) == 40
    await house.heal(1)  # where the account sells, which is asked for by itself
    house.task.errands._client._tokens.invalidate(  # Amazon withdrew it
        await house.task.errands._client._tokens.get()
    )
    asked: list[float] = []

    def revoked(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "lwa.test":
            asked.append(house.clock.elapsed())
            return httpx.Response(400, json={"error": "invalid_grant"})
        return None

    house.amazon.fault = revoked
    before, waiting = len(house.amazon.calls), await aside(house)
    await house.heal(5.5 * HOUR)
    assert 5 <= len(asked) <= 6
    assert len(house.amazon.calls) == before
    assert await aside(house) == waiting
    house.amazon.fault = None
    for order in house.amazon.orders.values():
        order.broken = False
    await house.heal(2 * HOUR)
    assert await aside(house) == {}


@pytest.mark.parametrize(("status", "most"), [(403, 7), (500, 35)])
async def test_an_amazon_that_refuses_or_fails_is_asked_seldom_however_many_orders_wait(
    house: House, status: int, most: int
) -> None:
    broken(house, 40)
    await house.run(60)

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.rsplit("/", 1)[-1].startswith("305-"):
            return httpx.Response(status, json={"errors": [{"code": "X", "message": "no"}]})
        return None

    house.amazon.fault = fault
    before = len(house.amazon.calls)
    await house.heal(5 * HOUR)
    got = [call for call in house.amazon.calls[before:] if call.operation == "getOrder"]
    assert 2 <= len(got) <= most
    house.amazon.fault = None
    for order in house.amazon.orders.values():
        order.broken = False
    await house.heal(2 * HOUR)
    assert await aside(house) == {}


async def test_one_order_that_amazon_never_answers_delays_no_other(house: House) -> None:
    made = broken(house, 20)
    await house.run(60)
    for order in made:
        order.broken = False
    poison = made[0].order_id

    def fault(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(500) if request.url.path.endswith(poison) else None

    house.amazon.fault = fault
    await house.heal(HOUR)
    assert set(await aside(house)) == {poison}


async def test_a_bug_at_one_order_that_is_fetched_again_delays_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = broken(house, 20)
    await house.run(60)
    for order in made:
        order.broken = False
    bad = made[0].order_id
    real = AmazonClient.get_order

    async def get_order(self: AmazonClient, order_id: str, included: Any) -> Any:
        if order_id == bad:
            raise KeyError("a bug")
        return await real(self, order_id, included)

    monkeypatch.setattr(AmazonClient, "get_order", get_order)
    with capture_logs() as lines:
        await house.heal(2 * HOUR)
    assert set(await aside(house)) == {bad}
    [told] = of(lines, events.ORDER_SET_ASIDE)
    assert told["exc_info"]
    monkeypatch.setattr(AmazonClient, "get_order", real)
    await house.heal(1.5 * HOUR)
    assert await house.missing() == set()


@pytest.mark.parametrize("jump", [-YEAR, YEAR])
async def test_a_clock_that_is_set_delays_no_second_try(house: House, jump: float) -> None:
    order = broken(house, 1)[0]
    await house.run(60)
    await house.heal(HOUR)
    house.clock.jump(jump)
    house.amazon.skew = type(house.amazon.skew)(seconds=-jump)
    order.broken = False
    await house.restart()
    await house.heal(1.5 * HOUR)
    assert await aside(house) == {}


async def test_a_clock_that_was_a_year_ahead_and_is_set_right_delays_no_second_try(
    house: House,
) -> None:
    house.clock.jump(YEAR)
    house.amazon.skew = type(house.amazon.skew)(seconds=-YEAR)
    order = broken(house, 1)[0]
    await house.run(600)
    await house.heal(2 * HOUR)
    assert list((await aside(house)).values()) != [0]
    house.clock.jump(-YEAR)
    house.amazon.skew = type(house.amazon.skew)(0)
    order.broken = False
    await house.heal(1.5 * HOUR)
    assert await aside(house) == {}
