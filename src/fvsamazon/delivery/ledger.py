"""Every change of an intent's state, with its log line: one transaction each.

The worker decides, this writes. A decision made on an older sight of a row raises `Changed` and is
made again; what has happened in Finvalda is written whatever changed meanwhile, and the row is then
decided anew. Only what is news is logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fvsamazon import backoff, events
from fvsamazon.clock import SECOND, micros_now
from fvsamazon.delivery.put_off import PutOff
from fvsamazon.store import outbox
from fvsamazon.store.outbox import RESERVATION, SALE, OutboxRow

if TYPE_CHECKING:
    import sqlite3

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.booking.outcomes import Document
    from fvsamazon.clock import Clock
    from fvsamazon.delivery.evaluating import Evaluation
    from fvsamazon.delivery.holds import Hold
    from fvsamazon.errors import RemoteError
    from fvsamazon.finvalda.fields import Payload
    from fvsamazon.finvalda.records import OperationRow, Saved
    from fvsamazon.finvalda.tables import OperationClass
    from fvsamazon.store.database import Database
    from fvsamazon.store.outbox import Kind

HOURLY: Final = 3_600 * SECOND
BUSY_BASE, BUSY_MOST = 30.0, 300.0
"""Seconds: first and longest wait after a refusal that passes by itself."""
VERIFY_AFTER: Final = tuple(days * 86_400 * SECOND for days in (1, 7, 30))
"""How long after its booking a sale is looked after: removals are noticed then at the latest."""
FIRST_VERIFICATION: Final = 600 * SECOND
SOON: Final = 5 * SECOND
"""After a lost answer: most often the document stands already."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A row and the order that it is about."""

    row: OutboxRow
    record: sqlite3.Row

    @property
    def order_id(self) -> str:
        return str(self.record["order_id"])

    def log_keys(self) -> dict[str, Any]:
        return {
            "order": self.order_id,
            "region": self.record["region"],
            "account": self.record["account"],
            "kind": self.row.kind,
        }


class Ledger:
    """Writes what becomes of intents."""

    def __init__(self, database: Database, clock: Clock, log: FilteringBoundLogger) -> None:
        self.database = database
        self.clock = clock
        self.log = log
        self.put_off = PutOff(database, clock, log)

    def now(self) -> int:
        return micros_now(self.clock)

    async def sending(
        self,
        subject: Subject,
        evaluation: Evaluation,
        document: Document,
        payload: Payload,
        client: str,
    ) -> Subject:
        """Commit what is about to be sent, before it is."""
        values = {
            **self._sent(),
            "state": "sending",
            "aim": "book",
            "operation_class": document.finvalda_class,
            "parameter": document.parameter,
            "document": outbox.pack(payload.text),
            "version_hash": evaluation.version_hash,
            "facts": outbox.pack(evaluation.facts),
            "currency": document.currency,
            "total": f"{document.total:f}",
            "client": client,
            "series": document.series,
            "number_text": document.number,
            "attempts": subject.row.attempts + 1,
            "reasons": None,
            "why": None,
        }
        return await self._write(subject, values)

    async def removing(
        self, subject: Subject, operation: OperationClass, found: OperationRow
    ) -> Subject:
        """Commit which document is about to be removed, before it is."""
        values = {
            **self._sent(),
            "state": "sending",
            "operation_class": operation.value,
            "journal": found.journal,
            "number": found.number,
            "number_text": found.document,
            "series": found.series,
            "reasons": None,
        }
        return await self._write(subject, values)

    def _sent(self) -> dict[str, Any]:
        return {
            "next_attempt_at": None,
            "sent_at": self.now(),
            "sent_elapsed": self.clock.elapsed(),
            "sent_boot": self.clock.boot(),
            "looked_up_at": None,
            "looked_up_elapsed": None,
            "absences": 0,
        }

    async def booked(self, subject: Subject, saved: Saved, *, told: str) -> None:
        """The document stands, as Finvalda has just said; `told` is its client for the log."""
        row = subject.row
        await self._stands(subject, saved.journal, saved.number, saved.series, saved.document)
        self.log.info(
            events.DELIVERY_BOOKED,
            **subject.log_keys(),
            document=saved.document,
            journal=saved.journal,
            number=saved.number,
            client=told,
            currency=row.currency,
            total=row.total,
        )

    async def adopted(self, subject: Subject, found: OperationRow, why: str, **more: Any) -> None:  # noqa: ANN401 - columns
        """The document was found in Finvalda and is this order's; `more` are columns of the row."""
        await self._stands(
            subject, found.journal, found.number, found.series, found.document, **more
        )
        self.log.info(
            events.DELIVERY_ADOPTED,
            **subject.log_keys(),
            document=found.document,
            journal=found.journal,
            number=found.number,
            why=why,
        )

    async def _stands(
        self,
        subject: Subject,
        journal: str,
        number: int,
        series: str,
        document: str,
        **more: Any,  # noqa: ANN401 - columns
    ) -> None:
        now = self.now()
        async with self.database.transaction() as tx:
            fresh = await outbox.get(tx, subject.row.id)
            changed = fresh is None or fresh.revision != subject.row.revision
            values = {
                "state": "booked",
                "aim": "book",
                "journal": journal,
                "number": number,
                "series": series or None,
                "number_text": document or None,
                "reasons": None,
                "why": None,
                "failures": 0,
                "absences": 0,
                "booked_at": now,
                "verify_at": now + FIRST_VERIFICATION if subject.row.kind == SALE else None,
                "next_attempt_at": now if changed else None,
                **more,
            }
            await outbox.update(tx, subject.row, values, blind=True)

    async def held(self, subject: Subject, hold: Hold, **more: Any) -> None:  # noqa: ANN401 - columns
        """A person must act; `more` are further columns of the row."""
        stored = hold.stored()
        row = subject.row
        now = self.now()
        values = {
            "state": hold.state,
            "reasons": stored,
            "why": hold.why,
            "next_attempt_at": now + HOURLY if hold.hourly else None,
            "verify_at": None,
            **more,
        }
        await self._write(subject, values, blind=row.state == "sending")
        if row.state == hold.state and row.reasons == stored:
            return
        why = " ".join(one.log_text for one in hold.reasons)
        remedy = " ".join(
            dict.fromkeys(one.remedy.en for one in hold.reasons if one.remedy is not None)
        )
        if hold.state == "failed":
            self.log.error(
                events.DELIVERY_FAILED, **subject.log_keys(), why=why, remedy=remedy, code=hold.code
            )
        else:
            self.log.warning(
                events.DELIVERY_HELD, **subject.log_keys(), why=why, remedy=remedy, code=hold.code
            )

    async def skipped(self, subject: Subject, reasons: str, why: str) -> None:
        """The rules never book this order."""
        values = {"state": "skipped", "why": "by_rule", "reasons": reasons, "next_attempt_at": None}
        await self._write(subject, values)
        if subject.row.state != "skipped":
            self.log.info(events.DELIVERY_DROPPED, **subject.log_keys(), why=why)

    async def dropped(self, subject: Subject, why: str) -> None:
        """Nothing is due for this intent, as the order stands now."""
        values = {
            "state": "not_due",
            "aim": "book",
            "reasons": None,
            "why": None,
            "next_attempt_at": None,
            "failures": 0,
        }
        await self._write(subject, values)
        if subject.row.state != "not_due":
            self.log.info(events.DELIVERY_DROPPED, **subject.log_keys(), why=why)

    async def removed(self, subject: Subject) -> None:
        """A reservation is gone; one that is to be replaced is due at once."""
        row = subject.row
        again = row.aim == "replace"
        now = self.now()
        async with self.database.transaction() as tx:
            await outbox.update(
                tx,
                row,
                {
                    "state": "due" if again else "not_due",
                    "aim": "book",
                    "next_attempt_at": now if again else None,
                    "journal": None,
                    "number": None,
                    "number_text": None,
                    "reasons": None,
                    "why": None,
                    "failures": 0,
                    "absences": 0,
                },
                blind=True,
            )
            if not again:
                await outbox.wake(tx, row.order_row, now)
        self.log.info(
            events.DELIVERY_REMOVED,
            **subject.log_keys(),
            document=row.number_text,
            journal=row.journal,
            number=row.number,
        )

    async def busy(self, subject: Subject, stored: str | None) -> None:
        """Something passes by itself: due again after 30 s, doubling to 5 min."""
        failures = subject.row.failures + 1
        wait = backoff.delay(failures, base=BUSY_BASE, cap=BUSY_MOST, jitter=1.0)
        state = "due" if subject.row.state == "sending" else subject.row.state
        await self._write(
            subject,
            {
                "state": state,
                "failures": failures,
                "reasons": subject.row.reasons if state == "held" else stored,
                "next_attempt_at": self.now() + int(wait * SECOND),
            },
            blind=subject.row.state == "sending",
        )
        if state != "held":
            await self.put_off.refused(failures, stored, subject.log_keys())

    async def later(self, subject: Subject, at: int) -> None:
        """Look at the row again at a time."""
        await self._write(subject, {"next_attempt_at": at})

    async def unsent(self, subject: Subject) -> None:
        """Nothing left this machine, or nobody looked at it: due as before."""
        values = {
            "state": "due",
            "attempts": max(0, subject.row.attempts - 1),
            "sent_at": None,
            "next_attempt_at": self.now(),
        }
        await self._write(subject, values, blind=True)

    async def in_doubt(self, subject: Subject, error: RemoteError, look_up_at: str) -> None:
        """It was sent and nobody knows what became of it."""
        values = {"state": "in_doubt", "absences": 0, "next_attempt_at": self.now() + SOON}
        await self._write(subject, values, blind=True)
        self.log.warning(
            events.DELIVERY_IN_DOUBT,
            **subject.log_keys(),
            look_up_at=look_up_at,
            **error.log_fields(),
        )

    async def write(self, subject: Subject, values: dict[str, Any]) -> Subject:
        """Change columns of a row that still is as it was seen."""
        return await self._write(subject, values)

    async def want(self, subject: Subject, kind: Kind, *, aim: str = "book") -> Subject:
        """Make sure of an order's other intent and return it."""
        now = self.now()
        row = subject.row
        async with self.database.transaction() as tx:
            await outbox.want(
                tx,
                order_row=row.order_row,
                kind=kind,
                ordered_at=row.ordered_at,
                now=now,
                aim=aim,
            )
            rows = await outbox.of_order(tx, row.order_row)
        other = next(one for one in rows if one.kind == kind)
        return Subject(other, subject.record)

    async def fresh(self, subject: Subject) -> Subject:
        """Return the row as it stands now; raises `Changed` where its order has moved on."""
        row = await outbox.get(self.database, subject.row.id)
        record = await outbox.order(self.database, subject.row.order_row)
        if row is None or record is None:
            raise outbox.Changed
        if record["content_hash"] != subject.record["content_hash"]:
            raise outbox.Changed
        return Subject(row, record)

    async def other(self, subject: Subject) -> OutboxRow | None:
        """Return the order's other intent."""
        kind = RESERVATION if subject.row.kind == SALE else SALE
        rows = await outbox.of_order(self.database, subject.row.order_row)
        return next((one for one in rows if one.kind == kind), None)

    async def _write(
        self, subject: Subject, values: dict[str, Any], *, blind: bool = False
    ) -> Subject:
        async with self.database.transaction() as tx:
            row = await outbox.update(tx, subject.row, values, blind=blind)
        return Subject(row, subject.record)
