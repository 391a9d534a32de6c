"""Takes what must not be logged out of a text that Finvalda sent.

A database error may quote the very value that did not fit: a buyer's name, or a connection string.
Finvalda's words are kept for people all the same, with every word that we sent as such a value
replaced.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from fvsamazon.logs import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "***"

_SHORTEST = 3
"""Characters; shorter words are in every sentence."""

_INSIDE = 5
"""Characters from which a word goes with whatever it is glued to (`pav_Kanarėlytė`)."""

_WORD = re.compile(r"\w+")


def scrub(text: str, private: Iterable[str]) -> str:
    """Return `text` with the private values, and every word of them, replaced.

    A database may quote a value cut short, so a word that starts one of ours goes too.
    """
    values = [value for value in private if value.strip()]
    if not text:
        return text
    # Also as encoders write them, and whatever looks like a secret or an e-mail address.
    text = redacted(text, *values)
    if not values:
        return text
    for value in sorted(values, key=len, reverse=True):
        text = re.sub(re.escape(value), HIDDEN, text, flags=re.IGNORECASE)
    words = {
        _plain(word) for value in values for word in _WORD.findall(value) if len(word) >= _SHORTEST
    }
    return _WORD.sub(lambda match: _hide(match.group(), words), text)


def _hide(word: str, words: set[str]) -> str:
    folded = _plain(word)
    if len(folded) < _SHORTEST:
        return word
    hidden = any(
        private.startswith(folded) or (len(private) >= _INSIDE and private in folded)
        for private in words
    )
    return HIDDEN if hidden else word


def _plain(word: str) -> str:
    """Return a word without case and without the marks of its letters, which databases lose."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))
