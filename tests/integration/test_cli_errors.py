"""What ends a command is told in the language of the settings, also where these are at fault."""

from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING

import anyio
import pytest

from fvsamazon.assembly import read_again
from fvsamazon.errors import ConfigError
from fvsamazon.settings import load
from fvsamazon.store.database import wrap
from fvsamazon.store.lock import DaemonLock
from support.commands import SETTINGS, environment, fvsamazon_run, settings_file
from support.recorded import recorded

if TYPE_CHECKING:
    from pathlib import Path

LITHUANIAN = {**SETTINGS, "FVSAMAZON_LANGUAGE": "lt"}
FINVALDA = {
    "FVSAMAZON_FINVALDA__URL": "https://127.0.0.1:1/FvsServicePure.svc",
    "FVSAMAZON_FINVALDA__USERNAME": "u",
    "FVSAMAZON_FINVALDA__PASSWORD": "p",
}


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    settings_file(tmp_path, LITHUANIAN)
    async with recorded(tmp_path / "fvsamazon.db"):
        pass
    return tmp_path


async def test_no_database(tmp_path: Path) -> None:
    settings_file(tmp_path, LITHUANIAN)
    told = await fvsamazon_run("orders", "list", folder=tmp_path)
    assert (told.code, told.err) == (
        1,
        "fvsamazon: duomenų bazės fvsamazon.db nėra; ją sukuria `fvsamazon run`\n",
    )


@pytest.mark.parametrize("command", [["sync"], ["run"]])
async def test_a_daemon_runs_already(folder: Path, command: list[str]) -> None:
    lock = DaemonLock.acquire(folder / "fvsamazon.db")
    try:
        told = await fvsamazon_run(*command, folder=folder)
    finally:
        lock.release()
    assert told.code == 75
    assert told.err.startswith("fvsamazon: su fvsamazon.db jau dirba veikianti tarnyba; ")


def put(folder: Path, key: str, value: int) -> None:
    with sqlite3.connect(folder / "fvsamazon.db") as connection:
        connection.execute("update meta set value = ? where key = ?", (value, key))
    connection.close()


async def test_a_database_of_another_version(folder: Path) -> None:
    put(folder, "schema_version", 1)
    told = await fvsamazon_run("orders", "list", folder=folder)
    assert told.code == 1
    assert told.err.startswith("fvsamazon: fvsamazon.db yra 1 versijos, o šiai programai reikia ")
    put(folder, "compatible_version", 999)
    told = await fvsamazon_run("orders", "list", folder=folder)
    assert told.code == 78
    assert told.err.startswith("fvsamazon: fvsamazon.db įrašyta naujesnės fvsamazon versijos ")
    row = await fvsamazon_run("check", "--offline", "--json", folder=folder)
    assert row.code == 1
    details = [each["detail"] for each in row.json["rows"] if each["state"] == "fail"]
    assert details
    assert all(detail.startswith("fvsamazon.db įrašyta naujesnės") for detail in details)


async def test_a_file_that_is_no_database(folder: Path) -> None:
    (folder / "fvsamazon.db").write_text("not a database at all, and longer than its header" * 99)
    told = await fvsamazon_run("orders", "list", folder=folder)
    assert told.code == 1
    assert told.err.startswith("fvsamazon: duomenų bazė sugadinta (")
    assert "atkurkite ją iš atsarginės kopijos" in told.err


@pytest.mark.parametrize(
    ("command", "code"), [("status", 78), ("run", 78), ("sync", 78), ("check", 1)]
)
async def test_faults_of_settings(tmp_path: Path, command: str, code: int) -> None:
    settings_file(tmp_path, LITHUANIAN, FVSAMAZON_POLL_INTERVAL="never", FVSAMAZON_NOPE="1")
    told = await fvsamazon_run(command, folder=tmp_path)
    assert told.code == code
    said = " ".join((told.out + told.err).split())
    assert "tokio nustatymo nėra; panašiausias yra" in said
    assert "įrašykite skaičių" in said
    assert "there is no such" not in said
    assert "write a number" not in said


async def test_monitoring_is_told_in_it_too(tmp_path: Path) -> None:
    settings_file(tmp_path, LITHUANIAN, FVSAMAZON_POLL_INTERVAL="never")
    told = await fvsamazon_run("status", "--check", folder=tmp_path)
    assert told.code == 3
    assert told.out.startswith("FVSAMAZON UNKNOWN - ")
    assert "įrašykite skaičių" in told.out


async def test_faults_of_rules(folder: Path) -> None:
    settings_file(folder, {**LITHUANIAN, **FINVALDA})
    told = await fvsamazon_run("deliveries", "preview", "--all", folder=folder)
    assert told.code == 78
    assert told.err.startswith("fvsamazon: įtraukimo taisyklių booking.toml nėra: ")
    (folder / "booking.toml").write_text("nonsense = 1\n")
    told = await fvsamazon_run("deliveries", "preview", "--all", folder=folder)
    assert told.code == 78
    assert "booking.toml, 1 eilutė: " in told.err
    shown = await fvsamazon_run("check", "--offline", "--json", folder=folder)
    assert any(
        row["check"] == "rules" and row["detail"].startswith("booking.toml, 1 eilutė: ")
        for row in shown.json["rows"]
    )


async def test_a_log_file_that_cannot_be_written(folder: Path) -> None:
    settings_file(folder, LITHUANIAN, FVSAMAZON_LOG_FILE=str(folder / "none" / "log"))
    told = await fvsamazon_run("run", folder=folder)
    assert told.code == 78
    assert told.err == (
        f"fvsamazon: FVSAMAZON_LOG_FILE: į {folder}/none/log rašyti nepavyko (tokio failo ar "
        "aplanko nėra); sukurkite aplanką ir suteikite teises naudotojui, kurio vardu veikia "
        "programa\n"
    )


async def test_a_key_file_below_a_file(folder: Path) -> None:
    place = folder / "settings.env" / "key"
    settings_file(folder, LITHUANIAN, FVSAMAZON_PERSONAL_DATA__KEY_FILE=str(place))
    told = await fvsamazon_run("key", "create", folder=folder)
    assert (told.code, told.err) == (
        1,
        f"fvsamazon: {place} sukurti nepavyko (kelyje yra failas, o ne aplankas)\n",
    )


async def test_a_full_disk_under_the_output(folder: Path) -> None:
    with open("/dev/full", "wb") as full:  # noqa: ASYNC230, PTH123 - a device that never waits
        done = await anyio.run_process(
            [sys.executable, "-m", "fvsamazon", "status", "--json"],
            cwd=folder,
            env=environment(),
            stdout=full,
            check=False,
        )
    assert done.returncode == 1
    said = "fvsamazon: į standartinę išvestį rašyti nepavyko (diske nebėra vietos)\n"
    assert done.stderr.decode() == said


def test_the_log_stays_english(tmp_path: Path) -> None:
    good = settings_file(tmp_path, {**LITHUANIAN, **FINVALDA})
    running = load(good, {})
    settings_file(tmp_path, {**LITHUANIAN, **FINVALDA}, FVSAMAZON_POLL_INTERVAL="never")
    (tmp_path / "booking.toml").write_text("nonsense = 1\n")
    with pytest.raises(ConfigError) as caught:
        read_again(running, {})
    assert caught.value.faults[0].endswith("write a number")
    assert caught.value.faults[1].startswith("booking.toml line 1: ")
    assert caught.value.faults_in("lt")[0].endswith("įrašykite skaičių")
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert str(wrap(error)) == "the disk is full; free space on the database's file system"
    assert wrap(error).say("lt").startswith("diske nebėra vietos; ")
