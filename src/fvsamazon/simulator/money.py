"""Amounts of one simulated order item, in whole minor units, so that sums are exact.

They keep Amazon's arithmetic: every part is a line total; with tax on top, parts less discounts
plus TAX is the item's total; with tax inside (or collected outside the total), parts less
discounts alone are. Documents differ, as Amazon's do: the sign of DISCOUNT is nowhere documented,
sub-types are there or not, tax on discounts stands apart or is taken off each part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.places import WHOLE_UNITS

if TYPE_CHECKING:
    from random import Random

    from fvsamazon.simulator.taxes import TaxCase

Json = dict[str, Any]


def amount(minor: int, currency: str) -> str:
    """Write an amount as Amazon does: a decimal string with the currency's own decimals."""
    if currency in WHOLE_UNITS:
        return str(minor)
    whole, rest = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:02d}"


def money(minor: int, currency: str) -> Json:
    """Return a Money object."""
    return {"amount": amount(minor, currency), "currencyCode": currency}


def share_on_top(base: int, rate: int) -> int:
    """Tax of a net amount, rounded half up; the rate is in hundredths of a percent."""
    return (base * rate * 2 + 10000) // 20000


def share_inside(gross: int, rate: int) -> int:
    """Tax that a gross amount contains, rounded half up."""
    return (gross * rate * 2 + 10000 + rate) // (2 * (10000 + rate))


@dataclass(slots=True)
class ItemMoney:
    """Parts, discounts and taxes of an item by kind, and how its document words them."""

    currency: str
    parts: dict[str, int]
    discounts: dict[str, int] = field(default_factory=dict)
    taxes: dict[str, int] = field(default_factory=dict)
    tax_on_discount: int = 0
    on_top: bool = False
    negative_discount: bool = False
    details: bool = True

    @property
    def tax(self) -> int:
        return sum(self.taxes.values()) - self.tax_on_discount

    @property
    def discount(self) -> int:
        return sum(self.discounts.values())

    @property
    def total(self) -> int:
        rest = sum(self.parts.values()) - self.discount
        return rest + self.tax if self.on_top else rest

    def levy(self, case: TaxCase, dice: Random) -> None:
        """Work out the TAX row that the case asks for."""
        if not case.row:
            return
        share = share_inside if case.mode == "inside" else share_on_top
        off = {kind: min(self.discounts.get(kind, 0), value) for kind, value in self.parts.items()}
        net = {
            kind: share(value - off[kind], case.rate)
            for kind, value in self.parts.items()
            if value or kind == "ITEM"
        }
        self.on_top = case.mode == "on_top"
        if self.discount and dice.getrandbits(1):
            full = {kind: share(self.parts[kind], case.rate) for kind in net}
            self.tax_on_discount = sum(full.values()) - sum(net.values())
            self.taxes = full
        else:
            self.taxes = net

    def document(self) -> Json:
        """Return ItemProceeds."""
        rows = [
            {"type": kind, "subtotal": money(value, self.currency)}
            for kind, value in self.parts.items()
        ]
        sign = -1 if self.negative_discount else 1
        if self.discounts:
            # Without sub-types a discount can only be read as one on the goods.
            plain = not self.details and set(self.discounts) == {"ITEM"}
            rows.append(self._row("DISCOUNT", sign * self.discount, {
                kind: sign * value for kind, value in self.discounts.items()
            }, plain=plain))  # fmt: skip
        if self.taxes:
            details = dict(self.taxes)
            if self.tax_on_discount:
                details["DISCOUNT"] = sign * self.tax_on_discount
            plain = not self.details and not self.tax_on_discount
            rows.append(self._row("TAX", self.tax, details, plain=plain))
        return {"proceedsTotal": money(self.total, self.currency), "breakdowns": rows}

    def _row(self, kind: str, subtotal: int, details: dict[str, int], *, plain: bool) -> Json:
        row: Json = {"type": kind, "subtotal": money(subtotal, self.currency)}
        if not plain:
            row["detailedBreakdowns"] = [
                {"subtype": name, "value": money(value, self.currency)}
                for name, value in details.items()
            ]
        return row
