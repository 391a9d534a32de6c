"""One table of the rules file while it is read: takes keys out, checks them, reports the rest.

In: what `tomllib` made of the file (decimals as `Decimal`). Out: checked values; every fault goes
to the list with its line, and reading goes on with the default, so that one pass finds all faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.decimals import to_decimal
from fvsamazon.booking.fact_names import PERCENT, TEMPLATE_NAMES
from fvsamazon.booking.templates import fixed_length, has_stray_brace, names_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fvsamazon.booking.faults import FaultList
    from fvsamazon.booking.rules_lines import LineIndex, Path

_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Source:
    """The file being read, and where its faults go."""

    file: str
    index: LineIndex
    faults: FaultList


class TomlTable:
    """Reads one table; `label` is how its name is written ("[[vat]]")."""

    def __init__(self, source: Source, data: Mapping[str, object], path: Path, label: str) -> None:
        self.source = source
        self.path = path
        self.label = label
        self._data = dict(data)
        self._asked: set[str] = set()

    @property
    def line(self) -> int:
        return self.source.index.line(self.path)

    def fault(
        self, code: str, key: str = "", *, known: Iterable[str] = (), **values: object
    ) -> None:
        line = self.source.index.line((*self.path, key)) if key else self.line
        name = self.label or self.source.file
        self.source.faults.add(
            self.source.file, line, code, known=known, table=name, key=key, **values
        )

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def keys(self) -> tuple[str, ...]:
        return tuple(self._data)

    def take(self, key: str) -> object | None:
        """Return a raw value and count the key as known."""
        self._asked.add(key)
        return self._data.get(key)

    def finish(self) -> None:
        """Report the keys that nothing asked for."""
        for key in self._data:
            if key not in self._asked:
                self.fault("unknown_key", key, name=key, known=sorted(self._asked))

    def text(self, key: str, *, limit: int | None = None, filled: bool = False) -> str | None:
        """Return a text without templates; `filled` refuses an empty one."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault("want_text", key)
            return None
        if filled and not value.strip():
            self.fault("want_filled", key)
            return None
        if limit is not None and len(value) > limit:
            self.fault("too_long", key, value=value, length=len(value), limit=limit)
        return value

    def template(
        self, key: str, *, limit: int | None = None, filled: bool = False, percent: bool = False
    ) -> str | None:
        """Return a text that may hold facts in braces; only a VAT code may hold the percentage."""
        value = self.text(key, filled=filled)
        if value is not None:
            self.check_template(key, value, limit=limit, percent=percent)
        return value

    def check_template(
        self, key: str, value: str, *, limit: int | None = None, percent: bool = False
    ) -> None:
        allowed = (*TEMPLATE_NAMES, PERCENT) if percent else TEMPLATE_NAMES
        if has_stray_brace(value):
            self.fault("stray_brace", key, value=value)
        for name in names_in(value):
            if name == PERCENT and not percent:
                self.fault("percent_elsewhere", key, place="{percent}")
            elif name not in allowed:
                self.fault("unknown_brace", key, name=name, known=allowed)
        if limit is not None and fixed_length(value) > limit:
            self.fault("too_long", key, value=value, length=fixed_length(value), limit=limit)

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, str) or value not in allowed:
            self.fault("not_allowed", key, name=value, known=allowed)
            return default
        return value

    def flag(self, key: str) -> bool | None:
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return value
        self.fault("want_flag", key)
        return None

    def day(self, key: str) -> date | None:
        value = self.take(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is not None:
            self.fault("want_date", key)
        return None

    def number(self, key: str) -> Decimal | None:
        """Return a number, or one written as text; None where missing or faulty."""
        value = self.take(key)
        if value is None:
            return None
        found = to_decimal(value)
        if found is None:
            self.fault("want_number", key)
        return found

    def percentage(self, key: str) -> Decimal | None:
        found = self.number(key)
        if found is not None and not 0 <= found < _HUNDRED:
            self.fault("not_percentage", key, value=found)
            return None
        return found

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts; one text counts as a list of one."""
        value = self.take(key)
        if value is None:
            return None
        several = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in several):
            self.fault("want_texts", key)
            return None
        return tuple(several)

    def sub(self, key: str) -> TomlTable | None:
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault("want_table", key)
            return None
        return TomlTable(self.source, value, (*self.path, key), f"{self.label}.{key}".lstrip("."))

    def subs(self, key: str, label: str) -> tuple[TomlTable, ...]:
        """Return a list of tables, in order."""
        value = self.take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.fault("want_tables", key, header=label)
            return ()
        return tuple(
            TomlTable(self.source, one, (*self.path, key, place), label)
            for place, one in enumerate(value)
        )
