"""Two versions of protected fields: what survives, what is replaced, what must never mix."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fvsamazon.amazon.personal import carry_zones, combined, merge_personal
from fvsamazon.amazon.reader import content_hash, order_of, read_order
from fvsamazon.orders import OrderRecord
from support.amazon_samples import FULL, order, raw, with_

ADDRESS = {
    "name": "Ona",
    "addressLine1": "Gedimino 1",
    "addressLine2": "but. 2",
    "city": "Vilnius",
    "postalCode": "01103",
    "phone": "+370 600 00000",
}


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = json.loads(merge_personal(raw(old), raw(new)))
    return merged


def to(address: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return ({"recipient": {"deliveryAddress": address}} if address is not None else {}) | more


def address_of(merged: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = merged["recipient"]["deliveryAddress"]
    return found


@pytest.mark.parametrize("later", [None, {}, {"city": "Vilnius"}, {"city": "VILNIUS"}])
def test_an_address_that_amazon_withholds_survives(later: dict[str, Any] | None) -> None:
    kept = address_of(merge(to(ADDRESS), to(later)))
    assert kept == ADDRESS | (later or {})


def test_a_phone_that_is_withheld_survives_beside_the_same_address() -> None:
    later = {key: value for key, value in ADDRESS.items() if key != "phone"}
    assert address_of(merge(to(ADDRESS), to(later))) == ADDRESS


@pytest.mark.parametrize(
    "later",
    [
        {"name": "Ona", "addressLine1": "Pilies 5", "city": "Vilnius", "postalCode": "01123"},
        {"name": "Jonas", "addressLine1": "Gedimino 1"},
        {"city": "Kaunas"},
        {"postalCode": "44280"},
    ],
)
def test_two_addresses_are_never_mixed(later: dict[str, Any]) -> None:
    assert address_of(merge(to(ADDRESS), to(later))) == later


def test_a_line_that_an_address_lost_is_gone() -> None:
    later = {key: value for key, value in ADDRESS.items() if key != "addressLine2"}
    assert address_of(merge(to(ADDRESS), to(later))) == later


def test_name_and_mail_of_the_buyer_survive_and_nothing_else_of_the_buyer() -> None:
    old = {"buyer": {"buyerName": "Ona", "buyerEmail": "o@x", "tomorrow": 1}}
    assert merge(old, {}) == {"buyer": {"buyerName": "Ona", "buyerEmail": "o@x"}}
    assert merge(old, {"buyer": {"buyerEmail": "n@x"}}) == {
        "buyer": {"buyerName": "Ona", "buyerEmail": "n@x"}
    }


def test_unknown_fields_are_what_the_newer_version_says() -> None:
    assert merge({"tomorrow": {"a": 1}, "other": 2}, {"tomorrow": {"b": 3}}) == {
        "tomorrow": {"b": 3}
    }


def gift(item: str, message: str) -> dict[str, Any]:
    return {
        "orderItemId": item,
        "fulfillment": {"packing": {"giftOption": {"giftMessage": message}}},
    }


def test_gift_messages_survive_by_item_and_not_by_place() -> None:
    old = {"orderItems": [gift("1", "for A"), {}, gift("3", "for C")]}
    new = {"orderItems": [gift("3", "for C, newer"), {"orderItemId": "2", "tomorrow": 1}]}
    assert merge(old, new) == {
        "orderItems": [
            gift("3", "for C, newer"),
            {"orderItemId": "2", "tomorrow": 1},
            gift("1", "for A"),
        ]
    }
    assert merge(old, {}) == {"orderItems": [gift("1", "for A"), gift("3", "for C")]}


def test_serial_numbers_are_replaced_but_a_customisation_survives() -> None:
    product = {"serialNumbers": ["S"], "customization": {"customizedUrl": "https://x"}}
    merged = merge({"orderItems": [{"orderItemId": "1", "product": product}]}, {})
    assert merged == {
        "orderItems": [
            {"orderItemId": "1", "product": {"customization": {"customizedUrl": "https://x"}}}
        ]
    }


def test_fields_of_an_odd_form_do_no_harm() -> None:
    old = {
        "buyer": "Ona",
        "orderItems": [gift("1", "x")],
        "recipient": {"deliveryAddress": {"extendedFields": ["a"], "name": 7}},
    }
    new = {
        "buyer": ["Ona"],
        "orderItems": [{"orderItemId": "1", "fulfillment": {"packing": "box"}}],
    }
    assert merge(old, new)["buyer"] == ["Ona"]
    assert merge(new, old)["buyer"] == "Ona"
    assert merge({"buyer": {"buyerName": "Ona"}}, {"buyer": "x"}) == {"buyer": "x"}


def test_nothing_stored_yet_leaves_the_newer_version() -> None:
    assert merge_personal(b"", raw(to(ADDRESS))) == merge_personal(b"{}", raw(to(ADDRESS)))
    assert json.loads(merge_personal(b"", raw(to(ADDRESS)))) == to(ADDRESS)


def test_a_merge_repeated_changes_nothing() -> None:
    first = merge_personal(raw(to(ADDRESS)), raw(to({"city": "Vilnius"})))
    assert merge_personal(first, first) == first


def test_combined_finds_the_owner_of_a_protected_part_by_id() -> None:
    record = read_order(raw(FULL), personal=True)
    assert isinstance(record, OrderRecord)
    personal = raw({"orderItems": [{"orderItemId": "222", "note": "b"}, {"orderItemId": "9"}]})
    whole = combined(record.payload, personal)
    assert [item.get("note") for item in whole["orderItems"]] == [None, "b"]
    assert combined(record.payload, None) == json.loads(record.payload)


def test_combined_keeps_what_is_public_where_both_speak() -> None:
    assert combined(b'{"a":{"b":1},"l":[{"x":1},{}]}', b'{"a":{"b":2,"c":3},"l":[{},{"y":2}]}') == {
        "a": {"b": 1, "c": 3},
        "l": [{"x": 1}, {"y": 2}],
    }


def british(post_code: str | None, **more: Any) -> OrderRecord:
    address = {"countryCode": "GB", "postalCode": post_code} | more
    record = read_order(raw(order(recipient={"deliveryAddress": address})))
    assert isinstance(record, OrderRecord)
    return record


def test_a_vat_zone_survives_the_post_code_that_told_it() -> None:
    first, later = british("BT1 1AA"), british(None)
    kept = carry_zones(first.payload, later)
    place = order_of(kept.payload, "Europe", "main").ship_to
    assert place is not None
    assert (place.zone, place.zone_assumed) == ("XI", False)
    assert kept.content_hash == content_hash(kept.payload) == first.content_hash


def test_a_vat_zone_does_not_survive_another_address() -> None:
    first = british("BT1 1AA")
    for later in (british("SW1A 1AA"), british(None, stateOrRegion="Kent")):
        assert carry_zones(first.payload, later) is later
    assert carry_zones(british(None).payload, first) is first


def test_an_assumed_zone_gives_way_to_the_one_that_was_known() -> None:
    first = read_order(
        raw(with_("packages.0.shipFromAddress", {"countryCode": "ES", "postalCode": "35001"}))
    )
    later = read_order(raw(with_("packages.0.shipFromAddress", {"countryCode": "ES"})))
    assert isinstance(first, OrderRecord)
    assert isinstance(later, OrderRecord)
    kept = order_of(carry_zones(first.payload, later).payload, "Europe", "main").packages[0]
    assert kept.ship_from is not None
    assert (kept.ship_from.zone, kept.ship_from.zone_assumed) == ("ES-CN", False)
