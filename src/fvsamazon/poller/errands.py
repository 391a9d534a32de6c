"""What an account needs beside its searches: single orders, where it sells, whether it is quiet.

Each has a budget of its own at Amazon (getOrder 0.5/s, getMarketplaceParticipations 0.016/s), and
none of them delays a poll. An order that could not be read is fetched again after 1 and 10
minutes, then every hour, and at once by a program that is newer than the one that could not.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from fvsamazon import __version__, events
from fvsamazon.amazon.personal import carry_zones
from fvsamazon.clock import to_micros
from fvsamazon.errors import NotFound, RemoteError, Throttled, Unauthorized
from fvsamazon.poller.quota import GET, PARTICIPATIONS
from fvsamazon.poller.report import iso
from fvsamazon.store import accounts, orders

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.amazon.client import AmazonClient
    from fvsamazon.clock import Clock
    from fvsamazon.poller.quota import Quota
    from fvsamazon.poller.searching import OrderSink
    from fvsamazon.store.database import Database

_SECOND = 1_000_000
DAY = 86_400.0
HEAL_AFTER = (60.0, 600.0, 3_600.0)
"""Seconds until an unreadable order is fetched again: the first two tries, then each further."""
PARTICIPATIONS_RETRY = 6 * 3_600.0
QUIET_LOOK = 3_600.0
QUIET_SAMPLE = 200
QUIET_LEAST_ORDERS = 20
QUIET_FACTOR = 3.0
QUIET_LEAST = DAY
"""An account is quiet after three times its longest pause among the last 200 orders, and never
before a day."""
QUIET_FIRST = 7 * DAY
"""Seconds without a single order, ever, after which a new account is told as quiet."""
IDLE = 60.0


class Errands:
    """Runs the errands of one account."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        client: AmazonClient,
        quota: Quota,
        account: accounts.AccountRow,
        included_data: tuple[str, ...],
        sink: OrderSink | None,
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._clock = clock
        self._client = client
        self._quota = quota
        self._account = account
        self._included_data = included_data
        self._sink = sink
        self._log = log
        self._quiet_looked_at = float("-inf")

    async def step(self) -> float:
        """Do one errand that is due; return the seconds until the next is."""
        wait = await self.heal_next()
        if wait == 0.0:
            return 0.0
        wait = min(wait, await self._ask_participations())
        if self._clock.elapsed() - self._quiet_looked_at >= QUIET_LOOK:
            self._quiet_looked_at = self._clock.elapsed()
            await self._look_whether_quiet()
        return min(wait, IDLE)

    async def heal_next(self) -> float:
        """Fetch the next unreadable order if it is due; return the seconds until one is."""
        due = await orders.next_unreadable(
            self._database, self._account.id, now=self._now(), program=__version__
        )
        if due is None:
            return IDLE
        if isinstance(due, int):
            return max(0.05, (due - self._now()) / _SECOND)
        if wait := await self._quota.take(GET):
            return wait
        later = HEAL_AFTER[min(due.attempts + 1, len(HEAL_AFTER) - 1)]
        try:
            outcome = await self.fetch(due.order_id)
        except NotFound as error:
            reason = f"Amazon does not know this order ({error})"
        except Throttled:
            return 1.0
        except RemoteError as error:
            reason = str(error)
            if not isinstance(error, Unauthorized):
                later = HEAL_AFTER[0]
        else:
            if not outcome.unreadable:
                self._log.info(events.ORDER_HEALED, order=due.order_id, attempts=due.attempts + 1)
                return 0.0
            reason = outcome.reason
        async with self._database.transaction() as tx:
            await orders.unreadable_failed(
                tx,
                due.id,
                reason=reason,
                next_at=self._now() + int(later * _SECOND),
                program=__version__,
            )
        return 0.05

    async def fetch(self, order_id: str) -> orders.Recorded:
        """Bring one order in by its id; the token of `getOrder` was spent before.

        Raises `RemoteError`.
        """
        try:
            answer = await self._client.get_order(order_id, self._included_data)
        except Throttled:
            await self._quota.throttled(GET)
            raise
        except RemoteError as error:
            await self._quota.settled(GET, rate=error.rate)
            raise
        async with self._database.transaction() as tx:
            await self._quota.settle(tx, GET, rate=answer.facts.rate)
            outcome = await orders.record(
                tx,
                region=self._account.region,
                account_id=self._account.id,
                found=[answer.order],
                now=self._now(),
                program=__version__,
                amend=carry_zones,
            )
            if self._sink is not None:
                await self._sink.recorded(tx, self._account, [answer.order], outcome)
        return outcome

    async def _ask_participations(self) -> float:
        """Ask where the account sells, at most daily; its answer decides about nothing else."""
        known = await accounts.find(self._database, self._account.region, self._account.name)
        if known is None:
            return IDLE
        period = DAY if known.participations_state == "ok" else PARTICIPATIONS_RETRY
        if known.participations_at is not None:
            passed = (self._now() - known.participations_at) / _SECOND
            if 0 <= passed < period:
                return period - passed
        if wait := await self._quota.take(PARTICIPATIONS):
            return wait
        changes: dict[str, object] = {"participations_at": self._now()}
        try:
            answer = await self._client.marketplace_participations()
        except Throttled:
            await self._quota.throttled(PARTICIPATIONS)
            return IDLE
        except RemoteError as error:
            await self._quota.settled(PARTICIPATIONS, rate=error.rate)
            state = f"{error.status or ''} {error.code or type(error).__name__}".strip()
            changes["participations_state"] = state
            if known.participations_state != state:
                self._log.warning(events.MARKETPLACES_FAILED, **error.log_fields())
        else:
            await self._quota.settled(PARTICIPATIONS, rate=answer.facts.rate)
            ids = sorted(row.marketplace_id for row in answer.rows if row.participating)
            changes["participations"] = json.dumps(ids)
            changes["participations_state"] = "ok"
            self._log.debug(events.MARKETPLACES_READ, marketplaces=ids)
        async with self._database.transaction() as tx:
            await accounts.update(tx, known.id, changes)
        return IDLE

    async def _look_whether_quiet(self) -> None:
        """Warn when no order came for much longer than is usual (a wrong token answers 200)."""
        row = await accounts.find(self._database, self._account.region, self._account.name)
        if row is None or row.live_polled_at is None:
            return
        now = self._now()
        usual, last = await self._usual_pause(row)
        silent = (now - last) / _SECOND if last is not None else 0.0
        quiet = usual is not None and silent > usual
        if quiet and row.quiet_since is None:
            self._log.warning(
                events.POLL_QUIET,
                last_order_at=iso(row.newest_order_at) if row.newest_order_at else None,
                usual_seconds=round(usual or 0.0),
                seconds=round(silent),
            )
        if quiet != (row.quiet_since is not None):
            async with self._database.transaction() as tx:
                await accounts.update(tx, row.id, {"quiet_since": now if quiet else None})

    async def _usual_pause(self, row: accounts.AccountRow) -> tuple[float | None, int | None]:
        """Return the seconds that count as quiet here, and since when to count."""
        times = await orders.newest_created(self._database, row.id, QUIET_SAMPLE)
        if not times:
            return QUIET_FIRST, row.token_seen_at
        if len(times) < QUIET_LEAST_ORDERS:
            return None, times[0]
        pauses = [(later - earlier) / _SECOND for later, earlier in itertools.pairwise(times)]
        return max(QUIET_LEAST, QUIET_FACTOR * max(pauses)), times[0]

    def _now(self) -> int:
        return to_micros(self._clock.now())
