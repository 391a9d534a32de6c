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

if TYPE_CHECKING:
    from collections.abc import Collection

Scalar = str | int | bool | Decimal | date | None
"""What a field may be given; None leaves the field out."""
Values = Mapping[str, "Scalar | Sequence[Mapping[str, Scalar]] | Mapping[str, Scalar]"]
"""Fields of one object, line groups among them."""


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


def restore(item_class: str, text: str) -> Payload:
    """Return a payload from the text of one built before, unchanged."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidPayload(item_class, ["the stored document is no JSON"]) from error
    if not isinstance(value, dict) or list(value) != [item_class]:
        raise InvalidPayload(item_class, [f"the stored document is no {item_class}"])
    return Payload(item_class=item_class, text=text)


def encode(value: object) -> str:
    """Return compact JSON in ASCII: the escapes pass any code page between here and the server."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


class _Writer:
    """Walks one object and collects what is wrong with it."""

    def __init__(self, whole: frozenset[str]) -> None:
        self.faults: list[str] = []
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
                self.faults.append(f"{path}{name}: {fault}")
                continue
            if shown is not None:
                written[name] = shown if table.numbers_as_text else _as_number(spec, shown)
            if spec.required and shown in (None, ""):
                self.faults.append(f"{path}{name}: must be given")
        for pair in table.either:
            if all(values.get(name) in (None, "") for name in pair):
                self.faults.append(f"{path}{' or '.join(pair)}: must be given")
        written.update(self._groups(table, values, path))
        return written

    def _names(self, table: Table, values: Values, path: str) -> None:
        self.faults.extend(
            f"{path}{name}: Finvalda has no such field here"
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
                self.faults.append(f"{path}{name}: lines are expected")
                continue
            lines: list[dict[str, object]] = []
            for index, row in enumerate(rows):
                if not isinstance(row, Mapping):
                    self.faults.append(f"{path}{name}[{index}]: a line is expected")
                    continue
                lines.append(self.table(inner, row, f"{path}{name}[{index}]."))
            if lines:
                written[name] = lines[0] if name in table.single else lines
        if table.lines_required and not any(values.get(name) for name in table.groups):
            self.faults.append(f"{path}lines: at least one must be given")
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
            raise _Fault("text is expected")
        spelled = to_baltic(value)
        if spec.length and len(spelled) > spec.length:
            if path in self._whole:
                raise _Fault(f"longer than {spec.length} characters")
            if spec.shape is Shape.WHOLE:
                self.left_out.append(path)
                return None
            self.cut.append(path)
            spelled = spelled[: spec.length].rstrip()
        self.texts.update((value, spelled))
        return spelled


class _Fault(Exception):
    """One value that cannot be sent; the text never holds it."""


def _code(spec: Field, value: object) -> str:
    if not isinstance(value, str):
        raise _Fault("text is expected")
    if not fits_baltic(value):
        raise _Fault("holds characters that Finvalda cannot store")
    if spec.length and len(value) > spec.length:
        raise _Fault(f"longer than {spec.length} characters")
    return value


def _day(value: object) -> str:
    # A date-time is a date too, and its day depends on a time zone that is not ours to choose.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _Fault("a date is expected")
    return value.isoformat()


def _whole_number(spec: Field, value: object) -> str:
    if not isinstance(value, int):
        raise _Fault("a whole number is expected")
    if spec.shape is Shape.FLAG and value not in (0, 1):
        raise _Fault("0 or 1 is expected")
    return str(int(value))


def _decimal(spec: Field, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _Fault("a decimal number is expected")
    exact = Decimal(value)
    if not exact.is_finite():
        raise _Fault("a decimal number is expected")
    if abs(exact) >= Decimal(10) ** (spec.digits - spec.decimals):
        raise _Fault(f"more than {spec.digits - spec.decimals} digits")
    _, digits, exponent = exact.as_tuple()
    # The exponent is an integer: infinities and NaN have been turned away above.
    excess = -int(exponent) - spec.decimals
    if excess > 0 and any(digits[-excess:]):
        raise _Fault(f"more than {spec.decimals} decimals")
    plain = abs(exact) if exact == 0 else exact
    return f"{plain:.{spec.decimals}f}" if excess > 0 else f"{plain:f}"


def _as_number(spec: Field, shown: str) -> str | int:
    return int(shown) if spec.shape in (Shape.FLAG, Shape.COUNT) else shown
