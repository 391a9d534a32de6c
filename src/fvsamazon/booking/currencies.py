"""How fine an amount of a currency is: yen have no cents, Finvalda's sums have two decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

EURO: Final = "EUR"
CENT: Final = Decimal("0.01")
LIMIT: Final = Decimal(10) ** 12
"""Finvalda's sums have fourteen digits, two of them decimals."""

_WHOLE: Final = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
"""Currencies that ISO 4217 gives no minor unit."""


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount that a document in this currency can hold."""
    return Decimal(1) if currency in _WHOLE else CENT


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """Round half up to the unit, away from zero on both sides of it."""
    return amount.quantize(unit, rounding=ROUND_HALF_UP)


def bookable(amount: Decimal, unit: Decimal) -> bool:
    """Say whether Finvalda can hold an amount: finite, of its size, no finer than the unit."""
    if not amount.is_finite() or abs(amount) >= LIMIT:
        return False
    return amount == rounded(amount, unit)
