"""One account's polling: what an unlucky clock, setting or refusal must not cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from structlog.testing import capture_logs

from fvsamazon import events, status
from fvsamazon.errors import StoreUnavailable
from fvsamazon.logs import get_logger
from fvsamazon.poller.faults import SEARCH_STUCK, SEARCH_STUCK_REMEDY
from fvsamazon.poller.region import RegionPoller
from fvsamazon.store import accounts
from fvsamazon.supervisor import Guard
from support.house import House, spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.store.database import Transaction

HOUR = 3_600.0
DAY = 24 * HOUR
DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"


def refused_login(request: httpx.Request) -> httpx.Response | None:
    if request.url.host == "lwa.test":
        return httpx.Response(400, json={"error": "invalid_grant"})
    return None


def live(house: House) -> list[float]:
    """Return when live windows were asked for, in seconds of the test."""
    start = house.amazon.calls[0].at if house.amazon.calls else house.amazon.now()
    return [
        (call.at - start).total_seconds()
        for call in house.amazon.calls
        if "lastUpdatedAfter" in call.query
    ]


async def test_days_of_refused_credentials_before_the_first_poll_leave_no_gap(
    house: House,
) -> None:
    """What was sold between joining and the first answer lies in no first half hour."""
    house.amazon.fault = refused_login
    for _ in range(10):
        await house.run(DAY)
        house.amazon.add()
    await house.run(DAY)
    house.amazon.fault = None
    await house.run(3 * HOUR)
    assert await house.missing() == set()


async def test_a_marketplace_that_left_before_its_first_poll_comes_back_without_a_gap(
    house: House,
) -> None:
    house.account = spec(marketplaces=(DE,))
    await house.restart()
    await house.run(HOUR)
    # FR joins while Amazon refuses, so that it is never polled; then it leaves for some days.
    house.account = spec(marketplaces=(FR, DE))
    house.amazon.fault = refused_login
    await house.restart()
    await house.run(60)
    house.amazon.fault = None
    house.account = spec(marketplaces=(DE,))
    await house.restart()
    await house.run(6 * HOUR)
    house.account = spec(marketplaces=(FR, DE))
    await house.restart()
    await house.run(3 * HOUR)
    asked = [
        c.query
        for c in house.amazon.calls
        if FR in c.query.get("marketplaceIds", "") and c.status == 200
    ]
    reach = min(q["lastUpdatedAfter"] for q in asked if "lastUpdatedAfter" in q)
    created = max(q["createdBefore"] for q in asked if q["marketplaceIds"] == FR)
    assert created >= reach


async def test_a_filter_that_falls_after_an_outage_loses_no_update(house: House) -> None:
    house.account = spec(marketplaces=(DE,), start_from=house.clock.now() - timedelta(days=60))
    await house.restart()
    order = house.amazon.add(age=50 * DAY)
    await house.run(6 * HOUR)
    assert order.order_id in await house.stored()
    house.amazon.update(order, status="SHIPPED")
    house.clock.advance(10 * DAY)
    house.account = spec()
    await house.restart()
    await house.run(6 * HOUR)
    assert (await house.stored())[order.order_id][1] == "SHIPPED"


async def test_a_clock_set_back_by_days_keeps_live_polls_coming(house: House) -> None:
    await house.run(HOUR)
    house.clock.jump(-2 * DAY)
    house.amazon.skew += timedelta(days=2)
    before = len(live(house))
    await house.run(HOUR)
    assert len(live(house)) - before >= 15


async def test_a_clock_set_back_while_failing_is_tried_again_all_the_same(house: House) -> None:
    await house.run(HOUR)

    def down(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(500) if request.url.path.endswith("/orders") else None

    house.amazon.fault = down
    await house.run(300)
    assert (await house.row()).state == "failing"
    house.clock.jump(-2 * DAY)
    house.amazon.skew += timedelta(days=2)
    house.amazon.fault = None
    await house.run(HOUR)
    assert (await house.row()).state == "ok"


async def test_a_refusal_of_the_past_alone_leaves_live_polls_alone(house: House) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        if "createdAfter" in request.url.params:
            return httpx.Response(403, json={"errors": [{"code": "Unauthorized", "message": ""}]})
        return None

    house.amazon.fault = fault
    house.amazon.add(age=20 * DAY)
    await house.run(HOUR)
    before = len(live(house))
    await house.run(3 * HOUR)
    assert len(live(house)) - before >= 20


async def test_a_notice_does_not_lengthen_later_pauses(house: House) -> None:
    await house.run(HOUR)
    other = await accounts.ensure(
        house.database,
        region="Europe",
        name="other",
        refresh_token="Atzr|other",
        client_secret="secret",
        configured=frozenset({("Europe", "main"), ("Europe", "other")}),
        now=0,
    )
    order = house.amazon.add()
    await house.run(600)
    async with house.database.transaction() as tx:
        await tx.execute(
            "update orders set account_id = ? where order_id = ?", (other.id, order.order_id)
        )
    house.amazon.update(order)
    await house.run(600)
    assert (await house.row()).state == "attention"
    down = [False]

    def fault(request: httpx.Request) -> httpx.Response | None:
        if down[0] and "lastUpdatedAfter" in request.url.params:
            down[0] = False
            return httpx.Response(500)
        return None

    house.amazon.fault = fault
    for _ in range(12):
        down[0] = True
        await house.run(HOUR)
    row = await house.row()
    assert row.state == "attention"
    assert row.failures <= 1


async def test_a_clock_that_was_wrong_widens_no_bound(house: House) -> None:
    await house.run(HOUR)
    house.clock.jump(2 * HOUR)
    house.amazon.skew -= timedelta(hours=2)
    await house.restart()
    await house.run(HOUR)
    assert [c for c in house.amazon.calls if c.status == 400]
    assert (await house.row()).bound_widened == 0.0
    mark = await house.mark()
    assert mark is not None
    assert await house.missing() == set()


async def test_a_history_that_ends_where_amazon_stops_serving_is_over(house: House) -> None:
    house.account = spec(start_from=house.clock.now() - timedelta(days=3_000))
    await house.restart()
    house.amazon.rate = 0.056
    for _ in range(48):
        await house.run(HOUR)
        if not house.task.poller.history_left:
            break
    assert not house.task.poller.history_left
    report = await status.collect(house.database, house.clock)
    assert report.accounts[0].backfill is None


async def test_an_order_of_an_account_that_is_gone_goes_on_with_the_one_that_shows_it(
    house: House,
) -> None:
    """Another name and another refresh token at once: no state can be taken over."""
    await house.run(60)
    order = house.amazon.add()
    await house.run(HOUR)
    assert order.order_id in await house.stored()
    house.account = spec(name="germany")
    await accounts.retire(house.database, frozenset({house.account.key}))
    await house.restart()
    house.amazon.update(order, status="SHIPPED")
    await house.run(HOUR)
    assert (await house.stored())[order.order_id][1] == "SHIPPED"
    assert (await house.row()).state == "ok"
    report = await status.collect(house.database, house.clock)
    assert sum(a.orders for a in report.accounts) == 1


async def test_a_pass_is_over_when_it_has_reached_its_own_present(house: House) -> None:
    """A search that the daemon left half done, or one cut short, is not the one wanted."""
    house.amazon.page_size = 3
    for n in range(8):
        house.amazon.add(age=300 + n)
    await house.task.poller.step()
    house.clock.advance(2 * DAY)
    await house.restart()
    for _ in range(5):
        house.amazon.add(age=HOUR)
    poller = house.task.poller
    poller.poll_now()
    for _ in range(200):
        house.clock.advance(await poller.step())
        if poller.live_polls:
            break
    assert await house.missing() == set()
    mark = await house.mark()
    assert mark is not None
    assert house.clock.now() - mark < timedelta(minutes=30)
    assert len(await house.stored()) == 13


async def test_a_request_to_poll_now_is_not_spent_on_an_old_search(house: House) -> None:
    house.account = spec(start_from=house.clock.now())
    await house.restart()
    await house.run(HOUR)
    house.amazon.page_size = 3
    for n in range(8):
        house.amazon.add(age=200 + n)
    for _ in range(50):
        house.clock.advance(await house.task.poller.step())
        if house.amazon.calls[-1].query.get("lastUpdatedAfter"):
            break
    house.task.poller.poll_now()
    order = house.amazon.add()
    house.clock.advance(130)
    for _ in range(6):
        await house.task.poller.step()
    assert order.order_id in await house.stored()


async def test_a_storm_of_requests_to_poll_hammers_no_token_server(house: House) -> None:
    """SIGUSR1 every second, and whatever wakes the loops, while a person has to act."""
    await house.run(60)
    asked: list[float] = []

    def revoked(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "lwa.test":
            asked.append(house.clock.elapsed())
        return refused_login(request)

    house.amazon.fault = revoked
    house.clock.advance(2 * HOUR)
    region = RegionPoller(
        "Europe", [house.task], clock=house.clock, guard=Guard(house.clock, get_logger())
    )
    for _ in range(600):
        region.poll_now()
        region.try_again()
        for _, step in house.task.steps():
            await step()
        house.clock.advance(1.0)
    assert (await house.row()).state == "attention"
    assert 55 <= len(asked) <= 75
    house.amazon.fault = None
    region.poll_now()
    await house.run(15)
    assert (await house.row()).state == "ok"


@pytest.mark.parametrize("part", ["state", "notice"])
async def test_a_recovery_that_could_not_be_written_is_written_later(
    house: House, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """A disk that fills between a page and its account's state must not leave `status` wrong."""
    await house.run(HOUR)

    def down(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(500) if request.url.path.endswith("/orders") else None

    state = house.task.poller.state
    if part == "state":
        house.amazon.fault = down
        await house.run(600)
        assert (await house.row()).state == "failing"
    else:
        await state.notice(SEARCH_STUCK, SEARCH_STUCK_REMEDY, kind="history", detail="no answer")
    real = accounts.update
    refused = [0]

    async def update(tx: Transaction, account_id: int, values: Mapping[str, Any]) -> None:
        if values.get("state") == "ok" and refused[0] < 2:
            refused[0] += 1
            raise StoreUnavailable("the disk is full")
        await real(tx, account_id, values)

    monkeypatch.setattr(accounts, "update", update)
    house.amazon.fault = None
    if part == "notice":
        with pytest.raises(StoreUnavailable):
            await state.drop_notice(SEARCH_STUCK)
    with capture_logs() as lines:
        for _ in range(2 if part == "state" else 1):
            with pytest.raises(StoreUnavailable):
                await house.run(HOUR)
        await house.run(HOUR)
    assert refused == [2]
    assert (await house.row()).state == "ok"
    recovered = [line for line in lines if line["event"] == events.REGION_RECOVERED]
    assert len(recovered) == (1 if part == "state" else 0)


BOUNDS = ("lastUpdatedAfter", "lastUpdatedBefore")


@dataclass
class Shifted:
    """A window of several pages of which an order was skipped: another one left it meanwhile."""

    skipped: set[str]
    following: set[str]
    left_at: datetime
    window: tuple[str, ...]


async def shifted(house: House, sweep_round: int, rate: float = 1.0) -> Shifted:
    """Read such a window after a long pause, so that no overlap reads it again by itself."""
    house.amazon.rate, house.amazon.page_size = rate, 2
    house.account = spec(poll_interval=60.0)
    await house.restart()
    await house.run(HOUR)
    house.clock.advance(3 * HOUR)
    orders = [house.amazon.add(age=2 * HOUR - n) for n in range(5)]
    following = {house.amazon.add(age=100 - n).order_id for n in range(3)}
    house.clock.advance(20)
    async with house.database.transaction() as tx:
        await tx.execute("delete from traversal where kind = 'sweep'")
        await tx.execute("update account set sweep_round = ?, sweep_mark = null", (sweep_round,))
    began = len(house.amazon.calls)

    def leave() -> None:
        if len(house.amazon.calls) == began:
            house.amazon.update(orders[0])

    house.amazon.on_search = leave
    house.task.poller.poll_now()
    while not await house.database.all("select * from paged_window"):
        house.clock.advance(await house.task.poller.step())
    skipped = {order.order_id for order in orders} - set(await house.stored())
    assert len(skipped) == 1
    window = tuple(house.amazon.calls[began].query[bound] for bound in BOUNDS)
    return Shifted(skipped, following, orders[0].updated, window)


def reads(house: House, window: tuple[str, ...], since: int) -> int:
    """Return how many pages of a window were asked for since a call."""
    asked = [tuple(call.query.get(b, "") for b in BOUNDS) for call in house.amazon.calls[since:]]
    return asked.count(window)


async def test_an_order_that_left_a_window_is_noticed_behind_another_window_of_several_pages(
    house: House,
) -> None:
    """It is seen again only after a second window of several pages, which ended before it."""
    found = await shifted(house, sweep_round=0, rate=0.1)
    await house.run(100)
    assert found.following <= set(await house.stored())
    mark = await house.mark()
    assert mark is not None
    assert found.left_at > mark
    calls = len(house.amazon.calls)
    await house.run(300)
    assert found.skipped <= set(await house.stored())
    assert reads(house, found.window, calls) == 2


async def test_an_order_that_left_a_window_is_noticed_by_a_sweep_that_sees_it_first(
    house: House,
) -> None:
    """A sweep by creation sees it before the live search does, which then finds nothing moved."""
    found = await shifted(house, sweep_round=1)
    calls = len(house.amazon.calls)
    await house.run(60)
    assert found.skipped <= set(await house.stored())
    assert reads(house, found.window, calls) >= 2


async def test_windows_of_several_pages_are_forgotten_once_all_that_left_them_is_seen(
    house: House,
) -> None:
    await shifted(house, sweep_round=0)
    await house.run(2 * HOUR)
    assert await house.database.all("select * from paged_window") == []
