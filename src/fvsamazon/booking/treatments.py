"""How a line is taxed: the first `[[vat]]` rule that fits, its percentage and its code.

In: the facts of one line. Out: a `Treatment`, or reasons. Three findings hold a line even where a
rule fits, unless that rule asks for the fact in question and so answers for it: a business whose
number may only be hidden, a marketplace that claims to collect inside the EU, a reporting scheme
that contradicts the place of dispatch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.decimals import plain
from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.fact_names import MARKETPLACE, PERCENT
from fvsamazon.booking.matching import first_fitting, show
from fvsamazon.booking.reasons import Reason, joined, reason
from fvsamazon.booking.rules_reading import VAT_CODE_LIMIT
from fvsamazon.booking.templates import compact_percent, render, template_reasons, too_long
from fvsamazon.booking.zones import country_of, is_eu
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from decimal import Decimal

    from fvsamazon.booking.matching import Facts
    from fvsamazon.booking.rule_types import Rules, VatRule

_SHOWN: Final = (
    "ship_from",
    "ship_to",
    "movement",
    "collector",
    "scheme",
    "buyer",
    "buyer_vat_country",
    "class",
    "goods_value",
    "currency",
)
"""The facts about VAT, in the order in which a hold shows them."""

_HINTS: Final = {
    "ship_from": Text(
        "where the goods start (ship_from in a [[warehouse]])",
        "iš kur išvežamos prekės (ship_from lentelėje [[warehouse]])",
    ),
    "ship_to": Text(
        (
            "where the goods go (Amazon may withhold the address or the post code; Great Britain "
            "without a post code may be Northern Ireland)"
        ),
        (
            "kur gabenamos prekės („Amazon“ gali nerodyti adreso ar pašto kodo; Didžioji Britanija "
            "be pašto kodo gali būti Šiaurės Airija)"
        ),
    ),
    "buyer_vat_country": Text(
        "whether the buyer has a VAT number (Amazon's role Tax Invoicing or Tax Remittance)",
        "ar pirkėjas turi PVM kodą („Amazon“ vaidmuo „Tax Invoicing“ arba „Tax Remittance“)",
    ),
    "goods_value": Text(
        "what the goods cost (Amazon's amounts could not be read)",
        "kiek kainuoja prekės („Amazon“ sumų perskaityti nepavyko)",
    ),
}
_BUYER: Final = frozenset({"buyer", "buyer_vat_country"})
_INSIDE: Final = frozenset({"domestic", "intra_eu"})


@dataclass(frozen=True, slots=True)
class Treatment:
    """The VAT of one line."""

    rule: VatRule
    code: str
    percent: Decimal
    why: tuple[Because, ...]


def choose_treatment(rules: Rules, facts: Facts, item: str) -> Treatment | tuple[Reason, ...]:
    """Choose the rule of one line; `item` is what reasons call it."""
    rule = first_fitting(rules.vat, facts)
    if rule is None:
        return _without_rule(rules, facts, item)
    if rule.hold is not None:
        held = rule.hold.rstrip(".")
        table = _named(rule)
        return (reason("rule_hold", what=f"{item}: ", table=table, line=rule.line, text=held),)
    reasons = [
        *_hidden_number(rule, facts),
        *_collector_inside(rule, facts, item),
        *_scheme_against_origin(rule, facts, item),
    ]
    percent = rule.percent
    why = because("vat_percent", "percent_fixed", percent=show(percent), rule=rule.name)
    if percent is None:
        percent, why = _rate(rules, rule, facts)
        if percent is None:
            reasons.append(
                reason(
                    "rate_missing",
                    item=item,
                    zone=show(facts.get(rule.rates_of)),
                    class_name=show(facts.get("class")),
                    rule=rule.name,
                )
            )
            return tuple(reasons)
    template = rule.code or ""
    rendered = render(template, {**facts, PERCENT: compact_percent(percent)})
    where = _named(rule, " code")
    reasons += template_reasons(where, template, rendered.missing)
    if len(rendered.text) > VAT_CODE_LIMIT:
        reasons.append(too_long(where, rendered.text, VAT_CODE_LIMIT))
    if reasons:
        return tuple(reasons)
    chosen = because(
        "vat_code", "vat_rule", rule=rule.name, line=rule.line, facts=facts_text(facts, _SHOWN)
    )
    return Treatment(rule, rendered.text, percent, (chosen, why))


def _named(rule: VatRule, more: str = "") -> Text:
    return Text(f"[[vat]] “{rule.name}”{more}", f"[[vat]] „{rule.name}“{more}")


def facts_text(facts: Facts, names: tuple[str, ...]) -> str:
    """Return facts as a hold or an explanation shows them."""
    return ", ".join(f"{name} = {show(facts.get(name))}" for name in names)


def _rate(rules: Rules, rule: VatRule, facts: Facts) -> tuple[Decimal | None, Because]:
    zone, class_name = show(facts.get(rule.rates_of)), show(facts.get("class"))
    percent = rules.rates.get(zone, {}).get(class_name)
    why = because(
        "vat_percent",
        "percent_rate",
        zone=zone,
        class_name=class_name,
        percent="" if percent is None else plain(percent),
    )
    return percent, why


def _without_rule(rules: Rules, facts: Facts, item: str) -> tuple[Reason, ...]:
    """Say that no rule fits; where unknown facts are to blame, name them and what helps."""
    shown = facts_text(facts, _SHOWN)
    asked = {name for rule in rules.vat for name in rule.match.unknown(facts)}
    if "movement" in asked:
        # The movement follows from the two places: they are what nobody knows.
        asked |= {name for name in ("ship_from", "ship_to") if facts.get(name) is None}
    blamed = [name for name in _SHOWN if name in asked and name != "movement"]
    hidden = _hidden_number(None, facts)
    if hidden and blamed and _BUYER.issuperset(blamed):
        return hidden
    if not blamed:
        return (*hidden, reason("vat_none", item=item, facts=shown))
    hints = [_HINTS[name] for name in blamed if name in _HINTS]
    names = ", ".join(blamed)
    found = reason(
        "vat_none_unknown",
        item=item,
        unknown=names,
        facts=shown,
        hints=joined(hints) if hints else names,
    )
    return (*hidden, found)


def _hidden_number(rule: VatRule | None, facts: Facts) -> tuple[Reason, ...]:
    if facts.get("buyer") is not None:
        return ()
    if rule is not None and (rule.match.asks("buyer") or rule.match.asks("buyer_vat_country")):
        return ()
    return (reason("business_without_number"),)


def _collector_inside(rule: VatRule, facts: Facts, item: str) -> tuple[Reason, ...]:
    moved = facts.get("movement")
    if facts.get("collector") != MARKETPLACE or moved not in _INSIDE:
        return ()
    if rule.match.asks("collector"):
        return ()
    return (reason("collector_inside_eu", item=item, movement=show(moved)),)


def _scheme_against_origin(rule: VatRule, facts: Facts, item: str) -> tuple[Reason, ...]:
    schemes = facts.get("scheme")
    ship_from, ship_to = facts.get("ship_from"), facts.get("ship_to")
    if not isinstance(schemes, tuple) or rule.match.asks("scheme"):
        return ()
    if not isinstance(ship_from, str) or not isinstance(ship_to, str) or not is_eu(ship_to):
        return ()
    same = country_of(ship_from) == country_of(ship_to)
    against = (("UOSS", same), ("IOSS", is_eu(ship_from)))
    return tuple(
        reason("scheme_origin", item=item, scheme=scheme, ship_from=ship_from, ship_to=ship_to)
        for scheme, contradicts in against
        if scheme in schemes and contradicts
    )
