"""Answers that are small on the wire and would be gigabytes, or minutes, once read."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import msgspec
import pytest

from fvsamazon.amazon.http import BODY_LIMIT
from fvsamazon.amazon.pages import ORDERS_LIMIT, read_answer, read_page
from fvsamazon.amazon.reader import ORDER_LIMIT, read_order
from fvsamazon.finvalda.http import MAX_ANSWER_BYTES
from fvsamazon.finvalda.wire import UnreadableAnswer, decode
from fvsamazon.orders import OrderRecord, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = 64 * 2**20
SECONDS = 5.0


@pytest.fixture
def frugal() -> Iterator[None]:
    """Fail where a test took more memory or time than an answer is worth."""
    tracemalloc.start()
    began = time.process_time()
    yield
    took, most = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < SECONDS
    assert most < MEMORY + 2 * BODY_LIMIT


def filled(start: bytes, piece: bytes, end: bytes, size: int) -> bytes:
    return start + piece * ((size - len(start) - len(end)) // len(piece)) + end


HOSTILE = [
    (b'{"orders":[', b"{},", b"{}]}"),
    (b'{"orders":[', b"{},", b"x]}"),
    (b'{"orders":[', b"[", b""),
    (b'{"a":', b"[", b""),
    (b'{"orders":[', b",", b"]}"),
    (b'{"orders":[{"packages":[', b"{},", b"{}]}]}"),
    (b'{"orders":[{"unknown":[', b"1,", b"1]}]}"),
    (b'{"orders":[', b'""', b""),
]


@pytest.mark.usefixtures("frugal")
@pytest.mark.parametrize(("start", "piece", "end"), HOSTILE)
@pytest.mark.parametrize("read", [read_page, read_answer])
def test_a_page_of_brackets_is_refused_unread(
    read: object, start: bytes, piece: bytes, end: bytes
) -> None:
    body = filled(start, piece, end, BODY_LIMIT)
    with pytest.raises(ValueError, match=r"parts|orders|cut|JSON"):
        read(body)  # type: ignore[operator]


def test_a_page_may_hold_more_orders_than_were_asked_for_but_not_any_number() -> None:
    for bad in (b"", b"x,"):
        page = b'{"orders":[' + bad + b"{}," * (ORDERS_LIMIT - 2) + b"{}]}"
        assert len(read_page(page)[1]) in {ORDERS_LIMIT - 1, ORDERS_LIMIT}
        page = b'{"orders":[' + bad + b"{}," * ORDERS_LIMIT + b"{}]}"
        with pytest.raises(ValueError, match="more orders"):
            read_page(page)


def test_a_page_that_names_its_orders_twice_is_no_page() -> None:
    for body in (b'{"orders":[{},{}],"orders":[]}', b'{"orders":[],"a":1,"orders":[{}]}'):
        with pytest.raises(ValueError, match="twice"):
            read_page(body)
    for body in (b'{"a":{"orders":[]},"orders":[{"orders":[1,2]},{"x":"\\"orders\\""}]}',):
        assert len(read_page(body)[1]) == 2


@pytest.mark.usefixtures("frugal")
def test_one_order_without_end_is_set_aside_and_harms_no_other() -> None:
    size = ORDER_LIMIT + 1000
    huge = filled(b'{"orderId":"1","packages":[', b'{"carrier":"Nobody at all"},', b"{}]}", size)
    good = {
        "orderId": "028-1111111-1111111",
        "createdTime": "2026-11-01T10:00:00Z",
        "lastUpdatedTime": "2026-11-01T10:00:00Z",
    }
    body = b'{"orders":[' + huge + b"," + msgspec.json.encode(good) + b"]}"
    first, second = (read_order(raw) for raw in read_page(body)[1])
    assert isinstance(first, Unreadable)
    assert str(ORDER_LIMIT) in first.reason
    assert isinstance(second, OrderRecord)


@pytest.mark.usefixtures("frugal")
@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        (b'{"AccessResult":"Success","items":[', b"{},", b"{}]}"),
        (b'{"AccessResult":"Success","items":[', b"1,", b"1]}"),
        (b'{"AccessResult":"Success","items":[', b"[],", b"1]}"),
        (b"<r><AccessResult>Success</AccessResult>", b"<a/>", b"</r>"),
        (b"<r><AccessResult>Success</AccessResult>", b"<a><b/></a>", b"</r>"),
    ],
)
def test_an_answer_of_finvalda_that_is_all_brackets_is_unreadable(
    start: bytes, piece: bytes, end: bytes
) -> None:
    with pytest.raises(UnreadableAnswer, match="too many"):
        decode(filled(start, piece, end, MAX_ANSWER_BYTES))


@pytest.mark.parametrize("second", ["[]", "null", '[{"kodas":"B"}]'])
def test_an_answer_that_says_two_things_is_unreadable(second: str) -> None:
    """The later of two lists would win, and an order that is there would look absent."""
    body = '{"AccessResult":"Success","nResult":0,"items":[{"kodas":"A"}],"items":%s}'
    with pytest.raises(UnreadableAnswer):
        decode((body % second).encode())
    assert decode((body % '[{"kodas":"A"}]').encode()).rows() == [{"kodas": "A"}]


def test_the_longest_product_list_is_read() -> None:
    more = b'"a":1,"b":2,"c":"3","d":"4","e":"5","f":"6","g":"7"'
    row = b'{"kodas":"%08d","pavadinimas":"%s",' + more + b"},"
    rows = b"".join(row % (number, b"x" * 100) for number in range(80_000))
    body = b'{"AccessResult":"Success","nResult":0,"items":[' + rows + b"{}]}"
    assert len(body) > 0.9 * MAX_ANSWER_BYTES
    assert len(decode(body).rows()) == 80_001
