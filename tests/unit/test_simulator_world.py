"""The simulated world: the same seed tells the same story, and time moves it by its plots."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fvsamazon.simulator import (
    DEFAULT_ACCOUNTS,
    Act,
    Clock,
    ManualClock,
    SimulationOptions,
    World,
)
from fvsamazon.simulator.clock import iso, to_ms
from fvsamazon.simulator.content import number_of, order_id
from fvsamazon.simulator.money import ItemMoney, amount, share_inside, share_on_top
from fvsamazon.simulator.orders import DATA_SETS
from fvsamazon.simulator.records import TimeIndex
from fvsamazon.simulator.story import BRISK, NATURAL, tell
from fvsamazon.simulator.taxes import TaxCase
from fvsamazon.simulator.view import Lens

if TYPE_CHECKING:
    from fvsamazon.simulator.records import TrueOrder

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = [one.key for one in DEFAULT_ACCOUNTS]


def world(clock: Clock | None = None, **options: Any) -> World:
    chosen = {"orders": 400, "live_rate": 0.2} | options
    return World(SimulationOptions(**chosen), clock or ManualClock(START))


def everything(one: World) -> list[Any]:
    return [order.as_json() for key in KEYS for order in one.truth(*key)]


def documents(one: World) -> list[Any]:
    now = one.clock.now_ms()
    return [
        one.document(entry, Lens(DATA_SETS, frozenset({"D2C", "TAX"}), now, tomorrow=True))
        for key in KEYS
        for entry in one.select(key, "created", 0, now)
    ]


def by_id(one: World, region: str = "Europe") -> dict[str, TrueOrder]:
    return {order.order_id: order for order in one.truth(region)}


# The same seed.


def test_the_same_seed_gives_the_same_orders_down_to_the_last_field() -> None:
    assert documents(world(seed=3)) == documents(world(seed=3))
    assert {one["orderId"] for one in documents(world(seed=3))}.isdisjoint(
        one["orderId"] for one in documents(world(seed=4))
    )


def test_how_often_time_is_looked_at_changes_nothing() -> None:
    leaps, steps = ManualClock(START), ManualClock(START)
    one, other = world(leaps), world(steps)
    leaps.advance(1800)
    for _ in range(1800):
        steps.advance(1)
        other.advance()
    assert everything(one) == everything(other)
    assert documents(one) == documents(other)


# The life of orders.


@given(number=st.integers(0, 10**7), seed=st.integers(0, 2**31), brisk=st.booleans())
def test_a_plot_begins_with_its_birth_and_only_goes_forward(
    number: int, seed: int, brisk: bool
) -> None:
    story = tell(seed, number, DEFAULT_ACCOUNTS[0], to_ms(START) + 7, BRISK if brisk else NATURAL)
    times = [at for at, _ in story.plot]
    acts = [act for _, act in story.plot]
    assert times == sorted(set(times))
    assert acts[0] is Act.CREATED
    assert acts.count(Act.CREATED) == 1
    assert all(at % story.step == 0 for at in times)
    if Act.CANCELLED in acts:
        assert acts[-1] is Act.CANCELLED
        assert Act.SHIPPED not in acts
    if Act.SHIPPED in acts:
        assert acts.index(Act.PAID) < acts.index(Act.SHIPPED)


def test_trade_has_run_for_half_an_hour_when_it_starts() -> None:
    one = world(live_rate=1)
    bound = START - timedelta(minutes=2)
    fresh = [
        order
        for key in KEYS
        for order in one.truth(*key)
        if START - timedelta(minutes=30) <= order.created <= bound
    ]
    assert len(fresh) == pytest.approx(28 * 60, abs=60)
    statuses = Counter(order.status for order in fresh)
    assert {"PENDING", "UNSHIPPED", "SHIPPED", "CANCELLED"} <= set(statuses)
    assert sum(order.versions > 1 and order.updated <= bound for order in fresh) > 500


def test_orders_are_born_change_and_end_while_time_passes() -> None:
    clock = ManualClock(START)
    one = world(clock)
    before = by_id(one)
    was = {key: (order.status, order.last_updated_time) for key, order in before.items()}
    clock.advance(600)
    after = by_id(one)
    assert len(after) > len(before)
    changed = [key for key in was if after[key].last_updated_time != was[key][1]]
    assert len({after[key].status for key in changed}) >= 3
    touched = [key for key in changed if after[key].status == was[key][0]]
    assert touched
    assert all(after[key].updated <= clock.now() for key in changed)


def test_the_backlog_reaches_back_and_is_mostly_done() -> None:
    orders = list(world(orders=1000, live_rate=0).truth("Europe"))
    assert min(order.created for order in orders) < START - timedelta(days=61)
    statuses = Counter(order.status for order in orders)
    assert statuses["SHIPPED"] > 0.75 * len(orders)
    assert statuses["UNSHIPPED"] > 0


def test_stopped_trade_stands_still_and_a_rate_can_be_changed() -> None:
    clock = ManualClock(START)
    one = world(clock)
    one.set_live_rate(10)
    before = one.count()
    clock.advance(100)
    assert one.count() - before == pytest.approx(1000, abs=10)
    one.set_live_rate(0)
    before = one.count()
    clock.advance(100)
    assert one.count() == before
    one.stop_trade()
    frozen = everything(one)
    clock.advance(10_000)
    assert everything(one) == frozen


def test_a_clock_turned_back_takes_nothing_back() -> None:
    clock = ManualClock(START)
    one = world(clock)
    clock.advance(300)
    before = everything(one)
    clock.offset = -600
    one.advance()
    assert everything(one) == before


@given(number=st.integers(0, 200), when=st.integers(0, 900), act=st.sampled_from(list(Act)))
def test_an_act_out_of_turn_leads_to_no_step_back(number: int, when: int, act: Act) -> None:
    order_of = ["PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"]
    clock = ManualClock(START)
    one = world(clock, orders=0, live_rate=0, tomorrow=False, seed=number)
    order = one.place("Europe")
    clock.advance(when)
    try:
        one.happen("Europe", "main", order, act)
    except ValueError:
        return
    status = by_id(one)[order].status
    stamps = [by_id(one)[order].last_updated_time]
    for _ in range(20):
        clock.advance(100)
        true = by_id(one)[order]
        if status in order_of and true.status in order_of and act is not Act.CREATED:
            assert order_of.index(true.status) >= order_of.index(status)
        if status == "CANCELLED":
            assert true.status == "CANCELLED"
        status = true.status
        stamps.append(true.last_updated_time)
    assert [datetime.fromisoformat(one) for one in stamps] == sorted(
        datetime.fromisoformat(one) for one in stamps
    )


# The truth as it was.


def test_truth_until_a_moment_is_what_the_world_was_then() -> None:
    clock = ManualClock(START)
    one = world(clock)
    then = everything(one)
    clock.advance(900)
    assert everything(one) != then
    past = [order.as_json() for key in KEYS for order in one.truth(*key, until=START)]
    assert past == then


def test_truth_counts_the_versions_of_an_order() -> None:
    clock = ManualClock(START)
    one = world(clock, live_rate=0)
    order = one.place("Europe", life=False)
    for act in (Act.PAID, Act.TOUCHED, Act.SHIPPED):
        clock.advance(10)
        one.happen("Europe", "main", order, act)
    assert by_id(one)[order].versions == 4
    (past,) = [
        true
        for true in one.truth("Europe", until=START + timedelta(seconds=25))
        if true.order_id == order
    ]
    assert (past.versions, past.status) == (3, "UNSHIPPED")


# Hand-written orders.


def written(order: str, updated: str, status: str) -> dict[str, Any]:
    return {
        "orderId": order,
        "createdTime": "2026-11-20T10:00:00Z",
        "lastUpdatedTime": updated,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
        "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": "MERCHANT"},
        "proceeds": {"grandTotal": {"amount": "9.90", "currencyCode": "EUR"}},
        "orderItems": [{"orderItemId": "1", "quantityOrdered": 1, "product": {}, "tax": {}}],
    }


def test_a_hand_written_order_is_told_as_it_stands() -> None:
    one = world(orders=0, live_rate=0)
    first = written("111-1111111-1111111", "2026-11-20T10:00:00Z", "UNSHIPPED")
    second = written("111-1111111-1111111", "2026-11-21T10:00:00.5Z", "SHIPPED")
    one.put("Europe", "main", first)
    assert by_id(one)["111-1111111-1111111"].status == "UNSHIPPED"
    one.put("Europe", "main", second)
    true = by_id(one)["111-1111111-1111111"]
    assert (true.status, true.grand_total, true.currency) == ("SHIPPED", "9.90", "EUR")
    assert (true.last_updated_time, true.versions) == ("2026-11-21T10:00:00.5Z", 2)
    entries = list(one.select(("Europe", "main"), "lastUpdated", 0, to_ms(START)))
    assert len(entries) == 1
    whole = Lens(DATA_SETS, frozenset(), to_ms(START), tomorrow=True)
    assert one.document(entries[0], whole) == second
    bare = Lens(frozenset(), frozenset(), to_ms(START), tomorrow=True)
    shown = one.document(entries[0], bare)
    assert "proceeds" not in shown
    assert "tax" not in shown["orderItems"][0]
    past = next(iter(one.truth("Europe", until=datetime(2026, 11, 20, 12, tzinfo=UTC))))
    assert past.status == "UNSHIPPED"
    with pytest.raises(ValueError, match="older"):
        one.put("Europe", "main", first)


def test_the_same_hand_written_id_may_stand_in_two_accounts() -> None:
    one = world(orders=0, live_rate=0)
    for name in ("main", "gulf"):
        one.put("Europe", name, written("111-1111111-1111111", "2026-11-20T10:00:00Z", "SHIPPED"))
        assert one.find(("Europe", name), "111-1111111-1111111") is not None
    assert one.count("Europe") == 2


# Small parts.


@given(number=st.integers(0, 10**9), seed=st.integers(0, 2**31))
def test_an_order_id_can_be_turned_back(number: int, seed: int) -> None:
    text = order_id(seed, number, "302")
    assert len(text) == 19
    assert number_of(seed, text) == number


@pytest.mark.parametrize("text", ["", "302", "302-123-4567890", "abc-1234567-1234567", "a-b-c"])
def test_what_is_no_order_id_is_none(text: str) -> None:
    assert number_of(1, text) is None


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9))))
def test_an_index_holds_everything_in_order_of_time(pairs: list[tuple[int, int]]) -> None:
    index = TimeIndex()
    for at, number in pairs:
        index.add(at, number)
    assert len(index) == len(pairs)
    found = list(index.span(10, 40))
    assert sorted(found) == sorted(pair for pair in pairs if 10 <= pair[0] <= 40)
    assert [at for at, _ in found] == sorted(at for at, _ in found)


def test_amounts_have_the_currencys_own_decimals() -> None:
    assert amount(1234, "EUR") == "12.34"
    assert amount(5, "USD") == "0.05"
    assert amount(-105, "GBP") == "-1.05"
    assert amount(1980, "JPY") == "1980"


@given(
    price=st.integers(0, 10**6),
    off=st.integers(0, 100),
    rate=st.integers(0, 3000),
    mode=st.sampled_from(["on_top", "inside", "outside"]),
    seed=st.integers(0, 1000),
)
def test_item_money_keeps_amazons_arithmetic(
    price: int, off: int, rate: int, mode: str, seed: int
) -> None:
    money = ItemMoney("EUR", {"ITEM": price, "SHIPPING": 499}, {"ITEM": price * off // 100})
    money.levy(TaxCase(mode, rate, row=True), Random(seed))
    net = price + 499 - money.discount
    assert money.total == (net + money.tax if mode == "on_top" else net)
    assert 0 <= money.tax <= net
    exact = net * rate / (10000 + rate) if mode == "inside" else net * rate / 10000
    assert abs(money.tax - exact) <= 1
    details = sum(money.taxes.values()) - money.tax_on_discount
    assert details == money.tax


def test_tax_is_rounded_half_up() -> None:
    assert share_on_top(250, 1000) == 25
    assert share_on_top(5, 1000) == 1
    assert share_on_top(4, 1000) == 0
    assert share_inside(11900, 1900) == 1900
    assert share_inside(3959, 1900) == 632


def test_times_are_written_as_amazon_writes_them() -> None:
    assert iso(to_ms(START)) == "2026-11-23T12:00:00Z"
    assert iso(to_ms(START) + 7) == "2026-11-23T12:00:00.007Z"


def test_a_manual_clock_only_goes_forward_and_its_offset_moves_no_durations() -> None:
    clock = ManualClock(START)
    clock.advance(5)
    clock.offset = -3600
    assert clock.now() == START + timedelta(seconds=5 - 3600)
    assert clock.elapsed() == 5
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
