"""Reads a `match = { … }`: facts and values checked against the catalogue of facts.

In: the table that holds it. Out: a `Match`. An unknown fact, a value that a fact never has, or
bounds on a fact that is no number are faults: such a rule would never fit, and nobody would know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.decimals import plain, to_decimal
from fvsamazon.booking.fact_names import (
    FACT_NAMES,
    FLAG_FACTS,
    NUMBER_FACTS,
    known_values,
    normal_value,
)
from fvsamazon.booking.matching import UNKNOWN, Condition, Match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fvsamazon.booking.toml_tables import TomlTable

_SPECIAL: Final = ("not", "min", "max")


@dataclass(frozen=True, slots=True)
class MatchReader:
    """Reads matches; knows the programmes and schemes that `[known]` lets in."""

    programmes: frozenset[str]
    schemes: frozenset[str]

    def read(self, table: TomlTable) -> Match:
        asked = table.sub("match")
        if asked is None:
            return Match()
        conditions = []
        for fact in asked.keys():  # noqa: SIM118 - a table, not a mapping
            wanted = asked.take(fact)
            if fact not in FACT_NAMES:
                asked.fault("unknown_fact", fact, name=fact, known=FACT_NAMES)
                continue
            condition = self._condition(asked, fact, wanted)
            if condition is not None:
                conditions.append(condition)
        return Match(tuple(conditions))

    def _condition(self, table: TomlTable, fact: str, wanted: object) -> Condition | None:
        if isinstance(wanted, dict):
            return self._special(table, fact, wanted)
        values = self._values(table, fact, wanted)
        return None if values is None else Condition(fact, values)

    def _special(self, table: TomlTable, fact: str, wanted: dict[str, object]) -> Condition | None:
        strange = next((key for key in wanted if key not in _SPECIAL), None)
        if strange is not None:
            table.fault("unknown_key", fact, name=strange, known=_SPECIAL)
        elif "not" not in wanted:
            return self._bounded(table, fact, wanted)
        elif len(wanted) > 1:
            table.fault("not_with_bounds", fact)
        else:
            values = self._values(table, fact, wanted["not"])
            return None if values is None else Condition(fact, values, negated=True)
        return None

    def _bounded(self, table: TomlTable, fact: str, wanted: dict[str, object]) -> Condition | None:
        bounds = {key: to_decimal(value) for key, value in wanted.items()}
        low, high = bounds.get("min"), bounds.get("max")
        if fact not in NUMBER_FACTS:
            table.fault("bounds_on_text", fact, name=fact)
        elif not bounds or None in bounds.values():
            table.fault("want_bounds", fact)
        elif low is not None and high is not None and low > high:
            table.fault("bounds_crossed", fact, low=low, high=high)
        else:
            return Condition(fact, low=low, high=high)
        return None

    def _values(self, table: TomlTable, fact: str, wanted: object) -> tuple[str | bool, ...] | None:
        several: Sequence[object] = wanted if isinstance(wanted, list) else [wanted]
        if not several:
            table.fault("empty_list", fact)
            return None
        found = [self._value(table, fact, one) for one in several]
        kept = tuple(one for one in found if one is not None)
        return kept if len(kept) == len(found) else None

    def _value(self, table: TomlTable, fact: str, wanted: object) -> str | bool | None:
        if wanted == UNKNOWN:
            return UNKNOWN
        if fact in FLAG_FACTS:
            if isinstance(wanted, bool):
                return wanted
            table.fault("want_flag_fact", fact, name=fact)
        elif fact in NUMBER_FACTS:
            number = to_decimal(wanted)
            if number is not None:
                return plain(number)
            table.fault("want_number", fact)
        elif isinstance(wanted, str):
            return self._text(table, fact, wanted)
        else:
            table.fault("want_text", fact)
        return None

    def _text(self, table: TomlTable, fact: str, wanted: str) -> str | None:
        value = normal_value(fact, wanted, programmes=self.programmes, schemes=self.schemes)
        if not value:
            known = known_values(fact, programmes=self.programmes, schemes=self.schemes)
            table.fault("no_such_value", fact, fact=fact, name=wanted, known=(*known, UNKNOWN))
            return None
        return value
