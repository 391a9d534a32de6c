"""Reads `booking.toml` and the product table beside it: the accountant's rules, or every fault.

In: the path of the file. Out: frozen `Rules`, or a `ConfigError` with every fault at once, each
with its file, its line and its remedy. The only input and output of the folder `booking` is here.
"""

from __future__ import annotations

import io
import re
import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fvsamazon import files
from fvsamazon.booking.faults import Fault, FaultList
from fvsamazon.booking.match_reading import MatchReader
from fvsamazon.booking.product_table import read_product_table
from fvsamazon.booking.rule_types import (
    DEFAULT_TABLE,
    DocumentRules,
    OverrideRule,
    ProductRow,
    ProductRules,
    Rules,
)
from fvsamazon.booking.rules_checks import check_classes, check_rates
from fvsamazon.booking.rules_lines import index_lines
from fvsamazon.booking.rules_order import check_order
from fvsamazon.booking.rules_reading import (
    SERVICE_LIMIT,
    WAYS,
    check_numbering,
    read_client,
    read_document,
    read_known,
    read_money,
    read_pattern,
    read_rates,
    read_services,
    read_skip,
    read_vat,
    read_warehouse,
)
from fvsamazon.booking.toml_tables import Source, TomlTable
from fvsamazon.booking.toml_texts import TOO_MUCH, said_of_toml
from fvsamazon.errors import ConfigError
from fvsamazon.texts import Text, system_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

    from fvsamazon.texts import Language


__all__ = ["Fault", "Parsed", "Rules", "load", "parse"]

FILE_LIMIT: Final = 16 << 20
"""Bytes of a rules file or a product table; half a million products fit."""
DEFAULT_TIME_ZONE: Final = "Europe/Vilnius"
_DEFAULT_WAYS: Final = ("table", "code", "barcode", "partner")
_SERVICE: Final = "service:"
_NO_NAME: Final = Text(
    "its name holds a character that no path has", "varde yra ženklas, kurio jame būti negali"
)
_TOO_LARGE: Final = Text("File too large", "failas per didelis")
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The outcome of reading: rules where there are no faults, else the faults."""

    rules: Rules | None
    faults: tuple[Fault, ...]


def load(path: Path) -> Rules:
    """Read the rules file at `path`, and the product table that it names beside itself."""

    def beside(name: str) -> str:
        return _text_of(path.parent / name)

    try:
        text = _text_of(path)
    except UnicodeDecodeError:
        parsed = Parsed(None, (Fault(path.name, 1, "not_utf8"),))
    except OSError as error:
        words = {"name": system_trouble(error)}
        parsed = Parsed(None, (Fault(str(path), 1, "unreadable", words=words),))
    else:
        parsed = parse(text, file=path.name, read_table=beside)
    if parsed.rules is None:
        raise ConfigError(parsed.faults)
    return parsed.rules


def _text_of(path: Path) -> str:
    """Return the text of a file; raises `UnicodeDecodeError` and `OSError`.

    The path may be any that a person wrote: a device or a pipe must not be waited for.
    """
    try:
        raw, _ = files.read(path, FILE_LIMIT + 1)
    except ValueError as error:
        raise _Unfit(_NO_NAME) from error
    if len(raw) > FILE_LIMIT:
        raise _Unfit(_TOO_LARGE)
    return io.StringIO(raw.decode("utf-8-sig"), newline=None).getvalue()


class _Unfit(OSError):
    """A path that this program does not read from."""

    def __init__(self, text: Text) -> None:
        self._text = text
        super().__init__(text.say())

    def say(self, language: Language = "en", /) -> str:
        return self._text.say(language)


def parse(
    text: str, *, file: str = "booking.toml", read_table: Callable[[str], str] | None = None
) -> Parsed:
    """Read rules from a text; `read_table` gives the text of the product table by its name."""
    faults = FaultList()
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        detail = said_of_toml(_AT_LINE.sub("", str(error)).strip())
        faults.add(file, line, "not_toml", detail=detail)
        return Parsed(None, faults.sorted())
    except (ValueError, RecursionError, InvalidOperation):
        # Python's own limits: digits of a whole number or an exponent, depth of brackets.
        faults.add(file, 1, "not_toml", detail=TOO_MUCH)
        return Parsed(None, faults.sorted())
    source = Source(file, index_lines(text), faults)
    rules = _Reader(TomlTable(source, data, (), ""), source, read_table).read()
    return Parsed(None if faults else rules, faults.sorted())


class _Reader:
    """Reads the whole file, table by table."""

    def __init__(
        self, top: TomlTable, source: Source, read_table: Callable[[str], str] | None
    ) -> None:
        self._top = top
        self._source = source
        self._read_table = read_table
        self._table_name = DEFAULT_TABLE

    def read(self) -> Rules:
        top = self._top
        if top.take("version") != 1:
            top.fault("version", "version")
        book_from = top.day("book_from")
        if "book_from" not in top:
            top.fault("missing_key", name="book_from", example="book_from = 2026-12-01")
        known = read_known(self._section("known"))
        matches = MatchReader(known.programmes, known.schemes)
        document, overrides = self._document(matches)
        rates_table = self._section("rates")
        rules = Rules(
            book_from=cast("date", book_from),
            time_zone=self._time_zone(),
            document=document,
            overrides=overrides,
            skips=tuple(read_skip(one, matches) for one in self._list("skip")),
            clients=tuple(read_client(one, matches) for one in self._list("client")),
            warehouses=tuple(read_warehouse(one, matches) for one in self._list("warehouse")),
            products=self._products(),
            services=read_services(self._section("services")),
            money=read_money(self._section("money")),
            rates=read_rates(rates_table),
            vat=tuple(
                read_vat(one, matches, place)
                for place, one in enumerate(self._list("vat"), start=1)
            ),
            known=known,
        )
        top.finish()
        warnings = FaultList()
        check_rates(self._source.file, rules, warnings)
        check_classes(self._source.file, self._table_name, rules, warnings)
        check_order(self._source.file, rules, warnings)
        return replace(rules, warnings=warnings.sorted())

    def _section(self, name: str) -> TomlTable | None:
        table = self._top.sub(name)
        if table is not None:
            table.label = f"[{name}]"
        return table

    def _list(self, name: str) -> tuple[TomlTable, ...]:
        return self._top.subs(name, f"[[{name}]]")

    def _time_zone(self) -> ZoneInfo:
        name = self._top.text("time_zone", filled=True) or DEFAULT_TIME_ZONE
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError, RecursionError):
            # A path of thousands of folders is the last of these.
            self._top.fault("time_zone", "time_zone", name=name)
            return ZoneInfo("UTC")

    def _document(self, matches: MatchReader) -> tuple[DocumentRules, tuple[OverrideRule, ...]]:
        table = self._section("document")
        if table is None:
            return DocumentRules(), ()
        document = DocumentRules(**read_document(table))
        check_numbering(table, document)
        overrides = []
        for one in table.subs("override", "[[document.override]]"):
            match = matches.read(one)
            changes: dict[str, Any] = read_document(one)
            check_numbering(one, replace(document, **changes))
            one.finish()
            overrides.append(OverrideRule(match, changes, one.line))
        table.finish()
        return document, tuple(overrides)

    def _products(self) -> ProductRules:
        table = self._section("products") or TomlTable(self._source, {}, ("products",), "")
        by = table.texts("by")
        by = _DEFAULT_WAYS if by is None else by
        for way in dict.fromkeys(by):
            if way not in WAYS:
                table.fault("not_allowed", "by", name=way, known=WAYS)
            elif by.count(way) > 1:
                table.fault("by_twice", "by", name=way)
        class_name = table.text("class", filled=True) or "standard"
        unknown, service = self._unknown(table)
        patterns = tuple(
            read_pattern(one, class_name) for one in table.subs("pattern", "[[products.pattern]]")
        )
        named = table.text("table", filled=True)
        rows = self._rows(table, named, class_name, needed="table" in by and named is not None)
        table.finish()
        return ProductRules(by, cast("Any", unknown), service, class_name, rows, patterns)

    def _unknown(self, table: TomlTable) -> tuple[str, str | None]:
        written = table.text("unknown") or "hold"
        if written.startswith(_SERVICE):
            code = written.removeprefix(_SERVICE).strip()
            if not 1 <= len(code) <= SERVICE_LIMIT:
                table.fault("service_code", "unknown", limit=SERVICE_LIMIT)
            return "service", code
        if written not in {"hold", "create"}:
            table.fault(
                "not_allowed", "unknown", name=written, known=("hold", "create", "service:KITA")
            )
            return "hold", None
        return written, None

    def _rows(
        self, table: TomlTable, named: str | None, class_name: str, *, needed: bool
    ) -> Mapping[str, tuple[ProductRow, ...]]:
        """Read the product table; one that nobody named or asks need not be there."""
        name = self._table_name = named or DEFAULT_TABLE
        if self._read_table is None:
            return {}
        try:
            text = self._read_table(name)
        except UnicodeDecodeError:
            self._source.faults.add(name, 1, "not_utf8")
        except OSError as error:
            if needed or not isinstance(error, FileNotFoundError):
                why = system_trouble(error)
                detail = Text(f"{name}: {why.en}", f"{name}: {why.lt}")
                table.fault("unreadable", "table", name=detail)
        else:
            return read_product_table(text, name, self._source.faults, class_name)
        return {}
