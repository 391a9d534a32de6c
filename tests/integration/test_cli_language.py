"""FVSAMAZON_LANGUAGE=lt: what commands say is Lithuanian from the first word to the last."""

from __future__ import annotations

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
