"""The key is changed while orders go on being recorded; nothing is lost, nothing stays behind."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import structlog

from fvsamazon import keyfile, logs, rotation
from fvsamazon.clock import SystemClock
from fvsamazon.keyfile import KeyUnusable
from fvsamazon.privacy import PrivacyPlan
from fvsamazon.rotation import Rotation
from fvsamazon.store import personal
from fvsamazon.store.database import Database
from fvsamazon.vault import Damaged, Keyring, Vault
from support.amazon_samples import CANARIES
from support.clocks import FakeClock
from support.personal import Office, found_in, raw_bytes, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    key_file = tmp_path / "key"
    keyfile.create(key_file)
    plan = PrivacyPlan(enabled=True, key_file=key_file)
    made = await Office(tmp_path / "f.db", FakeClock(), plan).open()
    yield made
    await made.database.close()


def turner(office: Office, database: Database | None = None) -> Rotation:
    return Rotation(
        database or office.database, office.plan.vault(), SystemClock(), logs.get_logger()
    )


def ids(first: int, count: int) -> list[str]:
    return [f"305-0000000-{number:07}" for number in range(first, first + count)]


async def test_everything_is_under_the_new_key_and_the_old_bytes_are_gone(
    office: Office, tmp_path: Path
) -> None:
    await office.record(*(wire(name) for name in ids(1, 30)))
    before = await office.ciphertexts()
    old = keyfile.key_id(keyfile.read(tmp_path / "key"))
    kept = keyfile.replace(tmp_path / "key")
    assert await turner(office).is_unfinished()
    with structlog.testing.capture_logs() as lines:
        done = await turner(office).run()
    assert done.parts == 30
    new = keyfile.key_id(keyfile.read(tmp_path / "key"))
    assert new != old
    assert await personal.key_ids(office.database) == {new}
    assert lines[-1]["event"] == "privacy.key_rotated"
    assert not await turner(office).is_unfinished()
    raw = raw_bytes(office.path)
    assert not [sealed for sealed in before if found_in(raw, sealed)]
    assert kept == tmp_path / f"key-old-{old.hex()}"
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.unlink()
    opened = await office.kept(ids(1, 1)[0])
    assert opened is not None
    assert opened["buyer"]["buyerName"] == CANARIES["buyerName"]
    known = await office.database.all("select key_id, retired_at from encryption_key")
    assert {row["key_id"]: row["retired_at"] is None for row in known} == {old: False, new: True}


async def test_orders_go_on_being_recorded_meanwhile(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon's keeper writes through a connection of its own all the time."""
    monkeypatch.setattr(rotation, "BATCH", 5)
    await office.record(*(wire(name) for name in ids(1, 60)))
    beside = await Database.open(office.path, create=False)
    written = 60

    async def daemon(stop: anyio.Event) -> None:
        nonlocal written
        while not stop.is_set():
            await office.record(*(wire(name) for name in ids(written + 1, 3)))
            written += 3
            order = wire(ids(1 + written % 60, 1)[0])
            order["lastUpdatedTime"] = "2026-11-22T00:00:00Z"
            order["buyer"]["buyerName"] = f"changed {written}"
            await office.record(order)
            await anyio.sleep(0.001)

    try:
        for _ in range(3):
            stop = anyio.Event()
            async with anyio.create_task_group() as group:
                group.start_soon(daemon, stop)
                await anyio.sleep(0.02)
                keyfile.replace(tmp_path / "key")
                await turner(office, beside).run()
                stop.set()
            current = keyfile.key_id(keyfile.read(tmp_path / "key"))
            assert await personal.key_ids(office.database) == {current}
    finally:
        await beside.close()
    for old in keyfile.retired(tmp_path / "key"):
        old.unlink()
    assert written > 60
    for name in ids(1, written):
        assert await office.kept(name) is not None, name


async def test_a_rotation_that_was_killed_goes_on(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 5)
    await office.record(*(wire(name) for name in ids(1, 12)))
    keyfile.replace(tmp_path / "key")
    stopped = turner(office)

    class Killed(Exception):
        pass

    async def die(_seconds: float) -> None:
        raise Killed

    monkeypatch.setattr(stopped._clock, "sleep", die)
    with pytest.raises(Killed):
        await stopped.run()
    assert len(await personal.key_ids(office.database)) == 2
    assert await office.kept(ids(1, 1)[0]) == await office.kept(ids(12, 1)[0])
    assert await turner(office).is_unfinished()
    assert (await turner(office).run()).parts == 7


async def test_a_file_left_by_a_kill_before_the_new_key_was_used_is_no_key(
    office: Office, tmp_path: Path
) -> None:
    left = keyfile.create(tmp_path / "key-next")
    keyfile.replace(tmp_path / "key")
    assert keyfile.read(tmp_path / "key") != left
    assert not (tmp_path / "key-next").exists()
    assert not await turner(office).is_unfinished()


async def test_what_a_lost_key_encrypted_can_be_given_up(office: Office, tmp_path: Path) -> None:
    await office.record(wire())
    lost = await office.ciphertexts()
    (tmp_path / "key").unlink()
    keyfile.create(tmp_path / "key")
    with pytest.raises(KeyUnusable):
        await turner(office).is_unfinished()
    assert await turner(office).drop_lost(user_id=1000) == (1, 1)
    row = await office.database.one("select why, user_id from erasure")
    assert row is not None
    assert tuple(row) == ("key_lost", 1000)
    # Until the write-ahead log was emptied, `status` tells that the bytes are still there.
    assert await personal.bytes_kept_since(office.database) is not None
    await office.database.checkpoint()
    assert not found_in(raw_bytes(office.path), lost[0])
    assert await office.erased() is None
    await office.record(wire())
    assert await office.kept() is not None


async def test_an_old_key_that_cannot_be_read_is_not_lost(office: Office, tmp_path: Path) -> None:
    await office.record(wire())
    kept = keyfile.replace(tmp_path / "key")
    kept.chmod(0o644)
    for refuse in (turner(office).is_unfinished(), turner(office).drop_lost(user_id=0)):
        with pytest.raises(KeyUnusable, match=r"can be read by others .*; run chmod 600"):
            await refuse
    with structlog.testing.capture_logs() as lines:
        office.use(office.plan)
        await office.keeper.look(office.database)
    (line,) = lines
    assert line["event"] == "privacy.key_unusable"
    assert "--lost" not in line["remedy"]
    assert len(await office.ciphertexts()) == 1
    kept.chmod(0o600)
    assert (await turner(office).run()).parts == 1


def close_to_listing(folder: Path) -> int:
    """Let a folder be passed through and not listed; return the user that it is closed to."""
    if os.geteuid() != 0:
        folder.chmod(0o100)
        return os.geteuid()
    for parent in folder.parents:
        if parent != Path("/") and parent.stat().st_mode & 0o011 != 0o011:
            parent.chmod(parent.stat().st_mode | 0o011)
    folder.chmod(0o711)
    for file in folder.iterdir():
        os.chown(file, 65534, 65534)
    return 65534


def test_a_folder_that_cannot_be_listed_is_told_rather_than_taken_for_empty(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    keyfile.create(folder / "key")
    old = keyfile.replace(folder / "key")
    user, before = close_to_listing(folder), os.geteuid()
    os.seteuid(user)
    try:
        keyfile.read(folder / "key")
        with pytest.raises(KeyUnusable) as told:
            keyfile.retired(folder / "key")
        with pytest.raises(KeyUnusable):
            Vault(None, folder / "key").keys()
    finally:
        os.seteuid(before)
        folder.chmod(0o700)
    assert f"the folder {folder} of the encryption key cannot be listed" in str(told.value)
    name = pwd.getpwuid(user).pw_name
    assert f"run chown {name} {folder} && chmod 700 {folder}" in told.value.cure("en")
    assert f"chown {name} {folder}" in told.value.cure("lt")
    assert keyfile.retired(folder / "key") == [old]


def test_no_folder_is_a_missing_key(tmp_path: Path) -> None:
    assert keyfile.retired(tmp_path / "nowhere" / "key") == []
    with pytest.raises(KeyUnusable, match="does not exist"):
        Vault(None, tmp_path / "nowhere" / "key").keys()


async def test_a_part_that_was_changed_does_not_stop_a_rotation(
    office: Office, tmp_path: Path
) -> None:
    await office.record(*(wire(name) for name in ids(1, 3)))
    async with office.database.transaction() as tx:
        row = await tx.one("select length(sealed) as n from slot where id = 2")
        assert row is not None
        await tx.execute("update slot set sealed = randomblob(?) where id = 2", (row["n"],))
    keyfile.replace(tmp_path / "key")
    with structlog.testing.capture_logs() as lines:
        done = await turner(office).run()
    assert (done.parts, done.damaged) == (2, 1)
    damaged: list[Any] = [line["order"] for line in lines if line["event"] == "privacy.damaged"]
    assert set(damaged) == {"305-0000000-0000002"}


async def test_a_part_that_was_changed_keeps_no_old_key_in_use(
    office: Office, tmp_path: Path
) -> None:
    """Else no further rotation would ever begin, and without the old key nothing would be kept."""
    await office.record(*(wire(name) for name in ids(1, 3)))
    async with office.database.transaction() as tx:
        await tx.execute("update slot set sealed = randomblob(length(sealed)) where id = 2")
    kept = keyfile.replace(tmp_path / "key")
    with structlog.testing.capture_logs() as lines:
        done = await turner(office).run()
    assert (done.parts, done.damaged) == (2, 1)
    assert [line["order"] for line in lines if line["event"] == "privacy.damaged"] == ids(2, 1)
    assert not await turner(office).is_unfinished()
    kept.unlink()
    office.use(office.plan)
    await office.record(wire(ids(4, 1)[0]))
    assert await office.kept(ids(4, 1)[0])
    with pytest.raises(Damaged):
        await office.kept(ids(2, 1)[0])


async def test_a_key_that_changes_under_way_ends_all_the_same(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever manages the machine may put a key file in place at any time."""
    monkeypatch.setattr(rotation, "BATCH", 2)
    await office.record(*(wire(name) for name in ids(1, 5)))
    keyfile.replace(tmp_path / "key")
    again = iter([None])

    class Interrupting(SystemClock):
        async def sleep(self, seconds: float) -> None:
            for _ in again:
                keyfile.replace(tmp_path / "key")
            await super().sleep(seconds)

    turning = Rotation(office.database, office.plan.vault(), Interrupting(), logs.get_logger())
    with anyio.fail_after(5):
        await turning.run()
    newest = keyfile.key_id(keyfile.read(tmp_path / "key"))
    assert await personal.key_ids(office.database) == {newest}


def test_a_key_that_stays_closed_is_told_for_years_without_growing() -> None:
    unread = KeyUnusable(keyfile.UNREADABLE, keyfile.CHECK_RIGHTS, path="x", problem="y")
    ring = Keyring(bytes(32), closed={bytes(8).hex(): unread})
    lengths = []
    for _ in range(3):
        with pytest.raises(KeyUnusable) as told:
            ring.require([bytes(8)])
        lengths.append(len(told.traceback))
    assert lengths[0] == lengths[2]
