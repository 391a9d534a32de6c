"""What can be wrong with the rules files, as sentences with a place and a remedy.

A fault is kept as a code of `SENTENCES` with its values, so that the same fault reads well in
English and in Lithuanian. `FaultList` collects; it never stops at the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.fault_texts import NEAREST, ONE_OF, PLACE, SENTENCES
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fvsamazon.texts import Language

_SHOWN: Final = 80
"""Characters of a value that a fault repeats."""
_FEW: Final = 14
"""Names up to this many are listed whole when none is near."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where, what, and which known names come near.

    `words` stand in its sentence beside `values`, in the reader's language.
    """

    file: str
    line: int
    code: str
    values: dict[str, str] = field(default_factory=dict)
    near: str | None = None
    choices: tuple[str, ...] = ()
    words: dict[str, Text] = field(default_factory=dict)

    def say(self, language: Language = "en") -> str:
        place = PLACE.say(language, file=self.file, line=self.line)
        sentence = SENTENCES[self.code].filled(**self.values, **self.words).say(language)
        if self.near is not None:
            return f"{place}: {sentence} {NEAREST.say(language, name=self.near)}"
        if self.choices:
            listed = ", ".join(self.choices)
            return f"{place}: {sentence} {ONE_OF.say(language, names=listed)}"
        return f"{place}: {sentence}"


class FaultList:
    """Collects the faults of one load."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(
        self, file: str, line: int, code: str, *, known: Iterable[str] = (), **values: object
    ) -> None:
        """Add a fault; `known` are the names of which `values["name"]` should have been one."""
        names = tuple(known)
        words = {
            key: Text(_cut(value.en), _cut(value.lt))
            for key, value in values.items()
            if isinstance(value, Text)
        }
        given = "" if "name" in words else _text(values.get("name", ""))
        near = nearest(given, names)
        shown = {key: _cut(_text(value)) for key, value in values.items() if key not in words}
        few = names if near is None and len(names) <= _FEW else ()
        self._faults.append(Fault(_cut(file), line, code, shown, near, few, words))

    def __bool__(self) -> bool:
        return bool(self._faults)

    def sorted(self) -> tuple[Fault, ...]:
        """Return the faults as a reader meets them: by file, then by line."""
        return tuple(sorted(self._faults, key=lambda fault: (fault.file, fault.line)))


def nearest(given: str, names: Iterable[str]) -> str | None:
    """Return the known name that `given` most likely meant."""
    folded = {name.casefold(): name for name in names}
    found = get_close_matches(given.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _text(value: object) -> str:
    try:
        return str(value)
    except ValueError:
        # A whole number of more digits than Python writes down; hexadecimal ones have no limit.
        return "…"


def _cut(text: str) -> str:
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    if short.isprintable():
        return short
    # Shown on a terminal, which no file may steer, and as one line of several.
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)
