"""What a text shows that leaves the process: pieces of secrets, other programs' syntax."""

from __future__ import annotations

import base64
import csv
import io
import json
import sqlite3
import threading
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvsamazon.cli.order_export import ORDER_COLUMNS, csv_writer, harmless, json_writer
from fvsamazon.cli.wording import json_text, shown
from fvsamazon.logs import redacted, tracebacks
from fvsamazon.logs.pieces import SHORTEST, Pieces, folded
from fvsamazon.logs.redaction import REMOVED, Redactor
from fvsamazon.store.database import wrap
from support.liars import pieces_shown

calm = settings(deadline=None)
"""How fast it is does not matter here, and machines are busy at times."""
SECRET = "Kestutis-Canary/0123456789+abcdefghijklmnop=="
NASTY = "a\x00\x1b]0;t\x07\x7f\x9b31m\u202eb\u2028\ud800\U000e0041\ufeffc"


def remover(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.protect(secret)
    return redactor


@pytest.mark.parametrize(
    "said",
    [
        SECRET[:20],
        SECRET[7:],
        f"{SECRET[:15]}\n{SECRET[15:]}",
        f"{SECRET[:13]}…",
        SECRET.lower(),
        SECRET.upper(),
        SECRET.swapcase(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"u:{SECRET}".encode()).decode(),
        base64.b64encode(f"us:{SECRET}:x".encode()).decode(),
        base64.urlsafe_b64encode(f"usr:{SECRET}".encode()).decode(),
        SECRET.replace("/", "%2f").replace("+", "%2b"),
        SECRET.replace("/", "\\/"),
        json.dumps(json.dumps({"a": SECRET})),
        f"{SECRET}{SECRET}",
    ],
)
def test_a_piece_of_a_secret_is_removed_however_it_was_bent(said: str) -> None:
    out = remover(SECRET).text(f"before {said} after")
    assert REMOVED in out
    assert out.startswith("before ")
    assert out.endswith(" after")
    assert pieces_shown(out, [SECRET, said]) == []


@calm
@given(
    st.text(min_size=SHORTEST, max_size=60),
    st.integers(0, 60),
    st.integers(SHORTEST, 60),
    st.text(max_size=20),
)
def test_any_run_of_a_secret_goes(secret: str, start: int, length: int, around: str) -> None:
    piece = secret[start : start + length]
    out = Pieces([secret]).remove(f"{around}{piece}{around}", "\0")
    if len(piece) >= SHORTEST:
        assert folded(piece) not in folded(out)
        assert "\0" in out


@calm
@given(st.text(max_size=80), st.text(max_size=40))
def test_what_shares_no_long_run_with_a_secret_stays(text: str, secret: str) -> None:
    low, hidden = folded(text), folded(secret)
    shared = any(
        hidden[place : place + SHORTEST] in low for place in range(len(hidden) - SHORTEST + 1)
    )
    if not shared and not (hidden and hidden in low):
        assert Pieces([secret] if secret else []).remove(text, "***") == text


def test_an_address_with_a_secret_does_not_hide_its_host() -> None:
    redactor = remover("http://user:p@proxy.example.org:3128")
    assert redactor.text("cannot reach proxy.example.org:3128") == (
        "cannot reach proxy.example.org:3128"
    )


@pytest.mark.parametrize("said", ["p#1&", "p%231%26", "P%231%26", "p#1&amp;", "'p#1&'", "x=p#1&;"])
def test_a_short_secret_is_removed_in_other_spellings_too(said: str) -> None:
    out = remover("p#1&").text(f"a {said} b")
    assert REMOVED in out
    assert "231" not in out
    assert "#1" not in out


@pytest.mark.parametrize(
    "said",
    ["Atzr%257CIwEBcanary", "ATZA|IWEBCANARY", "AMZN1.OA2-CS.V1.canary", "jonas%40pastas.lt"],
)
def test_shapes_are_known_in_other_spellings(said: str) -> None:
    out = redacted(f"a {said} b")
    assert out == f"a {REMOVED} b"


def test_many_long_secrets_and_a_long_text_take_no_time() -> None:
    redactor = remover(*(f"{number:04}{SECRET * 20}" for number in range(20)))
    text = "orders were read, and the next page is due; " * 1500
    before = time.process_time()
    redactor.text(text)
    assert time.process_time() - before < 1


def test_a_row_that_is_no_utf8_is_not_quoted_by_sqlites_error() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (x text)")
    connection.execute("insert into t values (cast(x'4f274e65696c204a6f6e617320ff' as text))")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("select x from t").fetchall()
    connection.close()
    assert "Jonas" in str(caught.value), "sqlite quotes the value"
    for said in (tracebacks.render(caught.value), tracebacks.render(wrap(caught.value))):
        assert "UTF-8" in said
        assert "Jonas" not in said
        assert "Neil" not in said


@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_printable_and_says_the_same(indent: int | None) -> None:
    value = {NASTY: [NASTY, {"ąžuolas": "日本 x"}], "n": 1}
    text = json_text(value, indent=indent)
    assert json.loads(text) == value
    assert all(line.isprintable() for line in text.split("\n"))
    assert "ąžuolas" in text
    text.encode("utf-8")


@calm
@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_json_is_printable_and_says_the_same(value: Any) -> None:
    text = json_text(value, compact=True)
    assert json.loads(text) == value
    assert text.isprintable()


def test_json_for_a_terminal_of_another_alphabet_is_still_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), "iso-8859-13"))
    text = json_text({"a": "日本 é \ud800"})
    assert json.loads(text.encode("ascii")) == {"a": "日本 é \ud800"}


def test_an_exported_line_is_one_line_whatever_was_typed() -> None:
    stream = io.StringIO()
    json_writer(stream)({"a": f"x\n{NASTY}\r\u0085y"})
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line) == {"a": f"x\n{NASTY}\r\u0085y"}


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\x00=1",
        "\ufeff=1",
        "\u200b=1",
        " =1",
        "\u00a0=1",
        "\uff1d1",
        "\uff20SUM(1)",
        "\u202e=1",
    ],
)
def test_no_cell_begins_a_formula(cell: str) -> None:
    made = str(harmless(cell))
    assert made.startswith("'")
    assert made.isprintable()


@pytest.mark.parametrize(
    "cell", ["x;=cmd|' /C calc'!A0", "x; =1", "x;;+1", "a;\t@SUM(1)", ";-1+1", "x;\uff1d1"]
)
def test_no_formula_begins_where_lists_are_parted_by_semicolons(cell: str) -> None:
    """Excel in Lithuania parts a file's cells at semicolons, whatever else stands there."""
    stream = io.StringIO()
    write = csv_writer(stream)
    write(
        dict.fromkeys(ORDER_COLUMNS, "a")
        | {
            "items": [{"sku": cell}],
            "delivery": dict.fromkeys(("state", "document", "journal", "number", "reason"), "b"),
        }
    )
    (row,) = list(csv.reader(io.StringIO(stream.getvalue()), delimiter=";"))[1:]
    for found in row:
        plain = unicodedata.normalize("NFKC", found).lstrip()
        assert not plain.startswith(("=", "+", "-", "@")), found


@pytest.mark.parametrize("cell", ["-12.50", "12", "a;b", "a; b-c", "x = 1", 5, None, "302-1;2"])
def test_ordinary_cells_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) == cell


def test_a_text_for_a_terminal_has_nothing_but_printable_characters() -> None:
    assert shown(NASTY).isprintable()
    assert shown("[red]x[/red] [link=http://a]b[/link]") == ("[red]x[/red] [link=http://a]b[/link]")


def test_a_secret_protected_while_others_log_is_never_missed() -> None:
    redactor = Redactor()
    ends = threading.Event()

    def log() -> None:
        while not ends.is_set():
            redactor.text("nothing to see in this line")

    threads = [threading.Thread(target=log) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(200):
            secret = f"{number:04}-Canary-{SECRET}"
            redactor.protect(secret)
            assert redactor.text(secret) == REMOVED
            redactor.forget(secret)
    finally:
        ends.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    "sentence",
    [
        "FVSAMAZON_FINVALDA__PASSWORD: it is missing; every call to Finvalda needs it",
        "FVSAMAZON_EUROPE__CLIENT_SECRET: it is missing, and the region is on",
        "FVSAMAZON_EUROPE__REFRESH_TOKEN (settings.env line 3): given twice",
        "FVSAMAZON_EUROPE__ACCOUNTS__UK__REFRESH_TOKEN: the same refresh token stands in each",
        "fvsamazon@ACME.service reads /etc/fvsamazon/ACME/settings.env",
        "the refresh token is revoked, expired or malformed: authorise the application again",
        "check FVSAMAZON_FINVALDA__USERNAME, __PASSWORD and __COMPANY_ID or __CONN_STRING, and",
    ],
)
def test_our_own_sentences_about_secrets_stay_readable(sentence: str) -> None:
    assert redacted(sentence) == sentence


@pytest.mark.parametrize(
    "text", ["FVSAMAZON_FINVALDA__PASSWORD=abc123", "FINVALDA__CONN_STRING = 'abc123'"]
)
def test_a_line_of_the_settings_is_no_sentence(text: str) -> None:
    assert "abc123" not in redacted(text)
