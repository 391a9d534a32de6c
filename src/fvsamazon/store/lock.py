"""One daemon a file, and the marker that tells a restored or foreign file from our own.

Both lie beside the database. `<file>-lock` is held with a lock of the open file (fcntl(2),
F_OFD_SETLK): the kernel releases it when the process dies, however it dies, and it can be asked
after without being taken, so that `status` never gets into the way of a daemon that starts.
`<file>-marker` repeats a number that the database holds and that moves on every minute and at every
start. A database that was restored from a backup, or brought from elsewhere, does not hold the
number that its marker remembers.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import uuid
from typing import TYPE_CHECKING, Self

from fvsamazon.errors import StoreBusy, StoreUnavailable
from fvsamazon.store import texts
from fvsamazon.texts import system_trouble

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.store.database import Database

_FLOCK = struct.Struct("hhqqi")
"""struct flock: type, whence, start, length, pid; a length of 0 is the whole file."""
_WHOLE_FILE = (os.SEEK_SET, 0, 0, 0)


def _lock_file(database: Path) -> Path:
    """Return the lock's path; one for a file that goes by several names."""
    real = database.resolve()
    return real.with_name(f"{real.name}-lock")


class DaemonLock:
    """The right to run on a database; held until `release` or the end of the process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def acquire(cls, database: Path) -> Self:
        """Take the lock or raise `StoreBusy`."""
        path = _lock_file(database)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            told = texts.LOCK_NOT_OPENED.filled(path=path, trouble=system_trouble(error))
            raise StoreUnavailable(told) from error
        try:
            fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, *_WHOLE_FILE))
        except OSError as error:
            os.close(handle)
            raise StoreBusy(texts.BUSY.filled(path=database)) from error
        return cls(handle)

    @staticmethod
    def held(database: Path) -> bool:
        """Tell whether a daemon runs on the file now; raises `StoreUnavailable`."""
        path = _lock_file(database)
        asked = _FLOCK.pack(fcntl.F_WRLCK, *_WHOLE_FILE)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                answer: bytes = fcntl.fcntl(handle, fcntl.F_OFD_GETLK, asked)
            finally:
                os.close(handle)
        except FileNotFoundError:
            return False
        except OSError as error:
            told = texts.LOCK_NOT_ASKED.filled(path=path, trouble=system_trouble(error))
            raise StoreUnavailable(told) from error
        return bool(_FLOCK.unpack(answer)[0] != fcntl.F_UNLCK)

    def release(self) -> None:
        os.close(self._handle)


class Marker:
    """The number that database and side file share."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = database.path.with_name(f"{database.path.name}-marker")

    async def check(self) -> bool:
        """Return False when this file is not the one that ran here last (restored, foreign)."""
        row = await self._database.one("select value from meta where key = 'marker'")
        remembered = self._remembered()
        return (row is None and not remembered) or (row is not None and row["value"] in remembered)

    async def advance(self) -> None:
        """Move the number on, in both places; a kill between the two leaves both acceptable."""
        row = await self._database.one("select value from meta where key = 'marker'")
        following = uuid.uuid4().hex
        self._remember(*([row["value"]] if row else []), following)
        async with self._database.transaction() as tx:
            await tx.execute(
                "insert into meta (key, value) values ('marker', ?) "
                "on conflict (key) do update set value = excluded.value",
                (following,),
            )
        self._remember(following)

    def _remembered(self) -> frozenset[str]:
        try:
            return frozenset(self._path.read_text("ascii").split())
        except (OSError, UnicodeDecodeError):
            return frozenset()

    def _remember(self, *values: str) -> None:
        temporary = self._path.with_name(f"{self._path.name}.new")
        try:
            temporary.unlink(missing_ok=True)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
            with open(os.open(temporary, flags, 0o600), "wb") as stream:  # noqa: PTH123
                stream.write("\n".join(values).encode("ascii"))
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            trouble = system_trouble(error)
            told = texts.MARKER_NOT_WRITTEN.filled(path=self._path, trouble=trouble)
            raise StoreUnavailable(told) from error
