"""Conditions, patterns, templates and VAT numbers: the small pieces that rules are made of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fvsamazon.booking.matching import (
    Condition,
    FactValue,
    Match,
    fits_pattern,
    pattern_parts,
    show,
)
from fvsamazon.booking.templates import compact_percent, has_stray_brace, names_in, render
from fvsamazon.booking.vat_numbers import read_vat_number


@pytest.mark.parametrize(
    ("condition", "value", "fits"),
    [
        (Condition("channel", ("AMAZON",)), "AMAZON", True),
        (Condition("channel", ("amazon",)), "AMAZON", True),
        (Condition("channel", ("AMAZON",)), "NON_AMAZON", False),
        (Condition("channel", ("A", "B")), "B", True),
        (Condition("channel", ("A", "B"), negated=True), "B", False),
        (Condition("channel", ("A", "B"), negated=True), "C", True),
        (Condition("ship_to", ("EU",)), "XI", True),
        (Condition("ship_to", ("EU",)), "PT-20", True),
        (Condition("ship_to", ("EU",)), "GB", False),
        (Condition("ship_to", ("EU",)), "ES-CN", False),
        (Condition("ship_to", ("EU",), negated=True), "ES-CN", True),
        (Condition("buyer_vat_country", ("EU",)), "NONE", False),
        (Condition("buyer_vat_country", ("EU", "NONE"), negated=True), "BAD", True),
        (Condition("currency", ("EU",)), "XI", False),
        (Condition("programme", ("PRIME",)), ("AMAZON_BUSINESS", "PRIME"), True),
        (Condition("programme", ("PRIME",), negated=True), ("AMAZON_BUSINESS", "PRIME"), False),
        (Condition("programme", ("NONE",)), ("NONE",), True),
        (Condition("sku", ("AB-*",)), "AB-1", True),
        (Condition("sku", ("AB-?",)), "AB-12", False),
        (Condition("sku", ("ab-*",)), "AB-1", False),
        (Condition("replacement", (True,)), True, True),
        (Condition("replacement", (False,)), True, False),
        (Condition("goods_value", high=Decimal(135)), Decimal("135.00"), True),
        (Condition("goods_value", high=Decimal(135)), Decimal("135.01"), False),
        (Condition("goods_value", low=Decimal(10)), Decimal(10), True),
        (Condition("goods_value", ("135",)), Decimal("135.00"), True),
        (Condition("ship_to", ("UNKNOWN",)), None, True),
        (Condition("ship_to", ("LT", "UNKNOWN")), None, True),
        (Condition("ship_to", ("LT",)), None, False),
        (Condition("ship_to", ("LT",), negated=True), None, False),
        (Condition("ship_to", ("UNKNOWN",), negated=True), None, False),
        (Condition("ship_to", ("UNKNOWN",), negated=True), "LT", True),
        (Condition("ship_to", ("UNKNOWN",)), "LT", False),
        (Condition("goods_value", high=Decimal(1)), None, False),
    ],
)
def test_condition(condition: Condition, value: FactValue, fits: bool) -> None:
    assert condition.fits(value) is fits


def test_a_match_needs_all_and_nothing_fits_everything() -> None:
    match = Match((Condition("ship_to", ("LT",)), Condition("buyer", ("CONSUMER",))))
    assert match.fits({"ship_to": "LT", "buyer": "CONSUMER"})
    assert not match.fits({"ship_to": "LT"})
    assert match.unknown({"ship_to": "LT"}) == ("buyer",)
    assert match.asks("buyer")
    assert not match.asks("sku")
    assert Match().fits({})


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "", True),
        ("A*C", "ABBC", True),
        ("A?C", "ABC", True),
        ("A?C", "AC", False),
        ("A.C", "ABC", False),
        ("[AB]", "A", False),
        ("A*", "A\nB", True),
    ],
)
def test_only_star_and_question_mark_are_special(pattern: str, text: str, fits: bool) -> None:
    assert fits_pattern(pattern, text) is fits


def test_pattern_parts_are_what_the_signs_stood_for() -> None:
    assert pattern_parts("FBA-*-??", "FBA-CUP-01") == ("CUP", "01")
    assert pattern_parts("FBA-*", "FBM-1") is None


def test_templates() -> None:
    values: dict[str, FactValue] = {
        "ship_to": "DE",
        "order_id": "1",
        "programme": ("A", "B"),
        "replacement": False,
    }
    assert render("{ship_to}{order_id} {programme} {replacement}", values).text == "DE1 A+B false"
    unknown = render("OSS{ship_from}", values)
    assert (unknown.text, unknown.missing) == ("OSSUNKNOWN", ("ship_from",))
    assert names_in("{a} {b}") == ("a", "b")
    assert has_stray_brace("{a")
    assert not has_stray_brace("{a}")
    assert show(Decimal("135.00")) == "135"


@pytest.mark.parametrize(
    ("percent", "text"),
    [("21", "21"), ("21.0", "21"), ("5.5", "55"), ("0", "0"), ("20", "20"), ("25.50", "255")],
)
def test_a_percentage_in_a_code_has_no_point(percent: str, text: str) -> None:
    assert compact_percent(Decimal(percent)) == text


@pytest.mark.parametrize(
    ("text", "number", "country"),
    [
        ("LT 123456789", "LT123456789", "LT"),
        ("LT123456789012", "LT123456789012", "LT"),
        ("LT1234567", "LT1234567", "BAD"),
        ("de123456789", "DE123456789", "DE"),
        ("EL123456789", "EL123456789", "GR"),
        ("GR123456789", "GR123456789", "GR"),
        ("ATU12345678", "ATU12345678", "AT"),
        ("AT12345678", "AT12345678", "BAD"),
        ("NL123456789B01", "NL123456789B01", "NL"),
        ("ES-B12345678", "ESB12345678", "ES"),
        ("FRXX123456789", "FRXX123456789", "FR"),
        ("IE1234567WA", "IE1234567WA", "IE"),
        ("XI123456789", "XI123456789", "XI"),
        ("GB123456789", "GB123456789", "GB"),
        ("CHE-123.456.789 MWST", "CHE123456789MWST", "CH"),
        ("TR1234567890", "TR1234567890", "TR"),
        ("123456789", "123456789", "BAD"),
        ("ZZ123456789", "ZZ123456789", "BAD"),
    ],
)
def test_vat_numbers(text: str, number: str, country: str) -> None:
    found = read_vat_number(text)
    assert found is not None
    assert (found.number, found.country) == (number, country)


def test_nothing_is_no_number() -> None:
    assert read_vat_number(" -. ") is None
