"""Single decisions of the document builder that the golden cases do not show."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fvsamazon.booking.documents import decide
from fvsamazon.booking.outcomes import Document, Nothing, Skip
from fvsamazon.booking.preview import preview_json
from support.booking_cases import ONE, ORDER, codes, document, item, outcome
from support.booking_orders import (
    CONTEXT,
    FINVALDA,
    ORDER_ID,
    example_rules,
    make_context,
    make_order,
)


class TestStates:
    def test_a_partial_shipment_may_be_sold_whole(self) -> None:
        partial = ('sale_when = "SHIPPED"', 'sale_when = "SHIPPED"\npartial = "sale"')
        found = document(partial, status="PARTIALLY_SHIPPED", items=item(ordered=3, fulfilled=1))
        assert (found.outcome, found.lines[0].quantity) == ("sale", Decimal(3))
        assert isinstance(outcome(status="PARTIALLY_SHIPPED"), Nothing)

    def test_a_cancelled_reservation_may_be_kept_for_a_person(self) -> None:
        keep = ('reservation = "none"', 'reservation = "PardRezDok"\ncancelled = "keep"')
        gone: dict[str, Any] = {
            "status": "CANCELLED",
            "packages": [],
            "items": [{"fulfilled": 0}],
            "grand": None,
        }
        assert outcome(keep, **gone) == Nothing("cancelled_kept", "CANCELLED")
        assert outcome(**gone) == Nothing("cancelled", "CANCELLED")

    @pytest.mark.parametrize("status", ["PENDING_AVAILABILITY", "INVOICE_UNCONFIRMED"])
    def test_more_kinds_of_pending(self, status: str) -> None:
        assert outcome(status=status) == Nothing("pending", status)

    def test_unfulfillable_and_unknown(self) -> None:
        assert outcome(status="UNFULFILLABLE") == Nothing("unfulfillable", "UNFULFILLABLE")
        assert codes(outcome(status="MOON")) == ["status_unknown"]

    def test_a_cancelled_parcel_gives_no_day(self) -> None:
        found = document(
            packages=[
                {"shipped": "2026-12-09T10:00:00+00:00"},
                {"shipped": "2026-12-20T10:00:00+00:00", "status": "CANCELLED"},
            ]
        )
        assert found.date == date(2026, 12, 9)

    def test_without_parcels_the_first_shipped_version_gives_the_day(self) -> None:
        context = make_context({"first_shipped_at": "2026-12-09T10:00:00+00:00"})
        fba = {"by": "AMAZON", "packages": []}
        assert document(context=context, **fba).date == date(2026, 12, 9)
        assert document(**fba).date == date(2026, 12, 10)

    def test_the_date_may_be_the_orders(self) -> None:
        assert document(('date = "shipped"', 'date = "created"')).date == date(2026, 12, 8)

    def test_skip_is_asked_before_the_status(self) -> None:
        found = outcome(channel="NON_AMAZON", status="PENDING")
        assert isinstance(found, Skip)

    def test_nothing_left_to_book_holds(self) -> None:
        assert "nothing_fulfilled" in codes(
            outcome(items=[{"fulfilled": 0, "cancelled_by": "BUYER"}], grand="0.00")
        )

    def test_money_for_nothing_holds(self) -> None:
        assert "money_without_goods" in codes(outcome(items=item(fulfilled=0)))

    def test_a_partly_fulfilled_line_may_be_booked_as_it_is(self) -> None:
        book = ('partly_fulfilled = "hold"', 'partly_fulfilled = "book"')
        found = document(book, items=item(ordered=2, fulfilled=1, unit="5.95"))
        assert found.lines[0].quantity == 1


class TestFacts:
    def test_parcels_from_two_countries_hold(self) -> None:
        held = outcome(packages=[{"ship_from": "LT"}, {"ship_from": "PL"}])
        assert "package_origins" in codes(held)

    def test_a_parcel_decides_for_its_own_items_alone(self) -> None:
        found = document(
            grand="23.80",
            items=[{**ONE, "id": "1"}, {**ONE, "id": "2"}],
            packages=[
                {"ship_from": "LT", "items": [["1", 1]]},
                {"ship_from": "PL", "items": [["2", 1]]},
            ],
        )
        assert [line.vat_code for line in found.lines] == ["OSSDE19", "OSSDE19"]
        assert len(found.lines) == 2

    def test_a_british_parcel_without_a_post_code_is_no_lithuanian_one(self) -> None:
        origin = {"country": "GB", "zone": None}
        held = outcome(packages=[{"ship_from": origin}])
        assert codes(held) == ["vat_none_unknown"]

    def test_two_numbers_the_destinations_counts(self) -> None:
        numbers = [["VAT", "PL1234567890", "A"], ["VAT", "DE123456789", "B"]]
        assert document(registrations=numbers).client.code == "B2BDE123456789"
        held = outcome(registrations=numbers, ship_to="FR")
        assert codes(held) == ["vat_none_unknown"]

    def test_a_brazilian_persons_number_is_no_vat_number(self) -> None:
        found = document(registrations=[["CPF", "12345678901", None]])
        assert found.client.code == "AMZDE"

    def test_a_replacement_is_a_fact(self) -> None:
        skip = ('match = { channel = "NON_AMAZON" }', "match = { replacement = true }")
        assert isinstance(outcome(skip, associations=["REPLACEMENT_ORIGINAL_ID"]), Skip)
        assert isinstance(outcome(skip, associations=["EXCHANGE_ORIGINAL_ID"]), Document)

    def test_the_largest_item_speaks_for_the_order(self) -> None:
        items = [{**ONE, "sku": "SPOON-22"}, {"total": "20.00", "parts": [["ITEM", "20.00"]]}]
        skip = ('match = { channel = "NON_AMAZON" }', 'match = { sku = "CUP-*" }')
        assert isinstance(outcome(skip, grand="31.90", items=items), Skip)
        spoon = ('match = { channel = "NON_AMAZON" }', 'match = { sku = "SPOON-*" }')
        assert isinstance(outcome(spoon, grand="31.90", items=items), Document)

    def test_the_value_of_goods_has_inside_tax_taken_out(self) -> None:
        export: dict[str, Any] = {"marketplace": "UK", "ship_to": "GB", "currency": "GBP"}
        price = ('uncollected_tax = "hold"', 'uncollected_tax = "price"')
        inside = [{"total": "160.00", "parts": [["ITEM", "160.00"], ["TAX", "26.67"]]}]
        # 160.00 - 26.67 = 133.33 is up to 135; 163.00 - 27.17 = 135.83 is not.
        assert codes(outcome(price, **export, grand="160.00", items=inside)) == ["rule_hold"]
        above = [{"total": "163.00", "parts": [["ITEM", "163.00"], ["TAX", "27.17"]]}]
        assert document(price, **export, grand="163.00", items=above).total == Decimal(163)

    def test_values_that_the_accountant_let_in_hold_nothing(self) -> None:
        known = (
            "[money]\n",
            (
                '[known]\nprogrammes = ["AMAZON_MOON"]\nschemes = ["NG_VOEC"]\n'
                'collection_models = { SELLER = "NONE" }\n\n[money]\n'
            ),
        )
        order = make_order(
            {
                **ORDER,
                "programmes": ["AMAZON_MOON"],
                "items": item(schemes=["NG_VOEC"], collected=["SELLER"]),
            }
        )
        assert isinstance(decide(order, example_rules(known), CONTEXT, FINVALDA), Document)


class TestHolds:
    def test_everything_is_told_at_once(self) -> None:
        held = outcome(
            ('[[client]]\ncode = "AMZPIRKEJAS"\n', ""),
            marketplace="TR",
            by=None,
            packages=[],
            programmes=["AMAZON_MOON"],
            grand="99.99",
            items=[{**ONE, "sku": "NEW"}],
        )
        assert codes(held) == [
            "programme_unknown",
            "product_unknown",
            "warehouse_none",
            "grand_total_differs",
            "vat_none_unknown",
            "client_none",
        ]
        shown = preview_json(ORDER_ID, held)
        assert shown["outcome"] == "hold"
        assert shown["lines"] == []
        assert shown["total"] is None

    def test_a_rule_that_asks_for_the_collector_answers_for_it(self) -> None:
        first = 'name = "Amazon claims to collect inside the EU"\n'
        old = (
            f'{first}match = {{ collector = "MARKETPLACE", movement = ["domestic", "intra_eu"] }}\n'
        )
        without = (old, f"{first}match = {{ replacement = true }}\n")
        collected = item(collected=True)
        assert codes(outcome(without, items=collected)) == ["collector_inside_eu"]
        named = (
            'name = "OSS"\nmatch = { movement = "intra_eu",',
            'name = "OSS"\nmatch = { collector = "MARKETPLACE", movement = "intra_eu",',
        )
        assert isinstance(outcome(without, named, items=collected), Document)

    def test_a_rule_that_asks_for_unknown_answers_for_a_hidden_number(self) -> None:
        unknown = ('buyer_vat_country = "NONE" }', 'buyer_vat_country = ["NONE", "UNKNOWN"] }')
        business: dict[str, Any] = {"programmes": ["AMAZON_BUSINESS"]}
        assert codes(outcome(**business)) == ["business_without_number"]
        assert isinstance(outcome(unknown, **business), Document)

    def test_a_rule_that_asks_for_the_scheme_answers_for_it(self) -> None:
        named = (
            'name = "inside Lithuania"\nmatch = {',
            'name = "inside Lithuania"\nmatch = { scheme = "UOSS",',
        )
        order: dict[str, Any] = {"ship_to": "LT", "items": item(schemes=["UOSS"])}
        assert codes(outcome(**order)) == ["scheme_origin"]
        assert isinstance(outcome(named, **order), Document)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"])
def test_the_zone_of_the_process_plays_no_part(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        late = document(packages=[{"shipped": "2026-12-31T22:00:00+00:00"}])
        early = document(packages=[{"shipped": "2026-12-31T21:59:59+00:00"}])
        first = outcome(created="2026-11-30T22:00:00+00:00")
        before = outcome(created="2026-11-30T21:59:59+00:00")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (late.date, early.date) == (date(2027, 1, 1), date(2026, 12, 31))
    assert isinstance(first, Document)
    assert before == Nothing("before_book_from", "SHIPPED")


def test_rules_may_live_in_another_zone() -> None:
    london = ('time_zone = "Europe/Vilnius"', 'time_zone = "Europe/London"')
    found = document(london, packages=[{"shipped": "2026-12-31T22:30:00+00:00"}])
    assert found.date == date(2026, 12, 31)


def test_summer_time_moves_midnight() -> None:
    found = document(packages=[{"shipped": "2027-06-30T21:00:00+00:00"}])
    assert found.date == date(2027, 7, 1)
