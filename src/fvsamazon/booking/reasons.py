"""Why an order is held: a stable code with its values, said in English or Lithuanian.

A reason is stored as code and values, so that one stored today can be read in the language chosen
tomorrow. Codes never change; sentences may. No value is personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fvsamazon.booking.reason_texts import REASONS
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fvsamazon.texts import Language


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a hold: `values` stand in its sentence and its remedy as they are.

    `words` stand there too, in the reader's language: they are ours, not Amazon's or the rules'.
    """

    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Text] = field(default_factory=dict)

    @property
    def text(self) -> Text:
        return REASONS[self.code][0]

    @property
    def remedy(self) -> Text:
        return REASONS[self.code][1]

    def say(self, language: Language = "en") -> str:
        """Return the sentence alone."""
        return self.text.filled(**self.values, **self.words).say(language)

    def say_remedy(self, language: Language = "en") -> str:
        """Return what to do about it."""
        return self.remedy.filled(**self.values, **self.words).say(language)

    def as_line(self, language: Language = "en") -> str:
        """Return code, sentence and remedy as one line."""
        return f"{self.code}: {self.say(language)} {self.say_remedy(language)}"


def reason(code: str, /, **values: object) -> Reason:
    """Make a reason; values become texts here, once."""
    words = {name: value for name, value in values.items() if isinstance(value, Text)}
    plain = {name: str(value) for name, value in values.items() if name not in words}
    return Reason(code, plain, words)


def joined(texts: Iterable[Text], by: str = "; ") -> Text:
    """Return texts in a row."""
    every = tuple(texts)
    return Text(by.join(one.en for one in every), by.join(one.lt for one in every))
