"""The files: who can read them, what a kill or a full disk leaves, where links lead."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fvsamazon import keyfile
from fvsamazon.errors import ConfigError
from fvsamazon.settings import load
from fvsamazon.store import copies, schema
from fvsamazon.store.database import Database
from integration.test_personal import delivered
from support.clocks import FakeClock
from support.personal import Office, found_in, wire

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 86_400.0
STRANGER = 61_234
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def careless() -> Iterator[None]:
    """A umask that keeps nothing from anybody."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may pass through; pytest's own let in nobody else."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- the key file


@pytest.mark.parametrize("step", ["write", "fsync", "link"])
def test_a_full_disk_leaves_no_half_key_and_the_next_try_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "key"
    with monkeypatch.context() as broken:
        if step == "write":
            # What `open` and `os.write` come to; a descriptor of /dev/full refuses every byte.
            real = os.open

            def opened(target: Any, *args: Any, **kwargs: Any) -> int:
                handle = real(target, *args, **kwargs)
                if str(target).startswith(str(path)):
                    os.dup2(real("/dev/full", os.O_WRONLY), handle)
                return handle

            broken.setattr(os, "open", opened)
            broken.setattr(os, "fchmod", lambda *_: None)
        else:
            broken.setattr(os, step, full)
        with pytest.raises(OSError, match="No space"):
            keyfile.create(path)
    assert list(tmp_path.iterdir()) == []
    assert keyfile.read(path) if path.exists() else True
    assert keyfile.create(path) == keyfile.read(path)
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("call", ["fchmod", "fsync", "link", "unlink"])
def test_a_kill_leaves_a_whole_key_or_none(tmp_path: Path, call: str) -> None:
    path = tmp_path / "key"
    killed = (
        "import os, pathlib, sys\n"
        "from fvsamazon import keyfile\n"
        f"os.{call} = lambda *a, **k: os._exit(9)\n"
        "keyfile.create(pathlib.Path(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", killed, str(path)], check=False)
    assert done.returncode == 9
    if path.exists():
        assert len(keyfile.read(path)) == 32
    else:
        assert keyfile.create(path) == keyfile.read(path)
    kept = keyfile.replace(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["key", kept.name]


def test_an_old_key_is_put_aside_where_it_really_lies(tmp_path: Path) -> None:
    """Of a key file that is a link, a second name of the link would be destroyed, not the key."""
    (tmp_path / "safe").mkdir()
    old = keyfile.create(tmp_path / "safe" / "key")
    (tmp_path / "key").symlink_to(tmp_path / "safe" / "key")
    kept = keyfile.replace(tmp_path / "key")
    assert kept.parent == tmp_path / "safe"
    assert keyfile.retired(tmp_path / "key") == [kept]
    assert keyfile.read(kept) == old
    assert keyfile.read(tmp_path / "key") != old
    assert (tmp_path / "key").is_symlink()
    kept.unlink()
    assert [file.name for file in (tmp_path / "safe").iterdir()] == ["key"]


@pytest.mark.usefixtures("careless")
def test_a_key_is_private_from_its_first_byte_and_a_link_is_not_followed(tmp_path: Path) -> None:
    keyfile.create(tmp_path / "key")
    kept = keyfile.replace(tmp_path / "key")
    assert {mode(file) for file in tmp_path.iterdir()} == {0o600}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["key", kept.name]
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        keyfile.create(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


@root_only
@pytest.mark.parametrize("renew", [False, True])
def test_root_makes_no_file_where_another_user_leads_it(open_folder: Path, renew: bool) -> None:
    """The service's user puts a link in the place of the key's folder, to one of root's."""
    target, theirs = open_folder / "roots", open_folder / "theirs"
    for folder in (target, theirs):
        folder.mkdir(0o755)
    os.chown(theirs, STRANGER, STRANGER)
    (theirs / "keys").symlink_to(target)
    path = theirs / "keys" / "key"
    owner = (STRANGER, STRANGER)
    if renew:
        keyfile.create(target / "key")
    before = {file: file.stat().st_uid for file in target.iterdir()}
    with pytest.raises(PermissionError):
        keyfile.replace(path, owner) if renew else keyfile.create(path, owner)
    assert {file: file.stat().st_uid for file in target.iterdir()} == before
    assert os.geteuid() == 0
    # In its own folder the owner's key is made, and in root's it is given to the owner.
    for folder in (theirs, target):
        keyfile.create(folder / "other", owner)
        assert (folder / "other").stat().st_uid == STRANGER
        assert mode(folder / "other") == 0o600


# --- settings


@pytest.mark.parametrize("text", ["FVSAMAZON_LANGUAGE=lt\n", "FVSAMAZON_FINVALDA__PASSWORD=x\n"])
def test_settings_that_everybody_can_change_are_refused(tmp_path: Path, text: str) -> None:
    """Whoever writes them says where tokens go, and as which file the log is written."""
    path = tmp_path / "settings.env"
    path.write_text(text)
    path.chmod(0o646)
    with pytest.raises(ConfigError, match="run chmod o") as caught:
        load(path, {})
    assert len([fault for fault in caught.value.faults if "0646" in fault]) == 1
    path.chmod(0o640)
    load(path, {}, secrets=False)


# --- the database


@pytest.mark.usefixtures("careless")
async def test_a_database_behind_a_link_is_private_too(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link = tmp_path / "fvsamazon.db"
    link.symlink_to(tmp_path / "disk" / "real.db")
    database = await Database.open(link, create=True)
    await schema.migrate(database)
    assert {mode(file) for file in (tmp_path / "disk").iterdir()} == {0o600}
    await database.close()


@pytest.mark.usefixtures("careless")
async def test_a_database_that_was_copied_back_is_closed_to_everybody(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    for name in ("f.db", "f.db-wal", "f.db-shm"):
        (tmp_path / name).touch(0o664)
    database = await Database.open(path, create=True)
    await schema.migrate(database)
    assert {mode(file) for file in tmp_path.iterdir()} == {0o660}
    # The locks of a database that is open already are not lost by opening it once more.
    async with database.transaction():
        again = await Database.open(path, create=True)
        write = (
            "import sqlite3, sys\n"
            "store = sqlite3.connect(sys.argv[1], timeout=0.1, isolation_level=None)\n"
            "store.execute('begin immediate')\n"
        )
        done = subprocess.run(  # noqa: ASYNC221 - it ends at once
            [sys.executable, "-c", write, str(path)], check=False, capture_output=True, text=True
        )
        assert "database is locked" in done.stderr
        await again.close()
    await database.close()


async def test_what_sqlite_sets_aside_goes_to_no_file(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "f.db", create=True)
    for connection in (database._writer, database._reader):
        rows = list(await connection.execute_fetchall("pragma temp_store"))
        assert [tuple(row) for row in rows] == [(2,)]
    await database.close()


def everything(folder: Path) -> bytes:
    return b"\0".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_erased_bytes_are_in_no_file_of_the_state_folder(tmp_path: Path) -> None:
    """A copy from before a migration, made while the data was there, and a log of changes."""
    clock = FakeClock()
    office = await Office(tmp_path / "f.db", clock).open()
    await office.record(delivered(clock), wire("305-0000000-0000002"))
    await schema._copy(office.database, 3)
    (copy,) = copies.copies(office.path)
    assert mode(copy) == 0o600
    due, stays = await office.ciphertexts()
    assert everything(tmp_path).count(due[:32]) >= 2, "the search is blind"
    clock.advance(31 * DAYS)
    # Somebody reads the copy at this moment, and the purge is asked for again and again.
    with closing(sqlite3.connect(copy)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from slot").fetchone()
        await office.purger.purge()
    await office.purger.purge()
    assert not found_in(everything(tmp_path), due)
    assert found_in(everything(tmp_path), stays)
    await office.database.close()
    assert not found_in(everything(tmp_path), due)


async def test_an_erasure_that_was_killed_inside_a_copy_is_made_good(tmp_path: Path) -> None:
    clock = FakeClock()
    office = await Office(tmp_path / "f.db", clock).open()
    await office.record(delivered(clock))
    await schema._copy(office.database, 3)
    (due,) = await office.ciphertexts()
    clock.advance(31 * DAYS)
    killed = (
        "import asyncio, os, pathlib, sys\n"
        "from fvsamazon.store import copies\n"
        "from fvsamazon.store import queries\n"
        "queries.load('copies')['drop_personal'] = 'select fall()'\n"
        "import aiosqlite\n"
        "real = aiosqlite.connect\n"
        "async def connect(*a, **k):\n"
        "    made = await real(*a, **k)\n"
        "    await made.create_function('fall', 0, lambda: os._exit(9))\n"
        "    await made.execute('pragma cache_size = 1')\n"
        "    await made.execute('pragma cache_spill = 1')\n"
        "    return made\n"
        "aiosqlite.connect = connect\n"
        "asyncio.run(copies.purge(pathlib.Path(sys.argv[1])))\n"
    )
    async with office.database.transaction() as tx:
        await tx.execute("delete from personal")
    done = subprocess.run(  # noqa: ASYNC221 - it ends at once
        [sys.executable, "-c", killed, str(office.path)], check=False
    )
    assert done.returncode == 9
    await office.purger.purge()
    (copy,) = copies.copies(office.path)
    left = b"".join(file.read_bytes() for file in tmp_path.glob(f"{copy.name}*"))
    assert not found_in(left, due)
    await office.database.close()
