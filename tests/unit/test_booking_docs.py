"""Both languages of the rules' manual name every key, fact and hold that the program knows."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from fvsamazon.booking.fact_names import CLOSED, FACT_NAMES, PERCENT
from fvsamazon.booking.product_table import COLUMNS
from fvsamazon.booking.reason_texts import REASONS
from fvsamazon.booking.rule_types import (
    SERVICE_KINDS,
    DocumentRules,
    KnownRules,
    MoneyRules,
    VatRule,
)
from fvsamazon.booking.rules import parse
from fvsamazon.booking.rules_reading import DOCUMENT_KINDS, WAYS
from fvsamazon.booking.zones import OUTSIDE_ZONES, OWN_RATE_ZONES
from fvsamazon.delivery import holds

DOCS = Path(__file__).parents[2] / "docs"
TOP = ("version", "book_from", "time_zone", "address", "per_buyer", "unknown", "table", "quantity")
KEYS = (
    *TOP,
    *(
        field.name
        for rules in (DocumentRules, MoneyRules, VatRule, KnownRules)
        for field in dataclasses.fields(rules)
        if field.name != "line"
    ),
)


@pytest.mark.parametrize("name", ["booking-rules.md", "booking-rules.lt.md"])
def test_nothing_is_missing(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    words = (
        *KEYS,
        *FACT_NAMES,
        *(value for values in CLOSED.values() for value in values),
        *SERVICE_KINDS,
        *COLUMNS,
        *WAYS,
        *DOCUMENT_KINDS,
        *OUTSIDE_ZONES,
        *OWN_RATE_ZONES,
        PERCENT,
    )
    assert [word for word in words if word not in text] == []
    assert [code for code in REASONS if f"`{code}`" not in text] == []


@pytest.mark.parametrize("name", ["booking-rules.md", "booking-rules.lt.md"])
def test_every_hold_of_the_delivery_is_named(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert [code for code in holds._TEXTS if f"`{code}`" not in text] == []


@pytest.mark.parametrize("name", ["booking-rules.md", "booking-rules.lt.md"])
def test_the_smallest_file_that_it_shows_has_no_fault(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 1
    parsed = parse(blocks[0])
    assert parsed.faults == ()
    assert parsed.rules is not None
    assert parsed.rules.warnings == ()
    assert [rule.code for rule in parsed.rules.vat] == ["PVM{percent}"]


def test_both_say_the_same_things_in_the_same_order() -> None:
    def skeleton(name: str) -> list[str]:
        lines = (DOCS / name).read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.startswith(("#", "|"))]
        return [line.split("|")[1] if line.startswith("| `") else line[:2] for line in kept]

    english, lithuanian = skeleton("booking-rules.md"), skeleton("booking-rules.lt.md")
    assert len(english) == len(lithuanian)
    # The one key whose value is a sentence is written in the language of the page.
    assert [row for row in english if "hold" not in row] == [
        row for row in lithuanian if "hold" not in row
    ]
