"""What an account needs beside its searches: single orders, where it sells, whether it is quiet.

Each has a budget of its own at Amazon (getOrder 0.5/s, getMarketplaceParticipations 0.016/s), and
none of them delays a poll. An order that could not be read is fetched again after 1 and 10
minutes, then every hour, and at once by a program that is newer than the one that could not. An
Amazon that does not answer, or refuses, is asked once and left alone for a while, however many
orders wait.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from fvsamazon import __version__, backoff, events
from fvsamazon.clock import SECOND, iso, micros_now
from fvsamazon.errors import NotFound, RemoteError, Throttled, Unauthorized
from fvsamazon.poller.quota import GET, PARTICIPATIONS
from fvsamazon.poller.state import PROBE, RETRY_BASE, RETRY_MOST
from fvsamazon.store import accounts, orders
from fvsamazon.store.database import is_trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.amazon.client import AmazonClient
    from fvsamazon.clock import Clock
    from fvsamazon.poller.quota import Quota
    from fvsamazon.poller.recording import Recorder
    from fvsamazon.store.database import Database

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

    def __init__(  # noqa: PLR0913 - collaborators
        self,
        *,
        database: Database,
        clock: Clock,
        client: AmazonClient,
        quota: Quota,
        account: accounts.AccountRow,
        included_data: tuple[str, ...],
        recorder: Recorder,
        jitter: Callable[[], float],
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._clock = clock
        self._client = client
        self._quota = quota
        self._account = account
        self._included_data = included_data
        self._recorder = recorder
        self._jitter = jitter
        self._log = log
        self._quiet_looked_at = float("-inf")
        self._failures = 0
        self._refused = False
        self._rests_until = float("-inf")

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

    def try_now(self) -> None:
        """Forget that Amazon refused: the settings were read anew."""
        self._rests_until = float("-inf")

    async def heal_next(self) -> float:
        """Fetch the next unreadable order if it is due; return the seconds until one is."""
        due = await self._due()
        if not isinstance(due, orders.DueUnreadable):
            return due
        rest, later = 0.05, HEAL_AFTER[min(due.attempts + 1, len(HEAL_AFTER) - 1)]
        try:
            outcome = await self.fetch(due.order_id)
        except NotFound as error:
            reason = f"Amazon does not know this order ({error})"
        except Throttled:
            return 1.0
        except RemoteError as error:
            reason, rest = str(error), self._rest(error)
            later = min(max(rest, HEAL_AFTER[0]), HEAL_AFTER[-1])
        except Exception as error:
            if is_trouble(error):
                raise
            reason, rest = self._recorder.fails(due.order_id, error), self._rest(error)
        else:
            self._failures, self._refused = 0, False
            if not outcome.unreadable and not outcome.owed:
                self._log.info(events.ORDER_HEALED, order=due.order_id, attempts=due.attempts + 1)
                return 0.0
            reason = outcome.reason
        async with self._database.transaction() as tx:
            await orders.unreadable_failed(
                tx,
                due.id,
                reason=reason,
                next_at=self._now() + int(later * SECOND),
                program=__version__,
            )
        return rest

    async def _due(self) -> orders.DueUnreadable | float:
        """Return an order to be fetched, its token spent, or the seconds until there is one."""
        if (wait := self._rests_until - self._clock.elapsed()) > 0:
            return wait
        due = await orders.next_unreadable(
            self._database, self._account.id, now=self._now(), program=__version__
        )
        if due is None:
            return IDLE
        if isinstance(due, int):
            return max(0.05, (due - self._now()) / SECOND)
        try:
            await self._client.prepare()
        except RemoteError as error:
            return self._rest(error)
        return await self._quota.take(GET) or due

    def _rest(self, error: Exception) -> float:
        """Leave Amazon alone for a while; return the seconds."""
        self._failures += 1
        wait = backoff.delay(self._failures, base=RETRY_BASE, cap=RETRY_MOST, jitter=self._jitter())
        if isinstance(error, Unauthorized):
            # The client has dropped the refused token: only if a fresh one is refused too, or there
            # is none to be had, a person must act.
            if error.permanent or self._refused:
                wait = PROBE
            self._refused = True
        if isinstance(error, RemoteError):
            wait = max(wait, error.retry_after or 0.0)
        self._rests_until = self._clock.elapsed() + wait
        return wait

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
            return await self._recorder.record(tx, [answer.order])

    async def _ask_participations(self) -> float:
        """Ask where the account sells, at most daily; its answer decides about nothing else."""
        known = await accounts.find(self._database, self._account.region, self._account.name)
        if known is None:
            return IDLE
        period = DAY if known.participations_state == "ok" else PARTICIPATIONS_RETRY
        if known.participations_at is not None:
            passed = (self._now() - known.participations_at) / SECOND
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
        silent = (now - last) / SECOND if last is not None else 0.0
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
        pauses = [(later - earlier) / SECOND for later, earlier in itertools.pairwise(times)]
        return max(QUIET_LEAST, QUIET_FACTOR * max(pauses)), times[0]

    def _now(self) -> int:
        return micros_now(self._clock)
