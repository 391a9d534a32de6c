"""Finds protected values in a text, and pieces of them that were cut, wrapped or shouted.

In: every spelling of every secret. Out: a text without them. A server that repeats what it was
sent may cut it short, break it over lines or change the case of its letters, so whatever has
`SHORTEST` characters of a spelling in a row goes. Only ASCII letters are folded: folding others
changes the length of a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST: Final = 12
"""Characters of a secret in a row that are removed wherever they stand; fewer may be a word."""

_WINDOW: Final = 8
_STEP: Final = SHORTEST - _WINDOW + 1
"""Any run of SHORTEST characters holds a whole window that begins at a multiple of this."""

_FOLD: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def folded(text: str) -> str:
    """Return text in lower case and of the same length."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


class Pieces:
    """An index over spellings; rebuilt whenever they change.

    Of `whole` no pieces are looked for: an address with a password in it has nothing secret in its
    scheme and host, which other lines must name.
    """

    def __init__(self, spellings: Iterable[str], whole: Iterable[str] = ()) -> None:
        broken = {folded(one) for one in spellings}
        every = broken | {folded(one) for one in whole}
        self._whole = tuple(sorted(every, key=len, reverse=True))
        self._windows: dict[str, list[tuple[str, int]]] = {}
        for spelling in broken:
            if len(spelling) < SHORTEST:
                continue
            for start in range(0, len(spelling) - _WINDOW + 1, _STEP):
                found = self._windows.setdefault(spelling[start : start + _WINDOW], [])
                found.append((spelling, start))

    def remove(self, text: str, mark: str) -> str:
        """Return `text` with `mark` in the place of every spelling and every piece of one."""
        if not self._whole:
            return text
        low = folded(text)
        spans = self._whole_spans(low)
        if self._windows:
            spans += self._piece_spans(low)
        if not spans:
            return text
        made, end = [], 0
        for start, stop in sorted(spans):
            if start >= end:
                made += [text[end:start], mark]
            end = max(end, stop)
        return "".join([*made, text[end:]])

    def _whole_spans(self, low: str) -> list[tuple[int, int]]:
        found = []
        for spelling in self._whole:
            start = low.find(spelling)
            while start >= 0:
                found.append((start, start + len(spelling)))
                start = low.find(spelling, start + len(spelling))
        return found

    def _piece_spans(self, low: str) -> list[tuple[int, int]]:
        found = []
        windows = self._windows
        place, last = 0, len(low) - _WINDOW
        while place <= last:
            known = windows.get(low[place : place + _WINDOW])
            if known is None:
                place += 1
                continue
            start, stop = max((_grown(low, place, *one) for one in known), key=_length)
            if stop - start >= SHORTEST:
                found.append((start, stop))
                place = stop
            else:
                place += 1
        return found


def _grown(low: str, place: int, spelling: str, start: int) -> tuple[int, int]:
    """Return how far text and spelling agree around a window that they share."""
    left = 0
    while left < min(place, start) and low[place - left - 1] == spelling[start - left - 1]:
        left += 1
    right = _WINDOW
    most = min(len(low) - place, len(spelling) - start)
    while right < most and low[place + right] == spelling[start + right]:
        right += 1
    return place - left, place + right


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0]
