"""Answers in every shape that builds give them, and anything else, are read or refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fvsamazon.finvalda.wire import Access, Envelope, UnreadableAnswer, decode

SAVED = {"SERIJA": "AMZ", "DOKUMENTAS": "405-1234567-7654321", "ZURNALAS": "$PARD.", "NUMERIS": "7"}
FRAGMENT = (
    "<OP_DUOMENYS><SERIJA>AMZ</SERIJA><DOKUMENTAS>405-1234567-7654321</DOKUMENTAS>"
    "<ZURNALAS>$PARD.</ZURNALAS><NUMERIS>7</NUMERIS></OP_DUOMENYS>"
)


def packed(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def test_plain_success() -> None:
    envelope = decode(packed({"AccessResult": "Success", "error": "", "nResult": 0}))
    assert (envelope.access, envelope.result, envelope.error) == (Access.SUCCESS, 0, "")
    assert envelope.rows() == []


def test_refusal_in_json_and_in_xml_is_the_same() -> None:
    told = {"AccessResult": "Fail", "error": "Nerasta prekė", "nResult": 39}
    xml = "<AccessResult>Fail</AccessResult>\n<error>Nerasta prekė</error>\n<nResult>39</nResult>"
    for body in (packed(told), xml.encode(), f'<?xml version="1.0"?><root>{xml}</root>'.encode()):
        envelope = decode(body)
        assert (envelope.access, envelope.result) == (Access.FAIL, 39)
        assert envelope.error == "Nerasta prekė"


def test_byte_order_marks_and_code_pages() -> None:
    told = {"AccessResult": "Fail", "error": "Šaltinis - ąčęėįšųūž", "nResult": "1036"}
    text = json.dumps(told, ensure_ascii=False)
    bodies = (
        text.encode("utf-8-sig"),
        text.encode("cp1257"),
        b"\xff\xfe" + text.encode("utf-16-le"),
        b"\xfe\xff" + text.encode("utf-16-be"),
        json.dumps(told).encode("ascii"),
    )
    for body in bodies:
        envelope = decode(body)
        assert (envelope.error, envelope.result) == ("Šaltinis - ąčęėįšųūž", 1036)


def test_code_page_declared_in_xml() -> None:
    body = (
        '<?xml version="1.0" encoding="windows-1257"?><r><AccessResult>Fail</AccessResult>'
        "<error>Žurnalas</error><nResult>45</nResult></r>"
    ).encode("cp1257")
    assert decode(body).error == "Žurnalas"


def test_control_characters_are_stripped_however_they_come() -> None:
    bodies = (
        b'{"AccessResult":"Success","items":[{"a":"x\x1ay\\u0007\\u009bz"}]}',
        b"<AccessResult>Success</AccessResult><items><i><a>x&#x1A;y&#7;&#x9b;z</a></i></items>",
        b"<AccessResult>Success</AccessResult><items><i><a>x\x1ayz</a></i></items>",
    )
    for body in bodies:
        assert decode(body).rows() == [{"a": "xyz"}]
    assert decode(b'{"AccessResult":"Success","items":[{"a":"\\ud800"}]}').rows() == [
        {"a": "\N{REPLACEMENT CHARACTER}"}
    ]


def test_a_line_break_inside_a_text_is_no_reason_to_give_up() -> None:
    envelope = decode(b'{"AccessResult":"Fail","error":"a\nb","nResult":4002}')
    assert (envelope.error, envelope.result) == ("a\nb", 4002)


@pytest.mark.parametrize(
    ("items", "rows"),
    [
        ([{"code": "A"}, {"code": "B"}], [{"code": "A"}, {"code": "B"}]),
        ({"code": "A"}, [{"code": "A"}]),
        ({"code": "A", "title": "t"}, [{"code": "A", "title": "t"}]),
        ({"Eil": [{"code": "A"}]}, [{"code": "A"}]),
        ({"Eil": {"code": "A", "title": "t"}}, [{"code": "A", "title": "t"}]),
        ('[{"code": "A"}]', [{"code": "A"}]),
        ([], []),
        (None, []),
        ("", []),
    ],
)
def test_rows_come_as_list_object_or_nothing(items: object, rows: list[dict[str, object]]) -> None:
    assert decode(packed({"AccessResult": "Success", "items": items})).rows() == rows


def test_rows_under_a_name_of_their_own() -> None:
    xml = (
        "<AccessResult>Success</AccessResult><error></error><Klientai>"
        "<Eil><kodas>A1</kodas></Eil><Eil><kodas>A2</kodas></Eil></Klientai>"
    )
    assert decode(xml.encode()).rows() == [{"kodas": "A1"}, {"kodas": "A2"}]
    one = "<AccessResult>Success</AccessResult><Klientai><Eil><kodas>A1</kodas></Eil></Klientai>"
    assert decode(one.encode()).rows() == [{"kodas": "A1"}]


def test_missing_items_are_none_but_unknown_ones_are_not_taken_for_none() -> None:
    assert decode(packed({"AccessResult": "Success", "error": ""})).rows() == []
    for strange in (
        {"AccessResult": "Success", "items": 7},
        {"AccessResult": "Success", "items": ["A"]},
        {"AccessResult": "Success", "items": "nothing"},
        {"AccessResult": "Success", "Sales": [{"a": 1}], "More": [{"a": 1}]},
        {"AccessResult": "Success", "count": 12},
    ):
        with pytest.raises(UnreadableAnswer):
            decode(packed(strange)).rows()


def test_single_card_and_its_absence() -> None:
    card = decode(packed({"AccessResult": "Success", "Fvs.Preke": {"sKodas": "A"}}))
    assert card.entity("Fvs.Preke") == {"sKodas": "A"}
    nothings: tuple[object, ...] = (None, "", {}, [])
    for nothing in nothings:
        assert (
            decode(packed({"AccessResult": "Success", "Fvs.Preke": nothing})).entity("Fvs.Preke")
            is None
        )
    nil = b'<r xmlns:i="x"><AccessResult>Success</AccessResult><Fvs.Preke i:nil="true"/></r>'
    assert decode(nil).entity("Fvs.Preke") is None
    with pytest.raises(UnreadableAnswer):
        decode(packed({"AccessResult": "Success"})).entity("Fvs.Preke")


def test_identity_of_a_saved_operation_in_each_of_its_places() -> None:
    bodies = (
        packed({"AccessResult": "Success", "nResult": 0, "error": FRAGMENT, "OP_DUOMENYS": SAVED}),
        packed({"AccessResult": "Success", "nResult": 0, "error": FRAGMENT}),
        packed({"AccessResult": "Success", "nResult": 0, "error": "", "OP_DUOMENYS": [SAVED]}),
        f"<AccessResult>Success</AccessResult><error>{FRAGMENT}</error><nResult>0</nResult>".encode(),
        (
            "<r><AccessResult>Success</AccessResult><nResult>0</nResult><error>"
            + FRAGMENT.replace("<", "&lt;")
            + "</error></r>"
        ).encode(),
    )
    for body in bodies:
        assert decode(body).saved() == SAVED
    assert decode(packed({"AccessResult": "Success", "error": "<broken"})).saved() is None
    assert decode(packed({"AccessResult": "Success", "error": ""})).saved() is None


def test_a_payload_packed_once_more() -> None:
    inner = json.dumps({"AccessResult": "Success", "items": [{"a": 1}]})
    for body in (
        packed(inner),
        f'<string xmlns="http://schemas.example/">{inner}</string>'.encode(),
        packed({"GetOperationsResult": json.loads(inner)}),
    ):
        assert decode(body).rows() == [{"a": 1}]


def test_numbers_are_exact() -> None:
    row = decode(b'{"AccessResult":"Success","items":[{"a":29.65,"b":0.134087801}]}').rows()[0]
    assert row == {"a": Decimal("29.65"), "b": Decimal("0.134087801")}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"\xef\xbb\xbf",
        b"null",
        b"[]",
        b"{}",
        b"OK",
        b"<html><body><p>502 Bad Gateway<br></body></html>",
        b"<html><body>login</body></html>",
        b'{"AccessResult":"Success","items":[',
        b'{"AccessResult":"Perhaps"}',
        b'{"AccessResult":2}',
        b'{"AccessResult":"Success","a":1e999999999}',
        b'{"AccessResult":"Success","a":NaN}',
        b'{"AccessResult":"Success","a":' + b"9" * 5000 + b"}",
        b'{"AccessResult":"Success","a":' + b"[" * 40 + b"]" * 40 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"<a>" * 100_000,
        b"<!DOCTYPE r [<!ENTITY a 'b'>]><r><AccessResult>Success</AccessResult></r>",
        b"<?xml version='1.0'?><!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>",
        b"<r><AccessResult>Success</AccessResult><error>&undefined;</error></r>",
        b"<AccessResult>Success</AccessResult></_><_>",
        b"<AccessResult>Success",
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        decode(body)
    # The body may hold a buyer's name; it must not travel inside the exception either.
    assert caught.value.__cause__ is None or not hasattr(caught.value.__cause__, "doc")


def test_entities_are_never_expanded() -> None:
    levels = "".join(f'<!ENTITY e{i} "&e{i - 1};&e{i - 1};">' for i in range(1, 30))
    bomb = f'<!DOCTYPE r [<!ENTITY e0 "ha">{levels}]><r><AccessResult>&e29;</AccessResult></r>'
    with pytest.raises(UnreadableAnswer):
        decode(bomb.encode())


def test_neither_envelope_nor_refusal_shows_what_it_holds() -> None:
    envelope = decode(packed({"AccessResult": "Fail", "error": "Greta", "items": [{"a": "Greta"}]}))
    assert "Greta" not in repr(envelope)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["AccessResult", "error", "nResult", "items", "OP_DUOMENYS", "x"]),
            inner | st.sampled_from(["Success", "Fail", "AccessDenied", FRAGMENT, "<a>", "0"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)
TAGS = (
    "<AccessResult>|</AccessResult>|Success|<items>|</items>|<i a:nil='1'>|</i>|<error>|</error>|"
    "&#x1A;|&amp;|&e;|<![CDATA[|]]>|<!DOCTYPE a>|<?x?>|<nResult>0</nResult>|\x00|<|>|'|\"|ąž|{|[|"
    "<!--|-->"
)
tags = st.sampled_from(TAGS.split("|"))


def read_everything(body: bytes) -> None:
    """Read a body as the client does; nothing but the typed error may come of it."""
    try:
        envelope = decode(body)
    except UnreadableAnswer:
        return
    assert isinstance(envelope, Envelope)
    envelope.saved()
    for use in (envelope.rows, lambda: envelope.entity("items"), lambda: envelope.rows("x")):
        try:
            use()
        except UnreadableAnswer:
            continue


@settings(deadline=None)
@given(st.binary(max_size=300))
@example(b'"' * 50)
@example(b"<_></_>")
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    read_everything(body)


@settings(deadline=None)
@given(json_values)
def test_any_json_is_read_or_refused(value: object) -> None:
    read_everything(json.dumps(value).encode())
    read_everything(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@settings(deadline=None)
@given(st.lists(tags, max_size=25), st.sampled_from(["utf-8", "cp1257", "utf-16"]))
def test_any_markup_is_read_or_refused(parts: list[str], encoding: str) -> None:
    read_everything("".join(parts).encode(encoding, "replace"))


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, 90))
def test_a_damaged_answer_is_read_or_refused(noise: bytes, place: int) -> None:
    whole = packed({"AccessResult": "Success", "error": FRAGMENT, "nResult": 0, "items": [SAVED]})
    read_everything(whole[:place] + noise + whole[place:])
    read_everything(whole[:place])
