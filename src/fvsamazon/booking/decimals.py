"""Decimals in and out of text, without exponents and without binary fractions."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

PLACES: Final = 60
"""Digits that a number may have, and how far its point may lie from them."""


def to_decimal(value: object) -> Decimal | None:
    """Read a number, or a text with a decimal point or comma; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        number = Decimal(value.strip().replace(",", ".") if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return number if _is_sane(number) else None


def _is_sane(number: Decimal) -> bool:
    """Refuse what nobody books and what would fill the memory once it is written out."""
    if not number.is_finite():
        return False
    _, digits, exponent = number.as_tuple()
    return len(digits) <= PLACES and abs(int(exponent)) <= PLACES


def plain(number: Decimal) -> str:
    """Return a number without an exponent and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_text(amount: Decimal) -> str:
    """Return an amount as people write it, its zeros kept: 11.90."""
    return f"{amount:f}"
