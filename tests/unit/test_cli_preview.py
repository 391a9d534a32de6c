"""The text and the JSON of `deliveries preview`: all that Finvalda is sent, nothing of a person."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fvsamazon.booking.clients import AddressCard, Client, ClientCard
from fvsamazon.booking.outcomes import Document, Line
from fvsamazon.booking.products import NewProduct
from fvsamazon.cli.preview_text import as_json, as_lines

ORDER = "305-0000000-0000001"
PERSON = ClientCard(
    "P3050000001", "Jonas Canaraitis", "FIZ", natural_person=True, vat_number=None, country="SE",
    street="Canarigatan 1", city="Lund", post_code="221 00", phone="+46 1",
)  # fmt: skip
PLACE = AddressCard("0000000000001", "Canarigatan 1", "Jonas Canaraitis", country="SE")
LINE = Line(
    "goods", "PREKE001", service=False, warehouse="FBM", quantity=Decimal(2),
    net=Decimal("80.00"), vat=Decimal("20.00"), gross=Decimal("100.00"), vat_percent=Decimal(25),
    vat_code="OSSSE25", rule="OSS", item_id="1", net_eur=Decimal("7.03"), vat_eur=Decimal("1.76"),
)  # fmt: skip
DOCUMENT = Document(
    outcome="sale", finvalda_class="PardDok", order_id=ORDER,
    client=Client(PERSON.code, PERSON, PLACE), series="AMZ", number=ORDER, searched_title=None,
    date=date(2026, 11, 20), parameter="FVSAMAZON", kind="SF", currency="SEK",
    titles=("one", "", "three"), remark="a remark", objects=("", "WEB"), lines=(LINE,),
    total=Decimal("100.00"), rate=Decimal("11.38"),
)  # fmt: skip


def changed(**values: Any) -> Document:
    return dataclasses.replace(DOCUMENT, **values)


def stripped(document: Document) -> list[str]:
    return [line.strip() for line in as_lines(document, "en")]


def only_line(document: Document) -> dict[str, Any]:
    lines: Any = as_json(ORDER, document, "en")["lines"]
    assert len(lines) == 1
    return dict(lines[0])


def test_the_amounts_in_euro_stand_beside_those_of_the_order() -> None:
    lines = stripped(DOCUMENT)
    assert "net 80.00 (7.03 EUR)" in lines
    assert "vat 20.00 (1.76 EUR)" in lines
    line = only_line(DOCUMENT)
    assert (line["net"], line["net_eur"], line["vat_eur"]) == ("80.00", "7.03", "1.76")
    left = dataclasses.replace(LINE, net_eur=None, vat_eur=None)
    assert "net 80.00" in stripped(changed(lines=(left,)))
    assert only_line(changed(lines=(left,)))["net_eur"] is None


def test_texts_are_shown_as_finvalda_gets_them() -> None:
    long = changed(titles=("Größe " + "x" * 60, "", "three"))
    shown = as_json(ORDER, long, "en")
    operation: Any = shown["finvalda"]
    assert shown["titles"] == [operation["PardDok"]["sPavadinimas1"], "", "three"]
    assert len(operation["PardDok"]["sPavadinimas1"]) == 50
    assert f"title 1: {operation['PardDok']['sPavadinimas1']}" in stripped(long)


@pytest.mark.parametrize("language", ["en", "lt"])
def test_no_value_of_a_card_is_shown(language: Any) -> None:
    told = "\n".join(as_lines(DOCUMENT, language)) + repr(as_json(ORDER, DOCUMENT, language))
    for word in ("Jonas", "Canar", "Lund", "221", "+46"):
        assert word not in told
    for code in (PERSON.code, PLACE.code):
        assert code in told
    assert as_json(ORDER, DOCUMENT, language)["client_card"] == {
        "code": PERSON.code,
        "fields": ["name", "type", "country", "street", "city", "post_code", "phone"],
    }


def test_a_product_that_will_be_made_is_named() -> None:
    new = NewProduct("LAMPA1", "Lamp", "LAMPA-1", shortened=False)
    document = changed(lines=(dataclasses.replace(LINE, new_product=new),))
    assert "product card LAMPA1: SKU LAMPA-1" in stripped(document)
    assert as_json(ORDER, document, "en")["product_cards"] == [{"code": "LAMPA1", "sku": "LAMPA-1"}]


def test_what_finvalda_has_no_field_for_is_told_and_not_called_a_document() -> None:
    unfit = changed(series="A" * 30)
    (told,) = [line for line in stripped(unfit) if "would be held" in line]
    assert "sSerija" in told
    assert as_json(ORDER, unfit, "en")["finvalda"] is None
    (lithuanian,) = [line for line in as_lines(unfit, "lt") if "būtų sulaikytas" in line]
    assert "sSerija" in lithuanian
    assert told.rpartition(": ")[2] not in lithuanian
