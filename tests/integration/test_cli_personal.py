"""Personal data on the command line: shown on request and recorded, erased, and its key changed."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from fvsamazon import keyfile
from fvsamazon.privacy import PrivacyPlan
from fvsamazon.store import accounts, personal
from support.amazon_samples import CANARIES
from support.clocks import FakeClock
from support.commands import SETTINGS, fvsamazon_run, settings_file
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
    assert (done.code, done.out) == (0, "1 orders erased, 1 encrypted parts in all\n")
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
    assert "erased within 30 days" in " ".join(page.out.split())


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
async def test_a_key_that_root_changes_stays_the_owners(folder: Path) -> None:
    give_away(folder)
    turned = await fvsamazon_run("key", "rotate", folder=folder)
    assert turned.code == 0, turned.err
    assert "2 parts are encrypted" in turned.out
    assert {file.stat().st_uid for file in folder.iterdir()} == {65534}


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
