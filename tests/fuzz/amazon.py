"""Targets that read what Amazon's API answers: pages, orders, refusals, headers.

Promised: only the documented errors, no value of an order in any of them; every order of a page is
an `OrderRecord` or an `Unreadable`, none vanishes; nothing outside the allow-list stands in the
clear; reading twice, or reading again what was kept, gives the same.
"""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from fuzz.booked import require_sound
from fuzz.driver import CANARY, Target, fail, require, require_line, require_quiet
from fvsamazon.amazon.allowlist import ORDER, Choice, Leaf
from fvsamazon.amazon.errors import error_of
from fvsamazon.amazon.http import Answer
from fvsamazon.amazon.pages import (
    ORDERS_LIMIT,
    read_answer,
    read_bound,
    read_page,
    read_participations,
)
from fvsamazon.amazon.personal import carry_zones, combined, merge_personal
from fvsamazon.amazon.reader import content_hash, order_of, read_order
from fvsamazon.amazon.split import clean
from fvsamazon.booking.documents import decide
from fvsamazon.clock import from_micros, to_micros
from fvsamazon.errors import RemoteError
from fvsamazon.orders import OrderRecord, Unreadable
from support.amazon_samples import FULL
from support.booking_orders import CONTEXT, FINVALDA, example_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.amazon.allowlist import Node

TOKEN = "Atza|IwEBIPlantedAccessToken"
ZONES = frozenset({"vatZone", "vatZoneAssumed"})
SAMPLE = json.dumps(FULL).encode()


def page(data: bytes) -> None:
    """A page gives as many orders as it holds, each read by itself, or is refused as a whole."""
    try:
        _, raws, token = read_page(data)
    except ValueError as error:
        require(type(error) is ValueError, f"{type(error).__name__} is no refusal of a page")
        require_quiet(error, CANARY)
        require(_orders_in(data) is None, "a page that holds nothing but orders was refused")
        return
    require(token is None or 0 < len(token) <= 8192, "a page token without bounds")
    held = _orders_in(data)
    require(held is None or held == len(raws), f"{held} orders came in, {len(raws)} came out")
    again = read_page(data)
    require([bytes(r) for r in again[1]] == [bytes(r) for r in raws], "read twice, not the same")
    for raw in raws[:8]:
        _examined(bytes(raw))


class _Pairs(list[tuple[str, Any]]):
    """An object as JSON wrote it, double names and all."""


def _orders_in(data: bytes) -> int | None:
    """Count the orders of a page by another parser; None where it is not the plainest of pages."""
    if b'"orders"' not in data:
        return None
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, _Pairs) or not _is_plain(found):
        return None
    orders = dict(found)["orders"]
    plain = isinstance(orders, list) and not isinstance(orders, _Pairs)
    return len(orders) if plain and len(orders) <= ORDERS_LIMIT else None


def _is_plain(page: _Pairs) -> bool:
    """Say whether there is nothing in a page, beside its orders, that anyone could refuse."""
    told = dict(page)
    if len(told) < len(page) or not {"orders"} <= told.keys() <= {"orders", "pagination", "x"}:
        return False
    pagination = told.get("pagination") or _Pairs()
    paged = isinstance(pagination, _Pairs) and all(
        name == "nextToken" and _is_plain_text(value) for name, value in pagination
    )
    return paged and _is_plain_text(told.get("x"))


def _is_plain_text(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.isprintable() and len(value) < 99)


def order(data: bytes) -> None:
    """One order, then laid together with an earlier version of it, and booked."""
    record = _examined(data)
    if record is None:
        return
    known = read_order(SAMPLE, personal=True)
    if not isinstance(known, OrderRecord):
        fail("the sample order is not readable")
    read = order_of(record.payload, "Europe", "main")
    twins = len({line.item_id for line in read.lines}) < len(read.lines)
    for old, new in ((known, record), (record, known)):
        merged = merge_personal(old.personal or b"", new.personal or b"")
        again = merge_personal(merged, new.personal or b"")
        # Of two items under one id nobody can tell which field belongs to which.
        require(twins or again == merged, "merged twice, not the same")
        whole = combined(new.payload, merged)
        require(whole["orderId"] == new.order_id, "the parts of two orders were mixed")
        carried = carry_zones(old.payload, new)
        require(carry_zones(old.payload, carried) == carried, "zones carried twice, not the same")
    require_sound(decide(read, example_rules(), CONTEXT, FINVALDA), read)


def _examined(raw: bytes) -> OrderRecord | None:
    """Read one order both ways and hold the outcome against every promise of the reader."""
    found = read_order(raw, personal=True)
    require(found == read_order(raw, personal=True), "read twice, not the same")
    public = read_order(raw)
    # Bounds on what would have to be kept are the one thing that may tell them apart.
    too_deep = isinstance(found, Unreadable) and found.reason.endswith("nested too deeply")
    same = type(public) is type(found)
    require(same or too_deep, "whether it is readable hangs on personal data")
    if isinstance(found, Unreadable):
        require_line(found.reason, "the reason of an unreadable order")
        require(0 < len(found.reason) <= 300, "a reason without bounds")
        require(CANARY not in found.reason, "a planted text stands in the reason")
        require(len(found.fingerprint) == 32, "an unreadable order cannot be told from others")
        return None
    if not isinstance(public, OrderRecord):
        fail("neither an order nor an unreadable one")
    require(public.personal is None, "personal data was kept while it is switched off")
    require(public.payload == found.payload, "what is public hangs on personal data")
    _clear(json.loads(found.payload), ORDER, "order")
    _lost_nothing(raw, found)
    require(content_hash(found.payload) == found.content_hash, "the hash is another one")
    read = order_of(found.payload, "Europe", "main")
    require(read.order_id == found.order_id, "the booking sees another order")
    require(found.updated_at.tzinfo is not None, "a moment without a zone")
    if found.grand_total is not None:
        total = read.grand_total
        require(total is not None and Decimal(found.grand_total) == total.amount, "another total")
    kept = read_order(found.payload)
    require(isinstance(kept, OrderRecord), "what was kept cannot be read again")
    if isinstance(kept, OrderRecord):
        require(_bare(kept.payload) == _bare(found.payload), "kept, read again, not the same")
    return found


def _clear(value: Any, node: Node, where: str) -> None:
    """Everything that stands in the clear is named by the allow-list, and harms no line."""
    if isinstance(node, Leaf):
        require(not isinstance(value, dict | list), f"{where} is no single value")
        require(not isinstance(value, str) or clean(value) == value, f"{where} is not clean")
    elif isinstance(node, list):
        require(isinstance(value, list), f"{where} is no list")
        for inner in value:
            _clear(inner, node[0], where)
    else:
        fields: Mapping[str, Node] = node.fields(value) if isinstance(node, Choice) else node
        for key, inner in value.items():
            if key in ZONES and where.endswith("Address"):
                continue
            require(key in fields, f"{where} holds a field that is on no list")
            _clear(inner, fields[key], f"{where}.{key}")


def _lost_nothing(raw: bytes, found: OrderRecord) -> None:
    """With personal data on, a text that came is in one of the two parts."""
    try:
        sent = json.loads(raw)
    except (ValueError, RecursionError):
        return
    if isinstance(sent, dict) and any(CANARY in text for text in _texts(sent)):
        kept = found.payload + (found.personal or b"")
        require(CANARY.encode() in kept, "a text that Amazon sent is in neither part")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def _bare(payload: bytes) -> Any:
    """Return a payload without the zones, which hang on a post code that is not kept."""

    def drop(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: drop(inner) for key, inner in value.items() if key not in ZONES}
        return [drop(inner) for inner in value] if isinstance(value, list) else value

    return drop(msgspec.json.decode(payload))


def answers(data: bytes) -> None:
    """The small envelopes: getOrder, the participations, and the bound that a page names."""
    for read in (read_answer, read_participations):
        try:
            found = read(data)
        except ValueError as error:
            require(type(error) is ValueError, f"{type(error).__name__} is no refusal")
            require_quiet(error, CANARY)
        else:
            require(found == read(data) or read is read_participations, "read twice, not the same")
            if isinstance(found, bytes):
                _examined(found)
    bound = read_bound(data.decode("utf-8", "replace"))
    require(bound is None or bound.tzinfo is not None, "a bound without a zone")


def refusal(data: bytes) -> None:
    """Status, headers and body of anything but a success: an error with bounded, quiet facts.

    The input is `STATUS`, a line for each header, an empty line, the body.
    """
    answer = parsed_answer(data)
    error = error_of(answer, "searchOrders", TOKEN)
    require(isinstance(error, RemoteError), "no error of ours")
    require_quiet(error, TOKEN)
    for key, value in error.log_fields().items():
        require(TOKEN not in str(value), f"the token stands in {key}")
        require_line(str(value), key)
    require_line(str(error), "the error")
    require(error.retry_after is None or 0 <= error.retry_after <= 86_400, "a wait without bounds")
    require(error.rate is None or 0 < error.rate < 1e6, "a rate without bounds")
    moment = error.server_time
    require(moment is None or moment.utcoffset() is not None, "a server's time without a zone")
    if moment is not None:
        # What the windows do with it, first of all; a century of work leaves room for itself.
        reach = from_micros(to_micros(moment)) + timedelta(days=36_500)
        require(reach > moment - timedelta(days=36_500), "a time that cannot be reckoned with")


def parsed_answer(data: bytes) -> Answer:
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    status = int(first[:3]) if first[:3].isdigit() else 400
    pairs = [line.partition(b":") for line in lines[:20]]
    headers = httpx.Headers([(name.strip(), value.strip()) for name, _, value in pairs])
    return Answer(status, headers, body)


_JSON_WORDS = (b'{"', b'":', b'"}', b"[", b"]", b"{}", b"[]", b"null", b"true", b"1e999", b"-0")
_ODD_WORDS = (rb"\ud83d", rb"\u0000", b"\xed\xa0\xbd", b"\xef\xbb\xbf", b"\x00", b"NaN", b"0.1")
_ORDER_WORDS = tuple(
    word.encode()
    for word in (
        '"orders":[',
        '"orderId":"305-1234567-7654321"',
        '"createdTime":"2026-11-20T10:00:00Z"',
        '"lastUpdatedTime":"0001-01-01T00:00:00+14:00"',
        '"9999-12-31T23:59:59Z"',
        '"orderItems":[',
        '"orderItemId":"1"',
        '"quantityOrdered":',
        '"recipient":{"deliveryAddress":{',
        '"packages":[{',
        '"packageReferenceId":',
        '"shipFromAddress":{',
        '"countryCode":"GB"',
        '"postalCode":"BT1 1AA"',
        '"grandTotal":{"amount":"1e99","currencyCode":"EUR"}',
        '"breakdowns":[{"type":"TAX"',
        '"taxRegistrations":[{"taxRegistrationType":"VAT"',
        '"pagination":{"nextToken":"t"}',
        f'"{CANARY}"',
        f'"buyer":{{"buyerName":"{CANARY}"}}',
    )
)

TARGETS = (
    Target("amazon_page", page, (*_JSON_WORDS, *_ODD_WORDS, *_ORDER_WORDS), 6000),
    Target("amazon_order", order, (*_JSON_WORDS, *_ODD_WORDS, *_ORDER_WORDS), 6000),
    Target(
        "amazon_answers",
        answers,
        (
            *_JSON_WORDS,
            b'"order":{"',
            b'"payload":[{',
            b'"marketplace":{"id":',
            b'"participation":{"isParticipating":',
            b"9999-12-31T23:59:59-14:00",
        ),
    ),
    Target(
        "amazon_refusal",
        refusal,
        (
            b"429\n",
            b"403\n",
            b"date: ",
            b"Mon, 23 Nov 2026 12:00:00 GMT",
            b"+9999",
            b"31 Dec 9999 23:59:59 -2359",
            b"x-amzn-RateLimit-Limit: ",
            b"x-amzn-RequestId: ",
            b"retry-after: ",
            b"1e999",
            b"nan",
            b'{"errors":[{"code":"QuotaExceeded","message":"',
            TOKEN.encode(),
            b"expired",
        ),
    ),
)
