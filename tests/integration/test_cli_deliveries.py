"""`fvsamazon deliveries`: what its pages show, word by word, without a Finvalda to ask."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from fvsamazon.clock import to_micros
from fvsamazon.store import orders, outbox
from support.commands import SETTINGS, fvsamazon_run, settings_file
from support.delivery_house import RULES, VAT_BUYER, amazon_order
from support.recorded import NOON, record, recorded

if TYPE_CHECKING:
    from pathlib import Path

HELD, BOOKED, WAITS = (f"305-0000000-{number:07}" for number in (1, 2, 3))
LT = {"FVSAMAZON_LANGUAGE": "lt"}
REASONS = [
    {
        "code": "warehouse_none",
        "en": "No [[warehouse]] rule fits.",
        "lt": "Netinka nė viena [[warehouse]] taisyklė.",
        "remedy_en": "Add a rule.",
        "remedy_lt": "Pridėkite taisyklę.",
    },
    {"code": "vat_none_unknown", "en": "No [[vat]] rule fits.", "lt": "Netinka joks [[vat]]."},
]
STATES: dict[str, dict[str, Any]] = {
    HELD: {"state": "held", "reasons": json.dumps(REASONS), "number_text": HELD},
    BOOKED: {
        "state": "booked",
        "number_text": BOOKED,
        "journal": "PARD",
        "number": 7,
        "booked_at": to_micros(NOON),
    },
    WAITS: {"state": "due", "number_text": WAITS},
}


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    settings_file(tmp_path, SETTINGS)
    rules = RULES.replace('series = "AMZ"', 'series = "AMZ"\nremark = "{order_id}, ąžuolas"')
    rules = rules.replace('titles = ["', 'objects = ["", "WEB"]\ntitles = ["')
    (tmp_path / "booking.toml").write_text(rules, "utf-8")
    now = to_micros(NOON)
    async with recorded(tmp_path / "fvsamazon.db") as database:
        for number, (order_id, values) in enumerate(STATES.items(), start=1):
            await record(database, amazon_order(number))
            (found,) = await orders.get(database, order_id)
            async with database.transaction() as tx:
                await outbox.want(tx, order_row=found["id"], kind="sale", ordered_at=now, now=now)
                (row,) = await outbox.of_order_id(tx, order_id)
                await outbox.update(tx, outbox.row_of(row), values)
    return tmp_path


async def test_the_list_has_the_words_of_the_reasons_and_show_their_sentences(
    folder: Path,
) -> None:
    listed = (await fvsamazon_run("deliveries", "list", folder=folder)).out
    line = next(one for one in listed.splitlines() if HELD in one)
    assert line.rstrip().endswith(" warehouse_none, vat_none_unknown")
    assert "rule fits" not in listed
    assert "`fvsamazon deliveries show ORDER`" in listed
    shown = (await fvsamazon_run("deliveries", "show", HELD, folder=folder)).out
    assert "warehouse_none: No [[warehouse]] rule fits." in shown
    assert "-> Add a rule." in shown
    booked = (await fvsamazon_run("deliveries", "list", "--state", "booked", folder=folder)).out
    assert "deliveries show" not in booked


@pytest.mark.parametrize("order", [HELD, WAITS])
async def test_a_number_is_shown_only_of_a_document_that_stands(folder: Path, order: str) -> None:
    listed = (await fvsamazon_run("deliveries", "list", "--json", folder=folder)).json
    documents = {one["order_id"]: one["document"] for one in listed}
    assert documents == {HELD: None, BOOKED: BOOKED, WAITS: None}
    (shown,) = (await fvsamazon_run("deliveries", "show", order, "--json", folder=folder)).json
    assert shown["document"] is None
    page = (await fvsamazon_run("deliveries", "show", order, folder=folder)).out
    assert page.count(order) == 1
    table = (await fvsamazon_run("deliveries", "list", folder=folder)).out
    assert table.count(order) == 1
    assert table.count(BOOKED) == 2


async def test_a_list_that_was_cut_says_so(folder: Path) -> None:
    cut = (await fvsamazon_run("deliveries", "list", "--limit", "1", folder=folder)).out
    assert "Shown: the newest 1. A higher --limit shows more." in cut


ENGLISH = re.compile(
    r"\b(order|account|kind|state|document|journal|number|why|held|booked|due|skipped|failed|was|"
    r"is|the|only|what|of|sale|client|series|date|total|gross|net|vat|quantity|warehouse|rate|"
    r"parameter|title|remark|goods|attempts|currency|region|newest|such|recorded|object)\b"
)
"""What a page in Lithuanian must not have, but for names of files, rules, facts and commands."""
NAMES = re.compile(r"`[^`]*`|\[\[?\w+\]?\]?|warehouse_none|vat_none_unknown|reference|booking")


def english_in(page: str) -> list[str]:
    return ENGLISH.findall(NAMES.sub("", page))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["list"], ["užsakymas", "būsena", "sulaikyta", "įtraukta", "laukia eilėje", "pardavimas"]),
        (["list", "--limit", "1"], ["Rodoma naujausių: 1."]),
        (["list", "--state", "skipped"], ["Tokių įrašų nėra."]),
        (["show", HELD], [f"Užsakymas {HELD}, pardavimas: sulaikyta", "Pridėkite taisyklę."]),
        (["show", BOOKED], ["dokumentas", "numeris", "įtraukta"]),
        (["show", "999-0000000-0000000"], ["999-0000000-0000000 įtraukti nereikia"]),
        (["retry", HELD], [f"{HELD}: buvo „sulaikyta“, bandoma iš naujo"]),
        (["skip", HELD, "--reason", "ranka"], [f"{HELD}: buvo „sulaikyta“, praleidžiamas"]),
        (
            ["retry", BOOKED],
            [f"{BOOKED}: būsena „įtraukta“", "„nepavyko“, „sulaikyta“ arba „praleista“"],
        ),
        (["preview", "999-0000000-0000000"], ["999-0000000-0000000 duomenų bazėje nėra"]),
    ],
)
async def test_every_page_is_lithuanian(folder: Path, command: list[str], said: list[str]) -> None:
    told = await fvsamazon_run("deliveries", *command, folder=folder, **LT)
    lines = [one for one in told.err.splitlines() if "delivery." not in one]
    page = told.out + "\n".join(lines)
    for word in said:
        assert word in page
    assert english_in(page) == []


async def test_scripts_have_the_contract_s_words_in_every_language(folder: Path) -> None:
    listed = (await fvsamazon_run("deliveries", "list", "--json", folder=folder, **LT)).json
    assert {(one["kind"], one["state"]) for one in listed} == {
        ("sale", "held"), ("sale", "booked"), ("sale", "due"),
    }  # fmt: skip


# preview


async def test_a_preview_shows_the_whole_document(folder: Path) -> None:
    page = (await fvsamazon_run("deliveries", "preview", HELD, folder=folder)).out
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert lines[0] == f"{HELD}: sale"
    for wanted in (
        "PardDok 29.80 EUR, parameter FVSAMAZON",
        "title 1: DE MERCHANT",
        f"title 5: AMZ {HELD}",
        f"remark: {HELD}, ąžuolas",
        "object 2: WEB",
        "quantity 2: 2 shipped, 1 for each",
        "gross 29.80: ITEM 29.80; no tax is stated",
        "net 25.04",
        "item 1",
    ):
        assert wanted in lines, page
    assert "vat_code OSSDE19: [[vat]] “OSS” of line " in page
    assert "title 2" not in page


async def test_a_script_gets_the_very_fields_that_finvalda_would(folder: Path) -> None:
    shown = (await fvsamazon_run("deliveries", "preview", HELD, "--json", folder=folder)).json
    operation = shown["finvalda"]["PardDok"]
    assert operation["sDokumentas"] == shown["document"] == HELD
    assert operation["sPavadinimas1"] == shown["titles"][0] == "DE MERCHANT"
    assert (shown["class"], shown["parameter"], shown["rate"]) == ("PardDok", "FVSAMAZON", "1")
    assert (shown["objects"], shown["remark"]) == (["", "WEB"], f"{HELD}, ąžuolas")
    (line,) = shown["lines"]
    assert (line["net"], line["net_eur"], line["vat_eur"]) == ("25.04", "25.04", "4.76")
    assert operation["PardDokPrekeDetEil"][0]["dSumaV"] == "25.04"


async def test_a_preview_names_the_cards_and_no_person(folder: Path) -> None:
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, amazon_order(4, tax=VAT_BUYER))
    order = "305-0000000-0000004"
    page = (await fvsamazon_run("deliveries", "preview", order, folder=folder)).out
    card = next(line for line in page.splitlines() if "client card" in line)
    assert card.strip() == (
        "client card B2BDE123456789: made where it is missing, with name, type, VAT number, country"
    )
    assert "Muster" not in page
    shown = (await fvsamazon_run("deliveries", "preview", order, "--json", folder=folder)).json
    assert shown["client_card"] == {
        "code": "B2BDE123456789",
        "fields": ["name", "type", "vat_number", "country"],
    }
    assert shown["address_card"] is None


async def test_a_preview_in_lithuanian_is_lithuanian(folder: Path) -> None:
    page = (await fvsamazon_run("deliveries", "preview", HELD, folder=folder, **LT)).out
    first, _, rest = page.partition("\n")
    assert first == f"{HELD}: sale"
    for word in ("parametras FVSAMAZON", "klientas AMZDE", "data 20", "be PVM 25.04", "1. prekė"):
        assert word in rest
    # The facts and their arithmetic are written as in the rules and in Amazon's own names.
    bare = re.sub(r"\(?\w+ = [\w ,=]+\)?|grandTotal|ITEM", "", rest)
    assert english_in(bare) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "fvsamazon: Finvalda is not asked: "),
        ("lt", "fvsamazon: Finvaldos neklausiama (Finvalda: prisijungti neleista)"),
    ],
)
async def test_a_finvalda_that_is_not_there_is_told_once_and_the_rest_shown(
    folder: Path, language: str, said: str
) -> None:
    finvalda = {
        "FVSAMAZON_FINVALDA__URL": "http://127.0.0.1:9/FvsServicePure.svc",
        "FVSAMAZON_FINVALDA__USERNAME": "U",
        "FVSAMAZON_FINVALDA__PASSWORD": "a password",
        "FVSAMAZON_FINVALDA__COMPANY_ID": "C",
    }
    settings_file(folder, {**SETTINGS, **finvalda, "FVSAMAZON_LANGUAGE": language})
    told = await fvsamazon_run("deliveries", "preview", "--all", folder=folder)
    assert told.code == 0
    assert told.err.count(said) == 1
    assert len(told.out.splitlines()) == len(STATES)
