"""A change of the order after booking is told from an edit of the rules, and from silence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fvsamazon.booking.comparison import comparison_facts, differences
from support.booking_orders import make_order

ONE = {"ordered": 2, "total": "11.90", "parts": [["ITEM", "12.90"], ["DISCOUNT", "1.00"]]}
ORDER: dict[str, Any] = {
    "grand": "11.90",
    "packages": [{}],
    "items": [ONE],
    "registrations": [["VAT", "DE123456789", "A"]],
}


def facts(**changes: Any) -> bytes:
    return comparison_facts(make_order({**ORDER, **changes}))


def whats(before: bytes, after: bytes) -> list[str]:
    return [found.what for found in differences(before, after)]


def test_the_same_order_is_the_same_bytes() -> None:
    assert facts() == facts()
    assert json.loads(facts())["status"] == "SHIPPED"


@pytest.mark.parametrize(
    "changes",
    [
        {"updated": "2026-12-24T00:00:00+00:00"},
        {"grand": "11.9000"},
        {"programmes": ["PRIME"]},
        {"items": [{**ONE, "parts": [["DISCOUNT", "1.00"], ["ITEM", "12.90"]]}]},
        {"packages": [{"shipped": "2026-12-24T00:00:00+00:00", "status": "SHIPPED"}]},
    ],
)
def test_what_says_nothing_about_the_sale_changes_nothing(changes: dict[str, Any]) -> None:
    assert facts(**changes) == facts()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"status": "CANCELLED"}, "status"),
        ({"status": "UNSHIPPED"}, "status"),
        ({"grand": "12.90"}, "grand_total"),
        ({"tips": [["FINALIZED", "1.00"]]}, "tip"),
        ({"ship_to": "FR"}, "ship_to"),
        ({"ship_to": {"country": "DE", "zone": "DE-HELGOLAND"}}, "ship_to"),
        ({"packages": [{"ship_from": "PL"}]}, "ship_from"),
        ({"registrations": [["VAT", "DE987654321", "A"]]}, "buyer_registrations"),
        ({"items": [{**ONE, "fulfilled": 1}]}, "item 70000000000001 quantity"),
        ({"items": [{**ONE, "sku": "X"}]}, "item 70000000000001 sku"),
        ({"items": [{**ONE, "schemes": ["UOSS"]}]}, "item 70000000000001 schemes"),
        ({"items": [{**ONE, "collected": True}]}, "item 70000000000001 collections"),
        ({"items": [ONE, ONE]}, "item 70000000000002"),
        ({"items": [{**ONE, "parts": [["ITEM", "11.90"]]}]}, "item 70000000000001 parts"),
    ],
)
def test_what_changes_the_sale_is_a_difference(changes: dict[str, Any], what: str) -> None:
    assert whats(facts(), facts(**changes)) == [what]


def test_a_difference_shows_both_sides() -> None:
    (found,) = differences(facts(), facts(grand="12.90"))
    assert (found.before, found.after) == ("11.9 EUR", "12.9 EUR")


@pytest.mark.parametrize(
    "changes",
    [
        {"ship_to": {"country": "DE", "zone": "DE", "assumed": True}},
        {"ship_to": None},
        {"registrations": []},
        {"packages": []},
    ],
)
def test_what_amazon_withholds_later_is_no_difference(changes: dict[str, Any]) -> None:
    assert whats(facts(), facts(**changes)) == []


def test_britain_without_its_post_code_later_is_no_difference() -> None:
    known = facts(ship_to={"country": "GB", "zone": "XI"})
    assert whats(known, facts(ship_to={"country": "GB", "zone": None})) == []
    assert whats(known, facts(ship_to={"country": "GB", "zone": "GB"})) == ["ship_to"]


def test_a_zone_learnt_later_is_one_only_if_it_is_another() -> None:
    assumed = facts(ship_to={"country": "ES", "zone": "ES", "assumed": True})
    assert whats(assumed, facts(ship_to="ES")) == []
    canary = {"country": "ES", "zone": "ES-CN"}
    assert whats(assumed, facts(ship_to=canary)) == ["ship_to"]


def test_a_number_that_appears_later_is_a_difference() -> None:
    assert whats(facts(registrations=[]), facts()) == ["buyer_registrations"]


def test_a_sale_at_unshipped_is_the_same_when_all_of_it_has_left() -> None:
    waiting = {"status": "UNSHIPPED", "packages": [], "items": [{**ONE, "fulfilled": 0}]}
    assert whats(facts(**waiting), facts()) == []
    partly = facts(items=[{**ONE, "fulfilled": 1}])
    assert whats(facts(**waiting), partly) == ["item 70000000000001 quantity"]
    assert whats(facts(**waiting), facts(status="PARTIALLY_SHIPPED")) == []
