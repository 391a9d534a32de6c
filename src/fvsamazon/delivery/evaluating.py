"""What becomes of a recorded order now: its newest version under the rules in force.

In: an order's row. Out: the rules' outcome with everything of Finvalda's that it asked for, and
what the order says, to compare later versions by. Nothing is written and nothing is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fvsamazon.amazon.reader import order_of
from fvsamazon.booking.comparison import comparison_facts
from fvsamazon.booking.context import BookingContext, Buyer, NoReference
from fvsamazon.booking.documents import decide
from fvsamazon.booking.outcomes import Document, Hold
from fvsamazon.clock import from_micros
from fvsamazon.store import orders

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Mapping

    from fvsamazon.booking.outcomes import Outcome
    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.delivery.reference import FinvaldaReference
    from fvsamazon.orders import Order

    Personal = Callable[[int], Awaitable[Mapping[str, str | None] | None]]
    """Gives the buyer's personal data of an order's row by the names of `Buyer`, None without."""

ROUNDS: Final = 5
"""Answers that lead to further questions; a SKU is asked for in four ways at most."""


class OrderUnreadable(Exception):
    """The stored payload cannot be read by this program."""


async def no_personal_data(order_row: int) -> None:
    """Personal data is switched off."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One decision: `facts` and `version_hash` belong to the version that it was made on."""

    order: Order
    outcome: Outcome
    facts: bytes
    version_hash: bytes


class Evaluator:
    """Decides about recorded orders."""

    def __init__(
        self,
        rules: Rules,
        *,
        parameter: str,
        reference: FinvaldaReference | None = None,
        personal: Personal = no_personal_data,
    ) -> None:
        self._rules = rules
        self._parameter = parameter
        self._reference = reference
        self._personal = personal

    async def evaluate(self, record: sqlite3.Row) -> Evaluation:
        """Decide; raises `OrderUnreadable`, and `RemoteError` where Finvalda does not answer."""
        order = read(record)
        context = await self._context(record)
        reference = self._reference
        outcome = decide(order, self._rules, context, reference or NoReference())
        for _ in range(ROUNDS):
            needs = outcome.unchecked if isinstance(outcome, Document | Hold) else ()
            if not needs or reference is None:
                break
            await reference.fetch(needs)
            outcome = decide(order, self._rules, context, reference)
        return Evaluation(order, outcome, comparison_facts(order), record["content_hash"])

    def forget(self) -> None:
        """Ask Finvalda anew for what it was asked before."""
        if self._reference is not None:
            self._reference.forget()

    async def _context(self, record: sqlite3.Row) -> BookingContext:
        personal = await self._personal(record["id"])
        shipped = record["first_shipped_at"]
        return BookingContext(
            default_parameter=self._parameter,
            first_shipped_at=None if shipped is None else from_micros(shipped),
            tax_role_seen=bool(record["tax_registration_seen"]),
            company_name=personal.get("company_name") if personal else None,
            personal=Buyer(**personal) if personal else None,
        )


def read(record: sqlite3.Row) -> Order:
    """Return the order that a row holds; raises `OrderUnreadable`."""
    try:
        return order_of(orders.unpack(record["payload"]), record["region"], record["account"])
    except ValueError as error:
        raise OrderUnreadable(str(error)) from error
