"""How Amazon's amounts of one item are read: parts, discounts and tax, on top or inside.

In: an `OrderLine`. Out: what each part costs after its discount and what tax Amazon states for it,
or the reasons why the numbers cannot be made to agree, with the arithmetic. Amounts are line
totals, never unit prices; the item's total decides whether the tax is on top. Nothing here knows a
rule or a percentage, and no number is ever bent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.currencies import bookable, minor_unit, rounded
from fvsamazon.booking.decimals import amount_text
from fvsamazon.booking.reasons import Reason, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fvsamazon.orders import Money, Order, OrderLine, Part

GOODS: Final = "ITEM"
CHARGES: Final = (GOODS, "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER")
TAX: Final = "TAX"
DISCOUNT: Final = "DISCOUNT"
TIP: Final = "DELIVERY_TIP"

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class PartMoney:
    """One charge of an item: as stated, its discount, and the tax that Amazon states for it."""

    kind: str
    amount: Decimal
    discount: Decimal
    tax: Decimal

    @property
    def after_discount(self) -> Decimal:
        return self.amount - self.discount


@dataclass(frozen=True, slots=True)
class ItemMoney:
    """What one item costs.

    `on_top` tells that the total holds the tax beside the parts; else the tax is inside them or,
    where Amazon collects it, outside the total altogether.
    """

    total: Decimal
    parts: tuple[PartMoney, ...]
    tax: Decimal
    on_top: bool

    def part(self, kind: str) -> PartMoney | None:
        return next((part for part in self.parts if part.kind == kind), None)


class MoneyFault(Exception):
    """The amounts of an item cannot be read; carries the reasons."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


def currencies_of(order: Order) -> tuple[str, ...]:
    """Return every currency that an amount of the order is in, each once."""
    amounts: list[Money | None] = [order.grand_total, *_amounts(order.parts)]
    for line in order.lines:
        amounts += [line.proceeds_total, *_amounts(line.parts)]
    return tuple(dict.fromkeys(money.currency for money in amounts if money is not None))


def _amounts(parts: Sequence[Part]) -> Iterator[Money | None]:
    for part in parts:
        yield part.subtotal
        yield from (detail.value for detail in part.details)


def read_item(line: OrderLine, name: str, currency: str) -> ItemMoney | tuple[Reason, ...]:
    """Read the amounts of one item; `name` is what reasons call it."""
    try:
        return _ItemReader(line, name, currency).read()
    except MoneyFault as fault:
        return fault.reasons


class _ItemReader:
    """Reads one item."""

    def __init__(self, line: OrderLine, name: str, currency: str) -> None:
        self._line = line
        self._name = name
        self._currency = currency
        self._unit = minor_unit(currency)

    def read(self) -> ItemMoney:
        if self._line.proceeds_total is None:
            raise MoneyFault(reason("item_total_missing", item=self._name))
        total = self._fit(self._line.proceeds_total.amount)
        amounts = self._charges()
        discounts = self._discounts()
        nets = self._nets(amounts, discounts)
        tax, taxes = self._taxes(nets, discounts)
        parts_sum = sum(nets.values(), ZERO)
        on_top = parts_sum + tax == total
        if not on_top and parts_sum != total:
            raise MoneyFault(
                reason(
                    "totals_disagree",
                    item=self._name,
                    arithmetic=_disagreement(amounts, discounts, tax, total),
                )
            )
        parts = tuple(
            PartMoney(
                kind, amounts.get(kind, ZERO), discounts.get(kind, ZERO), taxes.get(kind, ZERO)
            )
            for kind in CHARGES
            if kind in amounts or kind in discounts or taxes.get(kind)
        )
        return ItemMoney(total, parts, tax, on_top=on_top and tax != 0)

    def _fit(self, amount: Decimal) -> Decimal:
        if not bookable(amount, self._unit):
            raise MoneyFault(
                reason("amount_unfit", item=self._name, amount=amount, currency=self._currency)
            )
        return amount

    def _subtotal(self, part: Part) -> Decimal:
        if part.subtotal is None:
            raise MoneyFault(reason("part_amount_missing", item=self._name, part=part.kind))
        return self._fit(part.subtotal.amount)

    def _charges(self) -> dict[str, Decimal]:
        amounts: dict[str, Decimal] = {}
        for part in self._line.parts:
            if part.kind in {TAX, DISCOUNT}:
                continue
            if part.kind not in CHARGES:
                raise MoneyFault(reason("part_unknown", item=self._name, part=part.kind))
            amounts[part.kind] = amounts.get(part.kind, ZERO) + self._subtotal(part)
        return amounts

    def _rows(self, part: Part) -> dict[str | None, Decimal]:
        """Return the detail rows of a tax or a discount by the charge that they name."""
        rows: dict[str | None, Decimal] = {}
        for detail in part.details:
            if detail.value is None:
                raise MoneyFault(reason("part_amount_missing", item=self._name, part=part.kind))
            amount = self._fit(detail.value.amount)
            known = detail.subtype if detail.subtype in (*CHARGES, DISCOUNT) else None
            if part.kind == DISCOUNT:
                # The sign of discounts is not documented: their size is what counts.
                amount = abs(amount)
            rows[known] = rows.get(known, ZERO) + amount
        return rows

    def _discounts(self) -> dict[str, Decimal]:
        discounts: dict[str, Decimal] = {}
        for part in self._line.parts:
            if part.kind != DISCOUNT:
                continue
            stated = abs(self._subtotal(part))
            rows = self._rows(part) or {GOODS: stated}
            if sum(rows.values(), ZERO) != stated:
                arithmetic = f"{_plus(rows.values())} ≠ {amount_text(stated)}"
                raise MoneyFault(
                    reason("discount_rows_disagree", item=self._name, arithmetic=arithmetic)
                )
            for kind, amount in rows.items():
                # A row that names no charge belongs to the goods.
                target = kind if kind in CHARGES else GOODS
                discounts[target] = discounts.get(target, ZERO) + amount
        return {kind: discounts[kind] for kind in CHARGES if kind in discounts}

    def _nets(
        self, amounts: Mapping[str, Decimal], discounts: Mapping[str, Decimal]
    ) -> dict[str, Decimal]:
        nets: dict[str, Decimal] = {}
        faults = []
        for kind in CHARGES:
            if kind not in amounts and kind not in discounts:
                continue
            amount, discount = amounts.get(kind, ZERO), discounts.get(kind, ZERO)
            nets[kind] = amount - discount
            if nets[kind] < 0:
                arithmetic = (
                    f"{amount_text(amount)} - {amount_text(discount)} = {amount_text(nets[kind])}"
                )
                faults.append(
                    reason("amount_negative", item=self._name, part=kind, arithmetic=arithmetic)
                )
        if faults:
            raise MoneyFault(*faults)
        return nets

    def _taxes(
        self, nets: Mapping[str, Decimal], discounts: Mapping[str, Decimal]
    ) -> tuple[Decimal, dict[str, Decimal]]:
        """Return the item's tax and its share of each charge."""
        total = ZERO
        taxes: dict[str, Decimal] = {}
        for part in self._line.parts:
            if part.kind != TAX:
                continue
            stated = self._subtotal(part)
            total += stated
            rows = self._rows(part)
            off = rows.pop(DISCOUNT, ZERO)
            off = self._discount_tax(rows, off, stated, stated_rows=bool(part.details))
            loose = rows.pop(None, ZERO) if part.details else stated
            for kind, amount in rows.items():
                if kind is not None:
                    taxes[kind] = taxes.get(kind, ZERO) + amount
            self._spread(taxes, loose, nets)
            self._spread(taxes, -off, discounts)
        for kind, amount in taxes.items():
            if amount < 0:
                raise MoneyFault(
                    reason(
                        "amount_negative",
                        item=self._name,
                        part=f"{TAX}/{kind}",
                        arithmetic=amount_text(amount),
                    )
                )
        return total, taxes

    def _discount_tax(
        self,
        rows: Mapping[str | None, Decimal],
        off: Decimal,
        stated: Decimal,
        *,
        stated_rows: bool,
    ) -> Decimal:
        """Return what the tax on discounts takes off, whichever sign Amazon wrote it with."""
        if not stated_rows:
            return ZERO
        before = sum(rows.values(), ZERO)
        for taken in (abs(off), -abs(off)):
            if before - taken == stated:
                return taken
        arithmetic = f"{_plus(rows.values())} - {amount_text(abs(off))} ≠ {amount_text(stated)}"
        raise MoneyFault(reason("tax_rows_disagree", item=self._name, arithmetic=arithmetic))

    def _spread(
        self, taxes: dict[str, Decimal], amount: Decimal, weights: Mapping[str, Decimal]
    ) -> None:
        for kind, share in spread(amount, weights, self._unit).items():
            taxes[kind] = taxes.get(kind, ZERO) + share


def spread(amount: Decimal, weights: Mapping[str, Decimal], unit: Decimal) -> dict[str, Decimal]:
    """Share an amount by weights; the largest takes the remainder, the goods where none weighs."""
    if amount == 0:
        return {}
    whole = sum(weights.values(), ZERO)
    if whole <= 0:
        return {GOODS: amount}
    size = left = abs(amount)
    largest = max(weights, key=lambda kind: weights[kind])
    shares: dict[str, Decimal] = {}
    for kind, weight in weights.items():
        if kind != largest:
            # Several shares rounded up may be more than there is to share.
            shares[kind] = min(left, rounded(size * weight / whole, unit))
            left -= shares[kind]
    shares[largest] = left
    return {kind: share.copy_sign(amount) for kind, share in shares.items()}


def _plus(amounts: Iterable[Decimal]) -> str:
    return " + ".join(amount_text(amount) for amount in amounts)


def _disagreement(
    amounts: Mapping[str, Decimal],
    discounts: Mapping[str, Decimal],
    tax: Decimal,
    total: Decimal,
) -> str:
    """Show both readings of the totals."""
    terms = " + ".join(f"{kind} {amount_text(amount)}" for kind, amount in amounts.items()) or "0"
    terms += "".join(f" - {DISCOUNT}/{kind} {amount_text(off)}" for kind, off in discounts.items())
    inside = sum(amounts.values(), ZERO) - sum(discounts.values(), ZERO)
    on_top = (
        f"{terms} + {TAX} {amount_text(tax)} = {amount_text(inside + tax)} ≠ {amount_text(total)}"
    )
    return (
        f"{terms} = {amount_text(inside)} ≠ {amount_text(total)}; {on_top}"
        if tax
        else (f"{terms} = {amount_text(inside)} ≠ {amount_text(total)}")
    )
