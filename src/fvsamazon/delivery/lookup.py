"""Looking an order up in Finvalda, in every class that the rules may book.

In: an order id. Out: every live document that carries it as its number or in a searched title. It
goes by the id alone: series change with the year, clients with the rules. An empty answer is proof
of absence at that moment; whatever casts doubt on it is raised and proves nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fvsamazon.delivery.intents import document_variants
from fvsamazon.finvalda.records import OpClass
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.store import outbox

if TYPE_CHECKING:
    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.finvalda.client import FinvaldaClient
    from fvsamazon.finvalda.records import OperationRow
    from fvsamazon.store.database import Database

SCOPE: Final = "delivery_scope"
"""Key in `meta`: title slots and classes that any rules so far have used."""
_LISTS: Final = {
    OperationClass.SALE: OpClass.SALES,
    OperationClass.RESERVATION: OpClass.RESERVATIONS,
    OperationClass.UVM_RESERVATION: OpClass.UVM_RESERVATIONS,
}
_ORDER_ID: Final = "{order_id}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where documents of an order may stand: title slots, and classes beside sales."""

    slots: frozenset[int] = frozenset()
    reservations: frozenset[OperationClass] = frozenset()

    def __or__(self, other: Scope) -> Scope:
        return Scope(self.slots | other.slots, self.reservations | other.reservations)


def scope_of(rules: Rules | None) -> Scope:
    """Return where the rules in force may put documents."""
    variants = document_variants(rules) if rules is not None else ()
    return Scope(
        frozenset(
            slot
            for one in variants
            for slot, title in enumerate(one.titles, start=1)
            if _ORDER_ID in title
        ),
        frozenset(OperationClass(one.reservation) for one in variants if one.reservation != "none"),
    )


async def widen(database: Database, scope: Scope) -> Scope:
    """Return the scope of all rules so far: what was booked under earlier ones is found too."""
    stored = await outbox.load_meta(database, SCOPE)
    earlier = Scope()
    if stored:
        told = json.loads(stored)
        earlier = Scope(
            frozenset(told["slots"]), frozenset(OperationClass(n) for n in told["reservations"])
        )
    whole = scope | earlier
    if whole != earlier:
        shown = {"slots": sorted(whole.slots), "reservations": sorted(whole.reservations)}
        async with database.transaction() as tx:
            await outbox.save_meta(tx, SCOPE, json.dumps(shown))
    return whole


@dataclass(frozen=True, slots=True)
class Found:
    """The documents of one order."""

    sales: tuple[OperationRow, ...] = ()
    reservations: tuple[tuple[OperationClass, OperationRow], ...] = ()


class Finder:
    """Looks orders up; raises `RemoteError` rather than answer in doubt."""

    def __init__(self, client: FinvaldaClient, scope: Scope) -> None:
        self._client = client
        self._scope = scope

    async def find(self, order_id: str, *also: OperationClass) -> Found:
        """Return every document of an order; `also` are classes known to hold one."""
        sales = await self._in_class(OperationClass.SALE, order_id)
        classes = sorted(self._scope.reservations | (set(also) - {OperationClass.SALE}))
        reservations = [
            (one, row) for one in classes for row in await self._in_class(one, order_id)
        ]
        return Found(tuple(sales), tuple(reservations))

    async def _in_class(self, one: OperationClass, order_id: str) -> list[OperationRow]:
        op_class = _LISTS[one]
        rows = await self._client.find_operations(op_class, order_number=order_id)
        for slot in sorted(self._scope.slots):
            rows += await self._client.find_operations(
                op_class, title=f"*{order_id}*", title_slot=slot
            )
        return list({(row.journal, row.number): row for row in rows}.values())
