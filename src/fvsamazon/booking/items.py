"""One order item with everything that rules and reference data say about it.

In: an item, the facts of the order, the rules. Out: an `ItemView`: its money, its products, its
warehouse and place of dispatch, and the facts under which it is taxed. Reasons are collected, not
raised: an order is told everything that is wrong with it at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.fact_names import FACILITATOR, PROGRAMMES, SCHEMES
from fvsamazon.booking.facts import item_facts, origins_of, with_origin
from fvsamazon.booking.matching import first_fitting, show
from fvsamazon.booking.money import ZERO
from fvsamazon.booking.products import Component, resolve
from fvsamazon.booking.reasons import Reason, reason
from fvsamazon.booking.rules_reading import WAREHOUSE_LIMIT
from fvsamazon.booking.templates import render, template_reasons, too_long
from fvsamazon.booking.treatments import facts_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.booking.context import Lookups
    from fvsamazon.booking.matching import FactValue
    from fvsamazon.booking.money import ItemMoney
    from fvsamazon.booking.rule_types import KnownRules, Rules, WarehouseRule
    from fvsamazon.orders import Order, OrderLine

_WAREHOUSE_FACTS: Final = ("marketplace", "fulfilled_by", "ship_from", "ship_to", "scheme", "sku")


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as the document builder sees it; `reasons` hold the order if the item is booked."""

    line: OrderLine
    name: str
    money: ItemMoney | None
    components: tuple[Component, ...]
    facts: Mapping[str, FactValue]
    warehouse: str | None
    reasons: tuple[Reason, ...]
    why_warehouse: tuple[Because, ...] = ()
    why_origin: tuple[Because, ...] = field(default=())

    def facts_of(self, component: Component) -> dict[str, FactValue]:
        return {**self.facts, "class": component.class_name}


def item_name(line: OrderLine) -> str:
    """Return what reasons call an item."""
    return f"{line.sku or '?'} ({line.item_id})"


def view_item(
    order: Order,
    line: OrderLine,
    money: ItemMoney | tuple[Reason, ...],
    shared: Mapping[str, FactValue],
    rules: Rules,
    lookups: Lookups,
) -> ItemView:
    """Put together everything about one item; its money was read before."""
    name = item_name(line)
    reasons: list[Reason] = [*_unknown_values(line, name, rules.known)]
    if isinstance(money, tuple):
        reasons += money
    resolved = resolve(line, name, rules.products, lookups)
    reasons += resolved.reasons
    components = resolved.components
    class_name = main_component(components).class_name if components else rules.products.class_name
    facts = {**item_facts(shared, order, line, rules.known), "class": class_name}
    origins = origins_of(order, line)
    if len(origins) > 1:
        names = ", ".join(show(zone) for zone in origins)
        reasons.append(reason("package_origins", item=name, names=names))
    rule = first_fitting(rules.warehouses, facts)
    why_origin: tuple[Because, ...] = ()
    if origins:
        why_origin = (because("ship_from", "origin_package", zone=show(facts["ship_from"])),)
    elif rule is not None and rule.ship_from is not None:
        facts = with_origin(facts, rule.ship_from)
        why_origin = (because("ship_from", "origin_rule", zone=rule.ship_from, line=rule.line),)
    warehouse, more = _warehouse(rule, facts, name)
    return ItemView(
        line=line,
        name=name,
        money=None if isinstance(money, tuple) else money,
        components=components,
        facts=facts,
        warehouse=warehouse,
        reasons=(*reasons, *more),
        why_warehouse=(because("warehouse", "warehouse_rule", line=rule.line),) if rule else (),
        why_origin=(*why_origin, *_destination(order)),
    )


def main_component(components: tuple[Component, ...]) -> Component:
    """Return the product with the largest share of the price, whose treatment the rest follows."""
    left = 1 - sum((component.share or ZERO for component in components), ZERO)
    return max(components, key=lambda one: left if one.share is None else one.share)


def largest(views: tuple[ItemView, ...]) -> ItemView | None:
    """Return the item with the largest proceeds: it speaks where an order is asked once."""
    return max(
        views,
        key=lambda view: view.money.total if view.money is not None else -1,
        default=None,
    )


def _warehouse(
    rule: WarehouseRule | None, facts: Mapping[str, FactValue], name: str
) -> tuple[str | None, tuple[Reason, ...]]:
    if rule is None:
        shown = facts_text(facts, _WAREHOUSE_FACTS)
        return None, (reason("warehouse_none", item=name, facts=shown),)
    if rule.hold is not None or rule.code is None:
        held = reason(
            "rule_hold",
            what=f"{name}: ",
            table="[[warehouse]]",
            line=rule.line,
            text=(rule.hold or "").rstrip("."),
        )
        return None, (held,)
    rendered = render(rule.code, facts)
    reasons = template_reasons("[[warehouse]] code", rule.code, rendered.missing)
    if len(rendered.text) > WAREHOUSE_LIMIT:
        reasons += (too_long("[[warehouse]] code", rendered.text, WAREHOUSE_LIMIT),)
    return rendered.text, reasons


def _unknown_values(line: OrderLine, name: str, known: KnownRules) -> tuple[Reason, ...]:
    """Hold what Amazon says and this program does not know."""
    reasons = [
        reason("programme_unknown", name=programme)
        for programme in line.programmes
        if programme not in PROGRAMMES | known.programmes
    ]
    reasons += [
        reason("scheme_unknown", item=name, name=scheme)
        for scheme in line.schemes
        if scheme not in SCHEMES | known.schemes
    ]
    reasons += [
        reason("collection_unknown", item=name, name=collection.model or "?")
        for collection in line.collections
        if collection.model != FACILITATOR
        and (collection.model or "") not in known.collection_models
    ]
    return tuple(reasons)


def _destination(order: Order) -> tuple[Because, ...]:
    place = order.ship_to
    if place is None:
        return ()
    told = "destination_assumed" if place.zone_assumed else "destination"
    return (because("ship_to", told, zone=show(place.zone)),)
