"""The way of an order into Finvalda: once, or visibly held."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import structlog

from fvsamazon.store import accounts, deliveries, outbox
from support.commands import fvsamazon_run, settings_file
from support.delivery_house import (
    ORDER_ID,
    RESERVATIONS,
    RULES,
    VAT_BUYER,
    amazon_order,
    delivery_house,
    rules_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from support.delivery_house import DeliveryHouse

HOUR = 3_700.0


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[DeliveryHouse]:
    async with delivery_house(tmp_path / "fvsamazon.db") as opened:
        yield opened


async def reason(house: DeliveryHouse, number: int = 1) -> str:
    return str((await house.delivery(number))["reason"])


async def test_a_shipped_order_is_booked_once(house: DeliveryHouse) -> None:
    await house.record(amazon_order())
    assert await house.states() == {"due": 1}
    await house.work()
    assert await house.states() == {"booked": 1}
    assert house.sales() == 1
    sale = house.finvalda.sales(ORDER_ID)[0]
    assert (sale.client, sale.currency, str(sale.amount)) == ("AMZDE", "EUR", "29.80")
    assert await house.delivery() == {
        "state": "booked",
        "document": ORDER_ID,
        "journal": sale.journal,
        "number": sale.number,
        "reason": None,
    }
    await house.record(amazon_order(minutes=5))
    await house.work(HOUR)
    assert house.sales() == 1
    assert house.complaints() == []


async def test_what_is_not_due_is_counted_and_left(house: DeliveryHouse) -> None:
    await house.record(
        amazon_order(1, status="PENDING"),
        amazon_order(2, status="UNSHIPPED"),
        amazon_order(3, status="CANCELLED"),
        amazon_order(4, createdTime="2026-10-30T12:00:00Z"),
        amazon_order(5),
    )
    await house.work()
    assert await house.states() == {"not_due": 4, "booked": 1}
    await house.record(amazon_order(2, minutes=30))
    await house.work()
    assert await house.states() == {"not_due": 3, "booked": 2}


async def test_the_oldest_order_goes_first_and_a_held_one_blocks_nothing(
    house: DeliveryHouse,
) -> None:
    await house.record(amazon_order(3), amazon_order(1, sku="NOBODY"), amazon_order(2))
    await house.work()
    assert await house.states() == {"held": 1, "booked": 2}
    assert [one["document"][-1] for one in house.live("PardDok")] == ["2", "3"]
    assert "product_unknown" in (await house.row(1))["reasons"]


async def test_a_rule_skips(house: DeliveryHouse) -> None:
    await house.record(amazon_order(salesChannel={"channelName": "NON_AMAZON"}))
    await house.work()
    assert await house.states() == {"skipped": 1}
    assert await reason(house) == "the web shop books it"
    await house.reload(rules_of(RULES, ('channel = "NON_AMAZON"', 'channel = "OTHER"')))
    await house.work()
    assert await house.state() != "skipped"


async def test_a_missing_product_is_looked_for_hourly(house: DeliveryHouse) -> None:
    await house.record(amazon_order(sku="NEWSKU"))
    await house.work()
    assert await house.state() == "held"
    house.finvalda.add("product", "NEWSKU", sPavadinimas="New", sMatavimoVnt="VNT",
                       sRysysSuSask="PREKES", sMokestis="PVM21")  # fmt: skip
    await house.work(1_800)
    assert await house.state() == "held"
    await house.work(HOUR)
    assert await house.state() == "booked"


async def test_a_retry_by_a_person_asks_finvalda_anew(house: DeliveryHouse) -> None:
    await house.record(amazon_order(sku="NEWSKU"))
    await house.work()
    house.finvalda.add("product", "NEWSKU", sPavadinimas="New", sMatavimoVnt="VNT",
                       sRysysSuSask="PREKES", sMokestis="PVM21")  # fmt: skip
    assert await deliveries.retry(house.database, ORDER_ID, outbox_now(house)) == "held"
    await house.work()
    assert await house.state() == "booked"


async def test_a_cancelled_order_that_a_lost_database_had_booked_is_told(
    house: DeliveryHouse,
) -> None:
    await house.record(amazon_order(1), amazon_order(2, status="CANCELLED"))
    await house.work()
    assert await house.states() == {"booked": 1, "not_due": 1}
    await house.close()
    for path in house.path.parent.glob(f"{house.path.name}*"):
        path.unlink()
    await house.open()
    await house.record(amazon_order(1, status="CANCELLED"), amazon_order(2, status="CANCELLED"))
    await house.work()
    assert await house.states() == {"held": 1, "not_due": 1}
    assert "a sale of it stands in Finvalda" in await reason(house)


async def test_a_refusal_for_finvaldas_data_is_tried_hourly(house: DeliveryHouse) -> None:
    house.finvalda.remove("client", "AMZDE")
    await house.record(amazon_order())
    await house.work()
    assert await house.state() == "held"
    assert "Finvalda refuses it with 26" in await reason(house)
    house.finvalda.add("client", "AMZDE", sPavadinimas="DE", sPvmMokKod="PVM21",
                       sDebtSask="2411", sKredSask="4430")  # fmt: skip
    await house.work(HOUR)
    assert await house.state() == "booked"


async def test_new_rules_try_held_orders_again_at_once(house: DeliveryHouse) -> None:
    await house.record(amazon_order(sku="NOBODY"))
    await house.work()
    assert await house.state() == "held"
    assert (
        await house.reload(rules_of(RULES, ("[services]", 'unknown = "create"\n[services]'))) == 1
    )
    await house.work()
    assert await house.state() == "booked"
    assert "NOBODY" in house.finvalda.truth()["records"]["product"]


async def test_a_new_version_tries_a_held_order_again(house: DeliveryHouse) -> None:
    await house.record(amazon_order(sku="NOBODY"))
    await house.work()
    await house.record(amazon_order(minutes=5))
    await house.work()
    assert await house.state() == "booked"


async def test_the_first_tax_registration_tries_held_orders_again(house: DeliveryHouse) -> None:
    await house.record(amazon_order(1, programs=["AMAZON_BUSINESS"]))
    await house.work()
    assert await house.state(1) == "held"
    await house.record(amazon_order(2, tax=VAT_BUYER))
    await house.work()
    assert await house.state(2) == "booked"
    assert await house.state(1) == "booked"
    # A second one changes nothing: what is held now is held for another reason.
    await house.record(amazon_order(3, sku="NOBODY"))
    await house.work()
    revision = (await house.row(3))["revision"]
    await house.record(amazon_order(4, tax=VAT_BUYER))
    assert (await house.row(3))["revision"] == revision


async def test_without_rules_due_orders_are_held_and_tried_when_there_are_some(
    house: DeliveryHouse,
) -> None:
    await house.reload(None)
    house.finvalda.faults.add("refuse", seconds=10**6)
    await house.record(amazon_order(1), amazon_order(2, status="PENDING"))
    await house.work()
    assert await house.states() == {"held": 1, "not_due": 1}
    assert "no booking rules" in await reason(house)
    house.finvalda.faults.clear()
    assert await house.reload(rules_of()) == 1
    await house.work(60)
    assert await house.states() == {"booked": 1, "not_due": 1}


async def test_an_order_cancelled_before_sending_is_not_booked(house: DeliveryHouse) -> None:
    await house.record(amazon_order())
    cancelled = amazon_order(status="CANCELLED", minutes=5)
    await house.record(cancelled)
    await house.work()
    assert await house.states() == {"not_due": 1}
    assert house.sales() == 0


async def test_a_sale_whose_order_changes_is_held_with_the_difference(
    house: DeliveryHouse,
) -> None:
    await house.record(amazon_order())
    await house.work()
    booked = await house.delivery()
    await house.record(amazon_order(minutes=5, total="19.80"))
    await house.work()
    held = await house.delivery()
    assert held["state"] == "held"
    assert (held["journal"], held["number"]) == (booked["journal"], booked["number"])
    assert "29.8 EUR → 19.8 EUR" in held["reason"]
    # An edit of the rules is no word about what is booked.
    await house.reload(rules_of(RULES, ('series = "AMZ"', 'series = "FBA"')))
    await house.work(HOUR)
    assert await house.state() == "held"
    await house.record(amazon_order(minutes=9))
    await house.work()
    assert await house.state() == "booked"
    assert house.sales() == 1


async def test_a_sale_cancelled_after_its_booking_is_held(house: DeliveryHouse) -> None:
    await house.record(amazon_order())
    await house.work()
    await house.record(amazon_order(status="CANCELLED", minutes=5))
    await house.work()
    assert await house.state() == "held"
    assert "status" in await reason(house)
    assert house.sales() == 1


async def test_a_sale_that_a_person_removed_is_held_and_never_booked_by_itself(
    house: DeliveryHouse,
) -> None:
    await house.record(amazon_order())
    await house.work()
    row = await house.row()
    house.finvalda.remove_operation(row["journal"], row["number"])
    await house.work(HOUR)
    assert await house.state() == "held"
    assert "removed in Finvalda" in await reason(house)
    await house.reload(rules_of(RULES, ("DE = { standard = 19 }", "DE = { standard = 20 }")))
    await house.record(amazon_order(minutes=5))
    await house.work(HOUR)
    assert await house.state() == "held"
    assert house.sales() == 0
    await house.reload(rules_of())
    assert await deliveries.retry(house.database, ORDER_ID, outbox_now(house)) == "held"
    await house.work(60)
    assert await house.state() == "booked"
    assert house.sales() == 1


def outbox_now(house: DeliveryHouse) -> int:
    return int(house.clock.now().timestamp() * 1_000_000)


async def test_what_a_person_skips_stays_skipped_until_a_person_retries(
    house: DeliveryHouse,
) -> None:
    await house.record(amazon_order(sku="NOBODY"))
    await house.work()
    assert await deliveries.skip(house.database, ORDER_ID, "booked by hand") == "held"
    await house.record(amazon_order(minutes=5))
    await house.reload(rules_of())
    await house.work(HOUR)
    assert await house.state() == "skipped"
    assert await reason(house) == "booked by hand"
    await deliveries.retry(house.database, ORDER_ID, outbox_now(house))
    await house.work()
    assert await house.state() == "booked"


async def test_retry_and_skip_leave_alone_what_is_not_stuck(house: DeliveryHouse) -> None:
    await house.record(amazon_order())
    await house.work()
    assert await deliveries.skip(house.database, ORDER_ID, "no") == "booked"
    assert await deliveries.retry(house.database, ORDER_ID, 0) == "booked"
    assert await deliveries.retry(house.database, "305-0000000-0000009", 0) is None
    assert await house.state() == "booked"


async def test_a_business_gets_its_card_once(house: DeliveryHouse) -> None:
    await house.record(amazon_order(1, tax=VAT_BUYER), amazon_order(2, tax=VAT_BUYER))
    await house.work()
    assert await house.states() == {"booked": 2}
    card = house.finvalda.truth()["cards"]["client"]["B2BDE123456789"]
    assert (card["sPavadinimas"], card["sPvmMoketojoKod"]) == ("Muster GmbH", "DE123456789")
    assert {sale["client"] for sale in house.live("PardDok")} == {"B2BDE123456789"}
    assert house.complaints() == []


async def test_a_company_known_under_its_number_keeps_its_card(house: DeliveryHouse) -> None:
    house.finvalda.add("client", "MUSTER", sPavadinimas="Muster", sPvmMoketojoKod="DE123456789",
                       sPvmMokKod="PVM21", sDebtSask="2411", sKredSask="4430")  # fmt: skip
    await house.record(amazon_order(tax=VAT_BUYER))
    await house.work()
    assert house.live("PardDok")[0]["client"] == "MUSTER"
    assert await house.state() == "booked"


async def test_a_natural_person_waits_for_personal_data(house: DeliveryHouse) -> None:
    own = rules_of(RULES, ('code = "AMZ{marketplace}"', 'per_buyer = { code = "P{order_id}" }'))
    await house.reload(own)
    await house.record(amazon_order())
    await house.work()
    assert await house.state() == "held"
    assert "client_personal_data" in (await house.row())["reasons"]

    async def known(order_row: int) -> dict[str, str | None] | None:
        del order_row
        return {"name": "Greta Müller", "street": "Lindenhof 8", "city": "Köln"}

    house.personal = known
    await house.reload(own)
    await house.record(amazon_order(minutes=5))
    await house.work()
    assert await house.state() == "booked"
    truth = house.finvalda.truth()
    code = house.live("PardDok")[0]["client"]
    assert truth["cards"]["client"][code]["sPavadinimas"] == "Greta Müller"
    assert len(truth["cards"]["address"]) == 1
    assert house.complaints() == []
    stored = await house.row()
    assert all(b"Lindenhof" not in bytes(value) for value in stored if isinstance(value, bytes))


@pytest.mark.parametrize("space", ["PardRezDok", "UVMPardRezDok"])
async def test_reservations_come_and_go_before_the_sale(house: DeliveryHouse, space: str) -> None:
    await house.reload(rules_of(RESERVATIONS, ('"PardRezDok"', f'"{space}"')))
    await house.record(amazon_order(1, status="UNSHIPPED"), amazon_order(2, status="UNSHIPPED"))
    await house.work()
    assert await house.states() == {"booked": 2}
    assert len(house.live(space)) == 2
    await house.record(amazon_order(1, minutes=5))
    await house.work()
    assert house.sales(1) == 1
    assert len(house.live(space)) == 1
    await house.record(amazon_order(2, status="CANCELLED", minutes=5))
    await house.work()
    assert house.live(space) == []
    assert await house.states() == {"booked": 1, "not_due": 1}


async def test_a_changed_reservation_is_replaced(house: DeliveryHouse) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    await house.record(amazon_order(status="UNSHIPPED", minutes=5, total="59.60", quantity=4))
    await house.work()
    assert [one["amount"] for one in house.live("PardRezDok")] == ["59.60"]
    assert await house.state() == "booked"


async def test_a_reservation_that_cannot_go_holds_the_sale(house: DeliveryHouse) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    house.finvalda.faults.add("code", method="DeleteOperation", code=4002)
    await house.record(amazon_order(minutes=5))
    await house.work()
    assert await house.state() == "held"
    assert "cannot be removed" in await reason(house)
    (told,) = json.loads((await house.row())["reasons"])
    assert "iš Finvaldos: 4002 Operacija" in told["lt"]
    assert not told["lt"].endswith("..")
    assert house.sales() == 0
    await house.work(HOUR)
    assert await house.state() == "booked"
    assert house.live("PardRezDok") == []


async def test_a_rule_that_skips_tells_of_a_reservation_that_stays(house: DeliveryHouse) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    reserved = await house.row()
    channel = ('match = { channel = "NON_AMAZON" }', 'match = { channel = "AMAZON" }')
    await house.reload(rules_of(RESERVATIONS, channel))
    await house.record(amazon_order(minutes=5))
    await house.work()
    assert await house.state() == "skipped"
    told = await reason(house)
    assert told.startswith("the web shop books it")
    assert f"reservation {reserved['journal']} {reserved['number']} stays in Finvalda" in told
    assert len(house.live("PardRezDok")) == 1


async def test_skip_tells_of_a_reservation_that_stays(house: DeliveryHouse) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    reserved = await house.row()
    await house.reload(rules_of(RESERVATIONS, ("DE = { standard = 19 }", "FR = { standard = 20 }")))
    await house.record(amazon_order(minutes=5))
    await house.work()
    assert await house.state() == "held"
    settings_file(house.path.parent, FVSAMAZON_DATABASE=str(house.path))
    told = await fvsamazon_run(
        "deliveries", "skip", ORDER_ID, "--reason", "by hand", folder=house.path.parent
    )
    assert told.code == 0
    assert f"reservation {reserved['journal']} {reserved['number']} stays" in told.out
    await house.work(HOUR)
    assert (await house.state(), len(house.live("PardRezDok"))) == ("skipped", 1)
    await house.record(amazon_order(status="CANCELLED", minutes=10))
    await house.work()
    assert house.live("PardRezDok") == []


KEPT = RESERVATIONS.replace("reservation =", 'cancelled = "keep"\nreservation =')
NEVER = RESERVATIONS.replace("book_from = 2026-11-01", "book_from = 2026-12-01")


@pytest.mark.parametrize(
    ("rules", "status"),
    [(RESERVATIONS, "UNFULFILLABLE"), (KEPT, "CANCELLED"), (NEVER, "UNSHIPPED")],
    ids=["unfulfillable", "kept", "before book_from"],
)
async def test_a_reservation_that_nothing_will_ever_take_away_is_told(
    house: DeliveryHouse, rules: str, status: str
) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    reserved = await house.row()
    await house.reload(rules_of(rules))
    with structlog.testing.capture_logs() as lines:
        await house.record(amazon_order(status=status, minutes=5, quantity=3))
        await house.work()
        await house.work(3 * HOUR, stride=60)
    stays = f"reservation {reserved['journal']} {reserved['number']} stays in Finvalda"
    assert await house.state() == "held"
    assert stays in await reason(house)
    told = [line for line in lines if line["event"] == "delivery.held"]
    assert [line["code"] for line in told] == ["reservation_left"]
    assert len(house.live("PardRezDok")) == 1
    # Once a person has removed it, nothing is left to tell.
    house.finvalda.remove_operation(reserved["journal"], reserved["number"])
    await house.work(HOUR)
    assert await house.state() == "not_due"
    assert (await house.row())["journal"] is None


@pytest.mark.parametrize("status", ["CANCELLED", "UNFULFILLABLE"])
async def test_a_reservation_of_an_order_that_a_rule_skips_is_told_once_no_sale_can_follow(
    house: DeliveryHouse, status: str
) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    channel = ('match = { channel = "NON_AMAZON" }', 'match = { channel = "AMAZON" }')
    await house.reload(rules_of(RESERVATIONS, channel))
    await house.record(amazon_order(status="UNSHIPPED", minutes=5, quantity=3))
    await house.work()
    assert await house.state() == "booked"
    await house.record(amazon_order(status=status, minutes=9))
    await house.work()
    assert await house.state() == "held"
    assert "stays in Finvalda" in await reason(house)
    assert len(house.live("PardRezDok")) == 1


async def test_a_reservation_that_was_told_of_goes_once_its_order_is_cancelled(
    house: DeliveryHouse,
) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    await house.record(amazon_order(status="UNFULFILLABLE", minutes=5))
    await house.work()
    assert await house.state() == "held"
    await house.record(amazon_order(status="CANCELLED", minutes=9))
    await house.work()
    assert (await house.state(), house.live("PardRezDok")) == ("not_due", [])


async def test_a_reservation_in_doubt_of_an_unfulfillable_order_is_told(
    house: DeliveryHouse,
) -> None:
    await house.reload(rules_of(RESERVATIONS))
    house.finvalda.faults.add("lost_answer", method="InsertNewOperation")
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    await house.record(amazon_order(status="UNFULFILLABLE", minutes=5))
    await house.work(300)
    assert await house.state() == "held"
    assert "stays in Finvalda" in await reason(house)


async def test_a_found_reservation_that_differs_is_still_told_of_when_nothing_is_due(
    house: DeliveryHouse,
) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    await house.close()
    for path in house.path.parent.glob(f"{house.path.name}*"):
        path.unlink()
    await house.open()
    await house.record(amazon_order(status="UNSHIPPED", total="9.80"))
    await house.work()
    assert "it differs" in await reason(house)
    await house.record(amazon_order(status="UNFULFILLABLE", total="9.80", minutes=5))
    await house.work()
    assert await house.state() == "held"
    assert "stays in Finvalda" in await reason(house)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "code", "code": 1070, "commit": True},
        {"kind": "code", "code": 4001, "commit": True},
        {"kind": "lost_answer"},
        {"kind": "lost_request"},
        {"kind": "code", "code": 4000},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('code', '')}",
)
async def test_a_removal_is_carried_to_its_end(
    house: DeliveryHouse, fault: dict[str, object]
) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(amazon_order(status="UNSHIPPED"))
    await house.work()
    house.finvalda.faults.add(method="DeleteOperation", **fault)  # type: ignore[arg-type]
    await house.record(amazon_order(status="CANCELLED", minutes=5))
    await house.work(60)
    assert await house.state() == "not_due"
    assert house.live("PardRezDok") == []


async def test_an_edit_of_the_rules_changes_nothing_that_is_booked(house: DeliveryHouse) -> None:
    await house.record(amazon_order())
    await house.work()
    before = house.live("PardDok")
    await house.reload(rules_of(RULES, ("DE = { standard = 19 }", "DE = { standard = 25 }")))
    await house.record(amazon_order(minutes=5))
    await house.work(HOUR)
    assert house.live("PardDok") == before
    assert await house.state() == "booked"


async def test_the_catch_up_writes_what_was_recorded_without_a_finvalda(tmp_path: Path) -> None:
    async with delivery_house(tmp_path / "fvsamazon.db") as house:
        house.sink.plan = None
        await house.record(*(amazon_order(n) for n in range(1, 6)))
        await house.record(amazon_order(6, status="UNSHIPPED"))
        assert await house.states() == {"not_due": 6}
        await house.restart()
        await house.work()
        assert await house.states() == {"booked": 5, "not_due": 1}


async def test_counts_are_those_of_the_rows(house: DeliveryHouse) -> None:
    await house.reload(rules_of(RESERVATIONS))
    await house.record(*(amazon_order(n, status="UNSHIPPED") for n in range(1, 5)))
    await house.work()
    await house.record(amazon_order(1, minutes=5), amazon_order(2, minutes=5, sku="NOBODY"))
    await house.work()
    rows = await house.database.all(
        "select state, count(*) as n from outbox where speaks = 1 group by state"
    )
    counted = await outbox.counts(house.database)
    assert {row["state"]: row["n"] for row in rows} == {k: v for k, v in counted.items() if v}
    assert sum((await deliveries.counts(house.database)).values()) == 4
    assert await accounts.counters(house.database)
