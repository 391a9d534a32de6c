"""Reads the envelopes of Amazon's answers: a page of orders, one order, the participations.

What must never happen: an answer that was cut, emptied or replaced by a proxy's page is taken for
an empty last page, and orders are lost without a word. So whatever is not the documented envelope
raises `ValueError`, and one bad order inside a good page harms no other. An answer that consists of
brackets, a few bytes each, would take gigabytes and minutes once read: it is refused unread.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from fvsamazon.amazon import wire
from fvsamazon.amazon.reader import mend

if TYPE_CHECKING:
    from collections.abc import Sequence

TOKEN_LIMIT: Final = 8192
"""Characters that a page token may have."""

ORDERS_LIMIT: Final = 1_000
"""Orders that a page may have; Amazon serves a hundred at most."""
MARKS_LIMIT: Final = 2_000_000
"""Objects, lists and members of an answer; a page of a hundred orders has some 40,000."""

_pages = msgspec.json.Decoder(wire.SearchPage)
_orders = msgspec.json.Decoder(wire.OrderAnswer)
_participations = msgspec.json.Decoder(wire.ParticipationsAnswer)
_rows = msgspec.json.Decoder(wire.MarketplaceParticipation)
_moments = msgspec.json.Decoder(datetime)

_FAULTS = (msgspec.MsgspecError, ValueError, RecursionError)
# A string without an end takes all that is left: looking for another start would take for ever.
_SYNTAX: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?|[\[\]{},]', re.DOTALL)
_TOO_MANY: Final = "names more orders than a page can have"
_KEY: Final = b'"orders"'
_OPENING, _CLOSING = b"[{", b"]}"
_BOM: Final = b"\xef\xbb\xbf"


def read_page(body: bytes) -> tuple[wire.SearchPage, Sequence[bytes | msgspec.Raw], str | None]:
    """Return a page of searchOrders, its orders unread, and the token of the next page.

    Raises `ValueError` with what is wrong for everything that is no page.
    """
    text = _text(body)
    try:
        page = _pages.decode(text)
        orders: Sequence[bytes | msgspec.Raw] | None = page.orders
    except msgspec.ValidationError as error:
        raise ValueError(f"is no page of orders ({error})") from error
    except _FAULTS:
        page, orders = _piecemeal(text)
    if orders is None:
        raise ValueError("names no orders")
    if len(orders) > ORDERS_LIMIT:
        raise ValueError(_TOO_MANY)
    # Of two lists the reader takes the later one, and the orders of the other would be lost.
    if text.count(_KEY) > 1 and len(_cut_out(text)[2]) != len(orders):
        raise ValueError("names its orders twice")
    token = page.pagination.next_token if page.pagination else None
    if token and len(token) > TOKEN_LIMIT:
        raise ValueError("has a page token of unlikely length")
    return page, orders, token or None


def read_answer(body: bytes) -> bytes:
    """Return the order of a getOrder answer, unread; raises `ValueError`."""
    text = _text(body)
    for attempt in (text, mend(text)):
        try:
            order = _orders.decode(attempt).order
        except msgspec.ValidationError as error:
            raise ValueError(f"holds no order ({error})") from error
        except _FAULTS:
            continue
        if bytes(order) == b"null":
            raise ValueError("names no order")
        return bytes(order)
    raise ValueError("is no JSON that can be read")


def read_participations(body: bytes) -> list[wire.MarketplaceParticipation]:
    """Return the rows of a getMarketplaceParticipations answer; raises `ValueError`."""
    try:
        rows = _participations.decode(_text(body)).payload
    except _FAULTS as error:
        raise ValueError("is no list of marketplaces") from error
    if rows is None:
        raise ValueError("names no marketplaces")
    found = []
    for row in rows:
        try:
            found.append(_rows.decode(row))
        except _FAULTS:
            # One row that nobody can read says nothing about the others.
            continue
    return found


def read_bound(told: str | None) -> datetime | None:
    """Return the upper bound that an answer names, or None where it names none."""
    try:
        found = _moments.decode(msgspec.json.encode(told or ""))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (*_FAULTS, OverflowError):
        # The first or the last day that a datetime can hold is no bound either.
        return None


def _text(body: bytes) -> bytes:
    text = body.removeprefix(_BOM).strip()
    if not text:
        raise ValueError("is empty")
    if not text.startswith(b"{"):
        raise ValueError("is no JSON object")
    marks, quotes = sum(map(text.count, (b"{", b"[", b","))), text.count(b'"')
    if marks > MARKS_LIMIT or quotes > 4 * MARKS_LIMIT:
        raise ValueError("consists of more parts than an answer can have")
    return text


def _piecemeal(text: bytes) -> tuple[wire.SearchPage, list[bytes]]:
    """Read a page of which one order is no good JSON: cut the orders out, read the rest."""
    start, end, orders = _cut_out(text)
    try:
        page = _pages.decode(text[:start] + b"[]" + text[end:])
    except _FAULTS as error:
        raise ValueError("is no JSON that can be read") from error
    return page, orders


def _cut_out(text: bytes) -> tuple[int, int, list[bytes]]:
    """Return where the list of orders starts and ends, and its elements, by brackets alone.

    Depth is counted, not recursed into, so nothing can be nested too deeply for this.
    """
    depth = 0
    start = piece = -1
    orders: list[bytes] = []
    expecting = False
    for found in _SYNTAX.finditer(text):
        mark = found[0]
        if start < 0:
            if expecting and mark == b"[" and depth == 1:
                start, piece = found.start(), found.end()
            expecting = depth == 1 and mark == _KEY
        elif depth == 2 and mark in b",]":  # noqa: PLR2004 - inside the list itself
            order = text[piece : found.start()].strip()
            if order or orders or mark == b",":
                orders.append(order)
            if len(orders) > ORDERS_LIMIT:
                raise ValueError(_TOO_MANY)
            piece = found.end()
            if mark == b"]":
                return start, found.end(), orders
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING:
            depth -= 1
    raise ValueError("was cut off, or is no page of orders")
