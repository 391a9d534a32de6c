"""Every code of Finvalda's that the rules name, so that `check` can ask for each of them.

In: the rules. Out: codes by what they are. A template is filled with all values that its table can
meet ("OSS{ship_to}{percent}" with every country and class of [rates]); one whose values only an
order knows is told as open and left unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from fvsamazon.booking.fact_names import PERCENT
from fvsamazon.booking.matching import EU, UNKNOWN
from fvsamazon.booking.rule_types import NETTED
from fvsamazon.booking.templates import compact_percent, names_in, render
from fvsamazon.booking.zones import movement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fvsamazon.booking.matching import FactValue, Match
    from fvsamazon.booking.rule_types import Rules, VatRule

_PLACES: Final = ("ship_from", "ship_to", "movement", "class")
_OUTSIDE: Final = "US"
"""Stands for every destination outside the EU where the code does not name it."""
_FILLED: Final = frozenset({"ship_from", "ship_to", "class", PERCENT})


@dataclass(frozen=True, slots=True)
class NamedCodes:
    """The codes that the rules name; `open` are templates that only an order can fill."""

    parameters: tuple[str, ...]
    series: tuple[str, ...]
    objects: tuple[str, ...]
    clients: tuple[str, ...]
    client_types: tuple[str, ...]
    warehouses: tuple[str, ...]
    services: tuple[str, ...]
    products: tuple[str, ...]
    vat_codes: tuple[str, ...]
    open: tuple[str, ...]


def named_codes(rules: Rules) -> NamedCodes:
    """Collect the codes, each once, in the order of the file."""
    found = _Collector()
    documents: list[dict[str, Any]] = [
        {
            "parameter": rules.document.parameter,
            "series": rules.document.series,
            "objects": rules.document.objects,
        },
        *(dict(override.changes) for override in rules.overrides),
    ]
    parameters = [str(keys["parameter"]) for keys in documents if keys.get("parameter")]
    series = [str(keys["series"]) for keys in documents if keys.get("series")]
    objects = [text for keys in documents for text in keys.get("objects", ()) if text]
    own = [rule.per_buyer for rule in rules.clients if rule.per_buyer is not None]
    services = [code for code in rules.services.values() if code != NETTED]
    if rules.products.unknown_service:
        services.append(rules.products.unknown_service)
    rows = [row.product for several in rules.products.table.values() for row in several]
    return NamedCodes(
        parameters=found.plain(parameters),
        series=found.plain(series),
        objects=found.plain(objects),
        clients=found.matched([(rule.code, rule.match) for rule in rules.clients if rule.code]),
        client_types=_once(buyer.type for buyer in own if buyer.type),
        warehouses=found.matched(
            [(rule.code, rule.match) for rule in rules.warehouses if rule.code]
        ),
        services=_once(services),
        products=_once(rows),
        vat_codes=_once(code for rule in rules.vat for code in found.vat(rules, rule)),
        open=_once(found.open),
    )


class _Collector:
    """Fills templates as far as their tables allow."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def plain(self, templates: list[str]) -> tuple[str, ...]:
        self.open += [template for template in templates if names_in(template)]
        return _once(template for template in templates if not names_in(template))

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

    def vat(self, rules: Rules, rule: VatRule) -> Iterator[str]:
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
                yield render(rule.code, {**facts, PERCENT: compact_percent(percent)}).text


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
