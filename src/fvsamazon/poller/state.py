"""What an account is doing, remembered in the database and told at its edges.

A failure is logged when it begins and when it ends, never in between. States are those of the
contract: starting, ok, throttled, failing (passes by itself), attention (a person must act).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon import backoff, events
from fvsamazon.clock import SECOND, micros_now
from fvsamazon.store import accounts
from fvsamazon.texts import both

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.errors import RemoteError
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Text

RETRY_BASE = 5.0
RETRY_MOST = 900.0
"""Seconds: first and longest back-off of a failure that passes by itself (sp-api.md section 4)."""
PROBE = 3_600.0
"""Seconds between tries while a person must act."""
ASKED_APART = 10.0
"""Seconds between tries that people ask for (SIGUSR1, SIGHUP) while an account fails."""
RESTART_GRACE = 60.0
"""Seconds after which a restarted daemon tries again, however long the stored back-off."""


class AccountState:
    """State, back-off and reason of one account."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        row: accounts.AccountRow,
        log: FilteringBoundLogger,
        jitter: Callable[[], float],
    ) -> None:
        self._database = database
        self._clock = clock
        self._id = row.id
        self._log = log
        self._jitter = jitter
        self.name = row.state
        self.reason: Text | None = row.reason
        self._failures = row.failures
        self._since = row.failing_since
        self._notice: Text | None = None
        self._noticed: Text | None = None
        self._retry_at = row.retry_at
        # The stored time is for those who look on; a process counts by the elapsed time, so that
        # a clock which is set back does not put a try off by days.
        self._asked_at = float("-inf")
        self._saved = True
        self._rests_until: float | None = None
        if self._retry_at is not None:
            left = (self._retry_at - self._now()) / SECOND
            self._rests_until = clock.elapsed() + min(left, RESTART_GRACE)

    @property
    def needs_a_person(self) -> bool:
        return self.name == "attention"

    def wait(self) -> float:
        """Return the seconds until the account may be tried again, 0 when it may."""
        if self._rests_until is None:
            return 0.0
        return max(0.0, self._rests_until - self._clock.elapsed())

    def try_now(self) -> None:
        """Forget the back-off."""
        self._rests_until = self._retry_at = None

    def asked_to_try(self) -> None:
        """Somebody asks for a try: at once, and however often at most every so many seconds."""
        now = self._clock.elapsed()
        if now - self._asked_at >= ASKED_APART:
            self._asked_at = now
            self.try_now()
        elif self._rests_until is not None:
            self._rests_until = min(self._rests_until, self._asked_at + ASKED_APART)

    async def works(self) -> None:
        """Amazon gave a usable answer."""
        noticed = self._notice is not None and self.reason == self._notice
        if self._saved and not self._failures and (self.name == "ok" or noticed):
            return
        failures, since, before = self._failures, self._since, self.name
        self._failures, self._since = 0, None
        self.try_now()
        if failures and before != "throttled":
            seconds = (self._now() - since) / SECOND if since else 0.0
            self._log.info(
                events.REGION_RECOVERED, failures=failures, seconds=round(max(0.0, seconds), 1)
            )
        await self._save("attention" if self._notice else "ok", self._notice)

    async def throttled(self, error: RemoteError, wait: float) -> None:
        """Amazon answered 429; the bucket says how long to wait."""
        if self.name != "throttled":
            self._log.warning(
                events.POLL_THROTTLED,
                operation=error.operation,
                retry_in=round(wait, 1),
                request_id=error.request_id,
            )
        self.try_now()
        self._failures += 1
        await self._save("throttled", both(error))

    async def fails(self, error: RemoteError, *, kind: str, at_least: float = 0.0) -> float:
        """Something failed that passes by itself; return the seconds of back-off."""
        self._failures += 1
        wait = backoff.delay(self._failures, base=RETRY_BASE, cap=RETRY_MOST, jitter=self._jitter())
        wait = max(wait, at_least, error.retry_after or 0.0)
        first = self.name not in {"failing", "attention"}
        self._begin(wait)
        if first:
            self._log.warning(
                events.REGION_FAILED, kind=kind, retry_in=round(wait, 1), **error.log_fields()
            )
        if self.name != "attention":
            await self._save("failing", both(error))
        else:
            await self._save("attention", self.reason)
        return wait

    async def attention(
        self,
        why: Text,
        remedy: Text,
        *,
        error: RemoteError | None = None,
        wait: float = PROBE,
        **facts: object,
    ) -> float:
        """A person must act; return the seconds until the next probe."""
        reason = both(why.filled(**facts))
        first = self.name != "attention" or self.reason != reason
        self._failures += 1
        self._begin(wait)
        if first:
            fields = error.log_fields() if error is not None else {}
            fields.update(facts)
            self._log.error(
                events.REGION_ATTENTION,
                why=reason.say(),
                remedy=remedy.say(),
                **fields,
            )
        await self._save("attention", reason)
        return wait

    async def notice(self, why: Text, remedy: Text, **facts: object) -> None:
        """A person must look, while polling goes on; said once a start of the account."""
        if self._notice is None:
            self._notice, self._noticed = both(why.filled(**facts)), why
            self._log.error(
                events.REGION_ATTENTION,
                why=self._notice.say(),
                remedy=remedy.say(),
                **facts,
            )
            await self._save("attention", self._notice)

    async def drop_notice(self, why: Text) -> None:
        """What a person was to look at has passed by itself."""
        if self._notice is not None and self._noticed == why:
            self._notice = self._noticed = None
            if self.name == "attention":
                await self._save("ok", None)

    def _begin(self, wait: float) -> None:
        now = self._now()
        self._since = self._since or now
        self._retry_at = now + int(wait * SECOND)
        self._rests_until = self._clock.elapsed() + wait

    async def _save(self, name: str, reason: Text | None) -> None:
        self.name, self.reason = name, reason
        self._saved = False
        async with self._database.transaction() as tx:
            await accounts.update(
                tx,
                self._id,
                {
                    "state": name,
                    "reason": reason,
                    "failures": self._failures,
                    "failing_since": self._since,
                    "retry_at": self._retry_at,
                },
            )
        self._saved = True

    def _now(self) -> int:
        return micros_now(self._clock)
