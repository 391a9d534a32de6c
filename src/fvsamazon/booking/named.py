"""Every code of Finvalda's that the rules name, so that `check` can ask for each of them.

In: the rules. Out: codes by what they are. A template is filled with all values that its table can
meet ("OSS{ship_to}{percent}" with every country and class of [rates]); one whose values only an
order knows is told as open and left unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.fact_names import PERCENT
from fvsamazon.booking.matching import EU, UNKNOWN
from fvsamazon.booking.rule_types import NETTED
from fvsamazon.booking.templates import compact_percent, names_in, render
from fvsamazon.booking.zones import movement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from fvsamazon.booking.matching import FactValue, Match
    from fvsamazon.booking.rule_types import Rules, VatRule

_PLACES: Final = ("ship_from", "ship_to", "movement", "class")
_OUTSIDE: Final = "US"
"""Stands for every destination outside the EU where the code does not name it."""
_FILLED: Final = frozenset({"ship_from", "ship_to", "class", PERCENT})


@dataclass(frozen=True, slots=True)
class NamedCodes:
    """The codes that the rules name; `open` are templates that only an order can fill.

    `objects` are codes by their place (1 to 6), `vat` each code with the percentages that the
    rules give it.
    """

    parameters: tuple[str, ...]
    series: tuple[str, ...]
    objects: Mapping[int, tuple[str, ...]]
    clients: tuple[str, ...]
    client_types: tuple[str, ...]
    warehouses: tuple[str, ...]
    services: tuple[str, ...]
    products: tuple[str, ...]
    vat: Mapping[str, tuple[Decimal, ...]]
    open: tuple[str, ...]


def named_codes(rules: Rules, default_parameter: str) -> NamedCodes:
    """Collect the codes, each once, in the order of the file."""
    found = _Collector()
    variants = rules.variants
    places = max(len(one.objects) for one in variants)
    objects = {
        place: found.plain(one.objects[place - 1] for one in variants if place <= len(one.objects))
        for place in range(1, places + 1)
    }
    own = [rule.per_buyer for rule in rules.clients if rule.per_buyer is not None]
    services = [code for code in rules.services.values() if code != NETTED]
    if rules.products.unknown_service:
        services.append(rules.products.unknown_service)
    rows = [row.product for several in rules.products.table.values() for row in several]
    return NamedCodes(
        parameters=found.plain(one.parameter or default_parameter for one in variants),
        series=found.plain(one.series for one in variants),
        objects={place: codes for place, codes in objects.items() if codes},
        clients=found.matched([(rule.code, rule.match) for rule in rules.clients if rule.code]),
        client_types=found.plain(buyer.type for buyer in own),
        warehouses=found.matched(
            [(rule.code, rule.match) for rule in rules.warehouses if rule.code]
        ),
        services=_once(services),
        # What a pattern leaves open is a SKU's part, and SKUs are gone through one by one.
        products=_once(
            (*rows, *(one.product for one in rules.products.patterns if not names_in(one.product)))
        ),
        vat=found.vat(rules),
        open=_once(found.open),
    )


class _Collector:
    """Fills templates as far as their tables allow."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def plain(self, templates: Iterable[str | None]) -> tuple[str, ...]:
        """Keep what is written out, and note what only an order can fill."""
        named = [template for template in templates if template]
        self.open += [template for template in named if names_in(template)]
        return _once(template for template in named if not names_in(template))

    def matched(self, tables: list[tuple[str, Match]]) -> tuple[str, ...]:
        """Fill templates with the values that the table's own match names."""
        codes: list[str] = []
        for template, match in tables:
            names = tuple(dict.fromkeys(names_in(template)))
            choices = [_values(match, name) for name in names]
            if not all(choices):
                self.open.append(template)
                continue
            codes += [
                render(template, dict(zip(names, values, strict=True))).text
                for values in product(*choices)
            ]
        return _once(codes)

    def vat(self, rules: Rules) -> dict[str, tuple[Decimal, ...]]:
        codes: dict[str, tuple[Decimal, ...]] = {}
        for rule in rules.vat:
            for code, percent in self._vat(rules, rule):
                codes[code] = tuple(dict.fromkeys((*codes.get(code, ()), percent)))
        return codes

    def _vat(self, rules: Rules, rule: VatRule) -> Iterator[tuple[str, Decimal]]:
        if rule.code is None:
            return
        names = names_in(rule.code)
        anywhere = rule.percent is not None and not _values(rule.match, "ship_to")
        if not _FILLED.issuperset(names) or (anywhere and "ship_to" in names):
            self.open.append(rule.code)
            return
        for facts in _situations(rules, rule):
            percent = rule.percent
            if percent is None:
                zone, class_name = str(facts[rule.rates_of]), str(facts["class"])
                percent = rules.rates.get(zone, {}).get(class_name)
            if percent is not None:
                filled = render(rule.code, {**facts, PERCENT: compact_percent(percent)})
                yield filled.text, percent


def _situations(rules: Rules, rule: VatRule) -> Iterator[dict[str, FactValue]]:
    """Return the places and classes that a rule can meet, as far as the rules know them."""
    stocks = _once(one.ship_from for one in rules.warehouses if one.ship_from)
    origins = _values(rule.match, "ship_from") or stocks or ("",)
    destinations = _values(rule.match, "ship_to") or (*rules.rates, _OUTSIDE)
    classes = _once(name for rates in rules.rates.values() for name in rates) or ("",)
    for ship_from, ship_to, class_name in product(origins, destinations, classes):
        facts: dict[str, FactValue] = {
            "ship_from": ship_from,
            "ship_to": ship_to,
            "class": class_name,
            "movement": movement(ship_from, ship_to),
        }
        fits = all(
            condition.fits(facts[condition.fact])
            for condition in rule.match.conditions
            if condition.fact in _PLACES
        )
        # A code without places in it is met wherever the goods go.
        if fits or not names_in(rule.code or ""):
            yield facts


def _values(match: Match, fact: str) -> tuple[str, ...]:
    """Return the values that a match names for a fact one by one."""
    for condition in match.conditions:
        if condition.fact == fact and not condition.negated:
            texts = tuple(value for value in condition.values if isinstance(value, str))
            return () if EU in texts or UNKNOWN in texts else texts
    return ()


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
