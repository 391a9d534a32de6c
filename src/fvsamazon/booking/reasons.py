"""Why an order is held: a stable code with its values, said in English or Lithuanian.

A reason is stored as code and values, so that one stored today can be read in the language chosen
tomorrow. Codes never change; sentences may. No value is personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fvsamazon.booking.reason_texts import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.texts import Language, Text


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a hold; `values` are texts that stand in its sentence and its remedy."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> Text:
        return REASONS[self.code][0]

    @property
    def remedy(self) -> Text:
        return REASONS[self.code][1]

    def say(self, language: Language = "en") -> str:
        """Return the sentence alone."""
        return self.text.say(language, **self.values)

    def say_remedy(self, language: Language = "en") -> str:
        """Return what to do about it."""
        return self.remedy.say(language, **self.values)

    def as_line(self, language: Language = "en") -> str:
        """Return code, sentence and remedy as one line."""
        return f"{self.code}: {self.say(language)} {self.say_remedy(language)}"


def reason(code: str, /, **values: object) -> Reason:
    """Make a reason; values become texts here, once."""
    return Reason(code, {name: str(value) for name, value in values.items()})
