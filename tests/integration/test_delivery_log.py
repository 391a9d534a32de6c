"""The log tells why an order waits, and no buyer's VAT number: a sole trader's is a person's."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
import structlog

from fvsamazon.booking.comparison import Difference
from fvsamazon.booking.reasons import Reason
from fvsamazon.delivery import holds
from support.delivery_house import RULES, VAT_BUYER, amazon_order, delivery_house, rules_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from support.delivery_house import DeliveryHouse


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[DeliveryHouse]:
    async with delivery_house(tmp_path / "fvsamazon.db") as opened:
        yield opened


async def test_a_held_order_s_line_masks_the_number_and_the_command_tells_it(
    house: DeliveryHouse,
) -> None:
    nameless = copy.deepcopy(VAT_BUYER)
    del nameless["taxRegistrations"][0]["legalName"]
    with structlog.testing.capture_logs() as lines:
        await house.record(amazon_order(tax=nameless))
        await house.work()
    (line,) = [line for line in lines if line["event"] == "delivery.held"]
    assert line["why"] == "The buyer's VAT number DE…89 comes without a company name."
    assert "DE123456789" not in str(lines)
    assert "VAT number DE123456789 " in str((await house.delivery())["reason"])


@pytest.mark.parametrize(("number", "shown"), [("LT1234567", "LT…67"), ("LT1234", "…")])
def test_a_number_of_the_wrong_form_is_masked_too(number: str, shown: str) -> None:
    (said,) = holds.by_rules([Reason("vat_number_bad", {"number": number})], hourly=False).reasons
    assert number in said.text.en
    assert number in said.text.lt
    assert f"number {shown} has not the form" in said.log_text


def test_registrations_that_changed_are_named_in_the_log_and_not_shown() -> None:
    hold = holds.changed(
        [
            Difference("currency", "EUR", "PLN"),
            Difference("buyer_registrations", "VAT DE123456789", "VAT DE987654321"),
        ]
    )
    (reason,) = hold.reasons
    assert "VAT DE123456789 → VAT DE987654321" in reason.text.en
    assert reason.log_text == (
        "The order changed after it was booked: currency: EUR → PLN; buyer_registrations."
    )


def test_other_reasons_stand_in_the_log_as_they_are() -> None:
    (reason,) = holds.changed([Difference("currency", "EUR", "PLN")]).reasons
    assert reason.log_text == reason.text.en


async def test_a_client_s_code_that_holds_the_number_is_short_in_the_log(
    house: DeliveryHouse,
) -> None:
    with structlog.testing.capture_logs() as lines:
        await house.record(amazon_order(1, tax=VAT_BUYER), amazon_order(2))
        await house.work()
    told = {line["event"]: line["client"] for line in lines if line.get("order", "")[-1:] == "1"}
    assert told == {"delivery.client_created": "B2…89", "delivery.booked": "B2…89"}
    assert "123456789" not in str(lines)
    (shared,) = [line for line in lines if line.get("order", "")[-1:] == "2"]
    assert shared["client"] == "AMZDE"
    (sale,) = house.finvalda.sales("305-0000000-0000001")
    assert sale.client == "B2BDE123456789"


async def test_a_known_client_s_code_that_is_the_number_is_short_in_the_log(
    house: DeliveryHouse,
) -> None:
    house.finvalda.add("client", "123456789", sPavadinimas="Muster", sPvmMokKod="PVM21",
                       sPvmMoketojoKod="DE123456789", sDebtSask="2411",
                       sKredSask="4430")  # fmt: skip
    with structlog.testing.capture_logs() as lines:
        await house.record(amazon_order(tax=VAT_BUYER))
        await house.work()
    assert [line["client"] for line in lines if line["event"] == "delivery.booked"] == ["12…89"]
    assert "123456789" not in str(lines)


async def test_another_buyer_s_card_is_named_by_the_command_alone(house: DeliveryHouse) -> None:
    house.finvalda.add("client", "B2BDE123456789", sPavadinimas="Other", sPvmMokKod="PVM21",
                       sPvmMoketojoKod="DE999999999", sDebtSask="2411",
                       sKredSask="4430")  # fmt: skip
    with structlog.testing.capture_logs() as lines:
        await house.record(amazon_order(tax=VAT_BUYER))
        await house.work()
    (line,) = [line for line in lines if line["event"] == "delivery.held"]
    assert line["code"] == "client_taken"
    assert "B2…89" in line["why"]
    assert "123456789" not in str(lines)
    assert "B2BDE123456789" in str((await house.delivery())["reason"])


async def test_a_found_sale_of_another_client_is_told_without_the_codes(
    house: DeliveryHouse,
) -> None:
    await house.record(amazon_order(tax=VAT_BUYER))
    await house.work()
    await house.close()
    for path in house.path.parent.glob(f"{house.path.name}*"):
        path.unlink()
    await house.open()
    other = copy.deepcopy(VAT_BUYER)
    other["taxRegistrations"][0]["taxRegistrationNumber"] = "DE555666777"
    with structlog.testing.capture_logs() as lines:
        await house.record(amazon_order(tax=other))
        await house.work()
    (line,) = [line for line in lines if line["event"] == "delivery.held"]
    assert line["code"] == "found_differs"
    assert line["why"].endswith("and it differs: client.")
    assert "123456789" not in str(lines)
    assert "555666777" not in str(lines)
    told = (await house.delivery())["reason"]
    assert "client B2BDE123456789 ≠ B2BDE555666777" in told


async def test_a_text_that_is_too_long_is_not_repeated_in_the_log(house: DeliveryHouse) -> None:
    await house.reload(
        rules_of(RULES, ('per_buyer = { code = "B2B{vat_number}", type = "B2B" }',
                         'code = "BUSINESS{vat_number}"'))
    )  # fmt: skip
    with structlog.testing.capture_logs() as lines:
        await house.record(amazon_order(tax=VAT_BUYER))
        await house.work()
    (line,) = [line for line in lines if line["event"] == "delivery.held"]
    assert line["code"] == "text_too_long"
    assert "“…” has 19 characters" in line["why"]
    assert "123456789" not in str(lines)
    assert "“BUSINESSDE123456789”" in str((await house.delivery())["reason"])


@pytest.mark.parametrize("method", ["InsertNewOperation", "InsertNewItem", "GetDescriptions"])
@pytest.mark.parametrize("number", [1036, 2010])
async def test_a_refusal_that_repeats_the_number_is_told_without_it(
    house: DeliveryHouse, method: str, number: int
) -> None:
    await house.record(amazon_order(2))
    await house.work()
    said = "Klientas B2BDE123456789 (PVM DE123456789, DE 123456789) neaktyvus"
    house.finvalda.faults.add("code", method=method, code=number, text=said, count=9)
    with structlog.testing.capture_logs() as lines:
        await house.record(amazon_order(tax=VAT_BUYER))
        await house.work(900)
    assert [line for line in lines if "neaktyvus" in str(line)]
    assert "123456789" not in str(lines)
