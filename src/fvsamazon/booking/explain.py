"""Why a field of a document has its value: which rule and which figure led to it.

Each line and each document carries its explanations; `deliveries preview` says them. Like reasons,
they are a code with values and are put into words only when someone reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fvsamazon.booking.explain_texts import EXPLANATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.texts import Language


@dataclass(frozen=True, slots=True)
class Because:
    """One explanation of one field."""

    about: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    def say(self, language: Language = "en") -> str:
        return EXPLANATIONS[self.code].say(language, **self.values)


def because(about: str, code: str, /, **values: object) -> Because:
    """Make an explanation of the field `about`; values become texts here, once."""
    return Because(about, code, {name: str(value) for name, value in values.items()})
