"""Sentences for people, in the two languages that the product speaks.

A `Text` is kept whole until someone reads it, so that a reason stored today can be shown in the
language chosen tomorrow. Values are filled in by name; a value is never itself translated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "lt"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in English and Lithuanian, with `{name}` places for values."""

    en: str
    lt: str

    def say(self, language: Language = "en", /, **values: object) -> str:
        """Return the sentence in `language` with its places filled."""
        template = self.lt if language == "lt" else self.en
        return template.format(**values) if values else template
