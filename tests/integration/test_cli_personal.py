"""Personal data on the command line: shown on request and recorded, erased, and its key changed."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from fvsamazon import keyfile
from fvsamazon.clock import to_micros
from fvsamazon.privacy import PrivacyPlan
from fvsamazon.store import accounts, notices, personal
from fvsamazon.store.lock import DaemonLock
from support.amazon_samples import CANARIES
from support.clocks import FakeClock
from support.commands import SETTINGS, environment, fvsamazon_run, settings_file
from support.personal import Office, found_in, raw_bytes, stamp, wire

ID = "305-1234567-7654321"
OLD = "305-0000000-0000009"
KEYS = {
    "FVSAMAZON_PERSONAL_DATA__ENABLED": "true",
    "FVSAMAZON_PERSONAL_DATA__KEY_FILE": "key",
    "FVSAMAZON_LOG_FORMAT": "json",
}


def events_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Return a folder with a key and two orders, one of which is past its retention."""
    settings_file(tmp_path, {**SETTINGS, **KEYS})
    keyfile.create(tmp_path / "key")
    now = FakeClock(datetime.now(UTC))
    plan = PrivacyPlan(enabled=True, key_file=tmp_path / "key")
    office = await Office(tmp_path / "fvsamazon.db", now, plan).open()
    old = wire(OLD)
    old["fulfillment"]["deliverByWindow"] = {
        "latestDateTime": stamp(now.now() - timedelta(days=29))
    }
    await office.record(wire(), old)
    async with office.database.transaction() as tx:
        await tx.execute(
            "update order_privacy set clock_at = clock_at - 86400000000 * 2 "
            "where order_row = (select id from orders where order_id = ?)",
            (OLD,),
        )
    await office.database.close()
    return tmp_path


async def office_at(folder: Path) -> Office:
    plan = PrivacyPlan(enabled=True, key_file=folder / "key")
    return await Office(folder / "fvsamazon.db", FakeClock(datetime.now(UTC)), plan).open()


async def test_show_tells_nothing_personal_unless_asked(folder: Path) -> None:
    for options in ((), ("--json",)):
        shown = await fvsamazon_run("orders", "show", ID, *options, folder=folder)
        assert shown.code == 0
        assert "Canary" not in shown.out + shown.err


async def test_show_with_personal_data_is_recorded_and_logged(folder: Path) -> None:
    shown = await fvsamazon_run("orders", "show", ID, "--personal-data", "--json", folder=folder)
    assert shown.json["personal_data"]["buyer"]["buyerName"] == CANARIES["buyerName"]
    (line,) = events_of(shown.err)
    assert line["event"] == "privacy.accessed"
    assert (line["user"], line["orders"]) == (os.getuid(), [ID])
    assert "Canary" not in shown.err
    text = await fvsamazon_run("orders", "show", ID, "--personal-data", folder=folder)
    assert CANARIES["line1"] in text.out
    office = await office_at(folder)
    rows = await office.database.all(
        "select a.*, o.order_id from personal_access as a join orders as o on o.id = a.order_row"
    )
    await office.database.close()
    assert [(r["user_id"], r["order_id"], r["command"]) for r in rows] == [
        (os.getuid(), ID, "orders show")
    ] * 2


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", f"the personal data of order {ID} was changed in the database"),
        ("lt", f"užsakymo {ID} asmens duomenys duomenų bazėje pakeisti"),
    ],
)
async def test_a_part_that_was_changed_is_told_in_the_reader_s_language(
    folder: Path, language: str, said: str
) -> None:
    connection = sqlite3.connect(folder / "fvsamazon.db")
    with connection:
        connection.execute("update personal set nonce = zeroblob(length(nonce))")
    connection.close()
    shown = await fvsamazon_run(
        "orders", "show", ID, "--personal-data", folder=folder, FVSAMAZON_LANGUAGE=language
    )
    assert said in shown.err
    assert f"`fvsamazon purge --order {ID}`" in shown.err
    assert "Canary" not in shown.out + shown.err


async def test_people_are_shown_under_names_of_the_reader_s_language(folder: Path) -> None:
    shown = await fvsamazon_run(
        "orders", "show", ID, "--personal-data", folder=folder, FVSAMAZON_LANGUAGE="lt"
    )
    for word in ("pirkėjo el. paštas", "adreso 1 eilutė", "pašto kodas"):
        assert word in shown.out
    for word in ("buyer email", "address line", "postal code"):
        assert word not in shown.out


async def test_export_has_people_only_when_asked(folder: Path) -> None:
    plain = await fvsamazon_run("orders", "export", folder=folder)
    assert "Canary" not in plain.out
    assert "personal_data" not in plain.out
    people = await fvsamazon_run("orders", "export", "--personal-data", folder=folder)
    lines = [json.loads(line) for line in people.out.splitlines()]
    assert {line["personal_data"]["buyer"]["buyerEmail"] for line in lines} == {
        CANARIES["buyerEmail"]
    }
    (line,) = events_of(people.err)
    assert set(line["orders"]) == {ID, OLD}
    sheet = await fvsamazon_run(
        "orders", "export", "--format", "csv", "--personal-data", folder=folder
    )
    rows = list(csv.DictReader(io.StringIO(sheet.out)))
    assert rows[0]["buyer_name"] == CANARIES["buyerName"]
    assert rows[0]["postal_code"] == CANARIES["postalCode"] + "78266"


async def test_what_a_buyer_typed_steers_no_terminal_and_no_spreadsheet(folder: Path) -> None:
    office = await office_at(folder)
    order = wire("305-0000000-0000010")
    order["buyer"]["buyerName"] = "=cmd()\x1b[2J\u202e\x9b31m"
    await office.record(order)
    await office.database.close()
    for command in (
        ("show", "305-0000000-0000010"),
        ("show", "305-0000000-0000010", "--json"),
        ("export",),
        ("export", "--format", "csv"),
    ):
        shown = await fvsamazon_run("orders", *command, "--personal-data", folder=folder)
        assert shown.code == 0
        for harm in ("\x1b", "\u202e", "\x9b"):
            assert harm not in shown.out
    assert ",'=cmd()" in shown.out


async def test_a_lost_key_is_one_sentence(folder: Path) -> None:
    (folder / "key").unlink()
    shown = await fvsamazon_run("orders", "show", ID, "--personal-data", folder=folder)
    assert shown.code == 1
    assert shown.err.startswith("fvsamazon: the encryption key file key does not exist; put ")
    assert "Traceback" not in shown.err
    without = await fvsamazon_run("orders", "show", ID, folder=folder)
    assert without.code == 0
    made = await fvsamazon_run("key", "create", folder=folder)
    assert made.code == 0
    assert "under another key" in made.err
    wrong = await fvsamazon_run("orders", "show", ID, "--personal-data", folder=folder)
    assert wrong.code == 1
    assert "not the one that encrypted" in wrong.err
    checked = await fvsamazon_run("check", "--offline", "--json", folder=folder)
    (row,) = [row for row in checked.json["rows"] if row["check"] == "personal data"]
    assert row["state"] == "fail"
    refused = await fvsamazon_run("key", "rotate", folder=folder)
    assert refused.code == 1
    given_up = await fvsamazon_run("key", "rotate", "--lost", folder=folder)
    assert given_up.code == 0, given_up.err
    assert "2 orders lost their personal data" in given_up.out
    (line,) = [e for e in events_of(given_up.err) if e["event"] == "privacy.erased"]
    assert (line["user"], line["why"], line["orders"]) == (os.getuid(), "key_lost", 2)
    office = await office_at(folder)
    row = await office.database.one("select why, user_id from erasure")
    await office.database.close()
    assert row is not None
    assert tuple(row) == ("key_lost", os.getuid())


async def test_status_tells_of_a_key_that_cannot_be_used(folder: Path) -> None:
    well = await fvsamazon_run("status", folder=folder)
    assert "not being kept" not in well.out
    (folder / "key").rename(folder / "away")
    missing = await fvsamazon_run("status", folder=folder)
    assert "personal data: not being kept, because the encryption key file key" in missing.out
    line = await fvsamazon_run("status", "--check", folder=folder)
    assert "not being kept" in line.out
    await fvsamazon_run("key", "create", folder=folder)
    wrong = await fvsamazon_run("status", folder=folder)
    assert "not the one that encrypted" in wrong.out


async def test_status_tells_the_purge_that_went_through_and_one_that_does_not(folder: Path) -> None:
    before = (await fvsamazon_run("status", "--json", folder=folder)).json["personal_data"]
    assert (before["last_purge"], before["last_erasure"]) == (None, None)
    lock = DaemonLock.acquire(folder / "fvsamazon.db")
    try:
        never = await fvsamazon_run("status", "--check", folder=folder)
        assert "personal data: no purge has gone through yet" in never.out
        assert (await fvsamazon_run("purge", folder=folder)).code == 0
        told = (await fvsamazon_run("status", "--json", folder=folder)).json["personal_data"]
        assert told["last_purge"] >= told["last_erasure"] > "2026"
        page = await fvsamazon_run("status", folder=folder)
        assert "last purge 20" in " ".join(page.out.split())
        assert (
            "no purge"
            not in page.out + (await fvsamazon_run("status", "--check", folder=folder)).out
        )
        office = await office_at(folder)
        async with office.database.transaction() as tx:
            long_ago = to_micros(datetime.now(UTC) - timedelta(hours=2, minutes=1))
            await personal.purge_completed(tx, long_ago)
        await office.database.close()
        late = await fvsamazon_run("status", "--check", folder=folder)
        assert "no purge has gone through for 2 h 1 min" in late.out
        other = await fvsamazon_run("status", folder=folder, FVSAMAZON_LANGUAGE="lt")
        assert "trynimas nepavyksta jau 2 h 1 min" in " ".join(other.out.split())
    finally:
        lock.release()
    stopped = await fvsamazon_run("status", "--check", folder=folder)
    assert "no purge" not in stopped.out, "that no daemon runs says it all"


async def test_a_reader_that_keeps_erased_bytes_is_told_by_purge_and_status(folder: Path) -> None:
    path = folder / "fvsamazon.db"
    reader = sqlite3.connect(path)
    reader.execute("begin")
    reader.execute("select count(*) from orders").fetchone()
    impatient = (
        "import anyio, sys\n"
        "from fvsamazon import clock\n"
        "from fvsamazon.store import database\n"
        "database.BUSY_TIMEOUT = database.BUSY_SLICE = 0.01\n"
        "clock.SystemClock.sleep = lambda self, seconds: anyio.sleep(0)\n"
        "sys.argv = ['fvsamazon', 'purge']\n"
        "from fvsamazon.cli import main\n"
        "main()\n"
    )
    done = await anyio.run_process(
        [sys.executable, "-c", impatient], cwd=folder, env=environment(), check=False
    )
    assert done.returncode == 1
    assert b"1 order erased" in done.stdout
    assert b"keeps its bytes in the write-ahead log" in done.stderr
    assert b"Litestream" in done.stderr
    soon = await fvsamazon_run("status", "--check", folder=folder)
    assert "write-ahead log" not in soon.out, "a purge takes a while"
    office = await office_at(folder)
    async with office.database.transaction() as tx:
        await tx.execute(
            "update meta set value = value - 61000000 where key = 'erased_bytes_since'"
        )
    await office.database.close()
    told = await fvsamazon_run("status", "--check", folder=folder)
    assert "are still in the write-ahead log" in told.out
    seen = await fvsamazon_run("status", "--json", folder=folder)
    assert seen.json["personal_data"]["erased_bytes_since"] is not None
    reader.close()
    assert (await fvsamazon_run("purge", folder=folder)).code == 0
    well = await fvsamazon_run("status", folder=folder)
    assert "write-ahead log" not in well.out


async def test_status_tells_a_missing_role_while_personal_data_is_on(folder: Path) -> None:
    office = await office_at(folder)
    async with office.database.transaction() as tx:
        name = notices.of_account(notices.SHIPPING_ROLE, office.account.id)
        since = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        await notices.tell(tx, name, to_micros(since))
    await office.database.close()
    line = await fvsamazon_run("status", "--check", folder=folder)
    told = f"Europe/main: since {since:%Y-%m-%d %H:%M:%S}Z Amazon withholds the addresses"
    assert told in line.out
    page = await fvsamazon_run("status", folder=folder)
    assert "Direct-to-Consumer Shipping" in " ".join(page.out.split())
    regions = (await fvsamazon_run("status", "--json", folder=folder)).json["regions"]
    assert regions["Europe"]["shipping_role_missing_since"] == stamp(since)
    settings_file(folder, {**SETTINGS, **KEYS, "FVSAMAZON_PERSONAL_DATA__ENABLED": "false"})
    off = await fvsamazon_run("status", "--check", folder=folder)
    assert "withholds" not in off.out


async def test_status_does_not_miss_a_key_that_only_the_service_is_handed(folder: Path) -> None:
    values = {**SETTINGS, **KEYS}
    del values["FVSAMAZON_PERSONAL_DATA__KEY_FILE"]
    settings_file(folder, values)
    told = await fvsamazon_run("status", folder=folder)
    assert told.code == 0
    assert "not being kept" not in told.out


async def test_show_says_so_where_nothing_is_kept(folder: Path) -> None:
    await fvsamazon_run("purge", "--order", ID, folder=folder)
    erased = await fvsamazon_run("orders", "show", ID, "--personal-data", folder=folder)
    assert "personal data: erased" in erased.out
    assert "none is kept" not in erased.out
    office = await office_at(folder)
    async with office.database.transaction() as tx:
        await tx.execute("delete from personal")
    await office.database.close()
    none = await fvsamazon_run("orders", "show", OLD, "--personal-data", folder=folder)
    assert "personal data: none is kept of this order" in none.out


async def test_a_key_without_its_folder_is_told_how_to_make_it(folder: Path) -> None:
    place = folder / "keys" / "personal.key"
    made = await fvsamazon_run(
        "key", "create", folder=folder, FVSAMAZON_PERSONAL_DATA__KEY_FILE=str(place)
    )
    assert made.code == 1
    assert f"make it with `install -d -m 700 {place.parent}`" in made.err


async def test_purge_erases_what_is_due_and_nothing_else(folder: Path) -> None:
    office = await office_at(folder)
    rows = {
        row["order_id"]: row["sealed"]
        for row in await office.database.all(
            "select o.order_id, s.sealed from personal as p join slot as s on s.id = p.slot "
            "join orders as o on o.id = p.order_row"
        )
    }
    await office.database.checkpoint()
    await office.database.close()
    path = folder / "fvsamazon.db"
    dry = await fvsamazon_run("purge", "--dry-run", folder=folder)
    assert (dry.code, dry.out.split()[0]) == (0, "1")
    assert all(found_in(raw_bytes(path), sealed) for sealed in rows.values())
    done = await fvsamazon_run("purge", folder=folder)
    assert (done.code, done.out) == (0, "1 order erased, 1 encrypted part in all\n")
    assert [line["event"] for line in events_of(done.err)] == ["privacy.purged"]
    raw = raw_bytes(path)
    assert not found_in(raw, rows[OLD])
    assert found_in(raw, rows[ID])


async def test_one_order_is_erased_at_once_and_show_tells_so(folder: Path) -> None:
    done = await fvsamazon_run("purge", "--order", ID, folder=folder)
    assert done.code == 0, done.err
    assert "Finvalda and backups keep their own copies" in done.out
    (line,) = events_of(done.err)
    assert (line["event"], line["order"], line["user"]) == ("privacy.erased", ID, os.getuid())
    shown = await fvsamazon_run("orders", "show", ID, folder=folder)
    assert "erased" in shown.out
    assert "Finvalda and backups" in " ".join(shown.out.split())
    again = await fvsamazon_run("orders", "show", ID, "--json", "--personal-data", folder=folder)
    assert again.json["personal_data"] is None
    assert again.json["personal_data_erased_at"] is not None
    assert events_of(again.err) == [], "nothing was read"
    unknown = await fvsamazon_run("purge", "--order", "305-9999999-9999999", folder=folder)
    assert unknown.code == 1


async def test_purge_refuses_by_a_wrong_clock_and_an_order_on_request_goes_all_the_same(
    folder: Path,
) -> None:
    office = await office_at(folder)
    async with office.database.transaction() as tx:
        await accounts.update(tx, office.account.id, {"clock_offset": 90_000_000_000})
    await office.database.close()
    refused = await fvsamazon_run("purge", folder=folder)
    assert refused.code == 1
    assert "nothing was erased" in refused.err
    one = await fvsamazon_run("purge", "--order", OLD, folder=folder)
    assert one.code == 0


async def test_status_tells_the_retention(folder: Path) -> None:
    told = (await fvsamazon_run("status", "--json", folder=folder)).json["personal_data"]
    assert (told["enabled"], told["retention_days"], told["orders"]) == (True, 30, 2)
    page = await fvsamazon_run("status", folder=folder)
    assert "erased within 30 d" in " ".join(page.out.split())


async def test_key_create_makes_one_and_overwrites_none(tmp_path: Path) -> None:
    settings_file(tmp_path, {**SETTINGS, **KEYS})
    made = await fvsamazon_run("key", "create", folder=tmp_path)
    assert made.code == 0, made.err
    path = tmp_path / "key"
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    again = await fvsamazon_run("key", "create", folder=tmp_path)
    assert again.code == 1
    assert "never overwritten" in again.err
    assert path.read_bytes() == before
    assert before.decode().strip() not in made.out + made.err + again.err


def others_can_run(*places: str) -> bool:
    """Tell whether another user can reach these files (root's home is closed to others)."""
    return all(folder.stat().st_mode & 0o001 for place in places for folder in Path(place).parents)


ROOT_ALONE = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def give_away(folder: Path) -> None:
    for file in (folder, *folder.iterdir()):
        os.chown(file, 65534, 65534)
    for parent in folder.parents:
        if parent != Path("/") and parent.stat().st_mode & 0o011 != 0o011:
            parent.chmod(parent.stat().st_mode | 0o011)


INSTALLED_FOR_ALL = pytest.mark.skipif(
    not (others_can_run(os.__file__) and others_can_run(anyio.__file__)),
    reason="Python or the program lies where only root can read it",
)


@ROOT_ALONE
@INSTALLED_FOR_ALL
async def test_a_key_that_root_makes_is_the_owners(folder: Path) -> None:
    give_away(folder)
    (folder / "key").unlink()
    made = await fvsamazon_run("key", "create", folder=folder)
    assert made.code == 0, made.err
    assert (folder / "key").stat().st_uid == 65534


@ROOT_ALONE
@INSTALLED_FOR_ALL
async def test_a_key_made_before_the_service_has_run_is_its_folders_owners(folder: Path) -> None:
    for file in folder.glob("fvsamazon.db*"):
        file.unlink()
    keys = folder / "keys"
    keys.mkdir(0o700)
    os.chown(keys, 65534, 65534)
    for parent in keys.parents:
        if parent != Path("/") and parent.stat().st_mode & 0o011 != 0o011:
            parent.chmod(parent.stat().st_mode | 0o011)
    place = keys / "personal.key"
    made = await fvsamazon_run(
        "key", "create", folder=folder, FVSAMAZON_PERSONAL_DATA__KEY_FILE=str(place)
    )
    assert made.code == 0, made.err
    assert (place.stat().st_uid, place.stat().st_mode & 0o777) == (65534, 0o600)


@ROOT_ALONE
@INSTALLED_FOR_ALL
async def test_a_key_that_root_changes_stays_the_owners(folder: Path) -> None:
    give_away(folder)
    turned = await fvsamazon_run("key", "rotate", folder=folder)
    assert turned.code == 0, turned.err
    assert "2 parts are encrypted" in turned.out
    assert {file.stat().st_uid for file in folder.iterdir()} == {65534}


@ROOT_ALONE
@INSTALLED_FOR_ALL
async def test_a_key_whose_folder_its_owner_cannot_read_is_not_changed(folder: Path) -> None:
    """Else the service saw the new key alone, and offered to erase what only the old one opens."""
    give_away(folder)
    closed = folder / "keys"
    closed.mkdir()
    closed.chmod(0o711)
    place = closed / "personal.key"
    (folder / "key").rename(place)
    before = place.read_bytes()
    file = {"FVSAMAZON_PERSONAL_DATA__KEY_FILE": str(place)}
    turned = await fvsamazon_run("key", "rotate", folder=folder, **file)
    assert turned.code == 1
    assert f"cannot read the folder {closed}" in turned.err
    assert f"{closed} && chmod 700 {closed}`" in turned.err
    assert [entry.name for entry in closed.iterdir()] == ["personal.key"]
    assert place.read_bytes() == before
    place.unlink()
    made = await fvsamazon_run("key", "create", folder=folder, **file)
    assert f"cannot read the folder {closed}" in made.err


async def test_key_rotate_leaves_nothing_under_the_old_key(folder: Path) -> None:
    old = keyfile.read(folder / "key")
    turned = await fvsamazon_run("key", "rotate", folder=folder)
    assert turned.code == 0, turned.err
    assert "2 parts are encrypted" in turned.out
    new = keyfile.read(folder / "key")
    assert new != old
    for key in (old, new):
        assert key.hex() not in turned.out + turned.err
    office = await office_at(folder)
    assert await personal.key_ids(office.database) == {keyfile.key_id(new)}
    await office.database.close()
    shown = await fvsamazon_run("orders", "show", ID, "--personal-data", folder=folder)
    assert CANARIES["buyerName"] in shown.out


async def test_a_key_that_is_no_file_cannot_be_rotated(folder: Path) -> None:
    key = (folder / "key").read_text().strip()
    turned = await fvsamazon_run("key", "rotate", folder=folder, FVSAMAZON_PERSONAL_DATA__KEY=key)
    assert turned.code == 1
    assert "write it into a file of mode 0600" in turned.err
    assert key not in turned.out + turned.err
    settings_file(folder, {**SETTINGS, "FVSAMAZON_PERSONAL_DATA__KEY": key})
    alone = await fvsamazon_run("key", "rotate", folder=folder)
    assert "write it into a file of mode 0600" in alone.err
