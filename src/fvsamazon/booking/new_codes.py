"""Codes of cards that are made here, as Finvalda takes a new one: capital letters and digits alone.

In: any text. Out: what is left of it. Cutting it to a field's length is the caller's: whoever cuts
has to ask whether the short code means another card already.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NOT_IN_CODES: Final = re.compile(r"[^A-Z0-9]")
_NOT_ASCII: Final = str.maketrans(
    {"ß": "SS", "Æ": "AE", "Ø": "O", "Œ": "OE", "Ł": "L", "Đ": "D", "Þ": "TH"}
)


def plain_code(text: str) -> str:
    """Return a text's own capital letters and digits; other letters are dropped."""
    return _NOT_IN_CODES.sub("", text.upper())


def client_code(text: str) -> str:
    """Return a text with its letters spelled in the Latin ones that they come from."""
    return plain_code(unicodedata.normalize("NFKD", text.upper().translate(_NOT_ASCII)))
