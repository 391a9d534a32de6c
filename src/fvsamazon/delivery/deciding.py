"""One due intent, from the newest version of its order to what is done about it.

    evaluate ─▶ nothing, skip ─────────────────────▶ dropped, skipped
        └─▶ look up ─▶ stands already ─────────────▶ adopted or held
               └─▶ hold ───────────────────────────▶ held
               └─▶ a reservation in the way ───────▶ removed first, in a step of its own
               └─▶ cards ─▶ payload ─▶ sending

In: a row. Out: the row moved on, by one effect in Finvalda at most. Nothing is sent before a
look-up of this very step found nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.outcomes import Document, Nothing, Skip
from fvsamazon.booking.outcomes import Hold as RulesHold
from fvsamazon.booking.preview import reason_lines
from fvsamazon.clock import SECOND
from fvsamazon.delivery import holds
from fvsamazon.delivery.evaluating import Evaluation, Evaluator, OrderUnreadable
from fvsamazon.delivery.holds import Hold, Said, said
from fvsamazon.delivery.payloads import payload_of
from fvsamazon.finvalda import errors
from fvsamazon.finvalda.codes import DOCUMENT_IN_USE
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.store.outbox import RESERVATION, SALE
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from fvsamazon.delivery.adopting import Adopter
    from fvsamazon.delivery.cards import Cards
    from fvsamazon.delivery.ledger import Ledger, Subject
    from fvsamazon.delivery.lookup import Finder, Found
    from fvsamazon.delivery.sending import Sender

IN_FINVALDA: Final = frozenset(
    {"product_unknown", "product_missing", "product_ambiguous", "exchange_rate_missing"}
)
"""Holds of the rules that somebody may cure in Finvalda: tried hourly."""
WAIT_FOR_OTHER: Final = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Hands:
    """What deciding works with."""

    ledger: Ledger
    evaluator: Evaluator
    finder: Finder
    cards: Cards
    adopter: Adopter
    sender: Sender


class Decider:
    """Decides about due and held intents."""

    def __init__(self, hands: Hands) -> None:
        self._do = hands
        self._ledger = hands.ledger

    async def decide(self, subject: Subject) -> None:
        """Move one intent on; raises `Changed`, and `RemoteError` of Finvalda as a whole."""
        if subject.row.why == "by_person":
            # Somebody has just changed something in Finvalda, and says so.
            self._do.evaluator.forget()
        try:
            evaluation = await self._do.evaluator.evaluate(subject.record)
        except OrderUnreadable:
            await self._ledger.held(subject, Hold((said("order_unreadable"),)))
            return
        outcome = evaluation.outcome
        if isinstance(outcome, Nothing):
            await self._nothing(subject, outcome)
        elif isinstance(outcome, Skip):
            await self._skip(subject, outcome)
        elif subject.row.aim != "book":
            await self._clear(subject)
        elif isinstance(outcome, RulesHold):
            await self._hold(subject, evaluation, outcome)
        else:
            await self._document(subject, evaluation, outcome)

    async def _skip(self, subject: Subject, outcome: Skip) -> None:
        told = [Said("skipped_by_rule", Text(outcome.reason, outcome.reason))]
        other = await self._ledger.other(subject)
        if other is not None and other.kind == RESERVATION and other.stands:
            ended = holds.ended(outcome.reason)
            told = [
                Said("skipped_by_rule", Text(ended, ended)),
                said("reservation_left", journal=other.journal, number=other.number),
            ]
        await self._ledger.skipped(subject, holds.stored(told), outcome.reason)

    async def _nothing(self, subject: Subject, nothing: Nothing) -> None:
        """Drop what no longer holds; a cancelled order's reservation goes from Finvalda too."""
        why = " ".join(reason_lines(nothing))
        cancelled = nothing.why in {"cancelled", "cancelled_kept"}
        if not cancelled and not (nothing.for_good and subject.row.kind == RESERVATION):
            await self._ledger.dropped(subject, why)
            return
        found = await self._find(subject)
        if found.sales and cancelled:
            sale = found.sales[0]
            reason = said("cancelled_but_booked", journal=sale.journal, number=sale.number)
            target = subject
            if subject.row.kind != SALE:
                target = await self._ledger.want(subject, SALE)
                await self._ledger.dropped(subject, why)
            hold = Hold((reason,), why="by_version")
            await self._ledger.held(
                target,
                hold,
                journal=sale.journal,
                number=sale.number,
                number_text=sale.document,
                operation_class=OperationClass.SALE.value,
            )
        elif found.reservations and nothing.why == "cancelled":
            await self._remove_first(subject, found)
        elif found.reservations and subject.row.kind == RESERVATION:
            _, row = found.reservations[0]
            await self._ledger.held(subject, holds.left(row.journal, row.number))
        else:
            await self._ledger.dropped(subject, why)

    async def _hold(self, subject: Subject, evaluation: Evaluation, hold: RulesHold) -> None:
        """Hold an order, unless its sale stands in Finvalda already."""
        found_reasons = {one.code for one in hold.reasons}
        stop = holds.by_rules(hold.reasons, hourly=bool(found_reasons & IN_FINVALDA))
        found = await self._find_first(subject)
        if found.sales:
            await self._adopt_sale(subject, evaluation, found, stop)
        else:
            await self._ledger.held(subject, stop)

    async def _document(self, subject: Subject, evaluation: Evaluation, document: Document) -> None:
        found = await self._find_first(subject)
        if found.sales:
            await self._adopt_sale(subject, evaluation, found, None)
        elif document.outcome != subject.row.kind:
            await self._ledger.want(subject, document.outcome)
            await self._ledger.dropped(subject, f"a {document.outcome} is due instead")
        elif document.outcome == SALE:
            await self._sale(subject, evaluation, document, found)
        else:
            await self._reservation(subject, evaluation, document, found)

    async def _sale(
        self, subject: Subject, evaluation: Evaluation, document: Document, found: Found
    ) -> None:
        other = await self._ledger.other(subject)
        if other is not None and other.state in {"in_doubt", "sending"}:
            # A reservation may yet appear, and would stay behind the sale.
            at = max(other.next_attempt_at or 0, self._ledger.now()) + WAIT_FOR_OTHER
            await self._ledger.later(subject, at)
            return
        if found.reservations:
            await self._remove_first(subject, found)
            return
        if other is not None and other.state != "not_due":
            reservation = await self._ledger.want(subject, RESERVATION)
            await self._ledger.dropped(reservation, "the sale is due")
        await self._send(subject, evaluation, document)

    async def _reservation(
        self, subject: Subject, evaluation: Evaluation, document: Document, found: Found
    ) -> None:
        if not found.reservations:
            await self._send(subject, evaluation, document)
            return
        operation = found.reservations[0][0]
        rows = [row for _, row in found.reservations]
        await self._do.adopter.adopt(subject, evaluation, operation, rows)

    async def _send(self, subject: Subject, evaluation: Evaluation, document: Document) -> None:
        try:
            client = await self._do.cards.settle(document)
        except errors.Unanswered as error:
            # A card's code tells by itself whether it was made: the next try reads it first.
            await self._ledger.busy(subject, holds.stored([Said("card", error.text)]))
            return
        except errors.TransientRefused as error:
            await self._ledger.busy(subject, holds.waiting(error))
            return
        except errors.Refused as error:
            await self._ledger.held(subject, holds.refused(error))
            return
        except errors.InvalidPayload as error:
            await self._ledger.held(subject, holds.unfit(error))
            return
        if isinstance(client, Hold):
            await self._ledger.held(subject, client)
            return
        try:
            payload = payload_of(document, client)
        except errors.InvalidPayload as error:
            await self._ledger.held(subject, holds.unfit(error))
            return
        refusal = await self._do.sender.insert(subject, evaluation, document, payload, client)
        if refusal is not None:
            await self._explain(subject, evaluation, refusal)

    async def _explain(
        self, subject: Subject, evaluation: Evaluation, refusal: errors.Refused
    ) -> None:
        """Something in Finvalda stands in the way: look whether it is this order's document."""
        fresh = await self._ledger.fresh(subject)
        found = await self._find(fresh)
        rows = found.sales
        operation = OperationClass.SALE
        if fresh.row.kind == RESERVATION:
            rows = tuple(row for _, row in found.reservations)
            operation = next((one for one, _ in found.reservations), OperationClass.RESERVATION)
        if rows:
            await self._do.adopter.adopt(fresh, evaluation, operation, rows)
        elif refusal.number in DOCUMENT_IN_USE:
            reason = said("number_in_use", detail=refusal.detail or refusal.number)
            await self._ledger.held(fresh, Hold((reason,), hourly=True))
        else:
            await self._ledger.held(fresh, holds.refused(refusal))

    async def _adopt_sale(
        self,
        subject: Subject,
        evaluation: Evaluation,
        found: Found,
        build_hold: Hold | None,
    ) -> None:
        target = subject
        if subject.row.kind != SALE:
            target = await self._ledger.want(subject, SALE)
            if not subject.row.stands:
                await self._ledger.dropped(subject, "a sale stands already")
        await self._do.adopter.adopt(
            target, evaluation, OperationClass.SALE, found.sales, build_hold
        )

    async def _clear(self, subject: Subject) -> None:
        """Remove the reservations of an order, as this row's aim says."""
        found = await self._find(subject)
        if found.reservations:
            operation, row = found.reservations[0]
            await self._do.sender.remove(subject, operation, row)
        else:
            await self._ledger.removed(subject)

    async def _remove_first(self, subject: Subject, found: Found) -> None:
        """Remove a reservation before this intent goes on; one that cannot go holds it too."""
        operation, row = found.reservations[0]
        target = subject
        if subject.row.kind != RESERVATION:
            target = await self._ledger.want(subject, RESERVATION, aim="remove")
        target = await self._ledger.write(target, {"aim": "remove"})
        hold = await self._do.sender.remove(target, operation, row)
        if target is not subject and hold is not None:
            await self._ledger.held(await self._ledger.fresh(subject), hold)
        elif target.row.id != subject.row.id:
            fresh = await self._ledger.fresh(subject)
            await self._ledger.later(fresh, self._ledger.now())

    async def _find_first(self, subject: Subject) -> Found:
        """Look the order up; what was never sent may have been looked up ahead."""
        if subject.row.attempts:
            return await self._find(subject)
        return await self._do.finder.find_first(subject.order_id, *await self._classes(subject))

    async def _find(self, subject: Subject) -> Found:
        return await self._do.finder.find(subject.order_id, *await self._classes(subject))

    async def _classes(self, subject: Subject) -> set[OperationClass]:
        """Return the classes that the order's rows are known to have used."""
        known = [subject.row, await self._ledger.other(subject)]
        return {
            OperationClass(row.operation_class)
            for row in known
            if row is not None and row.operation_class is not None
        }
