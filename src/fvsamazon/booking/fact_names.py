"""The facts that rules may ask for, and the values that each can have.

One catalogue for the reader of the rules (what is a fault), for templates (what may stand in
braces) and for the facts themselves. Value lists of Amazon's are those of its model of 2026-01-01;
what Amazon adds later is let in by `[known]`.
"""

from __future__ import annotations

from typing import Final

from fvsamazon.booking.matching import EU, EU_FACTS, UNKNOWN
from fvsamazon.booking.zones import EU_AREA, ZONES, normal_zone
from fvsamazon.regions import MARKETPLACES, REGION_NAMES, find_marketplace

FACT_NAMES: Final = (
    "region",
    "account",
    "marketplace",
    "channel",
    "programme",
    "fulfilled_by",
    "ship_from",
    "ship_to",
    "movement",
    "collector",
    "scheme",
    "buyer",
    "buyer_vat_country",
    "class",
    "currency",
    "goods_value",
    "sku",
    "replacement",
)

TEMPLATE_NAMES: Final = (*FACT_NAMES, "order_id", "vat_number")
PERCENT: Final = "percent"

NONE: Final = "NONE"
MARKETPLACE: Final = "MARKETPLACE"
FACILITATOR: Final = "MARKETPLACE_FACILITATOR"

ORDER_PROGRAMMES: Final = frozenset(
    {
        "AMAZON_BAZAAR",
        "AMAZON_BUSINESS",
        "AMAZON_EASY_SHIP",
        "AMAZON_HAUL",
        "DELIVERY_BY_AMAZON",
        "FBM_SHIP_PLUS",
        "INVOICE_BY_AMAZON",
        "IN_STORE_PICK_UP",
        "PREMIUM",
        "PREORDER",
        "PRIME",
    }
)
ITEM_PROGRAMMES: Final = frozenset({"TRANSPARENCY", "SUBSCRIBE_AND_SAVE"})
PROGRAMMES: Final = ORDER_PROGRAMMES | ITEM_PROGRAMMES
SCHEMES: Final = frozenset({"UOSS", "IOSS"})

PLACES: Final = frozenset({"ship_from", "ship_to"})
NUMBER_FACTS: Final = frozenset({"goods_value"})
FLAG_FACTS: Final = frozenset({"replacement"})
CLOSED: Final[dict[str, tuple[str, ...]]] = {
    "region": REGION_NAMES,
    "fulfilled_by": ("AMAZON", "MERCHANT"),
    "movement": ("domestic", "intra_eu", "export", "import", "third"),
    "collector": (NONE, MARKETPLACE),
    "buyer": ("CONSUMER", "BUSINESS"),
}
"""Facts whose values this program makes itself: anything else is a typing error."""


def normal_value(
    fact: str, text: str, *, programmes: frozenset[str], schemes: frozenset[str]
) -> str | None:
    """Return a value as facts spell it ("uk" as a destination is GB), or None for no such value."""
    word = text.strip()
    allowed = known_values(fact, programmes=programmes, schemes=schemes)
    if not allowed:
        return text if fact == "sku" else word
    for value in (UNKNOWN, *allowed):
        if value.casefold() == word.casefold():
            return value
    if fact in EU_FACTS:
        return normal_zone(word)
    if fact == "marketplace":
        found = find_marketplace(word)
        return found.code if found else None
    return None


def known_values(
    fact: str, *, programmes: frozenset[str], schemes: frozenset[str]
) -> tuple[str, ...]:
    """Return the values that a fact can have; empty where they are open."""
    if fact in PLACES:
        return (*sorted(EU_AREA), EU, *sorted(ZONES - EU_AREA))
    if fact == "buyer_vat_country":
        return (NONE, "BAD", EU, *sorted(ZONES))
    if fact == "marketplace":
        return (NONE, *(marketplace.code for marketplace in MARKETPLACES))
    if fact == "programme":
        return (NONE, *sorted(PROGRAMMES | programmes))
    if fact == "scheme":
        return (NONE, *sorted(SCHEMES | schemes))
    return CLOSED.get(fact, ())
