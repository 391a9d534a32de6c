"""Every code of Finvalda's that the booking rules name, as far as it can be told without an order.

In: the rules. Out: codes by their kind. A code with places in braces is spelt out for every value
that its own `match` lets through; one whose places only an order can fill is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fvsamazon.booking.rule_types import NETTED
from fvsamazon.booking.templates import compact_percent, names_in, render
from fvsamazon.booking.zones import movement
from fvsamazon.delivery.intents import document_variants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from fvsamazon.booking.matching import FactValue, Match
    from fvsamazon.booking.rule_types import Rules, VatRule


@dataclass(slots=True)
class Codes:
    """Codes that Finvalda must have."""

    parameters: set[str] = field(default_factory=set)
    series: set[str] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)
    warehouses: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    products: set[str] = field(default_factory=set)
    vat: dict[str, Decimal] = field(default_factory=dict)
    """Each VAT code with the percentage that the rules give it."""


def codes_of(rules: Rules, default_parameter: str) -> Codes:
    """Return every code that the rules name."""
    found = Codes()
    for variant in document_variants(rules):
        found.parameters.add(variant.parameter or default_parameter)
        found.series.add(variant.series)
    for client in rules.clients:
        found.clients |= set(_by_marketplace(client.code or "", client.match))
    for warehouse in rules.warehouses:
        found.warehouses |= set(_by_marketplace(warehouse.code or "", warehouse.match))
    found.services |= {code for code in rules.services.values() if code != NETTED}
    if rules.products.unknown_service:
        found.services.add(rules.products.unknown_service)
    for rows in rules.products.table.values():
        found.products |= {row.product for row in rows}
    found.products |= {one.product for one in rules.products.patterns}
    for rule in rules.vat:
        found.vat |= dict(_vat(rule, rules))
    for group in (
        found.parameters,
        found.series,
        found.clients,
        found.warehouses,
        found.products,
    ):
        group -= {code for code in group if not code or names_in(code)}
    return found


def _by_marketplace(template: str, match: Match) -> Iterator[str]:
    if names_in(template) != ("marketplace",):
        yield template
        return
    for condition in match.conditions:
        if condition.fact == "marketplace" and not condition.negated:
            for value in condition.values:
                yield render(template, {"marketplace": str(value)}).text


def _vat(rule: VatRule, rules: Rules) -> Iterator[tuple[str, Decimal]]:
    """Return a rule's codes with their percentages."""
    if rule.code is None:
        return
    origins: list[str | None] = [one.ship_from for one in rules.warehouses if one.ship_from]
    for ship_from in dict.fromkeys(origins or [None]):
        for ship_to in rules.rates:
            facts: dict[str, FactValue] = {
                "ship_from": ship_from,
                "ship_to": ship_to,
                "movement": movement(ship_from, ship_to),
            }
            asked = (one for one in rule.match.conditions if one.fact in facts)
            if not all(one.fits(facts[one.fact]) for one in asked):
                continue
            place = ship_to if rule.rates_of == "ship_to" else ship_from
            rates = rules.rates.get(place or "", {})
            percents = [rule.percent] if rule.percent is not None else list(rates.values())
            for percent in percents:
                rendered = render(rule.code, {**facts, "percent": compact_percent(percent)})
                if not rendered.missing:
                    yield rendered.text, percent
    if not names_in(rule.code) and rule.percent is not None:
        yield rule.code, rule.percent
