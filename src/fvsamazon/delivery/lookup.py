"""Looking an order up in Finvalda, in every class that the rules may book.

In: an order id. Out: every live document that carries it as its number or in a searched title. It
goes by the id alone: series change with the year, clients with the rules. An empty answer is proof
of absence at that moment; whatever casts doubt on it is raised and proves nothing.

In a rebuilt or restored database one order after another turns out to be booked already. Orders
are then looked up ahead, several at once; of that only what stands is remembered, to be adopted.
Never an absence: before an insert the order is looked up in that very step, as always.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio

from fvsamazon.finvalda.records import OpClass
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.store import outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.clock import Clock
    from fvsamazon.finvalda.client import FinvaldaClient
    from fvsamazon.finvalda.records import OperationRow
    from fvsamazon.store.database import Database

SCOPE: Final = "delivery_scope"
"""Key in `meta`: title slots and classes that any rules so far have used."""
AT_ONCE: Final = 4
"""Requests under way together; they are reads, and the server is the company's own."""
AHEAD: Final = 32
"""Requests of one look ahead, at the most."""
REMEMBERED: Final = 60.0
"""Seconds for which a document that was seen ahead is taken to stand."""
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
    variants = rules.variants if rules is not None else ()
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

    def __init__(self, client: FinvaldaClient, scope: Scope, clock: Clock) -> None:
        self._client = client
        self._scope = scope
        self._clock = clock
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self._booked_before = False
        self._seen: dict[str, tuple[float, Found]] = {}

    async def find(self, order_id: str, *also: OperationClass) -> Found:
        """Return every document of an order; `also` are classes known to hold one."""
        others = sorted(self._scope.reservations | (set(also) - {OperationClass.SALE}))
        classes = [OperationClass.SALE, *others]
        searches = [
            (one, search) for one in classes for search in self._searches(_LISTS[one], order_id)
        ]
        answers = await _together([partial(self._limited, search) for _, search in searches])
        rows = {
            (one, row.journal, row.number): row
            for (one, _), answer in zip(searches, answers, strict=True)
            for row in answer
        }
        return Found(
            tuple(row for (one, *_), row in rows.items() if one is OperationClass.SALE),
            tuple((one, row) for (one, *_), row in rows.items() if one is not OperationClass.SALE),
        )

    async def find_first(self, order_id: str, *also: OperationClass) -> Found:
        """Look up an order of which nothing was sent; what a look ahead saw stands is that."""
        until, found = self._seen.pop(order_id, (0.0, None))
        if found is None or self._clock.elapsed() >= until:
            found = await self.find(order_id, *also)
            self._booked_before = bool(found.sales)
        return found

    def ahead_of(self, order_id: str) -> int:
        """Return for how many orders a look ahead is worth while, when this one is next."""
        if not self._booked_before or order_id in self._seen:
            return 0
        searches = (1 + len(self._scope.slots)) * (1 + len(self._scope.reservations))
        return max(1, AHEAD // searches)

    async def look_ahead(self, order_ids: Iterable[str]) -> None:
        """Look several orders up at once and remember the sales that stand."""
        wanted = list(dict.fromkeys(order_ids))
        answers = await _together([partial(self.find, order_id) for order_id in wanted])
        until = self._clock.elapsed() + REMEMBERED
        self._seen = {
            order_id: (until, found)
            for order_id, found in zip(wanted, answers, strict=True)
            if found.sales
        }

    def stop_looking_ahead(self) -> None:
        """Look orders up one by one until the next one that stands already."""
        self._booked_before = False

    def _searches(
        self, op_class: OpClass, order_id: str
    ) -> list[Callable[[], Awaitable[list[OperationRow]]]]:
        search = partial(self._client.find_operations, op_class)
        return [
            partial(search, order_number=order_id),
            *(
                partial(search, title=f"*{order_id}*", title_slot=slot)
                for slot in sorted(self._scope.slots)
            ),
        ]

    async def _limited(
        self, search: Callable[[], Awaitable[list[OperationRow]]]
    ) -> list[OperationRow]:
        async with self._limiter:
            return await search()


async def _together(works: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """Return what each gives; the first that fails ends all, and none counts."""
    answers: dict[int, Any] = {}
    failed: list[Exception] = []

    async def one(place: int, work: Callable[[], Awaitable[Any]]) -> None:
        try:
            answers[place] = await work()
        except Exception as error:  # noqa: BLE001 - raised again below, out of the group
            failed.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for place, work in enumerate(works):
            group.start_soon(one, place, work)
    if failed:
        raise failed[0]
    return [answers[place] for place in range(len(works))]
