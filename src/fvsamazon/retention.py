"""Erases personal data before its limit passes, and at a person's request.

In: the clocks of `privacy`. Out: overwritten slots, marks, a record of each erasure, and files
(database, write-ahead log, copies from before a migration) in which the bytes are no more. What
must never happen: the wrong orders are erased because this machine's clock is wrong, so the purge
refuses while Amazon's clock is more than a day away from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import events
from fvsamazon.clock import SECOND, from_micros, iso, micros_now
from fvsamazon.errors import FvsamazonError
from fvsamazon.privacy import DAY, horizon
from fvsamazon.store import accounts, copies, notices, personal
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.store.database import Database

EVERY = 3_600.0
"""Seconds between two purges."""
AGAIN = 60.0
"""Seconds until the next try where a reader kept the write-ahead log from being emptied."""
BATCH = 200
"""Orders that one transaction erases."""
FAR_OFF = DAY
"""Microseconds by which the clocks may differ."""
_RECENT = 400 * DAY
_PATIENCE = 30
"""Tries, a second apart, that a command makes to empty the write-ahead log."""

HELD_BY_A_READER = Text(
    en="another program has been reading the database since before the erasure and keeps its "
    "write-ahead log from being emptied",
    lt="kita programa duomenų bazę skaito dar nuo prieš ištrinant, todėl jos žurnalo (WAL) "
    "neįmanoma ištuštinti",
)
END_THE_READER = Text(
    en="end whatever keeps {path} open for reading: a replication such as Litestream, a `sqlite3` "
    "left open, a viewer of databases (`fuser -v {path}` names it)",
    lt="užbaikite tai, kas laiko {path} atvertą skaityti: replikavimą, pavyzdžiui, „Litestream“, "
    "paliktą atvertą `sqlite3`, duomenų bazių naršyklę (kas tai, parodo `fuser -v {path}`)",
)


_CLOCK_UNTRUSTED = Text(
    en="nothing was erased: this machine's clock differs from Amazon's by {seconds} s, more than a "
    "day; set the clock right (`timedatectl`) and let the daemon poll once",
    lt="niekas neištrinta: šio kompiuterio laikrodis nuo „Amazon“ laikrodžio skiriasi {seconds} s, "
    "daugiau nei para; nustatykite tikslų laiką (`timedatectl`) ir leiskite tarnybai bent kartą "
    "perskaityti užsakymus",
)


class ClockUntrusted(FvsamazonError):
    """The machine's clock is too far from Amazon's for anything to be erased by it."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(_CLOCK_UNTRUSTED.filled(seconds=abs(seconds)))


@dataclass(frozen=True, slots=True)
class Purged:
    """What one purge did; `clean` says that the bytes are gone from all files."""

    orders: int
    parts: int
    clean: bool


class Purger:
    """Erases what is due; the daemon's hourly step and the command both go through it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        days: int,
        log: FilteringBoundLogger,
        progress: Callable[[], None] = lambda: None,
        user_id: int | None = None,
    ) -> None:
        # Who calls it; nobody where the daemon does by itself.
        self._user_id = user_id
        self._progress = progress
        self._database = database
        self._clock = clock
        self._days = days
        self._log = log

    async def step(self) -> float:
        """Purge once; return the seconds until the next time."""
        try:
            done = await self.purge()
        except ClockUntrusted as error:
            self._log.error(events.PRIVACY_PURGE_REFUSED, seconds=error.seconds)
            return EVERY
        await self._tell_what_is_kept(clean=done.clean)
        return EVERY if done.clean else AGAIN

    async def _tell_what_is_kept(self, *, clean: bool) -> None:
        """Tell once that a reader keeps erased bytes in the write-ahead log, and once its end."""
        told = await notices.told(self._database, notices.BYTES_KEPT)
        since = await personal.bytes_kept_since(self._database)
        now = micros_now(self._clock)
        if clean and told is not None:
            async with self._database.transaction() as tx:
                await notices.untell(tx, notices.BYTES_KEPT)
            seconds = max(0.0, (now - told) / SECOND)
            self._log.info(events.PRIVACY_BYTES_GONE, seconds=round(seconds, 1))
        elif not clean and told is None and since is not None:
            async with self._database.transaction() as tx:
                await notices.tell(tx, notices.BYTES_KEPT, now)
            self._log.warning(
                events.PRIVACY_BYTES_KEPT,
                since=iso(since),
                retry_in=AGAIN,
                why=HELD_BY_A_READER.say("en"),
                remedy=END_THE_READER.say("en", path=self._database.path),
            )

    async def purge(self) -> Purged:
        """Erase everything that is due; raises `ClockUntrusted`."""
        began = self._clock.elapsed()
        limit = await self._limit()
        erased = parts = 0
        while True:
            orders, gone = await self.purge_batch(limit)
            self._progress()
            erased, parts = erased + orders, parts + gone
            if orders < BATCH:
                break
        await self._late_documents()
        async with self._database.transaction() as tx:
            await personal.purge_completed(tx, micros_now(self._clock))
        clean = await self.clean()
        if erased:
            self._log.info(
                events.PRIVACY_PURGED,
                orders=erased,
                fields=parts,
                seconds=round(self._clock.elapsed() - began, 1),
            )
        return Purged(erased, parts, clean)

    async def purge_batch(self, limit: int) -> tuple[int, int]:
        """Erase some orders whose clock began before `limit`; return orders and parts."""
        now = micros_now(self._clock)
        async with self._database.transaction() as tx:
            rows = await personal.due(tx, limit, BATCH)
            if not rows:
                return 0, 0
            parts = await personal.erase(tx, rows, why="retention", now=now)
            await personal.record_erasure(
                tx,
                at=now,
                why="retention",
                orders=len(rows),
                parts=parts,
                user_id=self._user_id,
            )
        return len(rows), parts

    async def due(self) -> tuple[int, datetime]:
        """Return how many orders a purge would erase now, and the clock before which they began."""
        limit = await self._limit()
        return await personal.due_count(self._database, limit), from_micros(limit)

    async def erase(self, order_rows: list[int]) -> Purged:
        """Erase one order at once, whatever its clock says (one row for each region that has it).

        No clock is asked: nothing here goes by one.
        """
        now = micros_now(self._clock)
        parts = 0
        async with self._database.transaction() as tx:
            for row in order_rows:
                gone = await personal.erase(tx, [row], why="request", now=now)
                await personal.record_erasure(
                    tx,
                    at=now,
                    why="request",
                    orders=1,
                    parts=gone,
                    user_id=self._user_id,
                    order_row=row,
                )
                parts += gone
        return Purged(len(order_rows), parts, await self.clean(patience=_PATIENCE))

    async def clean(self, *, patience: int = 1) -> bool:
        """Make the erased bytes go from the files; False where a reader prevents it for now."""
        for copy, why in (await copies.purge(self._database.path)).items():
            self._log.error(events.PRIVACY_COPY_KEPT, file=str(copy), detail=why)
        for attempt in range(patience):
            if attempt:
                await self._clock.sleep(1.0)
            if await self._database.checkpoint():
                await self._note_clean()
                return True
        return False

    async def _note_clean(self) -> None:
        if await personal.bytes_kept_since(self._database) is not None:
            async with self._database.transaction() as tx:
                await personal.bytes_gone(tx)

    async def _late_documents(self) -> None:
        """Erase documents whose fate was open when their order was erased."""
        now = micros_now(self._clock)
        rows = await personal.late_documents(self._database, now - _RECENT)
        if rows:
            async with self._database.transaction() as tx:
                await personal.erase(tx, rows, why="retention", now=now)

    async def _limit(self) -> int:
        """Return before when a clock must have begun, by Amazon's time as far as it is known."""
        offset = await clock_offset(self._database)
        if offset is not None and abs(offset) > FAR_OFF:
            raise ClockUntrusted(round(offset / SECOND))
        return horizon(micros_now(self._clock) + (offset or 0), self._days)


async def clock_offset(database: Database) -> int | None:
    """Return Amazon's clock less ours, in microseconds, as it was last seen by any account."""
    seen = [row for row in await accounts.all_accounts(database) if row.clock_offset is not None]
    if not seen:
        return None
    last = max(seen, key=lambda row: (row.active, row.live_polled_at or 0))
    return last.clock_offset
