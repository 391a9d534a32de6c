"""A VAT number's country and whether it has that country's form; nobody is asked (no VIES).

In: the number as Amazon states it. Out: the number without separators and the country that its
prefix names (EL is Greece, XI Northern Ireland), or `BAD`. Check digits are not computed: the
form is enough to tell a number from a typing error or a national identity number. What a log may
tell of a number is said here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fvsamazon.booking.new_codes import plain_code
from fvsamazon.booking.zones import COUNTRIES

BAD: Final = "BAD"

_BRITISH_FORM: Final = r"[0-9]{9}|[0-9]{12}|(GD|HA)[0-9]{3}"
_FORMS: Final = {
    prefix: re.compile(form)
    for prefix, form in {
        "AT": r"U[0-9]{8}",
        "BE": r"[01]?[0-9]{9}",
        "BG": r"[0-9]{9,10}",
        "CY": r"[0-9]{8}[A-Z]",
        "CZ": r"[0-9]{8,10}",
        "DE": r"[0-9]{9}",
        "DK": r"[0-9]{8}",
        "EE": r"[0-9]{9}",
        "EL": r"[0-9]{9}",
        "ES": r"[A-Z][0-9]{7}[0-9A-Z]|[0-9]{8}[A-Z]",
        "FI": r"[0-9]{8}",
        "FR": r"[0-9A-HJ-NP-Z]{2}[0-9]{9}",
        "HR": r"[0-9]{11}",
        "HU": r"[0-9]{8}",
        "IE": r"[0-9][0-9A-Z+*][0-9]{5}[A-W]|[0-9]{7}[A-W][A-I]",
        "IT": r"[0-9]{11}",
        "LT": r"[0-9]{9}|[0-9]{12}",
        "LU": r"[0-9]{8}",
        "LV": r"[0-9]{11}",
        "MT": r"[0-9]{8}",
        "NL": r"[0-9A-Z+*]{9}B[0-9]{2}",
        "PL": r"[0-9]{10}",
        "PT": r"[0-9]{9}",
        "RO": r"[0-9]{2,10}",
        "SE": r"[0-9]{10}01",
        "SI": r"[0-9]{8}",
        "SK": r"[0-9]{10}",
        "XI": _BRITISH_FORM,
        "GB": _BRITISH_FORM,
        "CH": r"E[0-9]{9}(MWST|TVA|IVA)?",
        "NO": r"[0-9]{9}(MVA)?",
    }.items()
}
_OTHER_FORM: Final = re.compile(r"[0-9A-Z]*[0-9][0-9A-Z]*")
_COUNTRY_OF_PREFIX: Final = {"EL": "GR"}
_SHORTEST: Final = 4
_TELLING: Final = 6
"""Characters of a number of which four may be told, and by which one is known again in a text."""


@dataclass(frozen=True, slots=True)
class VatNumber:
    """A number with its separators taken out; `country` is `BAD` where the form is wrong."""

    number: str
    country: str


def read_vat_number(text: str) -> VatNumber | None:
    """Read a number as Amazon states it; None where nothing is left of it."""
    number = "".join(c for c in text.upper() if c.isascii() and (c.isalnum() or c in "+*"))
    if not number:
        return None
    prefix, rest = number[:2], number[2:]
    # The Greek prefix is EL, but people write GR.
    form = _FORMS.get("EL" if prefix == "GR" else prefix)
    if form is not None:
        good = form.fullmatch(rest) is not None
    else:
        good = prefix in COUNTRIES and len(rest) >= _SHORTEST and bool(_OTHER_FORM.fullmatch(rest))
    return VatNumber(number, _COUNTRY_OF_PREFIX.get(prefix, prefix) if good else BAD)


def shortened(text: str) -> str:
    """Return what a log may tell of a number: a sole trader's is a person's.

    The beginning and the end, by which `deliveries show` is recognised as telling of the same.
    """
    return f"{text[:2]}…{text[-2:]}" if len(text) > _TELLING else "…"


def holds_number(text: str, number: str) -> bool:
    """Tell whether a code was made of a number, or of so much of it that it can be known again."""
    inside, sought = (plain_code(one) for one in (text, number))
    run = min(_TELLING, len(sought))
    return any(sought[at : at + run] in inside for at in range(len(sought) - run + 1))


def forms(number: str) -> tuple[str, ...]:
    """Return a number as others may write it: whole, and without the letters of its country."""
    rest = number[2:]
    return (number, rest) if len(rest) >= _SHORTEST else (number,)
