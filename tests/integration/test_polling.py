"""One account's polling over hours of simulated time: when it asks, what it asks, what it keeps."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from support.house import House, spec
from support.paper_amazon import parse

HOUR = 3_600.0
DAY = 24 * HOUR


def searches(house: House, family: str = "lastUpdated") -> list[dict[str, str]]:
    return [c.query for c in house.amazon.calls if f"{family}After" in c.query]


async def test_the_first_window_is_the_half_hour_before_its_bound(house: House) -> None:
    house.amazon.add(age=1_000)
    await house.run(1.0)
    first = searches(house)[0]
    after, before = parse(first["lastUpdatedAfter"]), parse(first["lastUpdatedBefore"])
    assert before - after == timedelta(minutes=30)
    assert house.amazon.calls[0].at - before >= timedelta(minutes=3)
    assert await house.missing() == set()


async def test_the_search_asks_for_what_booking_needs_and_no_buyer(house: House) -> None:
    await house.run(1.0)
    first = searches(house)[0]
    assert first["includedData"] == "RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES,TAX"
    assert "marketplaceIds" not in first
    assert first["maxResultsPerPage"] == "100"


@pytest.mark.slow
async def test_a_day_stays_within_the_quota_and_is_never_throttled(house: House) -> None:
    house.account = spec(start_from=house.clock.now() - timedelta(hours=1))
    await house.restart()
    await house.run(DAY)
    count = len(house.amazon.calls)
    await house.run(DAY)
    per_day = len(house.amazon.calls) - count
    assert house.amazon.throttled == 0
    live = len(searches(house)) / 2
    assert 425 <= live <= 520
    assert per_day <= 484


async def test_an_hour_of_orders_is_recorded_in_time(house: House) -> None:
    for _ in range(60):
        order = house.amazon.add()
        await house.run(30)
        house.amazon.update(order, status="SHIPPED")
        await house.run(30)
    await house.run(HOUR)
    assert await house.missing() == set()
    assert len(await house.stored()) == 60


@pytest.mark.slow
async def test_history_goes_newest_first_and_spends_the_burst_down_to_five(house: House) -> None:
    for day in range(29):
        for n in range(40):
            house.amazon.add(age=day * DAY + n * 60 + 3_600)
    await house.run(60)
    history = searches(house, "created")
    bounds = [parse(q["createdBefore"]) for q in history if "paginationToken" not in q]
    assert bounds == sorted(bounds, reverse=True)
    assert 8 <= len(house.amazon.calls) <= 15
    await house.run(2 * DAY)
    assert len(await house.stored()) == 29 * 40
    assert house.amazon.throttled == 0
    row = await house.row()
    assert row.state == "ok"


async def test_start_from_moved_back_adds_and_moved_forward_changes_nothing(house: House) -> None:
    old = house.amazon.add(age=50 * DAY)
    await house.run(HOUR)
    assert old.order_id not in await house.stored()
    house.account = spec(start_from=house.clock.now() - timedelta(days=60))
    await house.restart()
    await house.run(12 * HOUR)
    assert old.order_id in await house.stored()
    house.account = spec(start_from=house.clock.now())
    await house.restart()
    before = len(searches(house, "created"))
    await house.run(HOUR)
    assert not any(
        parse(q["createdBefore"]) < house.clock.now() - timedelta(days=8)
        for q in searches(house, "created")[before:]
    )


@pytest.mark.slow
async def test_history_ends_where_amazon_stops_serving(house: House) -> None:
    house.account = spec(start_from=house.clock.now() - timedelta(days=3_000))
    await house.restart()
    await house.run(3 * DAY)
    oldest = min(parse(q["createdAfter"]) for q in searches(house, "created"))
    assert timedelta(days=727) < house.clock.now() - oldest < timedelta(days=734)
    assert not house.task.poller.history_left


async def test_a_restart_goes_on_at_the_page_where_it_stopped(house: House) -> None:
    house.amazon.page_size = 3
    for n in range(20):
        house.amazon.add(age=600 + n)
    for _ in range(3):
        await house.task.poller.step()
    done = len(house.amazon.calls)
    await house.restart()
    for _ in range(10):
        await house.task.poller.step()
    tokens = [q.get("paginationToken") for q in searches(house)]
    assert len([t for t in tokens if t is None]) == 1
    assert len(set(tokens)) == len(tokens)
    assert done >= 3
    assert await house.missing() == set()


async def test_the_bound_follows_amazons_clock_and_not_ours(house: House) -> None:
    house.amazon.skew = timedelta(hours=-3)
    house.amazon.add(age=300)
    await house.run(HOUR)
    refused = [c for c in house.amazon.calls if c.status == 400]
    assert len(refused) <= 1
    assert await house.missing() == set()
    assert (await house.row()).state == "ok"


async def test_a_wall_clock_set_back_or_forth_stops_nothing(house: House) -> None:
    await house.run(HOUR)
    for jump in (-7_200, 7_200, -86_400, 90_000):
        house.clock.jump(jump)
        house.amazon.skew -= timedelta(seconds=jump)
        order = house.amazon.add()
        await house.run(HOUR)
        assert order.order_id in await house.stored(), jump
    assert [c for c in house.amazon.calls if c.status == 400] == []
    assert house.amazon.throttled == 0


async def test_a_bound_that_amazon_refuses_is_widened(house: House) -> None:
    real = house.amazon._search

    def strict(query: dict[str, str]) -> httpx.Response:
        before = query.get("lastUpdatedBefore")
        if before and parse(before) > house.amazon.now() - timedelta(minutes=6):
            return house.amazon._error(400, "InvalidInput")
        return real(query)

    house.amazon._search = strict  # type: ignore[method-assign]
    house.amazon.add(age=500)
    await house.run(2 * HOUR)
    assert (await house.row()).state == "ok"
    assert await house.missing() == set()


@pytest.mark.parametrize("after_pages", [1, 2])
async def test_a_page_token_refused_for_ever_ends_in_windows_of_one_page(
    house: House, after_pages: int
) -> None:
    house.amazon.page_size = 4
    house.amazon.rate = 0.056
    real = house.amazon._search

    def forgetful(query: dict[str, str]) -> httpx.Response:
        token = query.get("paginationToken")
        if token and int(token.rsplit(" ", 1)[1].rstrip("]")) >= after_pages * 4:
            return house.amazon._error(400, "InvalidInput")
        return real(query)

    house.amazon._search = forgetful  # type: ignore[method-assign]
    for n in range(40):
        house.amazon.add(age=200 + n * 40)
    await house.run(2 * HOUR)
    assert await house.missing() == set()
    assert len(await house.stored()) == 40


async def test_a_looping_page_token_is_noticed(house: House) -> None:
    house.amazon.page_size = 5
    house.amazon.rate = 0.056
    real = house.amazon._search

    def looping(query: dict[str, str]) -> httpx.Response:
        answer = real(query)
        body = answer.json()
        if query.get("paginationToken") and "pagination" in body:
            body["pagination"]["nextToken"] = query["paginationToken"]
            return house.amazon._json(200, body)
        return answer

    house.amazon._search = looping  # type: ignore[method-assign]
    for n in range(40):
        house.amazon.add(age=200 + n * 40)
    await house.run(3 * HOUR)
    assert await house.missing() == set()


async def test_an_order_that_hides_a_neighbour_by_leaving_is_found_by_the_sweep(
    house: House,
) -> None:
    """Page 1 is read, one of its orders is updated, and page 2's first order moves to page 1."""
    house.amazon.page_size = 5
    house.amazon.rate = 0.056
    house.account = spec(start_from=house.clock.now(), poll_interval=60.0)
    await house.restart()
    await house.run(200)
    batch = [house.amazon.add() for _ in range(12)]
    await house.run(120)
    moved: list[str] = []

    def leave() -> None:
        pages = [c for c in house.amazon.calls if c.query.get("lastUpdatedAfter")]
        stored_first = pages[-1].query.get("paginationToken") is None if pages else False
        if stored_first and not moved and house.clock.now() > batch[0].updated + timedelta(125):
            return
        if not moved and house.amazon.now() - batch[0].updated >= timedelta(seconds=125):
            moved.append(batch[0].order_id)
            house.amazon.update(batch[0])

    house.amazon.on_search = leave
    await house.run(HOUR)
    assert moved
    assert await house.missing() == set()


@pytest.mark.slow
async def test_an_order_shown_late_is_found(house: House) -> None:
    house.amazon.rate = 0.056
    await house.run(HOUR)
    order = house.amazon.add()
    order.hidden_until = house.amazon.now() + timedelta(hours=5)
    await house.run(4 * HOUR)
    assert order.order_id not in await house.stored()
    await house.run(4 * HOUR)
    assert order.order_id in await house.stored()


async def test_an_unreadable_order_is_set_aside_and_healed(house: House) -> None:
    bad = house.amazon.add(age=600)
    good = house.amazon.add(age=600)
    bad.broken = True
    await house.run(60)
    assert set(await house.stored()) == {good.order_id}
    await house.heal(120)
    bad.broken = False
    await house.heal(HOUR)
    assert bad.order_id in await house.stored()


async def test_a_marketplace_that_joins_brings_its_history_and_loses_nothing(
    house: House,
) -> None:
    house.account = spec(marketplaces=("A1PA6795UKMFR9",))
    await house.restart()
    await house.run(HOUR)
    house.account = spec(marketplaces=("A13V1IB3VIYZZH", "A1PA6795UKMFR9"))
    await house.restart()
    before = len(house.amazon.calls)
    await house.run(6 * HOUR)
    later = house.amazon.calls[before:]
    live = {c.query["marketplaceIds"] for c in later if "lastUpdatedAfter" in c.query}
    history = [c.query["marketplaceIds"] for c in later if "createdAfter" in c.query]
    assert live == {"A13V1IB3VIYZZH,A1PA6795UKMFR9"}
    assert "A13V1IB3VIYZZH" in history


async def test_a_search_that_the_new_settings_forbid_is_dropped(house: House) -> None:
    house.amazon.page_size = 3
    for n in range(9):
        house.amazon.add(age=600 + n)
    await house.task.poller.step()
    house.account = spec(marketplaces=("A1PA6795UKMFR9",))
    await house.restart()
    before = len(house.amazon.calls)
    await house.run(60)
    assert all("marketplaceIds" in c.query for c in house.amazon.calls[before:])


@pytest.mark.slow
async def test_after_three_days_off_everything_is_caught_up(house: House) -> None:
    house.amazon.rate = 0.056
    await house.run(HOUR)
    for n in range(700):
        house.amazon.add(age=0)
        house.clock.advance(3 * DAY / 700)
        del n
    await house.restart()
    await house.run(2 * HOUR)
    assert await house.missing() == set()
    mark = await house.mark()
    assert mark is not None
    assert house.clock.now() - mark < timedelta(minutes=10)


async def test_a_foreign_429_waits_for_a_token_and_not_a_second(house: House) -> None:
    await house.run(600)
    storm = [3]

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/orders") and storm[0]:
            storm[0] -= 1
            return httpx.Response(429, json={"errors": [{"code": "QuotaExceeded", "message": ""}]})
        return None

    house.amazon.fault = fault
    await house.run(HOUR)
    at = [c.at for c in house.amazon.calls if c.status == 429]
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(at)]
    assert len(at) == 3
    assert all(gap >= 178 for gap in gaps)
    assert (await house.row()).state == "ok"


async def test_a_named_earlier_bound_holds_the_mark_back(house: House) -> None:
    real = house.amazon._search

    def cautious(query: dict[str, str]) -> httpx.Response:
        answer = real(query)
        body = answer.json()
        if "lastUpdatedBefore" in body:
            named = parse(body["lastUpdatedBefore"]) - timedelta(minutes=4)
            body["lastUpdatedBefore"] = named.strftime("%Y-%m-%dT%H:%M:%SZ")
            return house.amazon._json(200, body)
        return answer

    house.amazon._search = cautious  # type: ignore[method-assign]
    await house.run(1.0)
    mark = await house.mark()
    asked = parse(searches(house)[0]["lastUpdatedBefore"])
    assert mark == asked - timedelta(minutes=4)


async def test_included_data_with_buyer_is_asked_where_it_may_be(house: House) -> None:
    plan = replace(house.account.plan, included_data=("BUYER", *house.account.plan.included_data))
    house.account = replace(house.account, plan=plan, personal=True)
    await house.restart()
    await house.run(1.0)
    assert searches(house)[-1]["includedData"].startswith("BUYER,")


async def test_what_amazon_cannot_answer_about_the_past_delays_nothing_new(house: House) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        if "createdAfter" in request.url.params:
            return httpx.Response(500, json={"errors": [{"code": "InternalFailure"}]})
        return None

    house.amazon.fault = fault
    house.amazon.add(age=20 * DAY)
    await house.run(HOUR)
    order = house.amazon.add()
    await house.run(0.5 * HOUR)
    assert order.order_id in await house.stored()
    row = await house.row()
    assert row.state == "attention"
    assert row.reason is not None
    assert "history" in row.reason.en
    assert row.reason.lt.startswith("„Amazon“ neatsako")
    house.amazon.fault = None
    await house.run(6 * HOUR)
    assert len(await house.stored()) == 2
    assert (await house.row()).state == "ok"
