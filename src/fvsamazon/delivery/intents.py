"""Which recorded orders call for a document, and the intents written in the same transaction.

In: recorded orders, and as much of the rules as decides by an order's status. Out: outbox rows. The
worker decides in full later; here a row too many costs a look at it, a row too few would lose a
sale, so that every doubt writes one. Without a Finvalda there is no plan and nothing is written;
the catch-up writes what is missing when one is set up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fvsamazon.amazon.reader import order_of
from fvsamazon.booking.dates import day_of
from fvsamazon.booking.dueness import CANCELLED, OPEN, PENDING, SHIPPED, UNFULFILLABLE, what_is_due
from fvsamazon.booking.reasons import Reason
from fvsamazon.booking.rule_types import DocumentRules
from fvsamazon.clock import from_micros, micros_now, to_micros
from fvsamazon.orders import OrderRecord
from fvsamazon.store import orders as store_orders
from fvsamazon.store import outbox
from fvsamazon.store.outbox import RESERVATION, SALE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.clock import Clock
    from fvsamazon.orders import Unreadable
    from fvsamazon.store.accounts import AccountRow
    from fvsamazon.store.database import Database, Transaction
    from fvsamazon.store.outbox import Kind

BITE: Final = 500
_NOTHING_YET: Final = frozenset({*PENDING, UNFULFILLABLE})


@dataclass(frozen=True, slots=True)
class Plan:
    """What of the rules decides by an order's status and age alone.

    The default is that of a missing rules file: what has shipped is due, and held for the rules.
    """

    early: bool = False
    partial: bool = False
    reservation: bool = False
    book_from: date | None = None
    zone: ZoneInfo | None = None

    def kinds(
        self, *, status: str | None, created: datetime, payload: bytes | None, new: bool = False
    ) -> tuple[Kind, ...]:
        """Return which intents an order may call for; `payload` is needed of cancelled ones.

        `new`: this database has never seen the order before.
        """
        if self.book_from and self.zone and day_of(created, self.zone) < self.book_from:
            return ()
        if status in OPEN:
            if self.early or (self.partial and status != "UNSHIPPED"):
                return (SALE,)
            return (RESERVATION,) if self.reservation else ()
        if status == CANCELLED:
            return self._of_cancelled(payload, new=new)
        return () if status in _NOTHING_YET else (SALE,)

    def _of_cancelled(self, payload: bytes | None, *, new: bool) -> tuple[Kind, ...]:
        if payload is not None and _cancelled_though_shipped(payload):
            return (SALE,)
        if self.reservation:
            return (RESERVATION,)
        # A database that was lost may have booked it: Finvalda is asked once.
        return (SALE,) if new and self.book_from else ()

    @property
    def fingerprint(self) -> str:
        return repr(self)


def plan_of(rules: Rules | None) -> Plan:
    """Return the plan of the rules in force, of any order that they may meet."""
    if rules is None:
        return Plan()
    variants = rules.variants
    return Plan(
        early=any(one.sale_when == "UNSHIPPED" for one in variants),
        partial=any(one.partial == "sale" for one in variants),
        reservation=any(one.reservation != "none" for one in variants),
        book_from=rules.book_from,
        zone=rules.time_zone,
    )


def _cancelled_though_shipped(payload: bytes) -> bool:
    try:
        order = order_of(payload, "", "")
    except ValueError:
        return True
    return order.status != SHIPPED and isinstance(what_is_due(order, DocumentRules()), Reason)


class IntentSink:
    """Writes the intents of recorded orders; part of the poller's own commit.

    `plan` None: no Finvalda is set up, and nothing is written.
    """

    def __init__(self, clock: Clock, plan: Plan | None = None) -> None:
        self._clock = clock
        self.plan = plan
        self._tax_told: set[int] = set()

    async def recorded(
        self,
        tx: Transaction,
        account: AccountRow,
        found: Sequence[OrderRecord | Unreadable],
        outcome: store_orders.Recorded,
    ) -> None:
        """Write what a page of orders calls for."""
        if self.plan is None:
            return
        now = micros_now(self._clock)
        news = {*outcome.new, *outcome.changed}
        newest: dict[str, OrderRecord] = {}
        for item in found:
            if isinstance(item, OrderRecord) and item.order_id in news:
                known = newest.get(item.order_id)
                if known is None or known.updated_at <= item.updated_at:
                    newest[item.order_id] = item
        rows = await outbox.rows_of(
            tx, region=account.region, account_id=account.id, ids=list(newest)
        )
        for order_id, (row, _) in rows.items():
            item = newest[order_id]
            await outbox.wake(tx, row, now)
            kinds = self.plan.kinds(
                status=item.status,
                created=item.created_at,
                payload=item.payload,
                new=order_id in outcome.new,
            )
            for kind in kinds:
                await outbox.want(
                    tx, order_row=row, kind=kind, ordered_at=to_micros(item.created_at), now=now
                )
        await outbox.wake_touched(tx, account.region, outcome.touched, now)
        if any(isinstance(item, OrderRecord) and item.tax_registered for item in found):
            await self._first_registration(tx, account.id, now)

    async def _first_registration(self, tx: Transaction, account_id: int, now: int) -> None:
        """An account's first tax registration tells that hidden numbers are no longer hidden."""
        if account_id in self._tax_told:
            return
        key = f"delivery_tax_seen:{account_id}"
        if await outbox.load_meta(tx, key) is None:
            await outbox.wake_account(tx, account_id, now)
            await outbox.save_meta(tx, key, "1")
        else:
            # Read from the database, hence committed: no need to ask again.
            self._tax_told.add(account_id)


class CatchUp:
    """Writes the intents of orders that were recorded before a Finvalda was set up."""

    def __init__(self, database: Database, clock: Clock, plan: Plan) -> None:
        self._database = database
        self._clock = clock
        self._plan = plan
        self._after: int | None = None
        self.done = False

    async def bite(self) -> bool:
        """Go through some more orders; return whether there are any left."""
        if self.done:
            return False
        if self._after is None:
            self._after = await self._start()
        now = micros_now(self._clock)
        async with self._database.transaction() as tx:
            rows = await outbox.wanting(tx, self._after, BITE)
            for row in rows:
                for kind in () if row["known"] else self._kinds(row):
                    await outbox.want(
                        tx, order_row=row["id"], kind=kind, ordered_at=row["created_at"], now=now
                    )
            after = rows[-1]["id"] if rows else self._after
            reached = {"plan": self._plan.fingerprint, "after": after}
            await outbox.save_meta(tx, outbox.TAKEN_UP, json.dumps(reached))
        # Not before it is committed: a full disk must not pass over orders without an intent.
        self._after, self.done = after, len(rows) < BITE
        return not self.done

    def _kinds(self, row: sqlite3.Row) -> tuple[Kind, ...]:
        try:
            payload = store_orders.unpack(row["payload"]) if row["payload"] else None
            return self._plan.kinds(
                status=row["status"], created=from_micros(row["created_at"]), payload=payload
            )
        except Exception:  # noqa: BLE001 - the worker fails that order alone, and tells of the bug
            return (SALE,)

    async def _start(self) -> int:
        stored = await outbox.load_meta(self._database, outbox.TAKEN_UP)
        reached = json.loads(stored) if stored else {}
        return int(reached["after"]) if reached.get("plan") == self._plan.fingerprint else 0


async def without_finvalda(database: Database) -> None:
    """Note that orders are recorded without intents from now on: the next catch-up sees them."""
    if await outbox.load_meta(database, outbox.TAKEN_UP) is not None:
        async with database.transaction() as tx:
            await outbox.forget_meta(tx, outbox.TAKEN_UP)
            await outbox.forget_destination(tx)
