"""A hold's sentence is of one language throughout: what stands in its places follows the reader."""

from __future__ import annotations

from typing import Any

import pytest

from fvsamazon.booking.comparison import Difference
from fvsamazon.booking.outcomes import Hold
from support.booking_cases import item, outcome


def said(*replacements: tuple[str, str], **changes: Any) -> tuple[str, str]:
    """Return the first reason with its remedy in English and in Lithuanian."""
    held = outcome(*replacements, **changes)
    assert isinstance(held, Hold), held
    first = held.reasons[0]
    english, lithuanian = (
        f"{first.say(language)} {first.say_remedy(language)}" for language in ("en", "lt")
    )
    return english, lithuanian


@pytest.mark.parametrize(
    ("changes", "english", "lithuanian"),
    [
        (
            {"status": "CANCELLED", "packages": [{"status": "SHIPPED"}]},
            "but package P0: SHIPPED.",
            "tačiau siunta P0: SHIPPED.",
        ),
        (
            {"status": "CANCELLED", "packages": [], "items": item(fulfilled=2)},
            "but 70000000000001: quantityFulfilled 2.",
            "tačiau 70000000000001: išsiųsta 2.",
        ),
        (
            {"items": item(fulfilled=0)},
            "no piece was fulfilled, yet",
            "nėra nė vieno išsiųsto vieneto, tačiau",
        ),
        (
            {"status": "UNSHIPPED", "items": item(ordered=0)},
            "no piece was ordered, yet",
            "nėra nė vieno užsakyto vieneto, tačiau",
        ),
    ],
)
def test_what_happened_is_told_in_the_reader_s_language(
    changes: dict[str, Any], english: str, lithuanian: str
) -> None:
    early = ('sale_when = "SHIPPED"', 'sale_when = "UNSHIPPED"')
    told = said(early, **changes)
    assert english in told[0]
    assert lithuanian in told[1]


def test_what_a_card_lacks_is_told_in_the_reader_s_language() -> None:
    shared = '[[client]]\nmatch = { marketplace = ["DE",'
    own = '[[client]]\nper_buyer = { code = "P{order_id}", type = "FIZ" }\n'
    told = said((shared, own + shared))
    assert "Amazon gave name, street neither" in told[0]
    assert "nepateikė: vardas arba pavadinimas, gatvė." in told[1]


def test_a_rule_is_quoted_as_the_reader_quotes() -> None:
    told = said(
        ("[[vat]]\nname = ", '[[vat]]\nname = "Viskas"\nhold = "klauskite."\n[[vat]]\nname = ')
    )
    assert "[[vat]] “Viskas” of line" in told[0]
    assert told[0].count("klauskite.") == 1
    assert "klauskite.." not in told[0]
    assert "[[vat]] „Viskas“ (" in told[1]


def test_what_is_too_long_is_named_with_the_reader_s_quotation_marks() -> None:
    told = said(
        (
            "[[vat]]\nname = ",
            '[[vat]]\nname = "Ilgas"\ncode = "{order_id}{order_id}"\npercent = 0\n[[vat]]\nname = ',
        )
    )
    assert "[[vat]] “Ilgas” code: " in told[0]
    assert "[[vat]] „Ilgas“ code: " in told[1]


def test_several_hints_are_told_apart() -> None:
    told = said(('\nship_from = "LT" ', "\n"), ship_to=None, packages=[{"ship_from": None}])
    assert "[[warehouse]]); where the goods go (" in told[0]
    assert "[[warehouse]]); kur gabenamos prekės (" in told[1]
    assert told[0].endswith(").")
    assert told[1].endswith(").")


@pytest.mark.parametrize(
    ("found", "english", "lithuanian"),
    [
        (Difference("tip", "-", "1 EUR"), "tip: - → 1 EUR", "arbatpinigiai: - → 1 EUR"),
        (
            Difference("item 4000 quantity", "2", "1", "4000"),
            "item 4000 quantity: 2 → 1",
            "eilutė 4000 kiekis: 2 → 1",
        ),
        (Difference("item 4000", "+", "-", "4000"), "item 4000: + → -", "eilutė 4000: + → -"),
    ],
)
def test_a_difference_is_named_in_the_reader_s_language(
    found: Difference, english: str, lithuanian: str
) -> None:
    assert (found.told().en, found.told().lt) == (english, lithuanian)
