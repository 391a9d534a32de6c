"""What holds for every order: sums to the cent, nothing dropped or negative, never a crash."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fvsamazon.booking.comparison import comparison_facts, differences
from fvsamazon.booking.context import BookingContext, NoReference
from fvsamazon.booking.currencies import minor_unit
from fvsamazon.booking.documents import decide
from fvsamazon.booking.outcomes import Document, Hold
from fvsamazon.booking.preview import preview_json
from fvsamazon.cli.preview_text import as_lines
from fvsamazon.orders import (
    Association,
    Money,
    Order,
    OrderLine,
    Package,
    Part,
    PartDetail,
    Place,
    TaxCollection,
    TaxRegistration,
)
from support.booking_orders import (
    CONTEXT,
    FINVALDA,
    example_rules,
    make_order,
)

RULES = example_rules(
    ('amazon_tax_differs = "hold"', 'amazon_tax_differs = "ours"'),
    ('uncollected_tax = "hold"', 'uncollected_tax = "price"'),
)
AMAZON_RULES = example_rules(
    ('amazon_tax_differs = "hold"', 'amazon_tax_differs = "amazon"'),
    ('uncollected_tax = "hold"', 'uncollected_tax = "price"'),
)
APART_RULES = example_rules(
    ('amazon_tax_differs = "hold"', 'amazon_tax_differs = "ours"'),
    ('uncollected_tax = "hold"', 'uncollected_tax = "price"'),
    ('DISCOUNT = "net"', 'DISCOUNT = "NUOLAIDA"'),
)
PLAIN_RULES = example_rules()

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no fault of the rules."""
few = settings(calm, max_examples=40)
"""Orders are large to draw; forty of them already vary in everything that matters."""

SKUS = ("CUP-BLUE-01", "SPOON-22", "CUP-BLUE-6PK", "BOOK-LT-1", "GIFT-SET-1", "READER-KIT")
COMPONENTS = {"GIFT-SET-1": 2, "READER-KIT": 2}
# Places whose VAT the example rules know, with the currency in which the case is free of holds.
PLACES = (
    ("DE", "EUR", False),
    ("LT", "EUR", False),
    ("FR", "EUR", False),
    ("CH", "EUR", False),
    ("CH", "EUR", True),
    ("XI", "GBP", False),
    ("US", "USD", True),
    ("JP", "JPY", False),
    ("JP", "JPY", True),
    ("GB", "GBP", True),
)
CHARGES = ("ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER")


@st.composite
def _items(draw: st.DrawFn, currency: str, *, collected: bool) -> dict[str, Any]:
    """Draw one item whose parts make its total, with the tax on top, inside or outside."""
    unit = minor_unit(currency)
    amounts = {
        kind: unit * draw(st.integers(0, 50_000))
        for kind in draw(st.sets(st.sampled_from(CHARGES[1:])))
    }
    amounts["ITEM"] = unit * draw(st.integers(0, 200_000))
    parts: list[list[Any]] = []
    off: dict[str, Decimal] = {}
    for kind, amount in amounts.items():
        parts.append([kind, str(amount)])
        if draw(st.booleans()):
            off[kind] = unit * draw(st.integers(0, int(amount / unit)))
    sign = draw(st.sampled_from((1, -1)))
    if off:
        rows = [[kind, str(sign * amount)] for kind, amount in off.items()]
        parts.append(["DISCOUNT", [str(sign * sum(off.values())), rows]])
    net = sum(amounts.values()) - sum(off.values())
    tax = unit * draw(st.integers(0, int(net / unit)))
    on_top = draw(st.booleans())
    if draw(st.booleans()):
        rows = [["ITEM", str(tax)]] if draw(st.booleans()) else []
        parts.append(["TAX", [str(tax), rows]])
    else:
        tax = Decimal(0)
    parts = draw(st.permutations(parts))
    return {
        "sku": draw(st.sampled_from(SKUS)),
        "ordered": draw(st.integers(1, 9)),
        "collected": collected,
        "total": str(net + tax if on_top else net),
        "parts": parts,
        "tax": str(tax if on_top else Decimal(0)),
    }


@st.composite
def consistent(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an order that Amazon could have sent and that the example rules can tax."""
    place, currency, collected = draw(st.sampled_from(PLACES))
    stock = place if place in {"US", "JP"} else "LT"
    items = [
        {**item, "id": f"{place_in_list:014d}"}
        for place_in_list, item in enumerate(
            draw(st.lists(_items(currency, collected=collected), min_size=1, max_size=4)), 1
        )
    ]
    unit = minor_unit(currency)
    tip = unit * draw(st.integers(0, 1000)) if draw(st.booleans()) else Decimal(0)
    grand = sum((Decimal(item["total"]) for item in items), tip)
    return {
        "marketplace": {"US": "US", "JP": "JP", "GB": "UK", "XI": "UK"}.get(place, "DE"),
        "by": "AMAZON" if place in {"US", "JP"} else "MERCHANT",
        "ship_to": {"country": "GB", "zone": place} if place in {"GB", "XI"} else place,
        "currency": currency,
        "grand": str(grand),
        "tips": [["FINALIZED", str(tip)]] if tip else [],
        "packages": [] if stock != "LT" else [{"ship_from": "LT"}],
        "items": items,
        "kept_out": str(sum(Decimal(item["tax"]) for item in items) if collected else 0),
    }


def booked(spec: dict[str, Any], rules: Any = RULES) -> Document:
    outcome = decide(make_order(spec), rules, CONTEXT, FINVALDA)
    assert isinstance(outcome, Document), outcome
    return outcome


@few
@given(consistent())
def test_the_lines_make_the_grand_total_less_what_the_collector_keeps(spec: dict[str, Any]) -> None:
    for rules in (RULES, APART_RULES):
        document = booked(spec, rules)
        assert document.kept_out == Decimal(spec["kept_out"])
        assert document.total == Decimal(spec["grand"]) - document.kept_out
        assert sum(line.gross for line in document.lines) == document.total
        assert all(line.net + line.vat == line.gross for line in document.lines)
        unit = minor_unit(document.currency)
        for line in document.lines:
            for amount in (line.net, line.vat, line.gross):
                assert amount == amount.quantize(unit)


@few
@given(consistent())
def test_no_line_is_negative_but_a_discount_of_its_own(spec: dict[str, Any]) -> None:
    for line in booked(spec).lines:
        assert min(line.net, line.vat, line.gross) >= 0
        assert line.quantity > 0
    for line in booked(spec, APART_RULES).lines:
        assert (line.gross < 0) is (line.kind == "discount")


@few
@given(consistent())
def test_amazons_own_tax_is_taken_over_or_held_never_bent(spec: dict[str, Any]) -> None:
    outcome = decide(make_order(spec), AMAZON_RULES, CONTEXT, FINVALDA)
    if isinstance(outcome, Hold):
        assert {found.code for found in outcome.reasons} == {"tax_differs"}
    else:
        assert isinstance(outcome, Document)
        assert outcome.total == Decimal(spec["grand"]) - outcome.kept_out
        assert all(min(line.net, line.vat) >= 0 for line in outcome.lines)


@few
@given(consistent())
def test_no_item_is_dropped_and_none_is_booked_twice(spec: dict[str, Any]) -> None:
    goods = [line for line in booked(spec).lines if line.kind == "goods"]
    for item in spec["items"]:
        lines = [line for line in goods if line.item_id == item["id"]]
        assert len(lines) == COMPONENTS.get(item["sku"], 1)
    assert len(goods) == sum(COMPONENTS.get(item["sku"], 1) for item in spec["items"])


@few
@given(consistent())
def test_services_stand_once_per_kind_and_code_and_never_for_nothing(spec: dict[str, Any]) -> None:
    services = [line for line in booked(spec).lines if line.kind != "goods"]
    keys = [(line.kind, line.vat_code, line.vat_percent) for line in services]
    assert len(keys) == len(set(keys))
    assert all(line.gross != 0 for line in services)


@few
@given(consistent(), st.integers(0, 2**32))
def test_the_order_of_rows_is_irrelevant(spec: dict[str, Any], seed: int) -> None:
    shuffled = json.loads(json.dumps(spec))
    dice = random.Random(seed)
    for item in shuffled["items"]:
        dice.shuffle(item["parts"])
        for _, amounts in item["parts"]:
            if isinstance(amounts, list):
                dice.shuffle(amounts[1])
    first, second = booked(spec), booked(shuffled)
    assert [replace(line, because=()) for line in first.lines] == [
        replace(line, because=()) for line in second.lines
    ]
    before, after = comparison_facts(make_order(spec)), comparison_facts(make_order(shuffled))
    assert before == after


@few
@given(consistent())
def test_the_sign_of_discounts_is_irrelevant(spec: dict[str, Any]) -> None:
    turned = json.loads(json.dumps(spec))
    for item in turned["items"]:
        for part in item["parts"]:
            if part[0] == "DISCOUNT":
                rows = [[kind, str(-Decimal(amount))] for kind, amount in part[1][1]]
                part[1] = [str(-Decimal(part[1][0])), rows]
    assert [line.gross for line in booked(spec).lines] == [
        line.gross for line in booked(turned).lines
    ]


@few
@given(consistent(), st.integers(1, 500))
def test_a_total_that_is_off_by_any_amount_is_held(spec: dict[str, Any], off: int) -> None:
    unit = minor_unit(spec["currency"])
    spec = {**spec, "grand": str(Decimal(spec["grand"]) + unit * off)}
    outcome = decide(make_order(spec), RULES, CONTEXT, FINVALDA)
    assert isinstance(outcome, Hold)
    assert "grand_total_differs" in {found.code for found in outcome.reasons}


@few
@given(consistent(), st.integers(1, 500))
def test_a_changed_amount_is_a_difference(spec: dict[str, Any], off: int) -> None:
    order = make_order(spec)
    before = comparison_facts(order)
    assert differences(before, before) == ()
    assert order.grand_total is not None
    changed = replace(
        order,
        grand_total=Money(order.grand_total.amount + off, order.grand_total.currency),
        updated_at=order.updated_at + timedelta(hours=1),
    )
    assert [one.what for one in differences(before, comparison_facts(changed))] == ["grand_total"]


_amount = st.none() | st.builds(
    Money,
    st.decimals(allow_nan=False, places=2, min_value=-(10**15), max_value=10**15)
    | st.sampled_from([Decimal("NaN"), Decimal("Infinity"), Decimal("1E+40"), Decimal(0)]),
    st.sampled_from(["EUR", "JPY", "GBP", "XXX", ""]),
)
_word = (
    st.none()
    | st.text(max_size=20)
    | st.sampled_from(
        ["ITEM", "TAX", "DISCOUNT", "SHIPPING", "UOSS", "SHIPPED", "VAT", "DE123456789", "AMAZON"]
    )
)
_text = st.text(max_size=12) | st.sampled_from(
    ["ITEM", "TAX", "DISCOUNT", "SHIPPING", "DELIVERY_TIP", "AMAZON_BUSINESS", "PRIME", "IOSS"]
)
_moment = st.datetimes(
    min_value=datetime(2016, 1, 1),  # noqa: DTZ001
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_part = st.builds(
    Part,
    _text,
    _amount,
    _word,
    st.lists(st.builds(PartDetail, _word, _amount), max_size=2).map(tuple),
)
_parts = st.lists(_part, max_size=4).map(tuple)
_zone = (
    st.none()
    | st.sampled_from(["LT", "DE", "GB", "XI", "ES-CN", "US", "PT-20"])
    | st.text(max_size=4)
)
_place = st.none() | st.builds(Place, _word, _word, _zone, st.booleans())
_words = st.lists(_text, max_size=2).map(tuple)
_line = st.builds(
    OrderLine,
    item_id=st.sampled_from(["1", "2", "3"]),
    sku=st.none() | st.sampled_from(SKUS) | st.text(max_size=45),
    asin=_word,
    title=_word,
    quantity_ordered=st.integers(-1, 10**6),
    quantity_fulfilled=st.none() | st.integers(-1, 10**6),
    quantity_unfulfilled=st.none() | st.integers(-1, 9),
    unit_price=_amount,
    proceeds_total=_amount,
    parts=_parts,
    programmes=_words,
    schemes=_words,
    collections=st.lists(
        st.builds(TaxCollection, st.sampled_from([None, "MARKETPLACE_FACILITATOR", "X"])),
        max_size=2,
    ).map(tuple),
    cancelled_by=_word,
)
_package = st.builds(
    Package,
    reference=_text,
    shipped_at=st.none() | _moment,
    status=st.sampled_from([None, "SHIPPED", "CANCELLED", "?"]),
    ship_from=_place,
    items=st.lists(st.tuples(st.sampled_from(["1", "2"]), st.integers(0, 3)), max_size=2).map(
        tuple
    ),
)
_status = st.sampled_from(
    ["SHIPPED", "SHIPPED", "UNSHIPPED", "PARTIALLY_SHIPPED", "CANCELLED", "PENDING", "MOON", None]
)
anything = st.builds(
    Order,
    region=st.sampled_from(["Europe", "FarEast"]),
    account=st.just("main"),
    order_id=st.just("305-1234567-7654321"),
    created_at=_moment,
    updated_at=_moment,
    status=_status,
    fulfilled_by=st.sampled_from([None, "AMAZON", "MERCHANT", "?"]),
    channel=_word,
    marketplace_id=_word,
    programmes=_words,
    associations=st.lists(st.builds(Association, _word, _word), max_size=1).map(tuple),
    grand_total=_amount,
    parts=_parts,
    ship_to=_place,
    tax_registrations=st.lists(
        st.builds(TaxRegistration, st.sampled_from([None, "BUYER"]), _word, _word, _word),
        max_size=3,
    ).map(tuple),
    lines=st.lists(_line, max_size=3).map(tuple),
    packages=st.lists(_package, max_size=2).map(tuple),
)


@settings(calm, max_examples=150)
@given(anything, st.booleans(), st.booleans())
def test_nothing_that_amazon_sends_raises(order: Order, known: bool, role: bool) -> None:
    context = BookingContext(default_parameter="FVSAMAZON", tax_role_seen=role)
    reference = FINVALDA if known else NoReference()
    for rules in (PLAIN_RULES, AMAZON_RULES, APART_RULES):
        outcome = decide(order, rules, context, reference)
        assert outcome == decide(order, rules, context, reference)
        shown = preview_json(order.order_id, outcome)
        json.dumps(shown)
        assert as_lines(outcome, "lt")
        if isinstance(outcome, Hold):
            assert outcome.reasons
            assert shown["reasons"]
        if isinstance(outcome, Document):
            assert order.grand_total is not None
            assert outcome.total == order.grand_total.amount - outcome.kept_out
    facts = comparison_facts(order)
    assert differences(facts, facts) == ()


@few
@given(anything, anything)
def test_any_two_versions_can_be_compared(first: Order, second: Order) -> None:
    before, after = comparison_facts(first), comparison_facts(second)
    for found in differences(before, after):
        assert found.before != found.after
