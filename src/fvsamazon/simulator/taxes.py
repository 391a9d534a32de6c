"""Who owes which tax on a simulated order: enough of the law that its documents look right."""

# ruff: noqa: PLR2004 - shares of what the dice decide are the content here

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon.simulator.people import is_eu_vat
from fvsamazon.simulator.places import COUNTRIES, EU

if TYPE_CHECKING:
    from random import Random

UK_LIMIT, IOSS_LIMIT = 135_00, 150_00
"""Up to these goods values (minor units) Amazon collects on imports to Britain and the EU."""


@dataclass(frozen=True, slots=True)
class TaxCase:
    """How tax shows on the items of an order: in which way, at what rate, collected by whom."""

    mode: str = "none"
    rate: int = 0
    row: bool = False
    collector: str | None = None
    scheme: str | None = None
    ioss: bool = False


def tax_case(
    dice: Random, *, origin: str, target: str, goods: int, vat_number: str | None
) -> TaxCase:
    """Decide the case of goods worth `goods` going from one country to another."""
    rate = COUNTRIES[target].tax
    luck, told = dice.random(), dice.random() < 0.6
    if target in EU:
        return _to_eu(luck, origin, target, goods, vat_number, told=told)
    case = TaxCase("inside", rate, row=told) if origin == target else TaxCase()
    if target == "US":
        # A few states levy nothing.
        sales = TaxCase("on_top", rate, row=True, collector="Amazon.com")
        case = sales if luck < 0.92 else TaxCase()
    elif target == "CA":
        case = TaxCase("on_top", rate, row=True, collector="Amazon" if luck < 0.7 else None)
    elif target == "GB":
        free = vat_number or (origin != "GB" and goods > UK_LIMIT)
        case = TaxCase() if free else _collected(luck, rate, "Amazon EU SARL, UK Branch")
    elif target in {"NO", "CH"} or (origin != target and target in {"AU", "SG", "JP"}):
        case = _collected(luck, rate, "Amazon")
    return case


def _collected(
    luck: float, rate: int, who: str, *, scheme: str | None = None, ioss: bool = False
) -> TaxCase:
    """Amazon collects: its tax stands in the total, or the total is without it."""
    mode = "on_top" if luck < 0.5 else "outside"
    return TaxCase(mode, rate, row=True, collector=who, scheme=scheme, ioss=ioss)


def _to_eu(
    luck: float, origin: str, target: str, goods: int, vat_number: str | None, *, told: bool
) -> TaxCase:
    rate = COUNTRIES[target].tax
    if origin not in EU:
        if goods > IOSS_LIMIT:
            return TaxCase()
        return _collected(luck, rate, "Amazon Services Europe S.a.r.L.", scheme="IOSS", ioss=True)
    if origin == target:
        return TaxCase("inside", rate, row=told)
    if is_eu_vat(vat_number) and (vat_number or "")[:2] != origin:
        return TaxCase()
    return TaxCase("inside", rate, row=told, scheme="UOSS" if luck < 0.8 else None)
