"""The reader: tolerant of what Amazon may do, strict about personal data and about amounts."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvsamazon.amazon.personal import combined
from fvsamazon.amazon.reader import content_hash, order_of, read_order
from fvsamazon.orders import Money, OrderRecord, Unreadable
from support.amazon_samples import CANARIES, FULL, leaked, order, raw, with_


def read(sent: Any, *, personal: bool = False) -> OrderRecord:
    record = read_order(raw(sent), personal=personal)
    assert isinstance(record, OrderRecord), record
    return record


def refused(sent: Any) -> Unreadable:
    found = read_order(sent if isinstance(sent, bytes) else raw(sent), personal=True)
    assert isinstance(found, Unreadable)
    return found


def test_a_full_order_becomes_a_record() -> None:
    record = read(FULL)
    assert record.order_id == "305-1234567-7654321"
    assert record.created_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert record.updated_at == datetime(2026, 11, 21, 11, 22, 33, 456000, tzinfo=UTC)
    assert record.created_text == "2026-11-20T10:00:00Z"
    assert record.updated_text == "2026-11-21T11:22:33.456Z"
    assert (record.marketplace_id, record.channel) == ("A1PA6795UKMFR9", "AMAZON")
    assert (record.status, record.fulfilled_by) == ("SHIPPED", "MERCHANT")
    assert (record.grand_total, record.currency) == ("35.70", "EUR")
    assert record.delivered
    assert record.tax_registered
    assert record.personal is None


def test_the_order_for_the_rules_has_every_fact() -> None:
    built = order_of(read(FULL).payload, "Europe", "main")
    assert (built.region, built.account, built.order_id) == ("Europe", "main", FULL["orderId"])
    assert built.programmes == ("AMAZON_BUSINESS", "PRIME")
    assert built.associations[0].kind == "REPLACEMENT_ORIGINAL_ID"
    assert built.grand_total == Money(Decimal("35.70"), "EUR")
    assert [(p.kind, p.status) for p in built.parts] == [
        ("ITEM", None),
        ("DELIVERY_TIP", "PENDING"),
    ]
    assert built.ship_to is not None
    assert (built.ship_to.country, built.ship_to.state) == ("DE", "Bayern")
    assert built.deliver_by_latest == datetime(2026, 11, 28, 22, 59, 59, 999000, tzinfo=UTC)
    vat, cpf, shop = built.tax_registrations
    assert (vat.entity, vat.kind, vat.number, vat.legal_name) == (
        "BUYER",
        "VAT",
        "DE123456789",
        "Muster GmbH",
    )
    assert (cpf.kind, cpf.number, cpf.legal_name) == ("CPF", None, None)
    assert shop.legal_name == "Our Shop UAB"
    line, free = built.lines
    assert (line.item_id, line.sku, line.asin) == ("111", "CLIP-1", "B000000001")
    assert line.title == FULL["orderItems"][0]["product"]["title"]
    assert (line.quantity_ordered, line.quantity_fulfilled, line.quantity_unfulfilled) == (3, 3, 0)
    assert line.unit_price == Money(Decimal("10.00"), "EUR")
    assert line.parts[1].details[0].value == Money(Decimal("5.70"), "EUR")
    assert line.schemes == ("UOSS",)
    assert [one.model for one in line.collections] == ["MARKETPLACE_FACILITATOR"]
    assert line.cancelled_by == "MERCHANT"
    assert (free.quantity_ordered, free.quantity_fulfilled, free.proceeds_total) == (0, None, None)
    (package,) = built.packages
    assert package.reference == "P1"
    assert package.shipped_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert package.items == (("111", 3),)
    assert package.ship_from is not None
    assert package.ship_from.country == "LT"


def test_with_personal_data_off_nothing_personal_leaves_the_reader() -> None:
    record = read(FULL)
    assert leaked(record.payload) == []
    assert leaked(repr(dataclasses.asdict(record))) == []
    assert leaked(repr(order_of(record.payload, "Europe", "main"))) == []


def test_with_personal_data_on_it_stands_in_the_protected_part_alone() -> None:
    record = read(FULL, personal=True)
    assert record.personal is not None
    assert leaked(record.payload) == []
    assert leaked(repr(record)) == []
    assert leaked(record.personal) == list(CANARIES)
    assert record.payload == read(FULL).payload


def test_the_two_parts_together_are_what_amazon_sent() -> None:
    record = read(FULL, personal=True)
    whole = combined(record.payload, record.personal)
    assert whole["recipient"]["deliveryAddress"].pop("vatZone") == "DE-BUESINGEN"
    assert whole["packages"][0]["shipFromAddress"].pop("vatZone") == "LT"
    assert whole == FULL


@pytest.mark.parametrize(
    ("address", "zone", "assumed"),
    [
        ({"countryCode": "GB", "postalCode": "BT1 1AA"}, "XI", False),
        ({"countryCode": "GB"}, None, False),
        ({"countryCode": "DE"}, "DE", True),
        ({"countryCode": "DE", "postalCode": 78266}, "DE", True),
        ({"countryCode": "PT", "postalCode": "9500-100"}, "PT-20", False),
        ({"countryCode": "PT", "stateOrRegion": "Madeira"}, "PT-30", False),
        ({"postalCode": "78266"}, None, False),
        ({}, None, False),
    ],
)
def test_the_vat_zone_is_worked_out_before_the_post_code_goes(
    address: dict[str, Any], zone: str | None, assumed: bool
) -> None:
    built = order_of(read(order(recipient={"deliveryAddress": address})).payload, "Europe", "main")
    assert built.ship_to is not None
    assert (built.ship_to.zone, built.ship_to.zone_assumed) == (zone, assumed)


def test_a_zone_that_amazon_itself_would_send_does_not_count() -> None:
    sent = with_("recipient.deliveryAddress.vatZone", "XX")
    assert b'"XX"' not in read(sent).payload


def test_the_barest_order_is_read() -> None:
    bare = {
        "orderId": "S01-1234567-1234567",
        "createdTime": "2026-11-20T10:00:00Z",
        "lastUpdatedTime": "2026-11-20T10:00:00Z",
    }
    record = read(bare)
    assert record.order_id == "S01-1234567-1234567"
    assert (record.status, record.grand_total, record.currency) == (None, None, None)
    built = order_of(record.payload, "Europe", "main")
    assert (built.lines, built.ship_to, built.grand_total) == ((), None, None)


def nulls(value: Any) -> Any:
    """Put a null beside everything: as another key, as another element."""
    if isinstance(value, dict):
        return {k: nulls(v) for k, v in value.items()} | {"nothing": None}
    if isinstance(value, list):
        return [None, *map(nulls, value), None]
    return value


def test_null_is_absent_everywhere() -> None:
    with_nulls, without = read(nulls(FULL), personal=True), read(FULL, personal=True)
    assert with_nulls.payload == without.payload
    assert with_nulls.content_hash == without.content_hash
    for key in set(FULL) - {"orderId", "createdTime", "lastUpdatedTime"}:
        assert read(FULL | {key: None}).payload == read(order(**{key: None})).payload


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("fulfillment.fulfillmentStatus", "TELEPORTED"),
        ("fulfillment.fulfilledBy", "DRONE"),
        ("salesChannel.channelName", "MOON"),
        ("programs", []),
        ("programs", ["BRAND_NEW", ""]),
        ("packages", []),
        ("tax", {}),
        ("orderItems.0.proceeds.breakdowns.0.type", "MYSTERY"),
        ("orderItems.0.orderItemId", 1234567890123),
        ("orderItems.0.quantityOrdered", 3.0),
        ("orderItems.0.quantityOrdered", "3"),
        ("packages.0.packageReferenceId", 1),
        ("packages.0.shipTime", ""),
        ("packages.0.packageItems.0", {"orderItemId": "111"}),
        ("fulfillment.deliverByWindow", {"latestDateTime": ""}),
        ("lastUpdatedTime", "2026-11-21T11:22:33Z"),
        ("lastUpdatedTime", "2026-11-21T11:22:33.456789012Z"),
        ("lastUpdatedTime", "2026-11-21T13:22:33+02:00"),
        ("lastUpdatedTime", "2026-11-21T11:22:33"),
        ("payment.paymentExecutions", "soon"),
        ("orderItems.0.measurement", [1, 2]),
        ("orderItems.0.product.condition", "NEW"),
        ("orderItems.0.product.title", "half an emoji \ud83d"),
        ("orderItems.0.product.title", "x" * 100_000),
        ("proceeds.grandTotal.amount", 35.7),
        ("proceeds.grandTotal.amount", "3.57E+1"),
        ("proceeds.grandTotal.amount", "-0.01"),
        ("buyer", "somebody"),
        ("tomorrow", 10**30),
    ],
)
def test_what_nobody_knows_yet_passes(path: str, value: Any) -> None:
    record = read(with_(path, value), personal=True)
    assert order_of(record.payload, "Europe", "main").order_id == FULL["orderId"]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("orderId", None, "missing required field `orderId`"),
        ("orderId", "", "missing required field `orderId`"),
        ("orderId", "305 1", "orderId"),
        ("orderId", "305\x1b[2J", "orderId"),
        ("orderId", "x" * 61, "orderId"),
        ("orderId", {"a": 1}, "orderId is not a text"),
        ("createdTime", None, "missing required field `createdTime`"),
        ("createdTime", "yesterday", "createdTime Invalid RFC3339 encoded datetime"),
        ("lastUpdatedTime", True, "lastUpdatedTime is not a text"),
        ("orderItems", "none", "orderItems is not a list"),
        ("orderItems.0", "CLIP-1", "orderItems[0] is not an object"),
        ("orderItems.0.orderItemId", None, "missing required field `orderItemId`"),
        ("orderItems.1.quantityOrdered", None, "missing required field `quantityOrdered`"),
        ("orderItems.1.quantityOrdered", -1, "orderItems[1].quantityOrdered"),
        ("orderItems.1.quantityOrdered", 1.5, "orderItems[1].quantityOrdered is not a whole"),
        ("orderItems.1.quantityOrdered", True, "orderItems[1].quantityOrdered is not a whole"),
        ("orderItems.1.quantityOrdered", 10**12, "quantityOrdered"),
        ("proceeds.grandTotal.amount", "35,70", "proceeds.grandTotal.amount"),
        ("proceeds.grandTotal.amount", "NaN", "proceeds.grandTotal.amount"),
        ("proceeds.grandTotal.amount", "1e999", "proceeds.grandTotal.amount"),
        ("proceeds.grandTotal.amount", "٣٥", "proceeds.grandTotal.amount"),
        ("proceeds.grandTotal.amount", {}, "proceeds.grandTotal.amount is not a text"),
        ("proceeds.grandTotal.currencyCode", "EURO", "proceeds.grandTotal.currencyCode"),
        ("proceeds.grandTotal", "35.70 EUR", "proceeds.grandTotal is not an object"),
        ("orderItems.0.proceeds.breakdowns", {}, "proceeds.breakdowns is not a list"),
        ("packages.0.shipTime", "soon", "shipTime Invalid"),
        ("tax.taxRegistrations.0", "DE1", "tax.taxRegistrations[0] is not an object"),
        ("fulfillment", "SHIPPED", "fulfillment is not an object"),
    ],
)
def test_what_cannot_be_read_is_set_aside_with_the_field(
    path: str, value: Any, reason: str
) -> None:
    found = refused(with_(path, value))
    assert reason in found.reason
    assert found.order_id == (None if path == "orderId" else FULL["orderId"])
    assert leaked(found.reason) == []
    assert found.reason.isprintable()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_the_ends_of_time_are_read(moment: str) -> None:
    record = read(order(createdTime=moment))
    assert record.created_at.tzinfo is UTC
    assert order_of(record.payload, "Europe", "main").created_at == record.created_at


def test_two_orders_without_an_id_are_told_apart() -> None:
    first, second = refused({"a": 1}), refused({"a": 2})
    assert first.fingerprint != second.fingerprint
    assert first == refused({"a": 1})


@pytest.mark.parametrize(
    "sent",
    [b"null", b"[]", b'"305-1234567-7654321"', b"", b"{", b"17", b"\xff\xfe", b'{"a":' * 5000],
)
def test_what_is_no_object_is_set_aside(sent: bytes) -> None:
    assert refused(sent).order_id is None


def test_an_order_with_a_number_out_of_bounds_still_gives_its_id() -> None:
    sent = raw(FULL).replace(b'"value": 1.5', b'"value": 1e999')
    assert refused(sent).order_id == FULL["orderId"]


def test_a_protected_field_nested_without_end_is_refused() -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    assert "nested too deeply" in refused(order(tomorrow=deep)).reason
    assert isinstance(read_order(raw(order(tomorrow=deep))), OrderRecord)


@pytest.mark.parametrize("sign", ["\x1b[31m", "\x00", "\r\n", "\x9b", "\u202e", "\u2028", "\x7f"])
@pytest.mark.parametrize(
    "path",
    [
        "fulfillment.fulfillmentStatus",
        "salesChannel.marketplaceId",
        "orderItems.0.product.sellerSku",
        "orderItems.0.product.title",
        "packages.0.carrier",
        "tax.taxRegistrations.0.legalName",
    ],
)
def test_no_character_that_harms_a_terminal_stays(path: str, sign: str) -> None:
    record = read(with_(path, f"a{sign}b"))
    shown = json.dumps(json.loads(record.payload), ensure_ascii=False)
    assert sign not in shown
    assert sign not in repr(record.status) + repr(record.marketplace_id)


@pytest.mark.parametrize(
    "title", ["naïve café", "می‌خواهم", "👩‍👩‍👧", "タイトル\u3000全角", "a\xa0b"]
)
def test_honest_titles_keep_their_letters(title: str) -> None:
    built = order_of(read(with_("orderItems.0.product.title", title)).payload, "Europe", "main")
    assert built.lines[0].title == title


def test_money_is_exact_and_unknown_is_not_zero() -> None:
    def total(**money: Any) -> Money | None:
        sent = order(proceeds={"grandTotal": money})
        return order_of(read(sent).payload, "FarEast", "main").grand_total

    assert total(amount="19940", currencyCode="JPY") == Money(Decimal(19940), "JPY")
    assert total(amount="0.10", currencyCode="eur") == Money(Decimal("0.10"), "EUR")
    assert total(amount=0.1, currencyCode="EUR") == Money(Decimal("0.1"), "EUR")
    assert total(amount="0", currencyCode="EUR") == Money(Decimal(0), "EUR")
    assert total(amount="", currencyCode="EUR") is None
    assert total(amount="1.00") is None
    assert total() is None


def test_the_total_of_the_record_is_a_plain_decimal() -> None:
    assert read(with_("proceeds.grandTotal.amount", "1.5E+3")).grand_total == "1500"
    assert read(with_("proceeds.grandTotal.amount", "19940")).grand_total == "19940"


def test_touched_is_told_from_changed() -> None:
    first = read(FULL)
    touched = read(order(lastUpdatedTime="2026-11-22T00:00:00Z"))
    changed = read(with_("fulfillment.fulfillmentStatus", "CANCELLED"))
    assert touched.content_hash == first.content_hash != changed.content_hash
    assert touched.payload != first.payload
    assert content_hash(first.payload) == first.content_hash
    shuffled = dict(reversed(list(FULL.items())))
    assert read(shuffled).payload == first.payload


@pytest.mark.parametrize(
    ("status", "packages", "delivered"),
    [
        ("SHIPPED", ["DELIVERED"], True),
        ("SHIPPED", ["DELIVERED", "DELIVERED"], True),
        ("SHIPPED", ["DELIVERED", "IN_TRANSIT"], False),
        ("SHIPPED", ["DELIVERED", "CANCELLED"], True),
        ("SHIPPED", ["CANCELLED"], False),
        ("SHIPPED", [], False),
        ("SHIPPED", ["DELIVERED", "LEVITATING"], False),
        ("PARTIALLY_SHIPPED", ["DELIVERED"], False),
        (None, ["DELIVERED"], True),
    ],
)
def test_delivered_means_that_nothing_is_under_way(
    status: str | None, packages: list[str], delivered: bool
) -> None:
    sent = order(
        packages=[{"packageStatus": {"status": state}} for state in packages],
        fulfillment={"fulfillmentStatus": status},
    )
    assert read(sent).delivered is delivered


def test_an_order_without_tax_registrations_says_nothing_of_the_role() -> None:
    assert not read(order(tax=None)).tax_registered
    assert not read(order(tax={"taxRegistrations": []})).tax_registered


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        found += paths(inner, (*at, key)) if isinstance(inner, dict | list) else [(*at, key)]
    return found


@settings(max_examples=400, deadline=None)
@given(
    changes=st.lists(st.tuples(st.sampled_from(paths(FULL)), json_values), min_size=1, max_size=4),
    personal=st.booleans(),
)
def test_whatever_stands_at_any_place_the_reader_answers_and_leaks_nothing(
    changes: list[tuple[tuple[Any, ...], Any]], personal: bool
) -> None:
    sent = copy.deepcopy(FULL)
    for path, value in changes:
        place: Any = sent
        try:
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    found = read_order(raw(sent), personal=personal)
    if isinstance(found, Unreadable):
        assert leaked(found.reason) == []
        return
    assert leaked(found.payload) == []
    built = order_of(found.payload, "Europe", "main")
    assert built.order_id == found.order_id
    assert content_hash(found.payload) == found.content_hash
    if personal:
        assert found.personal is not None
        combined(found.payload, found.personal)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | json_values.map(raw))
def test_no_bytes_make_the_reader_raise(sent: bytes) -> None:
    read_order(sent, personal=True)
    read_order(msgspec.Raw(sent))


def samples() -> list[dict[str, Any]]:
    folder = os.environ.get("REFERENCE_DIR")
    if not folder:
        return []
    model = json.loads((Path(folder) / "amazon-orders-2026-01-01.openapi.json").read_text("utf-8"))
    found: list[dict[str, Any]] = []
    for operations in model["paths"].values():
        for sample in operations["get"]["responses"]["200"]["x-amzn-api-sandbox"]["static"]:
            answer = sample["response"]
            found += answer.get("orders") or [answer["order"]]
    return found


def without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_empty(v) for k, v in value.items() if v != "" and k[:3] != "vat"}
    return [without_empty(v) for v in value] if isinstance(value, list) else value


@pytest.mark.skipif(not os.environ.get("REFERENCE_DIR"), reason="REFERENCE_DIR is not set")
@pytest.mark.parametrize("number", range(6))
def test_amazons_own_examples_come_through_whole(number: int) -> None:
    sent = samples()[number]
    record = read(sent, personal=True)
    whole = combined(record.payload, record.personal)
    assert without_empty(whole) == without_empty(sent)
    built = order_of(record.payload, "Europe", "main")
    money = sent["proceeds"]["grandTotal"]
    assert built.grand_total == Money(Decimal(money["amount"]), money["currencyCode"])
    assert record.grand_total == money["amount"]
    assert [line.sku for line in built.lines] == [
        item["product"]["sellerSku"] for item in sent["orderItems"]
    ]
