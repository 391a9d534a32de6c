"""Checks a card or a document against the closed tables of Finvalda's fields, then writes it.

In comes a class name with values as Python has them; out goes a `Payload`, whose text is exactly
what is sent, or `InvalidPayload` with every fault at once. Finvalda ignores an unknown name without
a word and books a line without its sum at zero, so nothing that the tables do not know, and no
value that does not fit, may leave here. Money is never rounded, and never a binary float. Free text
is cut to its column and put into letters that the database holds; codes are refused instead, since
a changed code is another code.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from fvsamazon.finvalda.errors import InvalidPayload
from fvsamazon.finvalda.letters import fits_baltic, to_baltic
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection

Scalar = str | int | bool | Decimal | date | None
"""What a field may be given; None leaves the field out."""
Values = Mapping[str, "Scalar | Sequence[Mapping[str, Scalar]] | Mapping[str, Scalar]"]
"""Fields of one object, line groups among them."""


NOT_GIVEN = Text("must be given", "turi būti nurodyta")
_NO_TEXT = Text("text is expected", "turi būti tekstas")
_NO_DATE = Text("a date is expected", "turi būti data")
_NO_WHOLE = Text("a whole number is expected", "turi būti sveikasis skaičius")
_NO_FLAG = Text("0 or 1 is expected", "turi būti 0 arba 1")
_NO_NUMBER = Text("a decimal number is expected", "turi būti dešimtainis skaičius")
_NO_LINES = Text("lines are expected", "turi būti eilutės")
_NO_LINE = Text("a line is expected", "turi būti eilutė")
_LINELESS = Text("at least one must be given", "turi būti nurodyta bent viena")
_NO_FIELD = Text("Finvalda has no such field here", "tokio lauko čia Finvalda neturi")
_FOREIGN = Text("holds characters that Finvalda cannot store", "yra ženklų, kurių Finvalda neįrašo")
_TOO_LONG = Text("longer than {count} characters", "ilgiau, negu telpa ženklų: {count}")
_DIGITS = Text("more than {count} digits", "daugiau skaitmenų, negu telpa: {count}")
_DECIMALS = Text("more than {count} decimals", "daugiau skaitmenų po kablelio, negu telpa: {count}")


class Shape(enum.Enum):
    """How a value is checked and written."""

    CODE = "code"
    """An identifier: refused when too long or in foreign letters."""
    TEXT = "text"
    """Free text: spelled in Baltic letters and cut."""
    WHOLE = "whole"
    """Text that is worthless when cut (phone, e-mail): left out when too long."""
    DAY = "day"
    FLAG = "flag"
    COUNT = "count"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `length` in characters (0 = not told), `digits` and `decimals` of a number."""

    shape: Shape
    length: int = 0
    required: bool = False
    digits: int = 18
    decimals: int = 6


@dataclass(frozen=True, slots=True)
class Table:
    """The fields of one class in the order in which they are written.

    `groups` are the lines inside it; `either` are pairs of which one must be given.
    `numbers_as_text` follows the vendor's own samples: text in operations, numbers on cards.
    """

    fields: Mapping[str, Field]
    groups: Mapping[str, Table] = field(default_factory=dict)
    either: tuple[tuple[str, str], ...] = ()
    lines_required: bool = False
    numbers_as_text: bool = True
    single: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Payload:
    """What is sent of one card or document: checked, spelled and frozen.

    `cut` and `left_out` name the fields that did not fit. `texts` are the free texts inside, which
    may be personal: Finvalda's own words are cleared of them before they are logged.
    """

    item_class: str
    text: str = field(repr=False)
    cut: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    texts: frozenset[str] = field(default=frozenset(), repr=False)

    def document(self) -> Mapping[str, object]:
        """Return the fields as they are sent, under the class name."""
        inner = json.loads(self.text)[self.item_class]
        return MappingProxyType(inner)


def build(item_class: str, table: Table, values: Values, *, whole: Collection[str] = ()) -> Payload:
    """Return the payload of one object.

    `whole` names fields that must arrive uncut although they are free text: the title that an
    order is found by again.
    """
    writer = _Writer(frozenset(whole))
    written = writer.table(table, values, "")
    if writer.faults:
        raise InvalidPayload(item_class, writer.faults)
    return Payload(
        item_class=item_class,
        text=encode({item_class: written}),
        cut=tuple(writer.cut),
        left_out=tuple(writer.left_out),
        texts=frozenset(writer.texts),
    )


def about(name: str, fault: Text) -> Text:
    """Return what is wrong with a field."""
    return Text(f"{name}: {fault.en}", f"{name}: {fault.lt}")


def encode(value: object) -> str:
    """Return compact JSON in ASCII: the escapes pass any code page between here and the server."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


class _Writer:
    """Walks one object and collects what is wrong with it."""

    def __init__(self, whole: frozenset[str]) -> None:
        self.faults: list[Text] = []
        self.cut: list[str] = []
        self.left_out: list[str] = []
        self.texts: set[str] = set()
        self._whole = whole

    def table(self, table: Table, values: Values, path: str) -> dict[str, object]:
        self._names(table, values, path)
        written: dict[str, object] = {}
        for name, spec in table.fields.items():
            value = values.get(name)
            try:
                shown = None if value is None else self._value(path + name, spec, value)
            except _Fault as fault:
                self.faults.append(about(path + name, fault.text))
                continue
            if shown is not None:
                written[name] = shown if table.numbers_as_text else _as_number(spec, shown)
            if spec.required and shown in (None, ""):
                self.faults.append(about(path + name, NOT_GIVEN))
        for pair in table.either:
            if all(values.get(name) in (None, "") for name in pair):
                one, other = pair
                self.faults.append(
                    Text(
                        f"{path}{one} or {other}: {NOT_GIVEN.en}",
                        f"{path}{one} arba {other}: {NOT_GIVEN.lt}",
                    )
                )
        written.update(self._groups(table, values, path))
        return written

    def _names(self, table: Table, values: Values, path: str) -> None:
        self.faults.extend(
            about(path + name, _NO_FIELD)
            for name in values
            if name not in table.fields and name not in table.groups
        )

    def _groups(self, table: Table, values: Values, path: str) -> dict[str, object]:
        written: dict[str, object] = {}
        for name, inner in table.groups.items():
            group = values.get(name)
            if group is None:
                continue
            rows = [group] if isinstance(group, Mapping) else group
            if isinstance(rows, str) or not isinstance(rows, Sequence):
                self.faults.append(about(path + name, _NO_LINES))
                continue
            lines: list[dict[str, object]] = []
            for index, row in enumerate(rows):
                if not isinstance(row, Mapping):
                    self.faults.append(about(f"{path}{name}[{index}]", _NO_LINE))
                    continue
                lines.append(self.table(inner, row, f"{path}{name}[{index}]."))
            if lines:
                written[name] = lines[0] if name in table.single else lines
        if table.lines_required and not any(values.get(name) for name in table.groups):
            self.faults.append(about(f"{path}lines", _LINELESS))
        return written

    def _value(self, path: str, spec: Field, value: object) -> str | None:
        match spec.shape:
            case Shape.CODE:
                return _code(spec, value)
            case Shape.TEXT | Shape.WHOLE:
                return self._text(path, spec, value)
            case Shape.DAY:
                return _day(value)
            case Shape.FLAG | Shape.COUNT:
                return _whole_number(spec, value)
            case Shape.NUMBER:
                return _decimal(spec, value)

    def _text(self, path: str, spec: Field, value: object) -> str | None:
        if not isinstance(value, str):
            raise _Fault(_NO_TEXT)
        spelled = to_baltic(value)
        if spec.length and len(spelled) > spec.length:
            if path in self._whole:
                raise _Fault(_TOO_LONG, count=spec.length)
            if spec.shape is Shape.WHOLE:
                self.left_out.append(path)
                return None
            self.cut.append(path)
            spelled = spelled[: spec.length].rstrip()
        self.texts.update((value, spelled))
        return spelled


class _Fault(Exception):
    """One value that cannot be sent; the text never holds it."""

    def __init__(self, text: Text, **values: int) -> None:
        self.text = Text(text.say("en", **values), text.say("lt", **values))
        super().__init__(self.text.en)


def _code(spec: Field, value: object) -> str:
    if not isinstance(value, str):
        raise _Fault(_NO_TEXT)
    if not fits_baltic(value):
        raise _Fault(_FOREIGN)
    if spec.length and len(value) > spec.length:
        raise _Fault(_TOO_LONG, count=spec.length)
    return value


def _day(value: object) -> str:
    # A date-time is a date too, and its day depends on a time zone that is not ours to choose.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _Fault(_NO_DATE)
    return value.isoformat()


def _whole_number(spec: Field, value: object) -> str:
    if not isinstance(value, int):
        raise _Fault(_NO_WHOLE)
    if spec.shape is Shape.FLAG and value not in (0, 1):
        raise _Fault(_NO_FLAG)
    return str(int(value))


def _decimal(spec: Field, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _Fault(_NO_NUMBER)
    exact = Decimal(value)
    if not exact.is_finite():
        raise _Fault(_NO_NUMBER)
    if abs(exact) >= Decimal(10) ** (spec.digits - spec.decimals):
        raise _Fault(_DIGITS, count=spec.digits - spec.decimals)
    _, digits, exponent = exact.as_tuple()
    # The exponent is an integer: infinities and NaN have been turned away above.
    excess = -int(exponent) - spec.decimals
    if excess > 0 and any(digits[-excess:]):
        raise _Fault(_DECIMALS, count=spec.decimals)
    plain = abs(exact) if exact == 0 else exact
    return f"{plain:.{spec.decimals}f}" if excess > 0 else f"{plain:f}"


def _as_number(spec: Field, shown: str) -> str | int:
    return int(shown) if spec.shape in (Shape.FLAG, Shape.COUNT) else shown
