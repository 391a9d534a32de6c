"""What a part of an item is booked at: its gross amount, and the VAT inside it.

In: the amounts as read and the treatment that rules chose. Out: gross and VAT to the cent, with the
figures that led there, or reasons where Amazon's tax and the rules' do not meet. Own VAT is
gross * p / (100 + p), rounded half up; what a marketplace collects and remits itself is kept out
where the rule says so. The percentage always comes from the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from fvsamazon.booking.currencies import rounded
from fvsamazon.booking.decimals import amount_text, plain
from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.fact_names import MARKETPLACE
from fvsamazon.booking.money import ZERO, ItemMoney, PartMoney
from fvsamazon.booking.reasons import Reason, reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fvsamazon.booking.rule_types import MoneyRules, VatRule
    from fvsamazon.booking.treatments import Treatment

_HUNDRED: Final = Decimal(100)


def own_vat(gross: Decimal, percent: Decimal, unit: Decimal) -> Decimal:
    """Return the VAT inside a gross amount, rounded half up to the unit."""
    return rounded(gross * percent / (_HUNDRED + percent), unit)


@dataclass(frozen=True, slots=True)
class ItemTax:
    """How the tax of one item is handled under its main treatment.

    `compared` tells that Amazon's tax must agree with the rule's; `kept_out` is the tax in the
    item's total that does not enter the document.
    """

    money: ItemMoney
    rule: VatRule
    collected: bool
    kept_out: Decimal
    compared: bool

    def gross(self, part: PartMoney) -> Decimal:
        """Return what a part costs after its discount, with the tax that stays."""
        if self.money.on_top and not self.kept_out:
            return part.after_discount + part.tax
        return part.after_discount

    def why(self, part: PartMoney) -> Because:
        """Show the figures of a part."""
        arithmetic = f"{part.kind} {amount_text(part.amount)}"
        if part.discount:
            arithmetic += f" - DISCOUNT {amount_text(part.discount)}"
        tax = amount_text(part.tax)
        if not self.money.tax:
            return because("gross", "money_plain", arithmetic=arithmetic)
        if self.kept_out:
            return because("gross", "money_kept_out", arithmetic=arithmetic, tax=tax)
        if self.money.on_top:
            return because("gross", "money_on_top", arithmetic=arithmetic, tax=tax)
        code = "money_outside" if self.collected else "money_inside"
        return because("gross", code, arithmetic=arithmetic, tax=tax)


def read_item_tax(
    money: ItemMoney,
    main: Treatment,
    others: Sequence[Treatment],
    collector: object,
    switches: MoneyRules,
    item: str,
) -> ItemTax | Reason:
    """Decide what becomes of the tax that Amazon states for an item.

    `main` is the treatment of the item's largest product, `others` those of all its products.
    """
    rule = main.rule
    collected = collector == MARKETPLACE
    out = collected and rule.collected == "out"
    kept_out = money.tax if out and money.on_top else ZERO
    stated = money.tax != 0 and not out
    if stated and not any(treatment.percent for treatment in others):
        word = rule.uncollected_tax or switches.uncollected_tax
        if not collected and word == "hold":
            return reason("uncollected_tax", item=item, tax=amount_text(money.tax), rule=rule.name)
        stated = False
    return ItemTax(money, rule, collected, kept_out, compared=stated)


@dataclass(frozen=True, slots=True)
class Vat:
    """The VAT of one gross amount; `ours` tells that it is the rule's, not Amazon's."""

    amount: Decimal
    ours: bool
    why: tuple[Because, ...]


def vat_of(
    gross: Decimal,
    treatment: Treatment,
    tax: ItemTax,
    stated: Decimal,
    switches: MoneyRules,
    unit: Decimal,
    *,
    part: str,
    item: str,
) -> Vat | Reason:
    """Return the VAT inside `gross`, compared with what Amazon states where it must agree."""
    ours = own_vat(gross, treatment.percent, unit)
    arithmetic = vat_arithmetic(gross, treatment.percent, ours)
    why = because("vat", "vat_ours", arithmetic=arithmetic)
    if not tax.compared or abs(ours - stated) <= unit:
        return Vat(ours, ours=True, why=(why,))
    word: Literal["hold", "ours", "amazon"] = (
        treatment.rule.amazon_tax_differs or switches.amazon_tax_differs
    )
    figures = {"amazon": amount_text(stated), "ours": amount_text(ours)}
    # More tax than the part costs cannot be taken over: the net would be negative.
    if word == "hold" or (word == "amazon" and stated > gross):
        return reason(
            "tax_differs",
            item=item,
            part=part,
            rule=treatment.rule.name,
            arithmetic=arithmetic,
            **figures,
        )
    if word == "ours":
        return Vat(ours, ours=True, why=(why, because("vat", "vat_differs", **figures)))
    return Vat(stated, ours=False, why=(because("vat", "vat_amazon", **figures),))


def vat_arithmetic(gross: Decimal, percent: Decimal, vat: Decimal) -> str:
    """Show how VAT comes out of a gross amount."""
    shown = plain(percent)
    return f"{amount_text(gross)} * {shown} / (100 + {shown}) = {amount_text(vat)}"
