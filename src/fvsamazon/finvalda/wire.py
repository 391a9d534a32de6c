"""Reads an answer of the web service, whatever shape this build gives it.

In come the bytes of one answer; out goes an `Envelope`, or `UnreadableAnswer`. The content type is
not asked: builds send JSON as octet-stream, XML where JSON was wanted, and XML without a root.
Nothing else is ever raised, nothing is expanded (no document type, no entities), and depth, digits,
exponents and the number of values are bounded. An answer that is not understood must never look
like an empty one: absence decides whether an order is booked again.
"""

from __future__ import annotations

import codecs
import enum
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from fvsamazon.errors import FvsamazonError
from fvsamazon.finvalda.xmltree import MAX_DEPTH, MalformedXml, parse_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, object]
"""One object of an answer, as it came."""

MAX_DIGITS = 60
"""Digits of one number; Finvalda's longest has 14 before the point and 9 after it."""

MAX_MARKS = 2_000_000
"""Members, elements or objects of one answer; a product list that fills it has half as many."""

_CODE_PAGE = "cp1257"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_RESULT_KEYS = ("nResult", "result")
_ERROR_KEYS = ("error", "sError")
_SAVED = "OP_DUOMENYS"
_EMPTY: tuple[object, ...] = (None, "", [], {})


class UnreadableAnswer(FvsamazonError):
    """An answer that cannot be understood; the text tells its shape, never its content."""


class Access(enum.Enum):
    """The first word of every answer."""

    SUCCESS = "success"
    FAIL = "fail"
    DENIED = "accessdenied"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One answer: how it went, the error number and text, and everything else."""

    access: Access
    result: int | None
    error: str = field(repr=False)
    data: Mapping[str, object] = field(repr=False)

    def rows(self, root: str | None = None) -> list[Row]:
        """Return the rows of a list; none for an empty or missing list.

        Rows stand under `items`, or under a name of their own (`Klientai`, with `Eil` inside in
        XML); a single row may be an object instead of a list.
        """
        if root is None:
            root = "items" if "items" in self.data else self._only_key()
        return [] if root is None else rows_of(self.data.get(root))

    def entity(self, name: str) -> Row | None:
        """Return one card, or None where the answer says that there is none."""
        if name not in self.data:
            raise UnreadableAnswer(f"the answer holds no {name}")
        value = self.data[name]
        if value in _EMPTY:
            return None
        rows = rows_of(value, deeper=False)
        if len(rows) != 1:
            raise UnreadableAnswer(f"{name} is no single object")
        return rows[0]

    def saved(self) -> Row | None:
        """Return the identity of a saved operation, which stands in one of two places."""
        value = self.data.get(_SAVED)
        if value is None and "<" in self.error:
            try:
                value = _as_object(parse_xml(self.error)).get(_SAVED)
            except (MalformedXml, UnreadableAnswer):
                return None
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        return value if isinstance(value, dict) else None

    def _only_key(self) -> str | None:
        filled = [key for key, value in self.data.items() if value not in (*_EMPTY, 0)]
        if len(filled) > 1:
            raise UnreadableAnswer(f"the answer holds {len(filled)} things and no items")
        return filled[0] if filled else None


def decode(body: bytes) -> Envelope:
    """Return what an answer says; raises `UnreadableAnswer` and nothing else."""
    value = _value(_text(body))
    for _ in range(MAX_DEPTH):
        if isinstance(value, str):
            # A payload wrapped once more as a string: JSON inside JSON, or inside <string>.
            value = _value(value)
        elif isinstance(value, dict) and "AccessResult" not in value and len(value) == 1:
            value = next(iter(value.values()))
        else:
            break
    if not isinstance(value, dict):
        raise UnreadableAnswer("the answer is no object")
    return _envelope(value)


def clean(text: str) -> str:
    """Return text without control characters (line breaks stay) and lone surrogates."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _CONTROLS.sub("", text))


def number(text: str) -> Decimal:
    """Return a plain decimal number; ValueError for anything else or anything absurd."""
    stripped = text.strip()
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?", stripped):
        raise ValueError("not a number")
    if len(stripped) > MAX_DIGITS:
        raise ValueError("too many digits")
    try:
        value = Decimal(stripped)
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    if not -MAX_DIGITS <= value.adjusted() <= MAX_DIGITS:
        raise ValueError("number out of bounds")
    return value


def _text(body: bytes) -> str:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            text = body[len(mark) :].decode(encoding, errors="replace")
            break
    else:
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            # Old builds answer in the code page of the Baltic Windows that they run on.
            text = body.decode(_CODE_PAGE, errors="replace")
    return clean(text).strip().removeprefix("\ufeff").strip()


def _value(text: str) -> object:
    text = text.strip()
    if not text:
        raise UnreadableAnswer("the answer is empty")
    if max(text.count("<"), text.count(",") + text.count("{") + text.count("[")) > MAX_MARKS:
        raise UnreadableAnswer("the answer consists of too many parts")
    if text[0] == "<":
        try:
            return _checked(parse_xml(text), 0)
        except MalformedXml as error:
            raise UnreadableAnswer(f"the answer is no XML that can be read: {error}") from error
    if text[0] not in '{["':
        raise UnreadableAnswer("the answer is neither JSON nor XML")
    try:
        value = json.loads(
            text,
            strict=False,
            parse_float=number,
            parse_int=_integer,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        # The parser's own error carries the whole answer: it must not travel along.
        reason = type(error).__name__
        raise UnreadableAnswer(f"the answer is no JSON that can be read: {reason}") from None
    return _checked(value, 0)


def _object(pairs: list[tuple[str, object]]) -> Row:
    """Return an object; one that says two things under one name says nothing."""
    found = dict(pairs)
    if len(found) < len(pairs) and any(found[key] != value for key, value in pairs):
        raise ValueError("a name stands twice")
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(text)


def _no_constant(text: str) -> object:
    raise ValueError(text)


def _checked(value: object, depth: int) -> object:
    """Return a value with clean texts: escapes can smuggle in what bytes may not hold."""
    if depth > MAX_DEPTH:
        raise UnreadableAnswer("the answer is nested too deep")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_checked(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean(key): _checked(item, depth + 1) for key, item in value.items()}
    return value


def _envelope(value: Row) -> Envelope:
    word = value.get("AccessResult")
    try:
        access = Access(word.strip().lower() if isinstance(word, str) else None)
    except ValueError as error:
        raise UnreadableAnswer("the answer says neither success nor failure") from error
    data = dict(value)
    del data["AccessResult"]
    result = _result(data)
    text: object = ""
    for key in _ERROR_KEYS:
        text = data.pop(key, None) or text
    if isinstance(text, dict):
        # Unescaped XML: the fragment that should have been text has become elements.
        data = {**text, **data}
        text = ""
    return Envelope(access, result, text if isinstance(text, str) else "", data)


def _result(data: Row) -> int | None:
    for key in _RESULT_KEYS:
        value = data.get(key)
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            continue
        try:
            exact = number(str(value))
        except ValueError:
            continue
        if exact == exact.to_integral_value():
            del data[key]
            return int(exact)
    return None


def _as_object(value: object) -> Row:
    if not isinstance(value, dict):
        raise UnreadableAnswer("an object was expected")
    return value


def rows_of(value: object, *, deeper: bool = True) -> list[Row]:
    """Return the rows of a list as it came: a list, one object, or elements inside another."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{", "<"):
        value = _value(value)
    if value in _EMPTY:
        return []
    if isinstance(value, dict):
        inner = next(iter(value.values())) if len(value) == 1 else None
        if deeper and isinstance(inner, dict | list):
            return rows_of(inner)
        return [value]
    if isinstance(value, list):
        return [_as_object(row) for row in value]
    raise UnreadableAnswer("a list was expected")
