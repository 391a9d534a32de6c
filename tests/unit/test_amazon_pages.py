"""Envelopes: a page that is none is never an empty page, and one bad order harms no other."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fvsamazon.amazon.pages import read_answer, read_bound, read_page, read_participations
from fvsamazon.amazon.reader import read_order
from fvsamazon.orders import OrderRecord, Unreadable
from support.amazon_samples import FULL, order, raw


def page(*orders: bytes, rest: bytes = b"") -> bytes:
    return b'{"orders": [' + b",".join(orders) + b"]" + rest + b"}"


def ids(body: bytes) -> list[str | None]:
    return [read_order(found).order_id for found in read_page(body)[1]]


ONE, TWO = raw(order(orderId="1")), raw(order(orderId="2"))


def test_a_page_and_where_the_next_one_is() -> None:
    found, orders, token = read_page(page(ONE, TWO, rest=b', "pagination": {"nextToken": "t/+="}'))
    assert [read_order(o).order_id for o in orders] == ["1", "2"]
    assert token == "t/+="
    assert found.created_before is None


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b', "pagination": null',
        b', "pagination": {}',
        b', "pagination": {"nextToken": null}',
        b', "pagination": {"nextToken": ""}',
    ],
)
def test_the_last_page_names_no_other(rest: bytes) -> None:
    assert read_page(page(ONE, rest=rest))[2] is None


def test_an_empty_page_says_so_itself() -> None:
    assert read_page(page())[1:] == ([], None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \r\n ",
        b"null",
        b"[]",
        b"17",
        b'"orders"',
        b"{}",
        b'{"orders": null}',
        b'{"orders": {}}',
        b'{"orders": "none"}',
        b'{"Orders": []}',
        b'{"payload": {"orders": []}}',
        b'{"errors": [{"code": "InternalFailure", "message": ""}]}',
        b"<html><body>503 Service Temporarily Unavailable</body></html>",
        b"\x1f\x8b\x08\x00\x00",
        b'{"orders": []',
        b'{"orders": [',
        b'{"orders',
        b'{"orders": [], "pagination": {"nextTok',
        b'{"orders": [], "pagination": "t"}',
        b'{"orders": [], "pagination": {"nextToken": 7}}',
        b'{"orders": [], "pagination": {"nextToken": "' + b"x" * 9000 + b'"}}',
        b'{"orders": []}{"orders": []}',
        b'{"orders": []} trailing',
        b'{"x": "orders", "y": ["\\q"]}',
        page(ONE)[:-1],
        page(ONE)[:-2],
        page(ONE, TWO)[:-40],
    ],
)
def test_what_is_no_page_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        read_page(body)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "bad",
    [
        b"null",
        b"17",
        b"[]",
        b'{"orderId": "9", "title": "\xff\xfe"}',
        b'{"orderId": "9", "title": "half \\ud83d"}',
        b'{"orderId": "9", "title": "\\q"}',
        b'{"orderId": "9", "title": "raw \x01 control"}',
        b'{"orderId": "9", "n": NaN}',
        b'{"orderId": "9", "n": 01}',
        b'{"orderId": "9", "a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"orderId": "9",}',
        b'{"orderId": "9", "brackets": "]}[{\\"]},"}',
        b"",
    ],
)
def test_one_bad_order_harms_no_other(bad: bytes) -> None:
    body = page(ONE, bad, TWO, rest=b', "pagination": {"nextToken": "next"}')
    _, orders, token = read_page(body)
    found = [read_order(o) for o in orders]
    assert [o.order_id for o in found[::2]] == ["1", "2"]
    assert isinstance(found[1], Unreadable)
    assert (len(found), token) == (3, "next")


def test_half_a_character_in_a_title_is_mended() -> None:
    broken = raw(order(orderId="3")).replace(b"CLIP-1", b"CLIP\\ud83d")
    whole = raw(order(orderId="4")).replace(b"CLIP-1", b"CLIP\\ud83d\\ude00 \\\\ud83d")
    body = page(ONE, broken, whole)
    found = [read_order(o) for o in read_page(body)[1]]
    assert all(isinstance(o, OrderRecord) for o in found)
    records = [o for o in found if isinstance(o, OrderRecord)]
    assert "CLIP\ufffd" in records[1].payload.decode()
    assert "CLIP😀 \\\\ud83d" in records[2].payload.decode()


def test_invalid_utf_8_is_mended() -> None:
    body = page(raw(FULL).replace(b"Bayern", b"Bay\xe9rn"))
    (found,) = (read_order(o) for o in read_page(body)[1])
    assert isinstance(found, OrderRecord)


@given(st.integers(0, len(page(ONE, TWO, rest=b', "pagination": {"nextToken": "t"}')) - 1))
def test_a_page_cut_anywhere_is_no_page(length: int) -> None:
    body = page(ONE, TWO, rest=b', "pagination": {"nextToken": "t"}')[:length]
    with pytest.raises(ValueError, match=r"\w"):
        read_page(body)


@given(st.integers(0, len(page(b'{"a":"\\q"}', ONE)) - 1))
def test_a_page_with_a_bad_order_cut_anywhere_is_no_page(length: int) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_page(page(b'{"a":"\\q"}', ONE)[:length])


@given(st.binary(max_size=300))
def test_no_bytes_break_the_envelopes(body: bytes) -> None:
    for read in (read_page, read_answer, read_participations):
        with suppress(ValueError):
            read(body)


@pytest.mark.parametrize("tail", [b"", b"\\", b'"', b"["])
def test_a_string_without_end_takes_no_time(tail: bytes) -> None:
    body = b'{"orders": ["' + b'\\"' * 500_000 + tail
    started = time.perf_counter()
    with pytest.raises(ValueError, match=r"\w"):
        read_page(body)
    assert time.perf_counter() - started < 5


def test_one_order() -> None:
    assert read_order(read_answer(b'{"order": ' + ONE + b"}")).order_id == "1"
    assert read_order(read_answer(b'\xef\xbb\xbf{"order": ' + ONE + b"}")).order_id == "1"
    broken = raw(order(orderId="3")).replace(b"CLIP-1", b"CLIP\\ud83d")
    assert read_order(read_answer(b'{"order": ' + broken + b"}")).order_id == "3"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"order": null}', b'{"order": {', b"<html>", b'{"order": {"a": \\}}']
)
def test_what_holds_no_order_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_answer(body)


def test_participations_survive_an_odd_row() -> None:
    body = {
        "payload": [
            {"marketplace": {"id": "A1"}, "participation": {"isParticipating": True}},
            {"marketplace": "A2"},
            None,
            {"storeName": "x"},
        ]
    }
    found = read_participations(json.dumps(body).encode())
    assert [row.marketplace.id if row.marketplace else None for row in found] == ["A1", None]
    for nonsense in (b"{}", b"[]", b"<html>", b'{"payload": {}}', b""):
        with pytest.raises(ValueError, match=r"\w"):
            read_participations(nonsense)


def test_the_bound_that_an_answer_names() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert read_bound("2026-11-23T12:00:00Z") == noon
    assert read_bound("2026-11-23T12:00:00.000Z") == noon
    assert read_bound("2026-11-23T13:00:00+01:00") == noon
    assert read_bound("2026-11-23T12:00:00") == noon
    assert [read_bound(x) for x in (None, "", "now", "2026")] == [None] * 4
