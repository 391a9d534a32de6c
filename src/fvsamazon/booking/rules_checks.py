"""What only the whole rules file can tell: rates that rules ask for, classes that have none.

In: the rules as read. Out: warnings. A missing rate holds orders, as the rules file promises, so
it is no fault; but it is better read at a reload than order by order, weeks later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.booking.matching import EU, UNKNOWN, Condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fvsamazon.booking.faults import FaultList
    from fvsamazon.booking.matching import Matched
    from fvsamazon.booking.rule_types import Rules, VatRule


def check_rates(file: str, rules: Rules, warnings: FaultList) -> None:
    """Warn of rules with percent = "rate" whose countries have none."""
    for rule in rules.vat:
        if rule.code is None or rule.percent is not None:
            continue
        if not rules.rates:
            warnings.add(file, rule.line, "no_rates")
        for zone in sorted(named_zones(rule) - rules.rates.keys()):
            warnings.add(file, rule.line, "no_rate_for", name=zone)


def named_zones(rule: VatRule) -> set[str]:
    """Return the zones whose rate a rule needs, as far as it names them one by one."""
    domestic = Condition("movement", ("domestic",)) in rule.match.conditions
    facts = {"ship_from", "ship_to"} if domestic else {rule.rates_of}
    zones = {
        value
        for condition in rule.match.conditions
        if condition.fact in facts and not condition.negated
        for value in condition.values
        if isinstance(value, str)
    }
    return zones - {EU, UNKNOWN}


def check_classes(file: str, table: str, rules: Rules, warnings: FaultList) -> None:
    """Warn of classes that stand in no rate and in no match: most likely typing errors."""
    if not rules.rates:
        return
    known = {name for classes in rules.rates.values() for name in classes}
    known.update(_classes_in_matches(rules))
    places = [
        *(
            (table, row.line, row.class_name)
            for rows in rules.products.table.values()
            for row in rows
        ),
        *((file, pattern.line, pattern.class_name) for pattern in rules.products.patterns),
    ]
    told: set[str] = set()
    for where, line, name in places:
        if name not in known and name not in told:
            told.add(name)
            warnings.add(where, line, "class_unknown", name=name, known=sorted(known))


def _classes_in_matches(rules: Rules) -> Iterator[str]:
    tables: tuple[Matched, ...] = (
        *rules.overrides,
        *rules.skips,
        *rules.clients,
        *rules.warehouses,
        *rules.vat,
    )
    for table in tables:
        for condition in table.match.conditions:
            if condition.fact == "class":
                yield from (str(value) for value in condition.values)
