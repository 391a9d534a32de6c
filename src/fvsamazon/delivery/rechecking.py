"""What stands in Finvalda, when its order changes: compared by what the order says, not by rules.

In: a booked intent of which something is to be seen to. Out: nothing, where the order says the
same; a reservation replaced or removed, or told of where it would keep goods for an order that will
never be a sale; a sale held as "differs", its journal and number kept. An edit of the rules, or
another rate, changes nothing that is booked.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fvsamazon.booking.comparison import comparison_facts, differences
from fvsamazon.booking.dueness import CANCELLED, UNFULFILLABLE
from fvsamazon.booking.outcomes import Document, Nothing, Skip
from fvsamazon.delivery import holds
from fvsamazon.delivery.adopting import differences as document_differences
from fvsamazon.delivery.evaluating import OrderUnreadable, read
from fvsamazon.delivery.holds import Hold, said
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.store import outbox
from fvsamazon.store.outbox import SALE

if TYPE_CHECKING:
    from fvsamazon.booking.comparison import Difference
    from fvsamazon.delivery.evaluating import Evaluator
    from fvsamazon.delivery.ledger import Ledger, Subject
    from fvsamazon.delivery.lookup import Finder
    from fvsamazon.finvalda.records import OperationRow
    from fvsamazon.orders import Order


class Rechecker:
    """Sees to booked intents; without rules reservations are left as they stand."""

    def __init__(self, ledger: Ledger, finder: Finder, evaluator: Evaluator | None) -> None:
        self._ledger = ledger
        self._finder = finder
        self._evaluator = evaluator

    async def recheck(self, subject: Subject) -> None:
        """See to one booked intent, or to one held because of its order's later version."""
        try:
            order = read(subject.record)
        except OrderUnreadable:
            await self._ledger.held(subject, Hold((said("order_unreadable"),), why="by_version"))
            return
        stored = subject.row.facts
        before = outbox.unpack(stored) if stored else b""
        facts = comparison_facts(order)
        differing = differences(before, facts) if before else ()
        if subject.row.kind == SALE:
            await self._sale(subject, order, facts, differing)
        else:
            await self._reservation(subject, order, facts, differing)

    async def _sale(
        self,
        subject: Subject,
        order: Order,
        facts: bytes,
        differing: tuple[Difference, ...],
    ) -> None:
        row = subject.row
        by_person = row.why == "by_person"
        if row.state == "held" or by_person:
            rows = (await self._finder.find(subject.order_id)).sales
            there = [one for one in rows if (one.journal, one.number) == (row.journal, row.number)]
            if by_person and (not there or row.facts is None):
                await self._anew(subject)
                return
            if not there or row.facts is None:
                # Only a person brings back what is gone, or cancelled after it was booked.
                await self._ledger.write(subject, {"next_attempt_at": None})
                return
            if differing and by_person and await self._corrected(subject, order, there[0]):
                differing = ()
        if differing:
            await self._ledger.held(subject, holds.changed(differing))
            return
        await self._settled(subject, facts)

    async def _anew(self, subject: Subject) -> None:
        """A person wants the order decided from the beginning."""
        await self._ledger.write(
            subject,
            {
                "state": "due",
                "why": None,
                "reasons": None,
                "journal": None,
                "number": None,
                "number_text": None,
                "next_attempt_at": self._ledger.now(),
            },
        )

    async def _corrected(self, subject: Subject, order: Order, sale: OperationRow) -> bool:
        """Tell whether a person has made the sale in Finvalda what the order now says."""
        if order.grand_total is None:
            return False
        kept_out = Decimal(0)
        if self._evaluator is not None:
            outcome = (await self._evaluator.evaluate(subject.record)).outcome
            kept_out = outcome.kept_out if isinstance(outcome, Document) else kept_out
        total = order.grand_total.amount - kept_out
        return not document_differences(sale, order.grand_total.currency, total)

    async def _reservation(
        self,
        subject: Subject,
        order: Order,
        facts: bytes,
        differing: tuple[Difference, ...],
    ) -> None:
        if self._evaluator is None:
            await self._settled(subject, None)
            return
        outcome = (await self._evaluator.evaluate(subject.record)).outcome
        if isinstance(outcome, Nothing) and outcome.why == "cancelled":
            await self._away(subject, "remove")
        elif (isinstance(outcome, Nothing) and outcome.for_good) or (
            isinstance(outcome, Skip) and order.status in {CANCELLED, UNFULFILLABLE}
        ):
            await self._left(subject)
        elif isinstance(outcome, Document) and outcome.outcome == SALE:
            await self._ledger.want(subject, SALE)
            await self._settled(subject, None)
        elif isinstance(outcome, Document) and differing:
            # Not UpdateOperation: it takes lines out and in, so that it cannot be sent again after
            # an unknown outcome, and neither the date nor the order module's class can be changed.
            await self._away(subject, "replace")
        else:
            # A hold or a skip is about what is to be booked; what is reserved stays meanwhile.
            await self._settled(subject, None if differing else facts)

    async def _left(self, subject: Subject) -> None:
        """Tell of a reservation that keeps goods for an order that will never be a sale."""
        row = subject.row
        operation = OperationClass(row.operation_class or OperationClass.RESERVATION)
        found = (await self._finder.find(subject.order_id, operation)).reservations
        if any((one.journal, one.number) == (row.journal, row.number) for _, one in found):
            await self._ledger.held(subject, holds.left(row.journal, row.number, "by_version"))
        else:
            await self._ledger.removed(subject)

    async def _away(self, subject: Subject, aim: str) -> None:
        operation = subject.row.operation_class or OperationClass.RESERVATION.value
        await self._ledger.write(
            subject,
            {
                "state": "due",
                "aim": aim,
                # What was held for its order's version would be rechecked for ever.
                "why": None,
                "operation_class": operation,
                "next_attempt_at": self._ledger.now(),
            },
        )

    async def _settled(self, subject: Subject, facts: bytes | None) -> None:
        """Nothing to do: the order says what was booked."""
        values: dict[str, Any] = {
            "state": "booked",
            "why": None,
            "reasons": None,
            "next_attempt_at": None,
        }
        if facts is not None:
            values |= {
                "facts": outbox.pack(facts),
                "version_hash": subject.record["content_hash"],
            }
        await self._ledger.write(subject, values)
