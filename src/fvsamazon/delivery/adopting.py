"""Documents that stand in Finvalda already: taken as the order's, or held where they differ.

In: what a look-up found. Out: an adopted intent or a hold. Currency and total are compared always,
the client where the rules can still say which it is; series and date never: they change with the
year, and a rebuilt database may find a later day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fvsamazon import events
from fvsamazon.booking.decimals import plain
from fvsamazon.booking.outcomes import Document
from fvsamazon.booking.reasons import joined
from fvsamazon.clock import from_micros
from fvsamazon.delivery.holds import Hold, said
from fvsamazon.store import outbox
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fvsamazon.booking.outcomes import Outcome
    from fvsamazon.delivery.cards import Cards
    from fvsamazon.delivery.evaluating import Evaluation
    from fvsamazon.delivery.holds import Said
    from fvsamazon.delivery.ledger import Ledger, Subject
    from fvsamazon.finvalda.records import OperationRow
    from fvsamazon.finvalda.tables import OperationClass
    from fvsamazon.orders import Order
    from fvsamazon.store.database import Database, Transaction

SINCE: Final = "delivery_since"
"""Key in `meta`: since when this database has known of every sale that it made."""
SLACK: Final = timedelta(minutes=15)
"""By how much Finvalda's clock may be behind ours."""

SECOND_PROGRAM: Final = (
    "a sale of our own Finvalda user that this database never sent: it looks as if a second "
    "program books Amazon orders"
)
NO_TOTAL: Final = Text("Amazon tells no total", "„Amazon“ nenurodo sumos")
STOP_SECOND: Final = (
    "Let one program alone book Amazon orders into this company: stop the other one, or give it "
    "another Finvalda user if it is wanted."
)


@dataclass(frozen=True, slots=True)
class Apart:
    """One thing in which a document is not what it should be; `logged` is what the log says."""

    text: Text
    logged: Text | None = None


async def begin(database: Database, now: int) -> int:
    """Return since when this database knows of its own sales, from now on if it never said."""
    stored = await outbox.load_meta(database, SINCE)
    if stored is not None:
        return int(stored)
    async with database.transaction() as tx:
        await outbox.save_meta(tx, SINCE, str(now))
    return now


async def forget_since(tx: Transaction) -> None:
    """A restored database does not know of the sales that were made after its copy."""
    await outbox.forget_meta(tx, SINCE)


class Adopter:
    """Takes documents over."""

    def __init__(self, ledger: Ledger, cards: Cards, *, user: str, since: int) -> None:
        self._ledger = ledger
        self._cards = cards
        self._user = user
        self._since = from_micros(since)
        self._told: set[tuple[str, int]] = set()

    async def adopt(
        self,
        subject: Subject,
        evaluation: Evaluation,
        operation: OperationClass,
        found: Sequence[OperationRow],
        build_hold: Hold | None = None,
    ) -> None:
        """Take the one document of an order over, or hold the order.

        `build_hold` is why the rules cannot build the document now; it is told along where the
        found one cannot be taken.
        """
        more = build_hold.reasons if build_hold is not None else ()
        if len(found) > 1:
            listed = ", ".join(f"{one.journal} {one.number}" for one in found)
            several = Hold((said("found_several", documents=listed), *more), hourly=True)
            await self._ledger.held(subject, several)
            return
        row = found[0]
        outcome = evaluation.outcome
        differing = self._differences(outcome, evaluation.order, row)
        if isinstance(outcome, Document) and not await self._cards.same_client(outcome, row.client):
            differing.append(client_apart(row.client, outcome.client.code))
        if differing:
            await self.differs(subject, row, differing, more)
            return
        self._suspect(subject, row)
        await self._ledger.adopted(
            subject,
            row,
            "found before it was sent" if not subject.row.attempts else "found by its number",
            operation_class=operation.value,
            parameter=outcome.parameter if isinstance(outcome, Document) else None,
            version_hash=evaluation.version_hash,
            facts=outbox.pack(evaluation.facts),
            currency=row.currency,
            total=plain(row.amount),
            client=row.client,
        )

    async def differs(
        self,
        subject: Subject,
        row: OperationRow,
        differing: Sequence[Apart],
        more: Sequence[Said] = (),
    ) -> None:
        """Hold an order whose document in Finvalda is not what it should be."""

        def reason(texts: Iterable[Text]) -> Said:
            told = joined(texts)
            return said("found_differs", journal=row.journal, number=row.number, differences=told)

        whole = reason(one.text for one in differing)
        short = reason(one.logged or one.text for one in differing)
        first = replace(whole, logged=short.text.en)
        await self._ledger.held(subject, Hold((first, *more), hourly=True))

    @staticmethod
    def _differences(outcome: Outcome, order: Order, row: OperationRow) -> list[Apart]:
        if isinstance(outcome, Document):
            currency, total = outcome.currency, outcome.total
        elif order.grand_total is not None:
            currency, total = order.grand_total.currency, order.grand_total.amount
        else:
            return [Apart(NO_TOTAL)]
        return differences(row, currency, total)

    def _suspect(self, subject: Subject, row: OperationRow) -> None:
        """Tell of a sale that only a second program can have made."""
        if subject.row.attempts or row.created is None:
            return
        ours = row.user.strip().casefold() == self._user.strip().casefold()
        if not ours or row.created < self._since + SLACK or (row.journal, row.number) in self._told:
            return
        self._told.add((row.journal, row.number))
        self._ledger.log.error(
            events.DELIVERY_ATTENTION,
            why=SECOND_PROGRAM,
            remedy=STOP_SECOND,
            order=subject.order_id,
            document=row.document,
        )


def client_apart(found: str, wanted: str) -> Apart:
    """Return that a document is another client's; codes may be made of a buyer's VAT number."""
    apart = f"{found} ≠ {wanted}"
    return Apart(Text(f"client {apart}", f"klientas {apart}"), Text("client", "klientas"))


def differences(row: OperationRow, currency: str | None, total: Decimal | None) -> list[Apart]:
    """Return where a document is not of this currency and total."""
    found = []
    told = row.currency.strip() or "EUR"
    if currency is not None and told.casefold() != currency.casefold():
        apart = f"{told} ≠ {currency}"
        found.append(Apart(Text(f"currency {apart}", f"valiuta {apart}")))
    if total is not None and row.amount != total:
        apart = f"{plain(row.amount)} ≠ {plain(total)}"
        found.append(Apart(Text(f"total {apart}", f"suma {apart}")))
    return found


def sent_differences(subject: Subject, row: OperationRow) -> list[Apart]:
    """Return where a document is not what was sent for an order."""
    sent = subject.row
    total = None if sent.total is None else Decimal(sent.total)
    found = differences(row, sent.currency, total)
    if sent.client is not None and row.client.strip().casefold() != sent.client.strip().casefold():
        found.append(client_apart(row.client, sent.client))
    return found
