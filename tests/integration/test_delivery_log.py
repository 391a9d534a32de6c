"""The log tells why an order waits, and no buyer's VAT number: a sole trader's is a person's."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
import structlog

from fvsamazon.booking.comparison import Difference
from fvsamazon.booking.reasons import Reason
from fvsamazon.delivery import holds
from support.delivery_house import VAT_BUYER, amazon_order, delivery_house

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
