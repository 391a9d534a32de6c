"""Sentences for people, in the two languages that the product speaks.

A `Text` is kept whole until someone reads it, so that a reason stored today can be shown in the
language chosen tomorrow. Values are filled in by name. One that is itself a text is said in the
reader's language; any other is never translated.

One word each in Lithuanian: daemon tarnyba, settings nustatymai, role vaidmuo, user naudotojas,
book įtraukti (į Finvaldą), record įrašyti (į duomenų bazę), refresh token atnaujinimo raktas;
„Amazon“ and „Seller Central“ stand in quotation marks, Finvalda is declined without them.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["en", "lt"]


@runtime_checkable
class Sayable(Protocol):
    """Whatever can be said in either language."""

    def say(self, language: Language = "en", /) -> str:
        """Return it in `language`."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in English and Lithuanian, with `{name}` places for values."""

    en: str
    lt: str

    def say(self, language: Language = "en", /, **values: object) -> str:
        """Return the sentence in `language` with its places filled."""
        template = self.lt if language == "lt" else self.en
        return template.format(**values) if values else template

    def filled(self, **values: object) -> Sentence:
        """Return the sentence with its values, to be said when someone reads it."""
        return Sentence(self, values)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text with its values; those that are texts themselves follow the language."""

    text: Text
    values: Mapping[str, object]

    def say(self, language: Language = "en", /) -> str:
        return self.text.say(
            language, **{name: _said(value, language) for name, value in self.values.items()}
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """Things in a row, the last one behind a word: `a, b and c`."""

    word: Text
    things: tuple[object, ...]

    def say(self, language: Language = "en", /) -> str:
        *first, last = (str(_said(thing, language)) for thing in self.things)
        return f"{', '.join(first)} {self.word.say(language)} {last}" if first else last


@dataclass(frozen=True, slots=True)
class Counted:
    """A sentence about a number of things, `{count}`: one of them, or any other number.

    Lithuanian has a third form for tens and teens; its sentences put the number behind a colon,
    where one form does.
    """

    one: Text
    many: Text

    def say(self, language: Language, count: int, /, **values: object) -> str:
        """Return the sentence that goes with `count`."""
        return (self.one if count == 1 else self.many).say(language, count=count, **values)


_SYSTEM: Mapping[int, str] = {
    errno.ENOENT: "tokio failo ar aplanko nėra",
    errno.EACCES: "trūksta teisių",
    errno.EPERM: "tam nėra teisės",
    errno.EISDIR: "tai aplankas",
    errno.ENOTDIR: "kelyje yra failas, o ne aplankas",
    errno.ENOSPC: "diske nebėra vietos",
    errno.EDQUOT: "viršyta disko kvota",
    errno.EROFS: "failų sistema skirta tik skaityti",
    errno.EIO: "įvesties ar išvesties klaida",
    errno.ELOOP: "simbolinės nuorodos sukasi ratu",
    errno.ENAMETOOLONG: "per ilgas failo vardas",
    errno.EMFILE: "atverta per daug failų",
    errno.ENXIO: "tokio įrenginio nėra",
    errno.EADDRINUSE: "adresas jau užimtas",
    errno.ENOTEMPTY: "aplankas netuščias",
}
"""What the system says most often; what is missing here is told in its own English."""


def system_trouble(error: OSError) -> Text:
    """Return why the system refused something."""
    if isinstance(error, Sayable):
        return both(error)
    told = error.strerror or type(error).__name__
    return Text(en=told, lt=_SYSTEM.get(error.errno or 0, told))


def both(told: Sayable) -> Text:
    """Return what was told as it is kept: whole, in both languages."""
    return Text(en=told.say("en"), lt=told.say("lt"))


def _said(value: object, language: Language) -> object:
    return value.say(language) if isinstance(value, Sayable) else value
