"""Writes what Amazon showed and what follows from it, within the transaction of its page.

In: the orders of a page, or one that was fetched by its id. Out: their rows, and whatever the sinks
make of them (intents, protected fields). A bug, or a value that the schema refuses, stays its one
order's: that order is set aside and fetched again by itself, the page goes on. What must never
happen: an order whose intent was not written is forgotten.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from fvsamazon import __version__, events
from fvsamazon.amazon.personal import carry_zones
from fvsamazon.clock import micros_now
from fvsamazon.orders import OrderRecord, Unreadable
from fvsamazon.store import orders
from fvsamazon.store.database import is_trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.store.accounts import AccountRow
    from fvsamazon.store.database import Transaction

    Found = Sequence[OrderRecord | Unreadable]


class OrderSink(Protocol):
    """Whoever wants to act on recorded orders within the transaction that records them."""

    async def recorded(
        self, tx: Transaction, account: AccountRow, found: Found, outcome: orders.Recorded
    ) -> None:
        """Write what follows from a page (intents, protected fields); part of its commit."""
        ...


class Recorder:
    """Records one account's orders."""

    def __init__(
        self,
        *,
        account: AccountRow,
        clock: Clock,
        sink: OrderSink | None,
        log: FilteringBoundLogger,
    ) -> None:
        self._account = account
        self._clock = clock
        self._sink = sink
        self._log = log
        self._told: set[str] = set()
        self._told_at: set[str] = set()

    async def record(self, tx: Transaction, found: Found) -> orders.Recorded:
        """Write orders and what follows from them; part of the caller's commit."""
        try:
            async with tx.savepoint():
                outcome = await self._write(tx, found)
                await self._follow(tx, found, outcome)
        except Exception as error:
            if is_trouble(error):
                raise
        else:
            return outcome
        total = orders.Recorded()
        for item in found:
            total.add(await self._alone(tx, item))
        return total

    async def _alone(self, tx: Transaction, item: OrderRecord | Unreadable) -> orders.Recorded:
        """Write one order of a page that could not be written as a whole."""
        try:
            async with tx.savepoint():
                outcome = await self._write(tx, [item])
        except Exception as error:
            if is_trouble(error):
                raise
            outcome = orders.Recorded()
            name = await self._owe(tx, item, outcome, error)
            outcome.unreadable.append(name)
            outcome.reasons[name] = outcome.reason
            return outcome
        try:
            async with tx.savepoint():
                await self._follow(tx, [item], outcome)
        except Exception as error:
            if is_trouble(error):
                raise
            outcome.owed.append(await self._owe(tx, item, outcome, error))
        return outcome

    async def _write(self, tx: Transaction, found: Found) -> orders.Recorded:
        return await orders.record(
            tx,
            region=self._account.region,
            account_id=self._account.id,
            found=found,
            now=micros_now(self._clock),
            program=__version__,
            amend=carry_zones,
        )

    async def _follow(self, tx: Transaction, found: Found, outcome: orders.Recorded) -> None:
        """Let the sinks write what follows; an order that was set aside is news to them."""
        ids = [item.order_id for item in found if isinstance(item, OrderRecord)]
        owed = await orders.among_unreadable(tx, self._account.id, ids)
        if self._sink is not None:
            known = {*outcome.new, *outcome.changed, *outcome.foreign}
            told = replace(
                outcome, changed=[*outcome.changed, *(x for x in owed if x not in known)]
            )
            await self._sink.recorded(tx, self._account, found, told)
        if owed:
            await orders.forget_unreadable(tx, self._account.id, owed)

    async def _owe(
        self,
        tx: Transaction,
        item: OrderRecord | Unreadable,
        outcome: orders.Recorded,
        error: Exception,
    ) -> str:
        """Set an order aside that a bug kept from being written; return its id."""
        outcome.reason = self.fails(item.order_id or "", error)
        aside = Unreadable(item.order_id, outcome.reason, getattr(item, "fingerprint", ""))
        return await orders.set_aside(
            tx,
            account_id=self._account.id,
            item=aside,
            now=micros_now(self._clock),
            program=__version__,
        )

    def fails(self, order_id: str, error: Exception) -> str:
        """Tell of an order that the program failed on, and return that as the reason.

        It is said once for each order, with a traceback once for each place in the program.
        """
        reason = f"the program failed on this order ({type(error).__name__}, see the log)"
        if order_id in self._told:
            return reason
        self._told.add(order_id)
        place = f"{type(error).__name__} {_place(error)}"
        known = place in self._told_at
        self._told_at.add(place)
        self._log.error(
            events.ORDER_SET_ASIDE,
            order=order_id,
            error=type(error).__name__,
            exc_info=None if known else error,
        )
        return reason


def _place(error: Exception) -> str:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return "" if last is None else f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}"
