"""Intents whose outcome is unknown, and sales that may have gone: only a look-up can tell.

In: a row in doubt or booked. Out: adopted, due again, removed, or held. Absence counts only when
two look-ups find nothing, the first no sooner than a while after the sending and the second a
minute later: a server may commit after the client gave up. A failed look-up never means absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fvsamazon import events
from fvsamazon.clock import SECOND
from fvsamazon.delivery.adopting import sent_differences
from fvsamazon.delivery.holds import Hold, said
from fvsamazon.delivery.ledger import SOON, VERIFY_AFTER
from fvsamazon.finvalda.tables import OperationClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fvsamazon.delivery.adopting import Adopter
    from fvsamazon.delivery.ledger import Ledger, Subject
    from fvsamazon.delivery.lookup import Finder
    from fvsamazon.finvalda.records import OperationRow

APART: Final = 60.0
"""Seconds between the two look-ups whose absence counts."""
EARLY: Final = 30 * SECOND
NEEDED: Final = 2


class Doubts:
    """Settles what is in doubt; `wait` is in seconds, after a sending."""

    def __init__(self, ledger: Ledger, finder: Finder, adopter: Adopter, *, wait: float) -> None:
        self._ledger = ledger
        self._finder = finder
        self._adopter = adopter
        self._wait = wait

    async def settle(self, subject: Subject) -> None:
        """Look up what was sent without an answer."""
        row = subject.row
        operation = OperationClass(row.operation_class or OperationClass.SALE)
        found = await self._finder.find(subject.order_id, operation)
        if operation is OperationClass.SALE:
            rows: Sequence[OperationRow] = found.sales
        else:
            rows = [one for where, one in found.reservations if where is operation]
        if row.aim != "book":
            await self._removal(subject, rows)
        elif not rows:
            await self._absent(subject)
        elif len(rows) > 1:
            listed = ", ".join(f"{one.journal} {one.number}" for one in rows)
            several = Hold((said("found_several", documents=listed),), hourly=True)
            await self._ledger.held(subject, several)
        elif differing := sent_differences(subject, rows[0]):
            await self._adopter.differs(subject, rows[0], differing)
        else:
            current = subject.record["content_hash"] == row.version_hash
            await self._ledger.adopted(
                subject,
                rows[0],
                "its answer was lost",
                next_attempt_at=None if current else self._ledger.now(),
            )

    async def _removal(self, subject: Subject, rows: Sequence[OperationRow]) -> None:
        """A removal that came to nothing is repeated: it cannot remove anything twice."""
        if not any((one.journal, one.number) == _key(subject) for one in rows):
            await self._ledger.removed(subject)
            return
        await self._ledger.write(
            subject, {"state": "due", "next_attempt_at": self._ledger.now() + SOON}
        )

    async def _absent(self, subject: Subject) -> None:
        now, row = self._ledger.now(), subject.row
        counting = self._passed(row.sent_at, row.sent_elapsed, row.sent_boot)
        if counting < self._wait:
            left = int((self._wait - counting) * SECOND)
            await self._ledger.later(subject, now + min(max(left, SECOND), EARLY))
            return
        looked = self._passed(row.looked_up_at, row.looked_up_elapsed, row.sent_boot)
        if row.absences and looked < APART:
            await self._ledger.later(subject, now + int((APART - looked) * SECOND) + 1)
            return
        if row.absences + 1 < NEEDED:
            await self._ledger.write(
                subject,
                {
                    "absences": row.absences + 1,
                    "looked_up_at": now,
                    "looked_up_elapsed": self._ledger.clock.elapsed(),
                    "sent_boot": self._ledger.clock.boot(),
                    # A restart of the machine in between must not shorten the first wait.
                    "sent_elapsed": self._ledger.clock.elapsed() - counting,
                    "next_attempt_at": now + int(APART * SECOND),
                },
            )
            return
        await self._ledger.write(
            subject, {"state": "due", "absences": 0, "next_attempt_at": now, "failures": 0}
        )
        self._ledger.log.info(events.DELIVERY_ABSENT, **subject.log_keys(), look_ups=NEEDED)

    def _passed(self, at: int | None, elapsed: float | None, boot: str | None) -> float:
        """Return seconds since a moment; a wall clock that was set within a boot plays no part."""
        clock = self._ledger.clock
        if elapsed is not None and boot == clock.boot() and elapsed <= clock.elapsed():
            return clock.elapsed() - elapsed
        return 0.0 if at is None else max(0.0, (self._ledger.now() - at) / SECOND)

    async def verify(self, subject: Subject) -> bool:
        """See whether a booked sale still stands; False where it does not, or not for sure."""
        now, row = self._ledger.now(), subject.row
        found = await self._finder.find(subject.order_id)
        if any((one.journal, one.number) == _key(subject) for one in found.sales):
            since = now - (row.booked_at or now)
            following = next((after for after in VERIFY_AFTER if after > since), None)
            verify_at = None if following is None else (row.booked_at or now) + following
            await self._ledger.write(subject, {"verify_at": verify_at, "absences": 0})
            return True
        if len(found.sales) == 1 and not sent_differences(subject, found.sales[0]):
            # A person has moved it to another journal, or made it again.
            await self._ledger.adopted(subject, found.sales[0], "it has another number now")
            return False
        if not row.absences:
            await self._ledger.write(
                subject, {"absences": 1, "verify_at": now + int(APART * SECOND)}
            )
            return False
        reason = said("removed", journal=row.journal, number=row.number)
        await self._ledger.held(subject, Hold((reason,), why="by_version"), absences=0)
        return False


def _key(subject: Subject) -> tuple[str | None, int | None]:
    return subject.row.journal, subject.row.number
