"""Amazon's request quota, one bucket for each account and operation.

The debit is committed before the request leaves, so that neither a kill nor a second process can
spend a token twice. Daemon and command line draw on the same rows.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, TypeVar

from fvsamazon.amazon import ratelimit
from fvsamazon.store import buckets

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.clock import Clock
    from fvsamazon.store.database import Database, Transaction

T = TypeVar("T")

SEARCH = ratelimit.SEARCH_ORDERS
GET = ratelimit.GET_ORDER
PARTICIPATIONS = ratelimit.PARTICIPATIONS


class Quota:
    """The buckets of one account."""

    def __init__(self, database: Database, clock: Clock, account_id: int) -> None:
        self._database = database
        self._clock = clock
        self._account_id = account_id

    async def take(self, operation: str, *, keep: float = 0.0) -> float:
        """Spend one token, committed; return 0, or the seconds until it can be had.

        `keep` tokens are left for more urgent work.
        """

        def reckon(state: ratelimit.BucketState) -> tuple[ratelimit.BucketState, float]:
            moment = ratelimit.moment(self._clock)
            taken = ratelimit.take(state, moment, keep=keep)
            if taken is None:
                # A bucket from before a boot is written as it counts now: if the clock was set
                # back meanwhile, the time since then could never be told.
                known = state if state.boot == moment.boot else ratelimit.refill(state, moment)
                return known, ratelimit.wait(state, moment, keep=keep)
            return taken, 0.0

        async with self._database.transaction() as tx:
            return await self._change(tx, operation, reckon)

    async def settle(self, tx: Transaction, operation: str, *, rate: float | None) -> None:
        """Note that the answer came, and the rate that it named (part of the caller's commit)."""

        def reckon(state: ratelimit.BucketState) -> tuple[ratelimit.BucketState, None]:
            return ratelimit.complete(state, ratelimit.moment(self._clock), rate), None

        await self._change(tx, operation, reckon)

    async def settled(self, operation: str, *, rate: float | None = None) -> None:
        """Note, in a commit of its own, that the answer came or never will."""
        async with self._database.transaction() as tx:
            await self.settle(tx, operation, rate=rate)

    async def throttled(self, operation: str) -> None:
        """Empty the bucket: Amazon says that it is."""

        def reckon(state: ratelimit.BucketState) -> tuple[ratelimit.BucketState, None]:
            return ratelimit.throttled(state, ratelimit.moment(self._clock)), None

        async with self._database.transaction() as tx:
            await self._change(tx, operation, reckon)

    async def level(self, operation: str, tx: Transaction | None = None) -> tuple[float, float]:
        """Return the tokens there are now and the rate (tokens a second); `tx` sees its own."""
        row = await buckets.peek(tx or self._database, self._account_id, operation)
        state = ratelimit.refill(self._state(row, operation), ratelimit.moment(self._clock))
        return state.tokens, state.rate

    async def _change(
        self,
        tx: Transaction,
        operation: str,
        reckon: Callable[[ratelimit.BucketState], tuple[ratelimit.BucketState, T]],
    ) -> T:
        def on_row(row: buckets.BucketRow | None) -> tuple[buckets.BucketRow, T]:
            state, answer = reckon(self._state(row, operation))
            return buckets.BucketRow(*astuple(state)), answer

        return await buckets.change(tx, self._account_id, operation, on_row)

    def _state(self, row: buckets.BucketRow | None, operation: str) -> ratelimit.BucketState:
        if row is not None:
            return ratelimit.BucketState(*astuple(row))
        return ratelimit.fresh(ratelimit.PLANS[operation], ratelimit.moment(self._clock))
