"""Which rule fits: facts of an order or an item in, the first table that fits out.

Facts are plain values by name; None is a fact that is not known. A condition compares one fact
with a value, several values, their absence, or bounds. An unknown fact never fits a condition
that asks for anything but `UNKNOWN`: what nobody knows must not choose a VAT code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, Protocol, TypeVar

from fvsamazon.booking.decimals import plain
from fvsamazon.booking.zones import is_eu

FactValue = str | bool | Decimal | tuple[str, ...] | None
Facts = Mapping[str, FactValue]

UNKNOWN: Final = "UNKNOWN"
EU: Final = "EU"

EU_FACTS: Final = frozenset({"ship_from", "ship_to", "buyer_vat_country"})
"""Facts for which `EU` stands for every member state and Northern Ireland."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a `match` asks of one fact; `values` are alternatives, bounds are inclusive."""

    fact: str
    values: tuple[str | bool, ...] = ()
    negated: bool = False
    low: Decimal | None = None
    high: Decimal | None = None

    def fits(self, value: FactValue) -> bool:
        if value is None:
            return not self.negated and UNKNOWN in self.values
        if self.low is not None or self.high is not None:
            return isinstance(value, Decimal) and self._within(value)
        several = value if isinstance(value, tuple) else (value,)
        found = any(_equal(self.fact, wanted, one) for wanted in self.values for one in several)
        return found is not self.negated

    def _within(self, value: Decimal) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Match:
    """All conditions of one table; with none of them it fits everything."""

    conditions: tuple[Condition, ...] = ()

    def fits(self, facts: Facts) -> bool:
        return all(condition.fits(facts.get(condition.fact)) for condition in self.conditions)

    def asks(self, fact: str) -> bool:
        return any(condition.fact == fact for condition in self.conditions)

    def unknown(self, facts: Facts) -> tuple[str, ...]:
        """Return the facts that this match asks for and nobody knows."""
        return tuple(
            condition.fact
            for condition in self.conditions
            if facts.get(condition.fact) is None and not condition.fits(None)
        )


class Matched(Protocol):
    """A table of the rules file that has a `match`."""

    @property
    def match(self) -> Match: ...


TableT = TypeVar("TableT", bound=Matched)


def first_fitting(tables: Iterable[TableT], facts: Facts) -> TableT | None:
    """Return the first table whose match fits, as the rules file is read from the top."""
    return next((table for table in tables if table.match.fits(facts)), None)


def fits_pattern(pattern: str, text: str) -> bool:
    """Compare text with a pattern in which * is any text and ? any one character."""
    return _compiled(pattern).fullmatch(text) is not None


def pattern_parts(pattern: str, text: str) -> tuple[str, ...] | None:
    """Return what each * and each run of ? stood for, or None where the pattern does not fit."""
    found = _compiled(pattern).fullmatch(text)
    return found.groups() if found else None


def pattern_places(pattern: str) -> int:
    """Return how many parts `pattern_parts` of this pattern has."""
    return _compiled(pattern).groups


def show(value: FactValue) -> str:
    """Return a fact as people read it in a rule or a reason."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "+".join(value)
    return plain(value) if isinstance(value, Decimal) else value


def _equal(fact: str, wanted: str | bool, value: str | bool | Decimal) -> bool:  # noqa: FBT001
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    text = value if isinstance(value, str) else plain(value)
    if fact == "sku":
        return fits_pattern(wanted, text)
    if wanted == EU and fact in EU_FACTS:
        return is_eu(text)
    return wanted.casefold() == text.casefold()


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*|\?+)", pattern)
    expression = "".join(
        "(.*)"
        if piece == "*"
        else f"(.{{{len(piece)}}})"
        if piece.startswith("?")
        else re.escape(piece)
        for piece in pieces
    )
    return re.compile(expression, re.DOTALL)
