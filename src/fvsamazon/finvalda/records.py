"""What Finvalda's lists tell, as plain frozen values.

Rows come in with English or Lithuanian names, numbers as numbers or as text, codes padded with
spaces and dates without a zone; out go typed records. A row that lacks what it must say raises
`UnreadableAnswer`: it must not pass for another one, and not for none. Names and addresses of
buyers stay out of every repr.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal

from fvsamazon.finvalda.wire import Row, UnreadableAnswer, number

_MOMENT = re.compile(
    r"(\d{4})[-.](\d{2})[-.](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?Z?"
)


class OpClass(enum.StrEnum):
    """Lists of operations that can be searched, by the name that Finvalda gives them."""

    SALES = "Sales"
    RESERVATIONS = "SalesReservations"
    UVM_RESERVATIONS = "OMMSales"
    """Reservations of the order module: `GetOperations` lacks them, other methods have them."""


@dataclass(frozen=True, slots=True)
class Saved:
    """How Finvalda knows an operation that it has just saved."""

    series: str
    document: str
    journal: str
    number: int


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation of a list; `amount` includes VAT, in the operation's currency."""

    journal: str
    number: int
    series: str
    document: str
    client: str
    currency: str
    amount: Decimal
    titles: tuple[str, str, str, str, str]
    date: date | None
    user: str
    created: datetime | None


@dataclass(frozen=True, slots=True)
class Product:
    """A product card."""

    code: str
    title: str
    barcode: str
    vat_percent: Decimal | None
    active: bool


@dataclass(frozen=True, slots=True)
class BarcodeMatch:
    """A product that carries a bar code; several products may share one."""

    code: str
    barcode: str


@dataclass(frozen=True, slots=True)
class PartnerProduct:
    """A product's code in a partner's catalogue."""

    client: str
    product: str
    partner_product: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service card."""

    code: str
    title: str
    vat_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Client:
    """A client card, which may be a natural person's."""

    code: str
    title: str = field(repr=False)
    vat_code: str = field(repr=False)
    country: str
    active: bool


@dataclass(frozen=True, slots=True)
class Address:
    """An address card of a client."""

    client: str
    code: str
    info: tuple[str, str, str] = field(repr=False)
    city: str = field(repr=False)
    post_code: str = field(repr=False)
    country: str
    street: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CurrencyRate:
    """EUR for one unit of a currency on one day."""

    code: str
    date: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """A document series; `kind` 0 = invoices, 1 = payments."""

    code: str
    title: str
    kind: int | None


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A warehouse."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class VatCode:
    """A VAT code with its percentage."""

    code: str
    title: str
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a Finvalda user may work with; None where nothing is restricted."""

    warehouses: frozenset[str] | None
    clients: frozenset[str] | None


class Reader:
    """Reads one row under any of a value's names."""

    def __init__(self, row: Row, what: str) -> None:
        self._row = row
        self._what = what

    def text(self, *names: str) -> str:
        """Return a text without its padding; empty where the row has none."""
        value = self._find(names)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return str(value)
        raise UnreadableAnswer(f"{self._what}: {names[0]} is no text")

    def code(self, *names: str) -> str:
        """Return an identifier, which must be there. Spaces inside and in front belong to it."""
        value = self._find(names)
        shown = value.rstrip() if isinstance(value, str) else self.text(*names)
        if not shown:
            raise UnreadableAnswer(f"{self._what}: no {names[0]}")
        return shown

    def decimal(self, *names: str) -> Decimal | None:
        """Return a number; None where the row has none."""
        value = self._find(names)
        if isinstance(value, Decimal):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return number(value if isinstance(value, str) else "")
        except ValueError:
            raise UnreadableAnswer(f"{self._what}: {names[0]} is no number") from None

    def amount(self, *names: str) -> Decimal:
        """Return a number that must be there."""
        value = self.decimal(*names)
        if value is None:
            raise UnreadableAnswer(f"{self._what}: no {names[0]}")
        return value

    def whole(self, *names: str) -> int | None:
        """Return a whole number; None where the row has none."""
        value = self.decimal(*names)
        if value is None:
            return None
        if value != value.to_integral_value():
            raise UnreadableAnswer(f"{self._what}: {names[0]} is no whole number")
        return int(value)

    def flag(self, *names: str, default: bool) -> bool:
        """Return a yes or no, which comes as 0 and 1 or as true and false."""
        value = self._find(names)
        if value is None or value == "":
            return default
        return str(value).strip().lower() not in ("0", "false")

    def moment(self, zone: tzinfo, *names: str) -> datetime | None:
        """Return a time, which Finvalda tells in its own zone; None where there is none."""
        shown = self.text(*names)
        if not shown:
            return None
        match = _MOMENT.fullmatch(shown)
        if match is None:
            raise UnreadableAnswer(f"{self._what}: {names[0]} is no date")
        year, month, day, hour, minute, second, fraction = match.groups()
        try:
            return datetime(
                int(year),
                int(month),
                int(day),
                int(hour or 0),
                int(minute or 0),
                int(second or 0),
                int((fraction or "").ljust(6, "0")[:6]),
                tzinfo=zone,
            )
        except ValueError:
            raise UnreadableAnswer(f"{self._what}: {names[0]} is no date") from None

    def day(self, zone: tzinfo, *names: str) -> date | None:
        """Return the day of a time."""
        moment = self.moment(zone, *names)
        return None if moment is None else moment.date()

    def _find(self, names: tuple[str, ...]) -> object:
        for name in names:
            if name in self._row:
                return self._row[name]
        return None


def operation_row(row: Row, zone: tzinfo) -> OperationRow:
    """Return one operation; English names come from `GetOperations`, Lithuanian from UVM lists."""
    read = Reader(row, "operation")
    op_number = read.whole("op_number", "numeris")
    if op_number is None:
        raise UnreadableAnswer("operation: no op_number")
    first, second, third, fourth, fifth = (
        read.text(f"description{index}", f"pavadinimas{index}") for index in range(1, 6)
    )
    return OperationRow(
        journal=read.code("journal", "zurnalas"),
        number=op_number,
        series=read.text("series", "serija"),
        document=read.text("order_number", "dokumentas"),
        client=read.text("client", "kliento_kodas", "klientas"),
        currency=read.text("currency", "valiuta"),
        amount=read.amount("amount", "suma"),
        titles=(first, second, third, fourth, fifth),
        date=read.day(zone, "op_date", "data"),
        user=read.text("user_name", "vartotojas"),
        created=read.moment(zone, "date_created", "sukurimo_data"),
    )
