"""Texts with facts in braces: `AMZ {order_id}`, `OSS{ship_to}{percent}`.

In: a template and values by name. Out: the text, and the names whose value is not known. Braces
that name nothing are a fault of the rules file, found when it is read, so that rendering is total.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.decimals import plain
from fvsamazon.booking.matching import FactValue, show
from fvsamazon.booking.reasons import Reason, reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from fvsamazon.texts import Text

_NAME: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A filled template; `missing` are names that nobody knows, shown as UNKNOWN in the text."""

    text: str
    missing: tuple[str, ...] = ()


def names_in(template: str) -> tuple[str, ...]:
    """Return the names in braces, as they stand."""
    return tuple(_NAME.findall(template))


def has_stray_brace(template: str) -> bool:
    """Say whether a brace belongs to no pair."""
    return any(c in "{}" for c in _NAME.sub("", template))


def fixed_length(template: str) -> int:
    """Return the length of what stands outside braces: the text will be at least so long."""
    return len(_NAME.sub("", template))


def render(template: str, values: Mapping[str, FactValue]) -> Rendered:
    """Fill a template; an unknown value is shown and told."""
    missing: list[str] = []

    def fill(found: re.Match[str]) -> str:
        value = values.get(found[1])
        if value is None:
            missing.append(found[1])
        return show(value)

    return Rendered(_NAME.sub(fill, template), tuple(missing))


def template_reasons(
    where: str | Text, template: str, missing: tuple[str, ...]
) -> tuple[Reason, ...]:
    """Return a reason where a code's template needs a fact that nobody knows."""
    if not missing:
        return ()
    known = names_in(template)
    names = ", ".join(dict.fromkeys(name for name in known if name in missing))
    return (reason("template_unknown", field=where, template=template, names=names),)


def too_long(where: str | Text, text: str, limit: int) -> Reason:
    """Return the reason for a text that Finvalda would cut."""
    return reason("text_too_long", field=where, text=text, length=len(text), limit=limit)


def compact_percent(percent: Decimal) -> str:
    """Return a percentage as a VAT code holds it: 21 as "21", 5.5 as "55"."""
    return plain(percent).replace(".", "")
