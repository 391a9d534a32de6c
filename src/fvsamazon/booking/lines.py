"""The lines of a document: goods one by one, services together, discounts where they belong.

In: the items to book with their treatments. Out: lines whose gross amounts add up to the order's
total less what a marketplace keeps, or reasons. Goods get a line per item (bundles one per
product, the last takes the remainder), zero prices included, because stock moves; services get one
line per kind and VAT code over the order, and none for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.currencies import rounded
from fvsamazon.booking.decimals import amount_text, plain
from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.items import main_component
from fvsamazon.booking.money import GOODS, ZERO, PartMoney, spread
from fvsamazon.booking.outcomes import Line, LineKind
from fvsamazon.booking.reasons import Reason, reason
from fvsamazon.booking.rule_types import NETTED
from fvsamazon.booking.taxation import (
    ItemTax,
    Vat,
    own_vat,
    read_item_tax,
    vat_arithmetic,
    vat_of,
)
from fvsamazon.booking.treatments import Treatment, choose_treatment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fvsamazon.booking.items import ItemView
    from fvsamazon.booking.products import Component
    from fvsamazon.booking.rule_types import Rules

SERVICE_LINES: Final[tuple[tuple[str, LineKind], ...]] = (
    ("SHIPPING", "shipping"),
    ("GIFT_WRAP", "gift_wrap"),
    ("COD_FEE", "cod_fee"),
    ("OTHER", "other"),
    ("TIP", "tip"),
    ("DISCOUNT", "discount"),
)
"""Services in the order in which their lines stand."""

_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Booked:
    """An item to book, with the pieces that the document takes."""

    view: ItemView
    pieces: int
    why_pieces: str


@dataclass(frozen=True, slots=True)
class BuiltLines:
    """The outcome: lines and what was kept out of them, or reasons."""

    lines: tuple[Line, ...]
    kept_out: Decimal
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class _Pot:
    """What one service line gathers: parts with our VAT, and VAT taken over from Amazon."""

    treatment: Treatment
    gross: Decimal = ZERO
    ours: Decimal = ZERO
    amazon_vat: Decimal = ZERO
    parts: list[str] = field(default_factory=list)
    why: list[Because] = field(default_factory=list)


class LineBuilder:
    """Builds the lines of one document."""

    def __init__(self, rules: Rules, unit: Decimal) -> None:
        self._rules = rules
        self._unit = unit
        self._netted = rules.services["DISCOUNT"] == NETTED
        self._goods: list[Line] = []
        self._pots: dict[tuple[str, str, Decimal], _Pot] = {}
        self._kept_out = ZERO
        self._reasons: list[Reason] = []

    def build(self, items: Sequence[Booked], tip: Decimal, tip_item: ItemView | None) -> BuiltLines:
        """Build all lines; `tip_item` is the item whose treatment a tip takes."""
        for booked in items:
            self._item(booked)
        if tip and tip_item is not None:
            self._tip(tip, tip_item)
        services = self._services()
        return BuiltLines((*self._goods, *services), self._kept_out, tuple(self._reasons))

    def _hold(self, *reasons: Reason) -> None:
        self._reasons += [found for found in reasons if found not in self._reasons]

    def _treatment(self, view: ItemView, component: Component | None) -> Treatment | None:
        facts = view.facts if component is None else view.facts_of(component)
        chosen = choose_treatment(self._rules, facts, view.name)
        if isinstance(chosen, tuple):
            self._hold(*chosen)
            return None
        return chosen

    def _item(self, booked: Booked) -> None:
        view, money = booked.view, booked.view.money
        treatments = [self._treatment(view, component) for component in view.components]
        if money is None or not view.components:
            if not view.components:
                # The treatment is asked all the same: a hold tells everything at once.
                self._treatment(view, None)
            return
        main = treatments[view.components.index(main_component(view.components))]
        if main is None or any(treatment is None for treatment in treatments):
            return
        known = [treatment for treatment in treatments if treatment is not None]
        collector = view.facts.get("collector")
        tax = read_item_tax(money, main, known, collector, self._rules.money, view.name)
        if isinstance(tax, Reason):
            self._hold(tax)
            return
        self._kept_out += tax.kept_out
        goods = money.part(GOODS) or PartMoney(GOODS, ZERO, ZERO, ZERO)
        self._goods_lines(booked, tax, goods, known)
        for part in money.parts:
            if part.kind != GOODS:
                self._service_part(view, tax, part, main)

    def _goods_lines(
        self, booked: Booked, tax: ItemTax, part: PartMoney, treatments: list[Treatment]
    ) -> None:
        view = booked.view
        netted = self._shares(tax.gross(part), view.components)
        stated = self._stated(netted, part.tax, treatments)
        discounts = self._shares(part.discount, view.components)
        whole = amount_text(tax.gross(part))
        for place, component in enumerate(view.components):
            treatment = treatments[place]
            vat = vat_of(
                netted[place],
                treatment,
                tax,
                stated[place],
                self._rules.money,
                self._unit,
                part=part.kind,
                item=view.name,
            )
            if isinstance(vat, Reason):
                self._hold(vat)
                continue
            gross, amount = netted[place], vat.amount
            if not self._netted and discounts[place]:
                gross, amount = self._apart(treatment, gross, vat, discounts[place])
            why = [component.why, *self._why_pieces(booked, component), *view.why_origin]
            why += () if component.service else view.why_warehouse
            why.append(tax.why(part))
            if len(view.components) > 1:
                why.append(_why_share(component, whole))
            self._goods.append(
                Line(
                    kind="goods",
                    code=component.code,
                    service=component.service,
                    warehouse=None if component.service else view.warehouse,
                    quantity=booked.pieces * component.quantity,
                    net=gross - amount,
                    vat=amount,
                    gross=gross,
                    vat_percent=treatment.percent,
                    vat_code=treatment.code,
                    rule=treatment.rule.name,
                    item_id=view.line.item_id,
                    document_kind=treatment.rule.kind,
                    new_product=component.new,
                    because=(*why, *treatment.why, *vat.why, *self._why_price(tax)),
                )
            )

    def _shares(self, amount: Decimal, components: Sequence[Component]) -> list[Decimal]:
        """Share an amount over a bundle; the last product takes the remainder."""
        shares = []
        left = amount
        for component in components[:-1]:
            share = min(left, rounded(amount * (component.share or ZERO), self._unit))
            shares.append(share)
            left -= share
        return [*shares, left]

    def _stated(
        self, netted: list[Decimal], tax: Decimal, treatments: list[Treatment]
    ) -> list[Decimal]:
        """Share Amazon's tax on the goods over a bundle, by the VAT that the rules make."""
        if len(netted) == 1:
            return [tax]
        weights = {
            str(place): own_vat(gross, treatments[place].percent, self._unit)
            for place, gross in enumerate(netted)
        }
        if not any(weights.values()):
            weights = {str(place): gross for place, gross in enumerate(netted)}
        shares = spread(tax, weights, self._unit)
        return [shares.get(str(place), ZERO) for place in range(len(netted))]

    def _apart(
        self, treatment: Treatment, gross: Decimal, vat: Vat, discount: Decimal
    ) -> tuple[Decimal, Decimal]:
        """Take a discount out of an amount into the line of discounts."""
        pot = self._pot("DISCOUNT", treatment)
        pot.gross -= discount
        pot.ours -= discount
        pot.parts.append(f"-{amount_text(discount)}")
        whole = gross + discount
        if vat.ours:
            return whole, own_vat(whole, treatment.percent, self._unit)
        return whole, vat.amount + own_vat(discount, treatment.percent, self._unit)

    def _service_part(
        self, view: ItemView, tax: ItemTax, part: PartMoney, treatment: Treatment
    ) -> None:
        vat = vat_of(
            tax.gross(part),
            treatment,
            tax,
            part.tax,
            self._rules.money,
            self._unit,
            part=part.kind,
            item=view.name,
        )
        if isinstance(vat, Reason):
            self._hold(vat)
            return
        gross, amount = tax.gross(part), vat.amount
        if not self._netted and part.discount:
            gross, amount = self._apart(treatment, gross, vat, part.discount)
        if not gross:
            return
        pot = self._pot(part.kind, treatment)
        pot.gross += gross
        pot.parts.append(amount_text(gross))
        pot.why += (tax.why(part), *self._why_price(tax))
        if vat.ours:
            pot.ours += gross
        else:
            pot.amazon_vat += amount
            pot.why += vat.why

    def _tip(self, tip: Decimal, view: ItemView) -> None:
        component = main_component(view.components) if view.components else None
        treatment = self._treatment(view, component)
        if treatment is None:
            return
        pot = self._pot("TIP", treatment)
        pot.gross += tip
        pot.ours += tip
        pot.parts.append(amount_text(tip))
        pot.why.append(because("gross", "tip"))

    def _pot(self, kind: str, treatment: Treatment) -> _Pot:
        return self._pots.setdefault((kind, treatment.code, treatment.percent), _Pot(treatment))

    def _services(self) -> list[Line]:
        lines = []
        for kind, line_kind in SERVICE_LINES:
            for (found, _, _), pot in self._pots.items():
                if found == kind and pot.gross:
                    line = self._service(kind, line_kind, pot)
                    lines += [] if line is None else [line]
        return lines

    def _service(self, kind: str, line_kind: LineKind, pot: _Pot) -> Line | None:
        code = self._rules.services.get(kind)
        if code is None:
            self._hold(reason("service_missing", kind=kind, amount=amount_text(pot.gross)))
            return None
        treatment = pot.treatment
        ours = own_vat(pot.ours, treatment.percent, self._unit)
        vat = ours + pot.amazon_vat
        figures = vat_arithmetic(pot.ours, treatment.percent, ours)
        summed = f"{' + '.join(pot.parts)} = {amount_text(pot.gross)}"
        why_sum = [because("gross", "service_sum", arithmetic=summed)] if len(pot.parts) > 1 else []
        return Line(
            kind=line_kind,
            code=code,
            service=True,
            warehouse=None,
            quantity=_ONE,
            net=pot.gross - vat,
            vat=vat,
            gross=pot.gross,
            vat_percent=treatment.percent,
            vat_code=treatment.code,
            rule=treatment.rule.name,
            document_kind=treatment.rule.kind,
            because=(
                because("code", "service_code", kind=kind),
                because("quantity", "quantity_one"),
                *why_sum,
                *pot.why,
                *treatment.why,
                because("vat", "vat_ours", arithmetic=figures),
            ),
        )

    def _why_pieces(self, booked: Booked, component: Component) -> tuple[Because, ...]:
        times = plain(component.quantity)
        return (because("quantity", booked.why_pieces, pieces=booked.pieces, times=times),)

    def _why_price(self, tax: ItemTax) -> tuple[Because, ...]:
        """Tell where a tax that nobody collects went into the price."""
        if tax.money.tax and not tax.collected and not tax.compared:
            return (because("gross", "tax_is_price", tax=amount_text(tax.money.tax)),)
        return ()


def _why_share(component: Component, whole: str) -> Because:
    if component.share is None:
        return because("gross", "share_rest", whole=whole)
    return because("gross", "share", share=plain(component.share), whole=whole)
