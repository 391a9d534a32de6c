"""Makes any value fit for a log line: plain data, one line, no secret, no personal data.

In: whatever code hands to a log line. Out: strings, numbers, lists and dicts that a JSON writer
takes. It works by an allow-list: an object of a kind not known to be plain is named by its type
and never asked for its text, because a `repr` may show an order. It must never raise, and it must
never let a value through that was protected.
"""

from __future__ import annotations

import base64
import enum
import html
import json
import math
import re
import threading
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus
from uuid import UUID

from fvsamazon.logs.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterable

REMOVED = "***"
TEXT_LIMIT = 2_000
"""Characters of one value that a line shows."""
_READ_LIMIT = 65_536
"""Characters of one value that are searched; more than are shown, so that no secret is cut in two
by the limit and thereby missed."""
ITEM_LIMIT = 100
DEPTH_LIMIT = 6
_BIT_LIMIT = 1_000
"""Of a whole number; Python writes no decimal of one with thousands of digits."""

_ANYWHERE_FROM = 8
"""Secrets of this length and more are removed wherever they stand; shorter ones only where they
stand alone, for `1234` inside an order id is no password, and its gap would tell what it is. Of
long ones pieces go too (`pieces`)."""

_ADDRESS = re.compile(r"https?://[^\s;]+", re.IGNORECASE)
"""What has nothing secret but its password, which is protected by itself; a connection string, or
a password with `://` in it, is none."""

_SECRET_WORDS = re.compile(
    r"(?:^|_)(?:tokens?|secrets?|password|passwd|pwd|passphrase|authori[sz]ation|cookies?"
    r"|credentials?|api_?key|private_?key|key|bearer|signature|conn_?string)(?:_|$)"
)
_PERSONAL_WORDS = re.compile(
    r"(?:^|_)(?:buyer|recipient|e?mail|phone|fax|address(?:_?line)?[0-9]*|street|city|district"
    r"|postal|post_?code|zip|zip_?code|customer|name|(?:first|last|full|legal|company|buyer)_?name"
    r"|gift_?message|customized_?url|tax_?id|vat_?number)(?:_|$)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_NAMES = r"(?:access_?token|refresh_?token|client_?secret|password|x-amz-access-token|conn_?string)"

_SECRET_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Atz[a-z](?:\||%(?:25)*7C)[\w|+/=.~%-]+", re.ASCII | re.IGNORECASE), REMOVED),
    (re.compile(r"amzn1\.oa2-cs\.[\w.-]+", re.ASCII | re.IGNORECASE), REMOVED),
    (
        re.compile(r"\b(Bearer|Basic)\s+[\w+/=.|~*-]{8,}", re.ASCII | re.IGNORECASE),
        rf"\1 {REMOVED}",
    ),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END|$)", re.DOTALL), REMOVED),
    (re.compile(r"(://)[^/\s:@]*:[^/\s@]*@"), rf"\1{REMOVED}@"),
    (
        # A colon behind a setting's whole name begins our own sentence about it.
        re.compile(
            rf"((?:{_NAMES}[\"']?\s*=|(?<!__){_NAMES}[\"']?\s*:)\s*[\"']?)[^\s\"'&,;}}]+",
            re.IGNORECASE,
        ),
        rf"\1{REMOVED}",
    ),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+(?:@|%40)[\w.-]+\.(?!service\b)[A-Za-z]{2,}"), REMOVED),
)
"""Secrets and e-mail addresses known by their shape, wherever they came from."""


class Redactor:
    """Knows the values that may never be written, and cleans everything else of them.

    `known_keys` are names that look suspicious and are not (`quota_tokens`).
    """

    def __init__(self, known_keys: Iterable[str] = ()) -> None:
        self._known_keys = frozenset(known_keys)
        self._spellings: dict[str, set[str]] = {}
        self._pieces: Pieces | None = None
        self._short: dict[str, re.Pattern[str]] = {}
        self._lock = threading.RLock()
        """Held while what is protected changes, or is indexed: an index must miss nothing."""

    def protect(self, value: object) -> None:
        """Remove `value` (text, bytes or a pydantic secret) from every later line."""
        with self._lock:
            for text in _secret_texts(value):
                if len(text) >= _ANYWHERE_FROM:
                    self._spellings[text] = _spellings(text)
                elif text:
                    self._short[text] = _standing_alone(text)
            self._pieces = None

    def forget(self, value: object) -> None:
        """Take `value` back, when it is no secret any more (an access token that expired)."""
        with self._lock:
            for text in _secret_texts(value):
                self._spellings.pop(text, None)
                self._short.pop(text, None)
            self._pieces = None

    def _index(self) -> Pieces:
        """Return the index over all spellings; made when it is first needed after a change."""
        with self._lock:
            found: dict[bool, set[str]] = {False: set(), True: set()}
            for text, ways in self._spellings.items():
                found[bool(_ADDRESS.fullmatch(text))] |= ways
            made = self._pieces = Pieces(found[False], whole=found[True])
        return made

    def clean(self, value: str) -> str:
        """Return `value` without secrets and without what looks like one; nothing else changes."""
        cut = (self._pieces or self._index()).remove(value[:_READ_LIMIT], REMOVED)
        for pattern in tuple(self._short.values()):
            cut = pattern.sub(REMOVED, cut)
        for shape, replacement in _SECRET_SHAPES:
            cut = shape.sub(replacement, cut)
        return cut

    def text(self, value: str, limit: int = TEXT_LIMIT, *, lines: bool = False) -> str:
        """Return `value` without secrets, printable, cut; `lines` keeps its line ends."""
        shown = printable(self.clean(value)[:limit], lines=lines)
        return shown if len(value) <= limit else f"{shown}… ({len(value)} characters)"

    def value(self, value: object, key: str = "", depth: int = 0) -> object:
        """Return `value` as plain data that a line may show under `key`."""
        plain = value.value if isinstance(value, enum.Enum) else value
        shown: object
        match plain:
            case None | bool():
                shown = plain
            case int() | float() | Decimal() | timedelta():
                shown = REMOVED if self._is_personal(key) else self._number(plain)
            case datetime() | date() | time() | UUID() | IPv4Address() | IPv6Address():
                shown = REMOVED if self._is_personal(key) else _moment(plain)
            case _ if self._is_secret(key) or self._is_personal(key):
                shown = REMOVED
            case str():
                shown = self.text(str.__str__(plain))
            case bytes() | bytearray():
                shown = self.text(plain[:_READ_LIMIT].decode("utf-8", "backslashreplace"))
            case PurePath():
                shown = self.text(str(plain))
            case _:
                shown = self._collection(plain, key, depth)
        return shown

    def _collection(self, value: object, key: str, depth: int) -> object:
        if not isinstance(value, (Mapping, list, tuple, AbstractSet)) or hasattr(value, "_fields"):
            return f"<{type(value).__name__}>"
        if depth >= DEPTH_LIMIT:
            return "<…>"
        rest = len(value) - ITEM_LIMIT
        if isinstance(value, Mapping):
            shown: dict[str, object] = {}
            for name, item in islice(value.items(), ITEM_LIMIT):
                plain = self.value(name, depth=depth + 1)
                shown[str(plain)] = self.value(item, _key(name), depth + 1)
            return shown | ({"…": f"{rest} more"} if rest > 0 else {})
        items = [self.value(item, key, depth + 1) for item in islice(value, ITEM_LIMIT)]
        return items + ([f"… {rest} more"] if rest > 0 else [])

    def _number(self, value: float | Decimal | timedelta) -> object:
        if isinstance(value, timedelta):
            return value.total_seconds()
        if isinstance(value, int) and value.bit_length() > _BIT_LIMIT:
            return f"<a number of {value.bit_length()} bits>"
        if isinstance(value, Decimal) or not math.isfinite(value):
            return self.text(str(value))
        # A password of digits may have become a number on its way.
        return REMOVED if str(value) in self._spellings or str(value) in self._short else value

    def _is_secret(self, key: str) -> bool:
        return bool(key) and key not in self._known_keys and bool(_SECRET_WORDS.search(_words(key)))

    def _is_personal(self, key: str) -> bool:
        return (
            bool(key) and key not in self._known_keys and bool(_PERSONAL_WORDS.search(_words(key)))
        )


def printable(text: str, *, lines: bool = False) -> str:
    """Return `text` with everything that could steer a terminal or fake a line as escapes."""
    if text.isprintable():
        return text
    return "".join(
        c
        if c.isprintable() or (lines and c == "\n")
        else c.encode("unicode_escape").decode("ascii")
        for c in text
    )


def mask_quoted(text: str) -> str:
    """Return a library's message without the values that it quotes (`can't` quotes nothing)."""
    return _QUOTED.sub(lambda found: f"{found[1]}…{found[1]}", text)


_QUOTED = re.compile(r"(?<![^\W_])[bB]?(['\"`])(?:\\.|(?!\1).)*(?:\1|$)", re.DOTALL)


def _key(name: object) -> str:
    match name:
        case enum.Enum():
            return _key(name.value)
        case str():
            return str.__str__(name)
        case bytes():
            return name.decode("latin-1")
    return ""


def _words(key: str) -> str:
    """Return `X-Api-Key`, `accessToken` and `FVSAMAZON_EUROPE__X` as lower_case_words."""
    return re.sub(r"[^a-z0-9]+", "_", _CAMEL.sub("_", key).lower())


def _moment(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        except OverflowError:
            # The first or the last day that a datetime can hold.
            return value.isoformat()
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _secret_texts(value: object) -> tuple[str, ...]:
    """Return the texts of a secret, whichever way it is wrapped."""
    reveal = getattr(value, "get_secret_value", None)
    plain = reveal() if callable(reveal) else value
    match plain:
        case str():
            # A secret of several lines (a key in PEM form) may be met line by line.
            parts = {plain, plain.strip(), *(p for p in plain.splitlines() if len(p) > 15)}  # noqa: PLR2004 - shorter lines are no secret by themselves
            return tuple(part for part in parts if part)
        case bytes() | bytearray():
            raw = bytes(plain)
            return (
                raw.decode("utf-8", "backslashreplace"),
                raw.hex(),
                base64.b64encode(raw).decode("ascii"),
                base64.urlsafe_b64encode(raw).decode("ascii"),
            )
    return ()


def _plain_spellings(text: str) -> set[str]:
    """Return the ways in which encoders write `text`, character by character."""
    raw = text.encode("utf-8", "surrogatepass")
    in_json = json.dumps(text)[1:-1]
    return {
        text,
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        in_json,
        json.dumps(in_json)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape(text),
        html.escape(text, quote=False),
        repr(text)[1:-1],
        text.encode("unicode_escape").decode("ascii"),
        repr(raw)[2:-1],
    }


def _standing_alone(text: str) -> re.Pattern[str]:
    """Return what finds a short secret, in any spelling, between characters of no word."""
    ways = sorted(_plain_spellings(text), key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, ways))})(?![^\W_])", re.IGNORECASE)


def _spellings(text: str) -> set[str]:
    """Return the ways in which encoders write `text`, in base64 wherever it begins there."""
    found = _plain_spellings(text)
    raw = text.encode("utf-8", "surrogatepass")
    for before in range(3):
        # What stands before and after shares a character with it, which is left out.
        written = base64.b64encode(bytes(before) + raw)[-(-before * 4 // 3) :].decode("ascii")
        sure = written.rstrip("=")[: -1 if written.endswith("=") else None]
        if len(sure) >= _ANYWHERE_FROM:
            found |= {sure, sure.translate(_URL_SAFE)}
    return found


_URL_SAFE = {ord("+"): "-", ord("/"): "_"}
