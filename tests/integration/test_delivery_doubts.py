"""Answers that never came, a Finvalda that is away, databases that know less than Finvalda."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from structlog.testing import capture_logs

from fvsamazon import logs
from fvsamazon.delivery.adopting import forget_since
from fvsamazon.heartbeat import Heartbeat
from fvsamazon.sdnotify import Notifier
from fvsamazon.store.lock import Marker
from fvsamazon.supervisor import Guard
from support.commands import fvsamazon_run, settings_file
from support.delivery_house import (
    ORDER_ID,
    RESERVATIONS,
    RULES,
    amazon_order,
    delivery_house,
    rules_of,
)
from support.simulated_finvalda import Client, sale

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from support.delivery_house import DeliveryHouse

HOUR = 3_700.0
INSERT = "InsertNewOperation"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[DeliveryHouse]:
    async with delivery_house(tmp_path / "fvsamazon.db") as opened:
        yield opened


def fault(house: DeliveryHouse, kind: Any, **how: Any) -> None:
    house.finvalda.faults.add(kind, **{"method": INSERT, **how})


@pytest.mark.parametrize("kind", ["lost_answer", "cut", "empty"])
async def test_a_document_whose_answer_was_lost_is_adopted(house: DeliveryHouse, kind: str) -> None:
    fault(house, kind)
    await house.record(amazon_order())
    with capture_logs() as lines:
        await house.work()
        assert await house.state() == "in_doubt"
        await house.work(10)
    assert await house.state() == "booked"
    assert (house.sales(), house.calls(INSERT)) == (1, 1)
    assert [one["event"] for one in lines] == ["delivery.in_doubt", "delivery.adopted"]


@pytest.mark.parametrize(
    "how", [{"kind": "lost_request"}, {"kind": "http_error", "status": 500}], ids=str
)
async def test_nothing_is_sent_again_before_two_look_ups_found_nothing(
    house: DeliveryHouse, how: dict[str, Any]
) -> None:
    fault(house, **how)
    await house.record(amazon_order())
    await house.work(120)
    row = await house.row()
    assert (row["state"], house.calls(INSERT)) == ("in_doubt", 1)
    await house.work(58)
    assert house.calls(INSERT) == 1
    await house.work(30)
    assert (await house.state(), house.sales(), house.calls(INSERT)) == ("booked", 1, 2)


async def test_a_commit_that_comes_late_is_found(house: DeliveryHouse) -> None:
    fault(house, "late_commit", delay=115.0)
    await house.record(amazon_order())
    await house.work(110)
    assert (await house.state(), house.sales()) == ("in_doubt", 0)
    await house.work(120)
    assert (await house.state(), house.sales(), house.calls(INSERT)) == ("booked", 1, 1)


async def test_a_failed_look_up_never_means_absent(house: DeliveryHouse) -> None:
    fault(house, "lost_request")
    await house.record(amazon_order())
    await house.work()
    house.finvalda.faults.add("http_error", method="GetOperations", seconds=3_000)
    await house.work(2_900)
    assert (await house.state(), house.calls(INSERT)) == ("in_doubt", 1)
    await house.work(600)
    assert (await house.state(), house.sales()) == ("booked", 1)


async def test_a_clock_set_forward_shortens_no_wait(house: DeliveryHouse) -> None:
    fault(house, "lost_request")
    await house.record(amazon_order())
    await house.work()
    house.clock.jump(7_200)
    await house.work(60)
    assert house.calls(INSERT) == 1


async def test_a_cancellation_in_doubt_waits_for_the_look_up(house: DeliveryHouse) -> None:
    fault(house, "lost_request")
    await house.record(amazon_order())
    await house.work()
    await house.record(amazon_order(status="CANCELLED", minutes=5))
    await house.work(1)
    assert await house.state() == "in_doubt"
    await house.work(300)
    assert (await house.state(), house.sales(), house.calls(INSERT)) == ("not_due", 0, 1)


async def test_a_cancellation_in_doubt_of_what_was_booked_is_held(house: DeliveryHouse) -> None:
    fault(house, "lost_answer")
    await house.record(amazon_order())
    await house.work()
    await house.record(amazon_order(status="CANCELLED", minutes=5))
    await house.work(60)
    assert (await house.state(), house.sales()) == ("held", 1)


async def test_what_a_dead_process_was_sending_is_in_doubt(house: DeliveryHouse) -> None:
    await house.record(amazon_order())
    async with house.database.transaction() as tx:
        await tx.execute("update outbox set state = 'sending', sent_at = 0, attempts = 1")
    await house.restart()
    assert await house.state() == "in_doubt"
    await house.work(300)
    assert (await house.state(), house.sales()) == ("booked", 1)


async def test_a_number_in_use_by_our_own_document_is_adopted(house: DeliveryHouse) -> None:
    await house.record(amazon_order())
    fault(house, "code", code=1001, commit=True)
    await house.work()
    assert (await house.state(), house.sales()) == ("booked", 1)


async def test_a_number_in_use_by_nobody_knows_whom_is_held(house: DeliveryHouse) -> None:
    await house.record(amazon_order())
    fault(house, "code", code=1001)
    await house.work()
    assert await house.state() == "held"
    await house.work(HOUR)
    assert (await house.state(), house.sales()) == ("booked", 1)


async def test_what_passes_by_itself_is_tried_after_half_a_minute_and_later(
    house: DeliveryHouse,
) -> None:
    fault(house, "code", code=2031, count=3)
    await house.record(amazon_order())
    await house.work(29)
    assert (await house.state(), house.calls(INSERT)) == ("due", 1)
    await house.work(3)
    assert house.calls(INSERT) == 2
    await house.work(55)
    assert house.calls(INSERT) == 2
    await house.work(10)
    assert house.calls(INSERT) == 3
    await house.work(125)
    assert (await house.state(), house.sales()) == ("booked", 1)


def put_off(lines: list[Any]) -> list[Any]:
    return [one for one in lines if one["event"].startswith("delivery.put_off")]


async def test_what_should_pass_and_does_not_is_told_once_for_all_orders(
    house: DeliveryHouse,
) -> None:
    fault(house, "code", code=2031, count=10_000)
    await house.record(*(amazon_order(n) for n in range(1, 6)))
    with capture_logs() as lines:
        await house.work(80)
        assert put_off(lines) == []
        await house.work(30 * 60)
        (told,) = put_off(lines)
        assert (told["log_level"], told["code"], told["failures"]) == (
            "warning",
            "finvalda_2031",
            3,
        )
        assert told["order"] == ORDER_ID
        assert told["remedy"]
        await house.work(4 * HOUR, stride=30)
        assert [one["orders"] for one in put_off(lines)] == [1, 5]
        house.finvalda.faults.clear()
        await house.work(600)
    assert [one["event"] for one in put_off(lines)][2:] == ["delivery.put_off_ended"]
    assert await house.states() == {"booked": 5}


async def test_sync_and_a_reload_try_at_once_what_was_put_off(house: DeliveryHouse) -> None:
    fault(house, "code", code=4000)
    await house.record(amazon_order())
    await house.work()
    await house.restart()
    await house.work()
    assert await house.state() == "due"
    await house.restart(try_now=True)
    await house.work()
    assert await house.state() == "booked"


async def test_an_operation_that_is_free_again_soon_is_not_told(house: DeliveryHouse) -> None:
    fault(house, "code", code=4000, count=2)
    await house.record(amazon_order())
    with capture_logs() as lines:
        await house.work(HOUR)
    assert (put_off(lines), await house.state()) == ([], "booked")


async def test_our_own_fault_fails_and_blocks_nothing(house: DeliveryHouse) -> None:
    fault(house, "code", code=2011)
    await house.record(amazon_order(1), amazon_order(2))
    with capture_logs() as lines:
        await house.work(HOUR)
    assert await house.states() == {"failed": 1, "booked": 1}
    assert [one["log_level"] for one in lines if one["event"] == "delivery.failed"] == ["error"]


async def test_an_absence_of_finvalda_is_told_once(house: DeliveryHouse) -> None:
    await house.record(amazon_order(1))
    await house.work()
    house.finvalda.faults.add("refuse", seconds=600)
    with capture_logs() as lines:
        await house.record(amazon_order(2))
        await house.work(590)
        assert await house.states() == {"booked": 1, "due": 1}
        calls = len(house.finvalda.calls)
        await house.work(400)
    assert await house.states() == {"booked": 2}
    assert [one["event"] for one in lines] == [
        "delivery.paused",
        "delivery.resumed",
        "delivery.booked",
    ]
    assert calls < 30


class Choking(httpx.AsyncBaseTransport):
    """A server that cannot answer whatever names a certain thing."""

    def __init__(self, inner: httpx.AsyncBaseTransport, on: str) -> None:
        self._inner = inner
        self._on = on.encode()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._on in request.read():
            return httpx.Response(500)
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize("on", ["BADSKU", "305-0000000-0000001"])
async def test_an_order_that_chokes_finvalda_blocks_no_other(house: DeliveryHouse, on: str) -> None:
    house.http._transport = Choking(house.http._transport, on)
    await house.record(amazon_order(1, sku="BADSKU"), amazon_order(2), amazon_order(3))
    with capture_logs() as lines:
        await house.work(60)
        assert await house.states() == {"due": 1, "booked": 2}
        await house.work(3 * HOUR, stride=30)
        await house.record(amazon_order(4))
        await house.work(HOUR, stride=30)
    names = [one["event"] for one in lines]
    assert names.count("delivery.paused") == names.count("delivery.resumed") == 2
    assert {one["order"] for one in put_off(lines)} == {ORDER_ID}
    assert await house.states() == {"due": 1, "booked": 3}


async def test_a_finvalda_that_chokes_on_every_order_is_told_once(house: DeliveryHouse) -> None:
    house.http._transport = Choking(house.http._transport, "*305-")
    await house.record(*(amazon_order(n) for n in range(1, 9)))
    with capture_logs() as lines:
        await house.work(2 * HOUR, stride=30)
        asked = house.calls("GetOperations")
        house.http._transport = house.http._transport._inner
        await house.work(HOUR, stride=30)
    assert await house.states() == {"booked": 8}
    assert [one["event"] for one in lines if "booked" not in one["event"]] == [
        "delivery.paused",
        "delivery.put_off",
        "delivery.put_off",
        "delivery.resumed",
        "delivery.put_off_ended",
    ]
    assert asked < 100


async def test_a_sale_that_cannot_be_verified_keeps_no_other_from_it(house: DeliveryHouse) -> None:
    await house.record(amazon_order(1), amazon_order(2))
    await house.work()
    row = await house.row(2)
    house.finvalda.remove_operation(row["journal"], row["number"])
    house.http._transport = Choking(house.http._transport, ORDER_ID)
    with capture_logs() as lines:
        await house.work(2 * HOUR, stride=30)
    assert await house.states() == {"booked": 1, "held": 1}
    assert [one["event"] for one in lines].count("delivery.paused") <= 2


async def told_by_status(house: DeliveryHouse) -> dict[str, Any]:
    folder = house.path.parent
    settings_file(
        folder,
        FVSAMAZON_DATABASE=str(house.path),
        FVSAMAZON_FINVALDA__URL=house.url,
        FVSAMAZON_FINVALDA__USERNAME="U",
        FVSAMAZON_FINVALDA__PASSWORD="P",
    )
    page = await fvsamazon_run("status", folder=folder)
    line = await fvsamazon_run("status", "--check", folder=folder)
    shown = (await fvsamazon_run("status", "--json", folder=folder)).json["finvalda"]
    return {**shown, "page": " ".join(page.out.split()), "line": line.out}


async def test_status_shows_how_finvalda_stands(house: DeliveryHouse) -> None:
    assert (await told_by_status(house))["state"] == "starting"
    await house.record(amazon_order(1))
    await house.work()
    told = await told_by_status(house)
    assert (told["state"], told["reason"], told["since"]) == ("ok", None, None)
    assert "Finvalda: takes documents" in told["page"]
    began = house.clock.now()
    fault(house, "refuse", method=(), seconds=5)
    await house.record(amazon_order(2))
    await house.work()
    told = await told_by_status(house)
    assert (told["state"], told["failures"]) == ("failing", 1)
    assert told["since"] == began.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["retry_at"] > told["since"]
    assert told["reason"]
    assert "the program tries again" in told["remedy"]
    assert "gives no usable answer since" in told["page"]
    assert "Finvalda fails for" in told["line"]
    await house.work(60)
    fault(house, "denied", method=(), seconds=5)
    await house.record(amazon_order(3))
    await house.work()
    told = await told_by_status(house)
    assert told["state"] == "attention"
    assert "__PASSWORD" in told["remedy"]
    assert "Finvalda needs a person: access denied" in told["line"]
    await house.work(700)
    fault(house, "code", code=4000, count=9)
    await house.record(amazon_order(4))
    await house.work(300)
    told = await told_by_status(house)
    assert (told["state"], told["put_off"]) == ("ok", 1)
    assert "4000" in told["put_off_reason"]
    assert "goes on putting off 1 order" in told["page"]


async def test_the_heartbeat_is_not_well_while_finvalda_fails(house: DeliveryHouse) -> None:
    heartbeat = Heartbeat(
        database=house.database,
        marker=Marker(house.database),
        clock=house.clock,
        log=logs.get_logger(),
        notifier=Notifier({}),
        guard=Guard(house.clock, logs.get_logger()),
    )
    await house.record(amazon_order(1))
    await house.work()
    with capture_logs() as lines:
        await heartbeat.step()
        fault(house, "refuse", method=(), seconds=5)
        await house.record(amazon_order(2))
        await house.work()
        await heartbeat.step()
        await house.work(60)
        await heartbeat.step()
    told = [one for one in lines if one["event"] == "daemon.heartbeat"]
    assert [(one["ok"], one["finvalda"]) for one in told] == [
        (True, "ok"),
        (False, "failing"),
        (True, "ok"),
    ]


async def test_a_refused_login_waits_for_a_person_and_loses_nothing(house: DeliveryHouse) -> None:
    house.finvalda.faults.add("denied", seconds=1_200)
    await house.record(amazon_order())
    with capture_logs() as lines:
        await house.work(1_100)
        assert await house.states() == {"due": 1}
        assert [one["event"] for one in lines] == ["delivery.attention"]
        house.finvalda.faults.clear()
        await house.reload(rules_of())
        await house.work()
    assert await house.states() == {"booked": 1}


async def test_a_build_without_look_ups_books_nothing(house: DeliveryHouse) -> None:
    house.finvalda.rules.lacking = {"GetOperations"}
    await house.record(amazon_order())
    await house.work(HOUR)
    assert (await house.states(), house.calls(INSERT)) == ({"due": 1}, 0)
    house.finvalda.rules.lacking = set()
    await house.work(700)
    assert await house.state() == "booked"


async def test_a_found_document_that_differs_holds_the_order(house: DeliveryHouse) -> None:
    client = Client(house.finvalda)
    await client.insert("PardDok", sale(sDokumentas=ORDER_ID))
    await client.http.aclose()
    await house.record(amazon_order())
    await house.work()
    assert await house.state() == "held"
    assert "total 24.97" in (await house.delivery())["reason"]
    assert house.calls(INSERT) == 1
    found = house.finvalda.sales(ORDER_ID)[0]
    house.finvalda.remove_operation(found.journal, found.number)
    await house.work(HOUR)
    assert (await house.state(), house.sales()) == ("booked", 1)


async def test_several_found_documents_hold_the_order(house: DeliveryHouse) -> None:
    client = Client(house.finvalda)
    for series in ("AMZ", "FBA"):
        await client.insert("PardDok", sale(sDokumentas=ORDER_ID, sSerija=series))
    await client.http.aclose()
    await house.record(amazon_order())
    await house.work()
    assert "Several documents" in (await house.delivery())["reason"]


async def rebuilt(house: DeliveryHouse) -> None:
    """Start from nothing, as after the loss of the database."""
    await house.close()
    for path in house.path.parent.glob(f"{house.path.name}*"):
        path.unlink()
    await house.open()


async def test_a_rebuilt_database_adopts_everything(house: DeliveryHouse) -> None:
    documents = [amazon_order(n) for n in range(1, 8)]
    await house.record(*documents)
    await house.work()
    await rebuilt(house)
    await house.record(*documents)
    with capture_logs() as lines:
        await house.work()
    assert await house.states() == {"booked": 7}
    assert house.calls(INSERT) == 7
    assert {one["event"] for one in lines} == {"delivery.adopted"}


class Counting(httpx.AsyncBaseTransport):
    """Counts requests under way together."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._now = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self._now -= 1


def counting(house: DeliveryHouse) -> Counting:
    house.http._transport = made = Counting(house.http._transport)
    return made


async def test_a_rebuild_looks_orders_up_together_and_no_oftener(house: DeliveryHouse) -> None:
    documents = [amazon_order(n) for n in range(1, 41)]
    first = counting(house)
    await house.record(*documents)
    await house.work()
    # Number and title of one order.
    assert first.most == 2
    before = house.calls("GetOperations")
    await rebuilt(house)
    together = counting(house)
    await house.record(*documents)
    await house.work()
    assert await house.states() == {"booked": 40}
    assert together.most == 4
    assert house.calls("GetOperations") - before == before
    assert house.calls(INSERT) == 40


async def test_what_was_absent_ahead_is_looked_up_again_before_it_is_sent(
    house: DeliveryHouse,
) -> None:
    documents = [amazon_order(n) for n in range(1, 7)]
    await house.record(*documents[:3])
    await house.work()
    await rebuilt(house)
    await house.record(*documents)
    while (await house.states()).get("booked", 0) < 2:
        await house.worker.step()
    # All six were looked up ahead now; what one of them lacked then comes late.
    other = await _other_house(house)
    await other.record(documents[4])
    await other.work()
    await other.close()
    await house.work()
    assert await house.states() == {"booked": 6}
    assert [house.sales(n) for n in range(1, 7)] == [1] * 6
    assert house.calls(INSERT) == 6


async def test_a_look_ahead_that_fails_changes_nothing(house: DeliveryHouse) -> None:
    documents = [amazon_order(n) for n in range(1, 7)]
    await house.record(*documents[:5])
    await house.work()
    await rebuilt(house)
    await house.record(*documents)
    while not (await house.states()).get("booked", 0):
        await house.worker.step()
    fault(house, "code", method="GetOperations", code=2001, after=5, count=1)
    with capture_logs() as lines:
        await house.work()
    assert await house.states() == {"booked": 6}
    assert [house.sales(n) for n in range(1, 7)] == [1] * 6
    assert "delivery.paused" not in {one["event"] for one in lines}


async def test_a_rebuilt_database_adopts_what_the_rules_can_no_longer_build(
    house: DeliveryHouse,
) -> None:
    await house.record(amazon_order())
    await house.work()
    await rebuilt(house)
    await house.reload(rules_of(RULES, ("DE = { standard = 19 }", "FR = { standard = 20 }")))
    await house.record(amazon_order())
    await house.work()
    assert (await house.state(), house.calls(INSERT)) == ("booked", 1)


async def test_a_rebuilt_database_finds_reservations(house: DeliveryHouse) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(1, status="UNSHIPPED"), amazon_order(2, status="UNSHIPPED"))
    await house.work()
    await rebuilt(house)
    await house.record(amazon_order(1, minutes=5), amazon_order(2, minutes=5, status="CANCELLED"))
    await house.work()
    assert await house.states() == {"booked": 1, "not_due": 1}
    assert (house.sales(1), house.live("PardRezDok")) == (1, [])


async def test_a_restored_backup_books_nothing_twice(house: DeliveryHouse, tmp_path: Path) -> None:
    await house.record(*(amazon_order(n) for n in range(1, 4)))
    await house.work()
    await house.record(*(amazon_order(n) for n in range(4, 6)))
    backup = tmp_path / "backup.db"
    backup.touch(mode=0o600)
    await house.database.vacuum_into(backup)
    await house.work(60)
    await house.record(*(amazon_order(n) for n in range(6, 9)))
    await house.work(HOUR)
    await house.close()
    for path in house.path.parent.glob(f"{house.path.name}*"):
        path.unlink()
    shutil.copy(backup, house.path)
    await house.open()
    async with house.database.transaction() as tx:
        await forget_since(tx)
    await house.restart()
    with capture_logs() as lines:
        await house.record(*(amazon_order(n) for n in range(1, 10)))
        await house.work(HOUR)
    assert await house.states() == {"booked": 9}
    assert len(house.live("PardDok")) == 9
    assert "delivery.attention" not in {one["event"] for one in lines}


async def test_a_second_program_gives_itself_away(house: DeliveryHouse) -> None:
    await house.record(amazon_order(1))
    await house.work(HOUR)
    elsewhere = await house.database.one("select * from outbox")
    assert elsewhere is not None
    await house.record(amazon_order(2))
    async with house.database.transaction() as tx:
        await tx.execute("update outbox set next_attempt_at = null, state = 'not_due'")
    # Another database books the second order with our user.
    other = await _other_house(house)
    await other.record(amazon_order(2))
    await other.work()
    await other.close()
    async with house.database.transaction() as tx:
        await tx.execute("update outbox set next_attempt_at = 0, state = 'due'")
    with capture_logs() as lines:
        await house.work()
    told = [one for one in lines if one["event"] == "delivery.attention"]
    assert [one["order"] for one in told] == ["305-0000000-0000002"]
    assert "second program" in told[0]["why"]


async def _other_house(house: DeliveryHouse) -> DeliveryHouse:
    path = house.path.with_name("other.db")
    made = type(house)(path, house.clock, house.finvalda, house.url, house.rules)
    return await made.open()


@pytest.mark.parametrize("kind", ["lost_answer", "lost_request", "late_commit"])
async def test_a_series_changed_in_between_makes_no_second_sale(
    house: DeliveryHouse, kind: str
) -> None:
    fault(house, kind, delay=100.0)
    await house.record(amazon_order())
    await house.work()
    await house.reload(rules_of(RULES, ('series = "AMZ"', 'series = "FBA"')))
    await house.work(600)
    assert (await house.state(), house.sales()) == ("booked", 1)
    await rebuilt(house)
    await house.record(amazon_order())
    await house.work(60)
    assert (await house.state(), house.sales()) == ("booked", 1)


async def test_documents_numbered_by_finvalda_are_found_by_their_title(
    house: DeliveryHouse,
) -> None:
    numbered = rules_of(RULES, ('series = "AMZ"', 'series = "AMZ"\nnumber = "finvalda"'))
    await house.reload(numbered)
    fault(house, "lost_answer")
    await house.record(amazon_order(1), amazon_order(2))
    await house.work(60)
    assert await house.states() == {"booked": 2}
    await rebuilt(house)
    # By other rules, which number by the order id and keep it in another title.
    await house.record(amazon_order(1), amazon_order(2))
    await house.work(60)
    assert await house.states() == {"booked": 2}
    assert house.calls(INSERT) == 2
