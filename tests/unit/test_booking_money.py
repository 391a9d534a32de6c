"""How amounts become lines: rounding, tax, discounts, tips, and what cannot be read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fvsamazon.booking.documents import decide
from fvsamazon.booking.money import spread
from fvsamazon.booking.outcomes import Document, Hold
from support.booking_cases import ONE, ORDER, codes, document, item, outcome
from support.booking_orders import (
    CONTEXT,
    FakeReference,
    example_rules,
    make_order,
)


class TestMoney:
    def test_half_a_cent_is_rounded_up(self) -> None:
        # 10.11 * 20 / 120 = 1.685: up, not to the even neighbour.
        items = [{"total": "10.11", "parts": [["ITEM", "10.11"]]}]
        (line,) = document(ship_to="FR", grand="10.11", items=items).lines
        assert (line.net, line.vat) == (Decimal("8.42"), Decimal("1.69"))

    def test_what_amazon_collects_is_not_compared_with_our_rate(self) -> None:
        taxed = (
            'code = "NEPVM"\npercent = 0\nkind = "S"\ncollected = "out"',
            'code = "NEPVM"\npercent = 10\nkind = "S"\ncollected = "out"',
        )
        items: list[dict[str, Any]] = [{"total": "60.00", "collected": True}]
        items[0]["parts"] = [["ITEM", "55.00"], ["TAX", "5.00"]]
        us: dict[str, Any] = {"by": "AMAZON", "marketplace": "US", "ship_to": "US"}
        us |= {"currency": "USD", "packages": []}
        found = document(taxed, grand="60.00", items=items, **us)
        assert (found.total, found.kept_out) == (Decimal(55), Decimal(5))
        items[0]["parts"] = [["ITEM", "58.00"], ["TAX", "2.00"]]
        found = document(taxed, grand="60.00", items=items, **us)
        assert found.lines[0].vat == Decimal("5.27")

    def test_tax_on_a_discount_may_be_written_as_part_of_the_sum(self) -> None:
        rows = [["ITEM", "1.90"], ["DISCOUNT", "0.95"]]
        parts = [["ITEM", "20.00"], ["DISCOUNT", "5.00"], ["TAX", ["2.85", rows]]]
        items = [{"total": "17.85", "parts": parts}]
        assert document(grand="17.85", items=items).lines[0].vat == Decimal("2.85")

    def test_the_value_of_goods_is_what_is_stated_where_the_tax_is_not_inside(self) -> None:
        export: dict[str, Any] = {"marketplace": "UK", "ship_to": "GB", "currency": "GBP"}
        price = ('uncollected_tax = "hold"', 'uncollected_tax = "price"')
        # On top: 140.00 of goods are above 135, whatever the 28.00 beside them.
        on_top = [{"total": "168.00", "parts": [["ITEM", "140.00"], ["TAX", "28.00"]]}]
        assert document(price, **export, grand="168.00", items=on_top).total == Decimal(168)
        # Collected by Amazon and outside the total: 140.00 again.
        small = (
            'ship_from = "LT", collector = "MARKETPLACE",',
            'ship_from = "LT", collector = "MARKETPLACE", goods_value = { max = 135 },',
        )
        outside = [
            {"total": "140.00", "collected": True, "parts": [["ITEM", "140.00"], ["TAX", "28.00"]]}
        ]
        held = outcome(small, **export, grand="140.00", items=outside)
        assert codes(held) == ["vat_none"]

    def test_a_bundle_of_cents_is_never_negative(self) -> None:
        table = "sku,product,share\n" + "".join(f"SET,P{place},25\n" for place in range(4))
        order = make_order(
            {
                **ORDER,
                "grand": "0.02",
                "items": [{"sku": "SET", "total": "0.02", "parts": [["ITEM", "0.02"]]}],
            }
        )
        found = decide(order, example_rules(table=table), CONTEXT, FakeReference())
        assert isinstance(found, Document)
        assert [str(line.gross) for line in found.lines] == ["0.01", "0.01", "0.00", "0.00"]

    def test_shares_of_cents_are_never_negative(self) -> None:
        weights = {kind: Decimal(1) for kind in ("ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE")}
        cent = Decimal("0.01")
        shares = spread(Decimal("0.02"), weights, cent)
        assert sum(shares.values()) == Decimal("0.02")
        assert min(shares.values()) >= 0
        assert spread(Decimal("-0.03"), {"ITEM": Decimal(0)}, cent) == {"ITEM": Decimal("-0.03")}
        assert spread(Decimal(0), weights, cent) == {}

    def test_the_largest_line_gives_the_kind_of_the_document(self) -> None:
        domestic = ('code = "{ship_from}{percent}"\npercent = "rate"\nkind = "SF"', "")
        other = (domestic[0], domestic[0].replace('"SF"', '"S"'))
        fba: dict[str, Any] = {"by": "AMAZON", "packages": []}
        home = {**ONE, "total": "5.95", "parts": [["ITEM", "5.95"]]}
        away = {**ONE, "schemes": ["UOSS"]}
        found = document(other, grand="17.85", items=[home, away], **fba)
        assert [line.document_kind for line in found.lines] == ["S", "SF"]
        assert found.kind == "SF"
        small, large = {**home, "schemes": ["UOSS"]}, ONE
        assert document(other, grand="17.85", items=[small, large], **fba).kind == "S"


class TestTips:
    def test_a_pending_tip_is_no_part_of_the_total(self) -> None:
        held = outcome(tips=[["PENDING", "5.00"]], grand="16.90")
        assert codes(held) == ["grand_total_differs"]

    def test_a_tip_without_a_status_counts_if_the_total_says_so(self) -> None:
        us = {"by": "AMAZON", "marketplace": "US", "ship_to": "US", "currency": "USD"}
        found = document(**us, tips=[[None, "5.00"]], grand="16.90")
        assert [line.kind for line in found.lines] == ["goods", "tip"]
        assert len(document(**us, tips=[[None, "5.00"]]).lines) == 1

    def test_a_tip_needs_a_service(self) -> None:
        held = outcome(('TIP = "KITA"\n', ""), tips=[["FINALIZED", "5.00"]], grand="16.90")
        assert codes(held) == ["service_missing"]

    def test_a_negative_tip_holds(self) -> None:
        assert "amount_unfit" in codes(outcome(tips=[["FINALIZED", "-5.00"]], grand="6.90"))


class TestUnreadable:
    @pytest.mark.parametrize("amount", ["11.905", "1E+13", "NaN"])
    def test_amounts_that_no_document_can_hold(self, amount: str) -> None:
        held = outcome(items=[{"total": amount, "parts": [["ITEM", amount]]}])
        assert "amount_unfit" in codes(held)

    @pytest.mark.parametrize(
        ("parts", "code"),
        [
            ([["ITEM", None]], "totals_disagree"),
            ([["ITEM", [None, []]]], "part_amount_missing"),
            ([["ITEM", "11.90"], ["MOON_FEE", "0.00"]], "part_unknown"),
            ([["ITEM", "12.90"], ["DISCOUNT", ["1.00", [["ITEM", "0.90"]]]]], "discount_rows"),
            ([["ITEM", "11.90"], ["TAX", ["1.90", [["ITEM", "1.80"]]]]], "tax_rows_disagree"),
            ([["ITEM", "11.90"], ["TAX", ["1.90", [["ITEM", None]]]]], "part_amount_missing"),
            ([["ITEM", "11.90"], ["TAX", "-1.90"]], "amount_negative"),
        ],
    )
    def test_parts_that_cannot_be_read(self, parts: list[Any], code: str) -> None:
        parts = [part for part in parts if part[1] is not None]
        assert codes(outcome(items=[{"total": "11.90", "parts": parts}]))[0].startswith(code)

    def test_a_tax_row_of_nothing_states_nothing(self) -> None:
        found = document(items=item(parts=[["ITEM", "11.90"], ["TAX", "0.00"]]))
        assert found.lines[0].vat == Decimal("1.90")

    def test_more_tax_than_price_is_never_taken_over(self) -> None:
        amazon = ('amazon_tax_differs = "hold"', 'amazon_tax_differs = "amazon"')
        parts = [["ITEM", "1.00"], ["SHIPPING", "10.90"], ["TAX", ["1.90", [["ITEM", "1.90"]]]]]
        assert codes(outcome(amazon, items=item(parts=parts))) == ["tax_differs"]

    def test_a_rule_speaks_for_itself_before_the_switches(self) -> None:
        oss = 'code = "OSS{ship_to}{percent}"\n'
        ours = (oss, f'{oss}amazon_tax_differs = "ours"\n')
        parts = [["ITEM", "11.90"], ["TAX", "0.78"]]
        assert document(ours, items=item(parts=parts)).lines[0].vat == Decimal("1.90")

    def test_the_tax_on_shipping_is_compared_too(self) -> None:
        parts = [
            ["ITEM", "11.90"],
            ["SHIPPING", "2.38"],
            ["TAX", ["2.18", [["ITEM", "1.90"], ["SHIPPING", "0.28"]]]],
        ]
        items = [{"total": "14.28", "parts": parts}]
        held = outcome(grand="14.28", items=items)
        assert isinstance(held, Hold)
        assert [one.values["part"] for one in held.reasons] == ["SHIPPING"]
        amazon = ('amazon_tax_differs = "hold"', 'amazon_tax_differs = "amazon"')
        found = document(amazon, grand="14.28", items=items)
        assert [line.vat for line in found.lines] == [Decimal("1.90"), Decimal("0.28")]

    def test_discounts_apart_from_amazons_own_tax(self) -> None:
        # 29.75 - 5.95 = 23.80, of which Amazon calls 1.56 tax; the discount's own is 0.95.
        apart = ('DISCOUNT = "net"', 'DISCOUNT = "NUOLAIDA"')
        amazon = ('amazon_tax_differs = "hold"', 'amazon_tax_differs = "amazon"')
        parts = [["ITEM", "29.75"], ["DISCOUNT", "5.95"], ["TAX", "1.56"]]
        items = [{"total": "23.80", "parts": parts}]
        goods, discount = document(apart, amazon, grand="23.80", items=items).lines
        assert (goods.vat, discount.vat) == (Decimal("2.51"), Decimal("-0.95"))

    def test_lines_without_a_document_kind_leave_it_to_the_parameter(self) -> None:
        oss = 'code = "OSS{ship_to}{percent}"\npercent = "rate"\nkind = "SF"\n'
        found = document((oss, oss.replace('kind = "SF"\n', "")))
        assert found.kind is None

    def test_a_tip_without_an_amount_holds(self) -> None:
        assert "part_amount_missing" in codes(outcome(tips=[["FINALIZED", None]]))

    def test_a_code_of_vat_that_grows_too_long(self) -> None:
        long = ('code = "OSS{ship_to}{percent}"', 'code = "OSSVAT{ship_to}{percent}X"')
        assert codes(outcome(long)) == ["text_too_long"]

    def test_a_warehouse_may_hold(self) -> None:
        hold = ('code = "CENTR"\n', 'hold = "stock-taking"\n')
        held = outcome(hold)
        assert codes(held) == ["rule_hold"]
        assert isinstance(held, Hold)
        assert "stock-taking" in held.reasons[0].say()
