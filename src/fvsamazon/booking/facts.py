"""The facts of an order and of each of its items, as rules ask for them.

In: an `Order` and the context. Out: facts by name, None where nobody knows. A fact is never
guessed from another: the marketplace does not tell where the goods go, and a business that shows
no VAT number is no consumer where the number may only be hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.dueness import CANCELLED
from fvsamazon.booking.fact_names import FACILITATOR, MARKETPLACE, NONE
from fvsamazon.booking.money import GOODS, ZERO, ItemMoney
from fvsamazon.booking.vat_numbers import BAD, VatNumber, read_vat_number
from fvsamazon.booking.zones import movement
from fvsamazon.regions import find_marketplace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from fvsamazon.booking.matching import FactValue
    from fvsamazon.booking.rule_types import KnownRules
    from fvsamazon.orders import Order, OrderLine, TaxRegistration

BUYER: Final = "BUYER"
BUSINESS_PROGRAMME: Final = "AMAZON_BUSINESS"
REPLACEMENT: Final = "REPLACEMENT_ORIGINAL_ID"
_NO_VAT_NUMBERS: Final = frozenset({"CPF", "CST"})
"""Registration types that are a person's or a state's number, not a VAT number."""
_COMPANY_NUMBERS: Final = frozenset({"CNPJ"})


@dataclass(frozen=True, slots=True)
class BuyerFacts:
    """Who buys: `kind` and `vat_country` are None while a number may only be hidden."""

    kind: str | None
    vat_country: str | None
    number: VatNumber | None = None
    legal_name: str | None = None


def buyer_facts(order: Order, *, tax_role_seen: bool) -> BuyerFacts:
    """Tell who buys, from the tax registrations and the order's programmes."""
    numbers: dict[str, tuple[VatNumber, TaxRegistration]] = {}
    company = False
    for registration in order.tax_registrations:
        if registration.entity != BUYER or not registration.number:
            continue
        company = company or registration.kind in _COMPANY_NUMBERS
        if registration.kind in _NO_VAT_NUMBERS | _COMPANY_NUMBERS:
            continue
        number = read_vat_number(registration.number)
        if number is not None:
            numbers.setdefault(number.number, (number, registration))
    if numbers:
        return _with_number(order, tuple(numbers.values()))
    if company:
        return BuyerFacts("BUSINESS", NONE)
    role_seen = tax_role_seen or bool(order.tax_registrations)
    if BUSINESS_PROGRAMME in order.programmes and not role_seen:
        return BuyerFacts(None, None)
    return BuyerFacts("CONSUMER", NONE)


def _with_number(order: Order, numbers: Sequence[tuple[VatNumber, TaxRegistration]]) -> BuyerFacts:
    """Choose among the buyer's numbers: well-formed ones first, then the destination's."""
    good = [pair for pair in numbers if pair[0].country != BAD] or list(numbers)
    if len({number.country for number, _ in good}) > 1:
        there = order.ship_to.zone if order.ship_to else None
        good = [pair for pair in good if pair[0].country == there]
        if not good:
            return BuyerFacts("BUSINESS", None)
    number, registration = good[0]
    return BuyerFacts("BUSINESS", number.country, number, registration.legal_name)


def order_facts(
    order: Order, buyer: BuyerFacts, goods_value: Decimal | None, currency: str | None
) -> dict[str, FactValue]:
    """Return the facts that all items share, and what templates may name beside facts."""
    return {
        "order_id": order.order_id,
        "vat_number": buyer.number.number if buyer.number else None,
        "region": order.region,
        "account": order.account,
        "marketplace": _marketplace(order),
        "channel": order.channel,
        "programme": _several(order.programmes),
        "fulfilled_by": order.fulfilled_by,
        "ship_to": order.ship_to.zone if order.ship_to else None,
        "buyer": buyer.kind,
        "buyer_vat_country": buyer.vat_country,
        "currency": currency,
        "goods_value": goods_value,
        "replacement": any(link.kind == REPLACEMENT for link in order.associations),
    }


def item_facts(
    shared: Mapping[str, FactValue], order: Order, line: OrderLine, known: KnownRules
) -> dict[str, FactValue]:
    """Return the facts of one item, before a warehouse rule says where it starts."""
    origins = origins_of(order, line)
    facts = {
        **shared,
        "programme": _several(tuple(dict.fromkeys(order.programmes + line.programmes))),
        "collector": collector_of(line, known),
        "scheme": _several(line.schemes),
        "sku": line.sku,
        "class": None,
    }
    return with_origin(facts, origins[0] if len(origins) == 1 else None)


def with_origin(facts: Mapping[str, FactValue], ship_from: str | None) -> dict[str, FactValue]:
    """Return facts with a place of dispatch, and the movement that follows from it."""
    ship_to = facts.get("ship_to")
    return {
        **facts,
        "ship_from": ship_from,
        "movement": movement(ship_from, ship_to if isinstance(ship_to, str) else None),
    }


def origins_of(order: Order, line: OrderLine) -> tuple[str | None, ...]:
    """Return the zones from which an item's parcels left, as Amazon states them.

    None among them is a stated country whose zone cannot be told (Great Britain without a post
    code): such an origin is unknown, and no warehouse rule speaks for it.
    """
    stated = [
        package.ship_from
        for package in order.packages
        if package.ship_from is not None
        and package.ship_from.country is not None
        and package.status != CANCELLED
        and (not package.items or any(item == line.item_id for item, _ in package.items))
    ]
    return tuple(dict.fromkeys(place.zone for place in stated))


def collector_of(line: OrderLine, known: KnownRules) -> str | None:
    """Tell who collects the item's tax; None where a model is not known."""
    found = NONE
    for collection in line.collections:
        if collection.model == FACILITATOR:
            found = MARKETPLACE
            continue
        said = known.collection_models.get(collection.model or "")
        if said is None:
            return None
        found = MARKETPLACE if said == MARKETPLACE else found
    return found


def goods_value_of(
    order: Order, moneys: Sequence[ItemMoney | None], known: KnownRules
) -> Decimal | None:
    """Return the order's goods with the tax out, as far as Amazon states it; None if unreadable.

    `moneys` stand in the order of the lines. Tax that Amazon collects is never inside the parts
    (it is on top, or outside the total).
    """
    total = ZERO
    for line, money in zip(order.lines, moneys, strict=True):
        if money is None:
            return None
        goods = money.part(GOODS)
        if goods is None:
            continue
        total += goods.after_discount
        if not money.on_top and collector_of(line, known) != MARKETPLACE:
            total -= goods.tax
    return total


def _marketplace(order: Order) -> str | None:
    if order.marketplace_id is None:
        return NONE
    found = find_marketplace(order.marketplace_id)
    return found.code if found else None


def _several(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return values as a fact; none at all is `NONE`, because Amazon leaves empty lists out."""
    return values or (NONE,)
