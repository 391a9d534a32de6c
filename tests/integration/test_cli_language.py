"""FVSAMAZON_LANGUAGE=lt: what commands say is Lithuanian from the first word to the last."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fvsamazon.store import accounts
from support.commands import SETTINGS, fvsamazon_run, settings_file
from support.recorded import account_id, record, recorded
from support.recorded import order as order_document

if TYPE_CHECKING:
    from pathlib import Path

LITHUANIAN = {"FVSAMAZON_LANGUAGE": "lt"}
ID = "305-0000000-0000001"


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    settings_file(tmp_path, {**SETTINGS, **LITHUANIAN})
    async with recorded(tmp_path / "fvsamazon.db") as database:
        await record(database, order_document(1))
        async with database.transaction() as tx:
            main = await account_id(database, "Europe", "main")
            await accounts.update(tx, main, {"state": "attention", "reason": "atšaukta"})
    return tmp_path


async def test_status_has_no_word_of_english(folder: Path) -> None:
    page = (await fvsamazon_run("status", folder=folder)).out
    for word in ("tarnyba neveikia", "duomenų bazė", "regionas", "raktas galioja iki"):
        assert word in page
    for word in ("daemon", "database ", "region ", "valid until", "deliveries", "orders"):
        assert word not in page


async def test_the_line_for_monitoring_is_in_one_language(folder: Path) -> None:
    told = await fvsamazon_run("status", "--check", folder=folder)
    assert told.code == 2
    words, _, figures = told.out.partition(" | ")
    assert words == ("FVSAMAZON CRITICAL - tarnyba neveikia; Europe/main: reikia žmogaus: atšaukta")
    assert "'Europe/main orders'=1c" in figures


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["orders", "list"], 0, "parduotuvė"),
        (["orders", "list", "--region", "FarEast"], 0, "Tokių užsakymų duomenų bazėje nėra."),
        (["orders", "list", "--unreadable"], 0, "Visi užsakymai perskaityti."),
        (["orders", "show", "999-9999999-9999999"], 1, "duomenų bazėje nėra"),
        (["orders", "fetch", ID, "--account", "nobody"], 1, "tokios paskyros"),
        (["purge"], 0, "užsakymų, kurių duomenys ištrinti: 0; užšifruotų dalių: 0\n"),
        (["purge", "--dry-run"], 0, "30 d. be dviejų valandų"),
        (["purge", "--order", "999-9999999-9999999"], 1, "nėra ir jo asmens duomenų"),
        (["key", "create"], 1, "nenurodyta FVSAMAZON_PERSONAL_DATA__KEY_FILE"),
        (["key", "rotate"], 1, "nenurodyta FVSAMAZON_PERSONAL_DATA__KEY_FILE"),
        (["sync", "--region", "NorthAmerica"], 1, "NorthAmerica išjungtas"),
    ],
)
async def test_commands_speak_it(folder: Path, command: list[str], code: int, said: str) -> None:
    told = await fvsamazon_run(*command, folder=folder)
    assert told.code == code, told.err
    assert said in told.out + told.err


async def test_a_key_in_trouble_is_told_in_it(folder: Path) -> None:
    settings_file(
        folder,
        {
            **SETTINGS,
            **LITHUANIAN,
            "FVSAMAZON_PERSONAL_DATA__ENABLED": "true",
            "FVSAMAZON_PERSONAL_DATA__KEY_FILE": str(folder / "key"),
        },
    )
    shown = await fvsamazon_run("status", folder=folder)
    assert f"nekaupiami: nėra šifravimo rakto failo {folder / 'key'}" in shown.out
    made = await fvsamazon_run("key", "create", folder=folder)
    assert made.out.startswith(f"{folder / 'key'} sukurtas; ")
    again = await fvsamazon_run("key", "create", folder=folder)
    assert "jau yra" in again.err
    (folder / "key").chmod(0o644)
    turned = await fvsamazon_run("key", "rotate", folder=folder)
    assert turned.code == 1
    assert "gali skaityti ir kiti" in turned.err


async def test_the_states_of_a_page_are_lithuanian(folder: Path) -> None:
    page = (await fvsamazon_run("status", folder=folder)).out
    for word in ("reikia žmogaus", "išjungta", "užsakymai pagal būseną: įtraukti nereikia: 1"):
        assert word in page
    for word in ("attention", "off ", "not_due"):
        assert word not in page
    listed = (await fvsamazon_run("orders", "list", folder=folder)).out
    assert "įtraukti nereikia" in listed
    assert "not_due" not in listed
    shown = (await fvsamazon_run("orders", "show", ID, folder=folder)).out
    assert "įtraukimas į Finvaldą: įtraukti nereikia" in shown
    assert " nauja " in shown
    for word in (" new ", "not_due"):
        assert word not in shown
    # Scripts have the contract's words.
    told = (await fvsamazon_run("status", "--json", folder=folder)).json
    assert told["regions"]["Europe"]["state"] == "attention"
    assert told["deliveries"]["not_due"] == 1


HEADS = ("būsena", "kas tikrinta", "paskyra", "kas rasta ir ką daryti")


async def test_check_is_lithuanian_from_its_head_down(folder: Path) -> None:
    (folder / "booking.toml").write_text("version = 1\nbook_from = 2026-11-01\n", "utf-8")
    told = (await fvsamazon_run("check", "--offline", folder=folder)).out
    head = told.strip().splitlines()[0]
    assert [word for word in HEADS if word in head] == list(HEADS)
    for row in ("gerai   nustatymai", "gerai   duomenų bazė", "gerai   diskas", "taisyklės"):
        assert row.replace("   ", " ") in " ".join(told.split()), row
    for word in (" ok ", "warn", "fail", "settings ", "database", "disk ", "rules "):
        assert word not in told
    assert re.search(r"laisva \d+,\d GB", told)
    given = (await fvsamazon_run("check", "--offline", "--json", folder=folder)).json
    assert {"settings", "database", "disk", "rules"} <= {row["check"] for row in given["rows"]}
    assert {row["state"] for row in given["rows"]} <= {"ok", "warn", "fail"}


async def test_a_check_of_faulty_settings_is_lithuanian_too(folder: Path) -> None:
    settings_file(folder, {**SETTINGS, **LITHUANIAN, "FVSAMAZON_POLL_INTERVAL": "0"})
    told = await fvsamazon_run("check", "--offline", folder=folder)
    assert told.code == 1
    assert "klaida nustatymai" in " ".join(told.out.split())
    assert "kas rasta ir ką daryti" in told.out


async def test_what_a_remote_service_did_is_told_in_it(folder: Path) -> None:
    nobody = {"FVSAMAZON_LWA_URL": "http://127.0.0.1:9/auth/o2/token"}
    settings_file(folder, {**SETTINGS, **LITHUANIAN, **nobody})
    told = " ".join((await fvsamazon_run("check", folder=folder)).out.split())
    assert "klaida prieigos raktas Europe/main „Login with Amazon“ tinkamo atsakymo" in told
    assert "-> patikrinkite tinklą" in told
