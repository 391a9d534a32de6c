"""What a log line shows of any value, and what it never shows."""

from __future__ import annotations

import dataclasses
import enum
import json
import time
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretBytes, SecretStr

from fvsamazon.logs.redaction import (
    ITEM_LIMIT,
    REMOVED,
    TEXT_LIMIT,
    Redactor,
    mask_quoted,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "Kž9|pa$$ w{x}\"q'#z\\"


@dataclasses.dataclass
class Person:
    name: str


class Window(NamedTuple):
    name: str


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("given_value", "shown"),
    [
        (None, None),
        (True, True),
        (12, 12),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (Decimal("10.50"), "10.50"),
        (timedelta(minutes=2), 120.0),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:00:00Z"),
        (datetime(2026, 1, 2, 3), "2026-01-02T03:00:00"),  # noqa: DTZ001 - a naive one is shown too
        (date(2026, 1, 2), "2026-01-02"),
        (ip_address("::1"), "::1"),
        (Colour.RED, "red"),
        (Path("/a/b"), "/a/b"),
        (b"abc\xff", "abc\\\\xff"),
        (bytearray(b"abc"), "abc"),
        (("a", 1), ["a", 1]),
        ({"a"}, ["a"]),
        ({"a": {1: b"x"}}, {"a": {"1": "x"}}),
        (ValueError("Jonas"), "<ValueError>"),
        (SecretStr("Jonas"), "<SecretStr>"),
        (Person("Jonas"), "<Person>"),
        (Window("Jonas"), "<Window>"),
        (Person, "<type>"),
        (object(), "<object>"),
        ("Žąsis 日本 é", "Žąsis 日本 é"),
    ],
)
def test_plain_values_are_shown_and_objects_only_named(given_value: object, shown: object) -> None:
    assert Redactor().value(given_value) == (shown if shown != "abc\\\\xff" else "abc\\xff")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: f"before {s} after",
        lambda s: s.encode(),
        lambda s: bytearray(s.encode()),
        lambda s: [[{"x": (s,)}]],
        lambda s: {s: 1},
        lambda s: {"x": {s.encode(): s}},
        lambda s: quote(s, safe=""),
        quote,
        lambda s: f"https://a/?q={quote_plus(s)}&b=1",
        json.dumps,
        lambda s: json.dumps({"a": s}, ensure_ascii=False),
        repr,
        lambda s: repr(s.encode()),
        lambda s: Path("/x/" + s),
        lambda s: "x" * (TEXT_LIMIT - 3) + s,
    ],
)
def test_a_protected_value_is_removed_however_it_is_written(
    wrap: Callable[[str], object],
) -> None:
    redactor = Redactor()
    redactor.protect(SecretStr(SECRET))
    shown = json.dumps(redactor.value(wrap(SECRET)), ensure_ascii=False)
    for part in ("Kž9", "K\\u017e9", "pa$$", "pa%24", "#z"):
        assert part not in shown
    assert REMOVED in shown


def test_bytes_and_keys_in_text_form_are_removed() -> None:
    redactor = Redactor()
    redactor.protect(SecretBytes(bytes(range(32))))
    redactor.protect("-----BEGIN KEY-----\nabcdefghijklmnopqrstuvwxyz\n")
    for written in (bytes(range(32)).hex(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="):
        assert redactor.value(written) == REMOVED
    assert redactor.value("line abcdefghijklmnopqrstuvwxyz") == f"line {REMOVED}"


def test_of_two_secrets_the_longer_goes_first() -> None:
    redactor = Redactor()
    redactor.protect("abcdefgh")
    redactor.protect("abcdefgh-rest")
    assert redactor.value("is abcdefgh-rest.") == f"is {REMOVED}."


@pytest.mark.parametrize(
    "secret",
    ["Server=tcp://sql.firma.lt;User=sa;Pwd=Slaptas-Zodis", "Slaptas-Zodis://of-the-year-2026"],
)
def test_a_secret_with_an_address_in_it_is_no_address(secret: str) -> None:
    redactor = Redactor()
    redactor.protect(secret)
    for cut in (secret[:-2], secret[2:], f"…{secret[9:]}"):
        assert "Slaptas" not in redactor.clean(f"no such server: {cut}")


def test_the_host_of_a_protected_address_may_be_named() -> None:
    redactor = Redactor()
    redactor.protect("http://wolf:Slaptas-Zodis@proxy.firma.lt:3128")
    assert redactor.clean("to proxy.firma.lt:3128") == "to proxy.firma.lt:3128"


def test_a_short_secret_is_removed_only_where_it_stands_alone() -> None:
    redactor = Redactor()
    redactor.protect("1234")
    assert redactor.value("302-9123456-1234567 and pin=1234.") == (
        f"302-9123456-1234567 and pin={REMOVED}."
    )
    assert redactor.value(1234) == REMOVED
    assert redactor.value([12345]) == [12345]


def test_nothing_is_protected_by_nothing() -> None:
    redactor = Redactor()
    for nothing in (None, "", b"", SecretStr(""), 5):
        redactor.protect(nothing)
    assert redactor.value("all of it") == "all of it"


def test_a_forgotten_value_is_shown_again() -> None:
    redactor = Redactor()
    redactor.protect("old-access-value")
    redactor.forget("old-access-value")
    assert redactor.value("old-access-value") == "old-access-value"


@pytest.mark.parametrize(
    "text",
    [
        "Atza|IwEBIAbc-d_e/f+g=",
        "Atzr|IwEBIAbc",
        "Atza%7CIwEBIAbc",
        "amzn1.oa2-cs.v1.0123abcdef",
        "Bearer abcdefghijk",
        "basic dXNlcjpwYXNz",
        '{"access_token": "abc123"}',
        "refresh_token=abc123&x=1",
        "clientSecret: abc123",
        "x-amz-access-token: abc123",
        "password='abc123'",
        "jonas.jonaitis+x@pastas.example.lt",
        "-----BEGIN RSA PRIVATE KEY-----\nabc123\n-----END RSA PRIVATE KEY-----",
        "http://user:abc123@127.0.0.1/",
    ],
)
def test_secrets_are_known_by_their_shape(text: str) -> None:
    shown = Redactor().text(f"a {text} b")
    assert REMOVED in shown
    for part in ("IwEB", "0123abcdef", "abcdefghijk", "dXNl", "abc123", "jonas", "pastas"):
        assert part not in shown


@pytest.mark.parametrize(
    "key",
    [
        "access_token",
        "accessToken",
        "FVSAMAZON_EUROPE__CLIENT_SECRET",
        "x-amz-access-token",
        "Authorization",
        "password",
        "connString",
        "api_key",
        "buyerName",
        "buyer_email",
        "phone",
        "addressLine1",
        "postal_code",
        "giftMessage",
        "customizedUrl",
        b"password",
    ],
)
def test_a_suspicious_key_hides_what_it_holds_at_any_depth(key: str | bytes) -> None:
    value = {"a": [{key: "x1y2z3"}, {key: ["x1y2z3", {"b": "x1y2z3"}]}]}
    assert "x1y2z3" not in str(Redactor().value(value))


def test_a_person_is_hidden_even_as_a_number_or_a_day() -> None:
    assert Redactor().value({"phone": 37060000000, "name": date(1990, 1, 1)}) == {
        "phone": REMOVED,
        "name": REMOVED,
    }


def test_documented_keys_and_counts_are_shown() -> None:
    redactor = Redactor(known_keys=["names", "key_id", "token_valid_until"])
    value = {"token_valid_until": "2026", "key_id": "k1", "tokens": 3, "secret": None}
    assert redactor.value(value) == value


def test_size_is_bounded() -> None:
    redactor = Redactor()
    shown = redactor.value("a" * 1_000_000)
    assert isinstance(shown, str)
    assert len(shown) < TEXT_LIMIT + 40
    listed = redactor.value(list(range(ITEM_LIMIT + 5)))
    assert isinstance(listed, list)
    assert listed[-1] == "… 5 more"
    mapped = redactor.value({f"k{n}": n for n in range(ITEM_LIMIT + 5)})
    assert isinstance(mapped, dict)
    assert mapped["…"] == "5 more"
    endless: list[object] = []
    endless.append(endless)
    assert "<…>" in str(redactor.value(endless))


def test_what_could_steer_a_terminal_becomes_an_escape() -> None:
    assert printable("a\x1b[2Jb\r\nc\x9b\u202e\ud800\x00\x7f") == (
        "a\\x1b[2Jb\\r\\nc\\x9b\\u202e\\ud800\\x00\\x7f"
    )
    assert printable("a\nb\x1b", lines=True) == "a\nb\\x1b"
    assert Redactor().value({"a\x1b": "b\n"}) == {"a\\x1b": "b\\n"}


def test_quoted_values_of_libraries_are_masked() -> None:
    assert mask_quoted("can't read 'Jonas', b'On\\'a' or \"P\" in x") == (
        "can't read '…', '…' or \"…\" in x"
    )
    assert mask_quoted("left open 'Jonas") == "left open '…'"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
            | st.tuples(inner, inner)
        ),
        max_leaves=20,
    ),
    st.text(min_size=8, max_size=20, alphabet=st.characters(exclude_categories=["Cs"])),
)
def test_any_value_becomes_plain_data_without_the_secret(value: object, secret: str) -> None:
    redactor = Redactor()
    redactor.protect(secret)
    shown = redactor.value([value, secret, {"a": f"<{secret}>"}])
    line = json.dumps(shown, ensure_ascii=False, allow_nan=False)
    assert "\n" not in line
    assert printable(line) == line
    assert shown[1] == REMOVED  # type: ignore[index]
    assert shown[2] == {"a": f"<{REMOVED}>"}  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a@" * 50_000, "a." * 50_000, "://a:" * 40_000, "-----BEGIN A " * 9_000],
)
def test_no_text_makes_the_search_slow(text: str) -> None:
    before = time.process_time()
    Redactor().text(text)
    assert time.process_time() - before < 1
